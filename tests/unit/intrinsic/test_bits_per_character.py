"""Bits per character: planted probabilities, the loss of transformers, and the same masks for every checkpoint."""

import numpy as np
import pytest
import torch
from script import Files, run
from tiny import VOCABULARY, checkpoint, files_of, sentences

from polychron.errors import InputError
from polychron.features import packing
from polychron.intrinsic import bits_per_character
from polychron.intrinsic.bits_per_character import measure
from polychron.intrinsic.masking import draw_masks
from polychron.models.loading import load
from polychron.storage import files
from polychron.tokenization.pieces import to_table

FACTS = {"mask": VOCABULARY - 1, "vocabulary": VOCABULARY, "special": (0, 1, 2, 3)}
SHARE, SEED, BUDGET = 0.15, 5, 400


class Planted:
    """A model that gives every piece its own probability, whatever the place."""

    precision = "float32"
    device, vocabulary, depth, causal = torch.device("cpu"), VOCABULARY, 0, False

    def __init__(self, probabilities):
        self.logits = torch.log(torch.as_tensor(probabilities, dtype=torch.float32))
        self.seen = []

    def at(self, layer, pieces, mask):
        self.seen.append(pieces[mask])
        return torch.zeros(*pieces.shape, 1)

    def predict(self, hidden):
        return self.logits.expand(len(hidden), -1)


@pytest.fixture(scope="module")
def text():
    return sentences(np.random.default_rng(1).integers(4, 31, 200), seed=1, **FACTS)


def test_a_model_that_knows_nothing(text):
    found = measure(Planted(np.full(VOCABULARY, 1 / VOCABULARY)), text, SHARE, SEED, BUDGET)
    assert found.per_piece == pytest.approx(np.log2(VOCABULARY), rel=1e-6)
    pieces = len(text.ids) - 2 * 200
    assert found.characters_per_piece == pytest.approx(text.characters.sum() / pieces)
    assert found.per_character == pytest.approx(np.log2(VOCABULARY) * pieces / text.characters.sum(), rel=1e-6)


def test_a_model_of_known_surprise(text):
    probabilities = np.random.default_rng(2).dirichlet(np.ones(VOCABULARY))
    found = measure(Planted(probabilities), text, SHARE, SEED, BUDGET)
    _, chosen = draw_masks(text, SHARE, SEED)
    assert found.masked == len(chosen)
    assert found.per_piece == pytest.approx(-np.log2(probabilities[text.ids[chosen]]).mean(), rel=1e-5)


def test_sentences_of_unlike_difficulty_have_two_averages():
    """Pieces of one kind need 1 bit, those of the other 3; the sentences of the kinds differ in length."""
    text = sentences([12] * 40 + [42] * 40, **FACTS)
    easy, hard = np.setdiff1d(np.arange(VOCABULARY), FACTS["special"])[:2]
    inner = np.isin(text.ids, FACTS["special"], invert=True)
    text.ids[inner] = np.repeat([easy, hard], [40 * 10, 40 * 40])
    probabilities = np.full(VOCABULARY, 3 / 8 / (VOCABULARY - 2))
    probabilities[[easy, hard]] = 1 / 2, 1 / 8
    found = measure(Planted(probabilities), text, 0.5, SEED, BUDGET)
    each = np.repeat([1.0, 3.0], 40) * (text.lengths - 2) / text.characters
    assert found.per_character_of_sentences == pytest.approx(each.mean(), rel=1e-5)
    shares = np.array([10, 40]) / 50  # half of the pieces is masked, so the long sentences have four times as many
    of_text = (shares @ [1.0, 3.0]) * (text.lengths - 2).sum() / text.characters.sum()
    assert found.per_character == pytest.approx(of_text, rel=1e-5)


def test_equal_to_the_loss_of_transformers(text, tmp_path):
    reference = checkpoint(tmp_path)
    found = measure(load(*files_of(tmp_path), head=True, device="cpu"), text, SHARE, SEED, BUDGET)
    ids, chosen = draw_masks(text, SHARE, SEED)
    labels = np.full(len(ids), -100)
    labels[chosen] = text.ids[chosen]
    total = 0.0
    with torch.no_grad():
        for start, stop in zip(text.sentence_offsets, text.sentence_offsets[1:], strict=False):
            if (labels[start:stop] != -100).any():
                row = torch.from_numpy(ids[start:stop].astype(np.int64))[None]
                target = torch.from_numpy(labels[start:stop])[None]
                loss = reference(input_ids=row, attention_mask=torch.ones_like(row), labels=target).loss
                total += loss.item() * int((target != -100).sum())
    assert found.per_piece == pytest.approx(total / len(chosen) / np.log(2), rel=1e-5)
    assert found.per_piece > 5


