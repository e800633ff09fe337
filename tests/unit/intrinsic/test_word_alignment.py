"""Word alignment equals the simalign package edge by edge, and its scores are those of the published formulas."""

import aligned
import numpy as np
import pyarrow
import pytest
import torch
from cells import one_piece_each
from script import Files, run
from tiny import files_of, sentences

from polychron.errors import InputError
from polychron.intrinsic.word_alignment import align, itermax, links, score, score_layers, within
from polychron.models.loading import load
from polychron.storage import files
from polychron.tokenization.pieces import BEYOND, Pieces, to_table
from polychron.tokenization.segmentation import load as load_tokenizer
from polychron.tokenization.segmentation import segment

BUDGET, SIZE, WINDOW = 600, 900, 160
LAYERS = [0, 2, 3]


@pytest.fixture(scope="session")
def samples():
    return aligned.samples()


@pytest.fixture(scope="session")
def model(tmp_path_factory, samples):
    return aligned.model(tmp_path_factory.mktemp("model"), samples, SIZE, WINDOW)


def cut(model, source, target):
    return segment([*source, *target], load_tokenizer(model / "tokenizer.json"), WINDOW)


@pytest.mark.parametrize(
    "name",
    ["artificial", *(pytest.param(name, marks=pytest.mark.shared) for name in ("en-de", "en-fr", "en-hi"))],
)
def test_equals_the_simalign_package_edge_by_edge(model, samples, name):
    import simalign

    if name not in samples:
        pytest.skip("the real alignments are not here: no folder ../shared/data beside the checkout")
    source, target = samples[name]
    pieces = cut(model, source, target)
    inside = [
        not pieces.status[np.isin(pieces.word_sentence, (pair, pair + len(source)))].any()
        for pair in range(len(source))
    ]  # simalign cannot align a sentence that was cut
    assert np.mean(inside) > 0.8
    found = align(load(*files_of(model), device="cpu"), pieces, LAYERS, 2, BUDGET)
    edges, ties = 0, 0
    for layer in LAYERS:
        package = simalign.SentenceAligner(str(model), token_type="word", matching_methods="i", layer=layer)
        package.embed_loader.tokenizer.model_max_length = WINDOW
        tables = []
        package.get_similarity = lambda left, right, tables=tables: (
            tables.append(simalign.SentenceAligner.get_similarity(left, right)) or tables[-1].copy()
        )
        for pair in np.flatnonzero(inside):
            expected = package.get_word_aligns(source[pair], target[pair])["itermax"]
            own = [tuple(edge) for edge in found[layer][found[layer][:, 0] == pair, 1:].tolist()]
            if own != expected:
                assert own in rounded(tables[-1]), (layer, pair)
                ties += 1
            edges += len(expected)
    assert edges > 5 * sum(inside)
    assert ties <= 1, "near ties, which rounding decides: 1 in 3,800 pairs was seen"


def rounded(table):
    """Align a table several times with its last bits changed at random."""
    from simalign import SentenceAligner

    draw = np.random.default_rng(0)
    shaken = (table + draw.uniform(-5e-7, 5e-7, table.shape) for _ in range(200))
    return [[tuple(edge) for edge in np.argwhere(SentenceAligner.iter_max(each)).tolist()] for each in shaken]


@pytest.mark.parametrize("levels", [2, 5, 1000])
def test_itermax_equals_simalign_on_any_table(levels):
    """With ties, and with many padded tables of different sizes at once."""
    from simalign import SentenceAligner

    draw = np.random.default_rng(levels)
    shapes = [tuple(draw.integers(1, 9, 2)) for _ in range(150)]
    tables = [draw.integers(0, levels + 1, shape) / np.float32(levels) for shape in shapes]
    similarity = torch.full((150, 8, 8), 0.99)
    real = torch.zeros(150, 8, 8, dtype=torch.bool)
    for place, (rows, columns) in enumerate(shapes):
        similarity[place, :rows, :columns] = torch.from_numpy(tables[place].astype(np.float32))
        real[place, :rows, :columns] = True
    for passes in (1, 2, 3, 6):
        found = itermax(similarity, real, passes).numpy()
        for place, (rows, columns) in enumerate(shapes):
            expected = SentenceAligner.iter_max(tables[place].astype(np.float32), passes) > 0
            assert np.array_equal(found[place, :rows, :columns], expected), (passes, place)
        assert not found[~real.numpy()].any()


def test_batches_of_pairs_change_nothing(model, samples):
    pieces = cut(model, *samples["artificial"])
    encoder = load(*files_of(model), device="cpu")
    one, many = (align(encoder, pieces, LAYERS, 2, budget) for budget in (2, 10_000))
    assert all(np.array_equal(one[layer], many[layer]) for layer in LAYERS)
    for edges in one.values():
        assert np.array_equal(edges, np.unique(edges, axis=0)), "sorted, none twice"


