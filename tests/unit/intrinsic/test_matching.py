"""Argmax and match equal the simalign package edge by edge."""

import aligned
import numpy as np
import pyarrow
import pytest
import torch
from cells import one_piece_each
from script import Files, run
from tiny import files_of

from polychron.errors import InputError
from polychron.intrinsic import matching, word_alignment
from polychron.models.loading import load
from polychron.storage import files
from polychron.tokenization.pieces import to_table
from polychron.tokenization.segmentation import load as load_tokenizer
from polychron.tokenization.segmentation import segment

BUDGET, SIZE, WINDOW, LAYERS, PAIRS = 600, 900, 160, [0, 3], 20
METHODS = {"argmax": "inter", "match": "mwmf"}
"""The methods, and what simalign calls them."""


@pytest.fixture(scope="module")
def samples():
    return {name: [side[:PAIRS] for side in sides] for name, sides in aligned.samples().items()}


@pytest.fixture(scope="module")
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
    found = matching.align(load(*files_of(model), device="cpu"), pieces, LAYERS, [*METHODS], BUDGET)
    compared = ties = 0
    for layer in LAYERS:
        package = simalign.SentenceAligner(str(model), token_type="word", matching_methods="am", layer=layer)
        package.embed_loader.tokenizer.model_max_length = WINDOW
        tables = []
        package.get_similarity = lambda left, right, tables=tables: (
            tables.append(simalign.SentenceAligner.get_similarity(left, right)) or tables[-1].copy()
        )
        for pair in range(len(source)):
            if pieces.status[np.isin(pieces.word_sentence, (pair, pair + len(source)))].any():
                continue  # simalign cannot align a sentence that was cut
            expected = package.get_word_aligns(source[pair], target[pair])
            for method, called in METHODS.items():
                edges = found[method][layer]
                own = [tuple(edge) for edge in edges[edges[:, 0] == pair, 1:].tolist()]
                if own != expected[called]:
                    assert of_same_weight(tables[-1], own, expected[called]), (layer, pair, method)
                    ties += 1
                compared += len(own)
    assert compared > 4 * len(LAYERS) * len(source)
    assert ties <= 2, "near ties, which rounding decides"


def of_same_weight(table, one, other):
    """Whether two sets of edges are as many, and as heavy but for rounding."""
    weights = [sum(float(table[edge]) for edge in edges) for edges in (one, other)]
    return len(one) == len(other) and abs(weights[0] - weights[1]) < 1e-5


@pytest.mark.parametrize("zeros", [0.0, 0.3, 0.8])
def test_match_equals_simalign_on_any_table(zeros):
    """Where a similarity is 0 there is no edge, and as many words as possible are linked before weights count."""
    from simalign import SentenceAligner

    draw, fewer = np.random.default_rng(0), 0
    for _ in range(60):
        table = draw.random(draw.integers(1, 9, 2))
        table[draw.random(table.shape) < zeros] = 0
        found = matching.match(table)
        assert np.array_equal(found, SentenceAligner.get_max_weight_match(table) > 0)
        fewer += found.sum() < min(table.shape)
    assert fewer > 0 if zeros else fewer == 0