def test_the_budget_of_a_batch_changes_nothing_but_rounding(text, tmp_path):
    checkpoint(tmp_path)
    encoder = load(*files_of(tmp_path), head=True, device="cpu")
    one, many = (measure(encoder, text, SHARE, SEED, budget) for budget in (1, 10_000))
    assert one.per_piece == pytest.approx(many.per_piece, rel=1e-6) and one.masked == many.masked
    assert measure(encoder, text, SHARE, SEED, 1) == one


def test_every_checkpoint_guesses_the_same_pieces(text):
    models = [Planted(np.random.default_rng(seed).dirichlet(np.ones(VOCABULARY))) for seed in (0, 1)]
    for model in models:
        measure(model, text, SHARE, SEED, BUDGET)
    assert all(torch.equal(left, right) for left, right in zip(*(model.seen for model in models), strict=True))
    again, other = draw_masks(text, SHARE, SEED), draw_masks(text, SHARE, SEED + 1)
    assert np.array_equal(again[0], draw_masks(text, SHARE, SEED)[0])
    assert not np.array_equal(again[1], other[1])


def test_masks_are_those_of_fairseq_in_number_and_kind():
    text = sentences([22] * 3000, **FACTS)
    ids, chosen = draw_masks(text, SHARE, SEED)
    assert set(np.unique(chosen % 22)) == set(range(1, 21)), "every place but <s> and </s> is chosen at times"
    per_sentence = np.bincount(chosen // 22, minlength=3000)
    assert set(per_sentence) == {3}, "0.15 * 20 pieces"
    was, now = text.ids[chosen], ids[chosen]
    assert np.mean(now == FACTS["mask"]) == pytest.approx(0.8, abs=0.02)
    assert np.mean(now == was) == pytest.approx(0.1 + 0.1 / VOCABULARY, abs=0.015)
    assert not np.isin(now, FACTS["special"]).any()
    rest = np.setdiff1d(np.arange(len(ids)), chosen)
    assert np.array_equal(ids[rest], text.ids[rest])


def test_the_expected_number_of_masks_is_exact_in_the_mean():
    text = sentences([5] * 4000, **FACTS)  # 3 pieces of text each: int(0.45 + u)
    per_sentence = np.bincount(draw_masks(text, SHARE, SEED)[1] // 5, minlength=4000)
    assert set(per_sentence) == {0, 1}
    assert per_sentence.mean() == pytest.approx(0.45, abs=0.03)


def test_a_sentence_keeps_its_masks_when_others_follow():
    lengths = [9, 30, 12, 25]
    short, long = (sentences(lengths[:count], **FACTS) for count in (2, 4))
    few, many = draw_masks(short, 0.5, SEED), draw_masks(long, 0.5, SEED)
    assert np.array_equal(few[1], many[1][many[1] < len(short.ids)])


def test_unknown_pieces_are_guessed_and_never_put_in():
    text = sentences([22] * 500, **FACTS)
    text.ids[5::22] = 3
    ids, chosen = draw_masks(text, SHARE, SEED)
    assert (text.ids[chosen] == 3).sum() > 30
    assert not np.isin(ids[chosen][text.ids[chosen] != 3], FACTS["special"]).any()


@pytest.mark.parametrize(
    ("facts", "lengths", "message"),
    [({}, [9], "which piece is <mask>"), (FACTS, [4, 4], "no piece of 2 sentences"), (FACTS, [], "no piece of 0")],
)
def test_texts_that_cannot_be_measured(facts, lengths, message):
    with pytest.raises(InputError, match=message):
        draw_masks(sentences(lengths, **facts), 0.01, 0)


def test_a_tokenizer_of_another_model(text):
    model = Planted(np.ones(VOCABULARY))
    model.vocabulary = 50
    with pytest.raises(InputError, match=rf"knows 50 pieces, and the tokenizer {VOCABULARY}"):
        measure(model, text, SHARE, SEED, BUDGET)


def test_a_diverged_checkpoint(text):
    with pytest.raises(InputError, match="predictions are not finite"):
        measure(Planted(np.full(VOCABULARY, np.nan)), text, SHARE, SEED, BUDGET)


def test_the_script(text, tmp_path):
    checkpoint(tmp_path)
    files.write_table(tmp_path / "pieces.parquet", to_table(text))
    weights, config = files_of(tmp_path)
    given = Files(pieces=tmp_path / "pieces.parquet", weights=weights, config=config)
    values = {"mask_probability": SHARE, "seed": SEED, "tokens_per_batch": BUDGET, "threads": 1}
    where = {"language": "en", "model": "tiny", "layer": 3, "step": 50}
    run("measure_bits", given, Files([tmp_path / "scores.parquet"]), tmp_path / "log", **values, **where)
    row, other = files.read_table(tmp_path / "scores.parquet").to_pylist()
    found = measure(load(weights, config, head=True), text, SHARE, SEED, BUDGET)
    assert row == {
        "model": "tiny",
        "task": "bits",
        "source": "en",
        "target": "en",
        "layer": 3,
        "step": 50,
        "seed": None,
        "split": "heldout",
        "metric": "bits_per_character",
        "value": found.per_character,
        "examples": found.masked,
    }
    value = found.per_character_of_sentences
    assert other == {**row, "metric": "bits_per_character_of_sentences", "value": value}
    run("measure_bits", given, Files([tmp_path / "drawn.parquet"]), tmp_path / "log", **values, **where, draws=2)
    rows = files.read_table(tmp_path / "drawn.parquet").to_pylist()
    assert [(one["seed"], one["metric"]) for one in rows] == [
        (seed, metric) for seed in (SEED, SEED + 1) for metric in (row["metric"], other["metric"])
    ]
    second = measure(load(weights, config, head=True), text, SHARE, SEED + 1, BUDGET)
    assert [one["value"] for one in rows[::2]] == [found.per_character, second.per_character]
    assert second.per_character != found.per_character and rows[2]["examples"] == second.masked


def test_without_padding_the_same_pieces_have_the_same_bits(text, tmp_path, monkeypatch):
    checkpoint(tmp_path)
    encoder = load(*files_of(tmp_path), head=True, device="cpu")
    padded = measure(encoder, text, SHARE, SEED, BUDGET)
    monkeypatch.setattr(bits_per_character.packing, "DEVICES", {"cpu"})
    monkeypatch.setattr(bits_per_character, "pad", lambda *_: pytest.fail("padded"))
    for most, pieces in ((2**25, packing.PIECES), (5 * VOCABULARY, BUDGET)):  # few logits at once, many batches
        monkeypatch.setattr(bits_per_character, "LOGITS", {"cpu": most})
        monkeypatch.setattr(packing, "PIECES", pieces)
        found = measure(encoder, text, SHARE, SEED, BUDGET)
        assert found.masked == padded.masked
        assert found.per_character == pytest.approx(padded.per_character, rel=1e-5)
        assert found.per_character_of_sentences == pytest.approx(padded.per_character_of_sentences, rel=1e-5)
    # the comparison notices masks that are left out: the model sees the pieces that it is asked for
    monkeypatch.setattr(packing, "plan", lambda text, size, ids, plan=packing.plan: plan(text, size))
    seen = measure(encoder, text, SHARE, SEED, BUDGET)
    assert abs(seen.per_character / padded.per_character - 1) > 1e-3


def test_where_memory_is_full_bits_are_those_of_smaller_batches(text, tmp_path, monkeypatch):
    checkpoint(tmp_path)
    encoder, plain, sizes = load(*files_of(tmp_path), head=True, device="cpu"), packing.plan, []
    monkeypatch.setattr(bits_per_character.packing, "DEVICES", {"cpu"})
    monkeypatch.setattr(packing, "PIECES", BUDGET)
    expected = measure(encoder, text, SHARE, SEED, BUDGET)

    def full(pieces, size, ids):
        sizes.append(size)
        if len(sizes) == 1:
            raise torch.cuda.OutOfMemoryError("CUDA out of memory.")
        return plain(pieces, size, ids)

    monkeypatch.setattr(packing, "PIECES", 2 * BUDGET)
    monkeypatch.setattr(packing, "LEAST", BUDGET)
    monkeypatch.setattr(packing, "plan", full)
    assert measure(encoder, text, SHARE, SEED, BUDGET) == expected and sizes == [2 * BUDGET, BUDGET]


def test_the_script_computes_in_the_precision_of_features(text, tmp_path, capsys):
    """No GPU is needed to see that it is asked for: a CPU refuses it."""
    if torch.cuda.is_available():
        pytest.skip("a GPU computes in half precision")
    checkpoint(tmp_path)
    files.write_table(tmp_path / "pieces.parquet", to_table(text))
    weights, config = files_of(tmp_path)
    given = Files(pieces=tmp_path / "pieces.parquet", weights=weights, config=config)
    values = {"mask_probability": SHARE, "seed": SEED, "tokens_per_batch": BUDGET, "threads": 1, "precision": "float16"}
    values |= {"language": "en", "model": "tiny", "layer": 3, "step": 50}
    with pytest.raises(SystemExit):
        run("measure_bits", given, Files([tmp_path / "scores.parquet"]), tmp_path / "log", **values)
    assert "half precision is computed on a GPU alone" in capsys.readouterr().err