def test_only_the_layers_asked_and_no_further(model, samples):
    pieces = cut(model, *samples["artificial"])
    found = align(load(*files_of(model), device="cpu"), pieces, [2, 0], 2, BUDGET)
    shallow = align(load(*files_of(model), upto=2, device="cpu"), pieces, [0, 2], 2, BUDGET)
    assert list(found) == [2, 0]
    assert all(np.array_equal(found[layer], shallow[layer]) for layer in (0, 2))


class Planted:
    """A model whose states are one vector per piece id: equal ids are nearest, whatever their place."""

    device, depth, dimension = torch.device("cpu"), 1, 90

    def layers(self, pieces, mask):
        states = torch.nn.functional.one_hot(pieces, 90).float()
        yield states
        yield states.flip(-1)


def pairs_of(source, target):
    """Return sentences of words of one piece."""
    parts = [sentences([len(row) + 2], words=len(row)) for row in (*source, *target)]
    for part, row in zip(parts, (*source, *target), strict=True):
        part.ids[1:-1] = row
    words = np.array([len(row) for row in (*source, *target)])
    return Pieces(
        ids=np.concatenate([part.ids for part in parts]),
        sentence_offsets=np.cumsum([0, *(words + 2)]),
        first=np.concatenate([part.first for part in parts]),
        stop=np.concatenate([part.stop for part in parts]),
        status=np.zeros(words.sum(), np.int8),
        word_sentence=np.repeat(np.arange(len(words)), words),
        word_offsets=np.cumsum([0, *words]),
        characters=words,
    )


def test_a_planted_alignment_is_found_again():
    draw = np.random.default_rng(0)
    source = [draw.permutation(np.arange(4, 90))[: draw.integers(3, 25)] for _ in range(40)]
    orders = [draw.permutation(len(row)) for row in source]
    target = [row[order] for row, order in zip(source, orders, strict=True)]
    found = align(Planted(), pairs_of(source, target), [0, 1], 1, 99)
    truth = [(pair, order[j], j) for pair, order in enumerate(orders) for j in range(len(order))]
    gold = np.array(sorted(truth))
    for edges in found.values():
        assert np.array_equal(edges, gold)
        assert score(edges, gold, gold) == {"precision": 1, "recall": 1, "f1": 1, "aer": 0}


class Overflown(Planted):
    """A model with a state at its last layer that half precision does not hold."""

    def layers(self, pieces, mask):
        first, last = super().layers(pieces, mask)
        yield first
        yield last.masked_fill((pieces == 5)[:, :, None] & (last > 0), torch.inf)


@pytest.mark.parametrize(("precision", "remedy"), [("float16", "set features.precision: float32"), ("float32", "loss")])
def test_vectors_that_are_not_finite_are_refused(precision, remedy):
    """Their similarities are NaN, and the place of the largest one is then that of the first NaN."""
    model, pieces = Overflown(), pairs_of([[4, 5]], [[4, 5]])
    model.precision = precision
    assert align(model, pieces, [0], 1, 99)[0].tolist() == [[0, 0, 0], [0, 1, 1]]
    with pytest.raises(InputError, match=rf"word vectors at layer 1 are not finite.* Next: .*{remedy}"):
        align(model, pieces, [0, 1], 1, 99)


def test_words_beyond_the_window_have_no_edges():
    source = [[4, 5, 6, 7, 8]] * 2
    pieces = pairs_of(source, source)
    pieces.status[[3, 4]] = 1  # the first source sentence's end
    pieces.status[10] = 2  # the first target sentence's first word
    edges = align(Planted(), pieces, [0], 2, 99)[0]
    first, second = (edges[edges[:, 0] == pair, 1:].tolist() for pair in (0, 1))
    assert [1, 1] in first and [2, 2] in first
    assert all(i < 3 and j > 0 for i, j in first)
    assert second == [[word, word] for word in range(5)]


def test_a_pair_without_words_has_no_edges():
    pieces = pairs_of([[4, 5, 6], [4]], [[4, 5, 6], [4]])
    pieces.status[:3] = 1
    assert align(Planted(), pieces, [0], 2, 99)[0].tolist() == [[1, 0, 0]]


def simalign_script(found, sure, possible):
    """Return the scores by the formulas of SimAlign's calc_align_score.py, without its rounding."""
    s_hit, p_hit = len(found & sure), len(found & possible)
    precision, recall = p_hit / max(len(found), 1.0), s_hit / max(len(sure), 1.0)
    f1 = 2.0 * precision * recall / max(precision + recall, 0.01)
    return {"precision": precision, "recall": recall, "f1": f1, "aer": 1 - (s_hit + p_hit) / (len(found) + len(sure))}


def test_scores_are_those_of_the_published_formulas():
    draw = np.random.default_rng(0)
    for _ in range(20):
        found, sure, extra = ({tuple(row) for row in draw.integers(0, 4, (30, 3)).tolist()} for _ in range(3))
        own = score(*(np.array(sorted(rows)) for rows in (found, sure, sure | extra)))
        assert own == pytest.approx(simalign_script(found, sure, sure | extra))