def test_a_match_links_more_words_before_heavier_ones():
    table = np.array([[0.9, 0.1], [0.1, 0.0]])
    assert matching.match(table).tolist() == [[False, True], [True, False]]
    assert matching.match(np.zeros((2, 3))).sum() == 0 and matching.match(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.parametrize("levels", [1, 2, 5])
def test_tied_matches_are_as_many_and_as_heavy_as_those_of_simalign(levels):
    from simalign import SentenceAligner

    draw = np.random.default_rng(levels)
    for _ in range(60):
        table = draw.integers(0, levels + 1, draw.integers(1, 9, 2)) / levels
        own, package = matching.match(table), SentenceAligner.get_max_weight_match(table) > 0
        assert own.sum() == package.sum() and table[own].sum() == pytest.approx(table[package].sum(), abs=1e-12)
        assert own.sum(axis=0).max() <= 1 and own.sum(axis=1).max() <= 1


@pytest.mark.parametrize("levels", [1, 2, 5, 1000])
def test_argmax_equals_simalign_and_itermax_of_one_pass_on_any_table(levels):
    """With ties."""
    from simalign import SentenceAligner

    draw = np.random.default_rng(levels)
    for _ in range(60):
        table = (draw.integers(0, levels + 1, draw.integers(1, 9, 2)) / levels).astype(np.float32)
        found = matching.argmax(table)
        forward, backward = SentenceAligner.get_alignment_matrix(table)
        assert np.array_equal(found, forward * backward > 0)
        of_one = torch.from_numpy(table)[None]
        assert np.array_equal(found, word_alignment.itermax(of_one, torch.ones_like(of_one, dtype=torch.bool), 1)[0])
    assert matching.argmax(np.zeros((0, 2))).shape == (0, 2) and matching.argmax(np.zeros((2, 0))).shape == (2, 0)


class Planted:
    """A model whose states are one vector per piece id."""

    device, depth, dimension = torch.device("cpu"), 1, 40

    def layers(self, pieces, mask):
        yield torch.nn.functional.one_hot(pieces, 40).float()


class Overflown(Planted):
    """A model with a state that half precision does not hold."""

    precision = "float16"

    def layers(self, pieces, mask):
        for states in super().layers(pieces, mask):
            yield states.masked_fill((pieces == 5)[:, :, None] & (states > 0), torch.inf)


@pytest.mark.parametrize("method", ["argmax", "match"])
def test_vectors_that_are_not_finite_are_refused(method):
    with pytest.raises(InputError, match=r"word vectors at layer 0 are not finite.*features.precision: float32"):
        matching.align(Overflown(), one_piece_each([2, 2]), [0], [method], 99)


def test_a_planted_alignment_is_found_without_the_words_that_are_cut():
    """Three pairs: the second has the words of the first in another order, and one word is beyond the window."""
    pieces = one_piece_each([3, 4, 2, 3, 4, 2])
    orders = [[2, 0, 1], [3, 2, 1, 0], [0, 1]]
    for pair, order in enumerate(orders):
        start = pieces.sentence_offsets[pair + 3] + 1
        pieces.ids[start : start + len(order)] = 4 + np.array(order)
    pieces.status[1] = 1
    pieces.status[-1] = 2
    truth = {(pair, i, j) for pair, order in enumerate(orders) for j, i in enumerate(order)} - {(0, 1, 2), (2, 1, 1)}
    for budget in (2, 1000):
        found = matching.align(Planted(), pieces, [0], ["argmax", "match"], budget)
        assert found["argmax"][0].tolist() == sorted(map(list, truth))
        assert {tuple(edge) for edge in found["match"][0].tolist()} == truth


def test_the_script(model, samples, tmp_path):
    source, target = samples["artificial"]
    gold = [
        [[word, word] for word in range(min(len(left), len(right)))] for left, right in zip(source, target, strict=True)
    ]
    table, pieces = pyarrow.table({"sure": gold, "possible": gold}), cut(model, source, target)
    pieces.status[7] = 1
    files.write_table(tmp_path / "examples.parquet", table)
    files.write_table(tmp_path / "pieces.parquet", to_table(pieces))
    weights, config = files_of(model)
    given = Files(
        examples=tmp_path / "examples.parquet", pieces=tmp_path / "pieces.parquet", weights=weights, config=config
    )
    values = {"layers": [0, 2], "methods": ["argmax", "match"], "tokens_per_batch": BUDGET, "threads": 1}
    where = {"source": "qa", "target": "qb", "model": "tiny", "step": 0}
    for name in "ab":
        run("match_words", given, Files([tmp_path / name]), tmp_path / "log", **values, **where)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    rows = files.read_table(tmp_path / "a").to_pylist()
    assert {(row["task"], row["source"], row["target"], row["split"], row["seed"]) for row in rows} == {
        ("alignment", "qa", "qb", "test", None)
    }
    found = {(row["layer"], row["metric"]): row["value"] for row in rows}
    assert set(found) == {
        (layer, f"{name}.{method}") for layer in (0, 2) for name in matching.RATIOS for method in METHODS
    }
    # argmax is itermax of a single pass
    once = word_alignment.align(load(weights, config), pieces, [0, 2], 1, BUDGET)
    for row in word_alignment.score_layers(once, table, pieces):
        if row["metric"] in matching.RATIOS:
            assert found[row["layer"], f"{row['metric']}.argmax"] == row["value"]