def test_nothing_found_and_nothing_to_be_found():
    none, some = links([]), links([[[0, 0]], [], [[1, 2], [2, 2]]])
    assert some.tolist() == [[0, 0, 0], [2, 1, 2], [2, 2, 2]]
    assert score(none, some, some) == {"precision": 0, "recall": 0, "f1": 0, "aer": 1}
    assert score(some, none, some)["f1"] == 0
    assert score(none, none, none)["aer"] == 1


def bare(words, beyond=()):
    """Return pieces of sentences with so many words, of which some, counted over all, are beyond the window."""
    status = np.zeros(sum(words), np.int8)
    status[list(beyond)] = BEYOND
    return one_piece_each(words, status)


def test_rows_of_scores():
    table = pyarrow.table({"sure": [[[0, 0]], []], "possible": [[[0, 0], [0, 1]], []]})
    rows = score_layers({3: links([[[0, 0], [0, 1]]]), 0: links([])}, table, bare([1, 3, 2, 3], [2, 7]))
    assert [(row["layer"], row["metric"], row["value"]) for row in rows] == [
        (3, "precision", 1.0),
        (3, "recall", 1.0),
        (3, "f1", 1.0),
        (3, "aer", 0.0),
        (3, "excluded", 2.0),
        (3, "excluded_links", 0.0),
        (0, "precision", 0.0),
        (0, "recall", 0.0),
        (0, "f1", 0.0),
        (0, "aer", 1.0),
        (0, "excluded", 2.0),
        (0, "excluded_links", 0.0),
    ]
    assert {row["examples"] for row in rows} == {2}


def test_gold_links_of_words_beyond_the_window_are_left_out_and_counted():
    """Of two pairs, the last word of the second source and the first of the first target are cut off."""
    gold = [[[0, 0], [0, 1], [1, 1]], [[0, 0], [1, 1], [2, 1]]]
    table = pyarrow.table({"sure": [gold[0][:1], gold[1]], "possible": gold})
    pieces = bare([2, 3, 2, 2], beyond=[4, 5])
    assert within(links(gold), pieces).tolist() == [[0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 1]]
    found = links([[[0, 1], [1, 1]], [[0, 0], [1, 1]]])
    values = {row["metric"]: row for row in score_layers({1: found}, table, pieces)}
    assert {name: row["value"] for name, row in values.items() if name != "aer"} == {
        **{"precision": 1.0, "recall": 1.0, "f1": 1.0},
        **{"excluded": 2.0, "excluded_links": 2.0},
    }
    assert values["excluded_links"]["examples"] == 6
    whole = {row["metric"]: row["value"] for row in score_layers({1: found}, table, bare([2, 3, 2, 2]))}
    assert (whole["recall"], whole["excluded_links"]) == (0.5, 0.0)  # the control: two sure links counted as missed


def test_the_script(model, samples, tmp_path):
    source, target = samples["artificial"]
    gold = [
        [[word, word] for word in range(min(len(left), len(right)))] for left, right in zip(source, target, strict=True)
    ]
    files.write_table(tmp_path / "examples.parquet", pyarrow.table({"sure": gold, "possible": gold}))
    pieces = cut(model, source, target)
    pieces.status[7] = 1
    files.write_table(tmp_path / "pieces.parquet", to_table(pieces))
    weights, config = files_of(model)
    given = Files(
        examples=tmp_path / "examples.parquet", pieces=tmp_path / "pieces.parquet", weights=weights, config=config
    )
    values = {"layers": [0, 2], "iterations": 2, "tokens_per_batch": BUDGET, "threads": 1}
    where = {"source": "qa", "target": "qb", "model": "tiny", "step": 0}
    run("align_words", given, Files([tmp_path / "scores.parquet"]), tmp_path / "log", **values, **where)
    rows = files.read_table(tmp_path / "scores.parquet").to_pylist()
    assert {(row["task"], row["source"], row["target"], row["split"], row["seed"]) for row in rows} == {
        ("alignment", "qa", "qb", "test", None)
    }
    values = {(row["layer"], row["metric"]): row["value"] for row in rows}
    assert set(values) == {
        (layer, name) for layer in (0, 2) for name in ("f1", "precision", "recall", "aer", "excluded", "excluded_links")
    }
    found = align(load(*files_of(model)), pieces, [0, 2], 2, BUDGET)
    cut_off = pieces.word_sentence[7], 7 - pieces.word_offsets[pieces.word_sentence[7]]
    left = np.array([row for row in links(gold).tolist() if (row[0], row[1]) != cut_off])
    for layer, edges in found.items():
        assert values[layer, "excluded"] == 1
        assert values[layer, "excluded_links"] == len(links(gold)) - len(left)
        assert {"f1": values[layer, "f1"]}.items() <= score(edges, left, left).items()
