"""Sentences without padding: planned as a plain loop would, and computed as the padded encoder computes them."""

import numpy as np
import pytest
import torch
from tiny import WINDOW, sentences

from polychron.errors import InputError
from polychron.features import extraction, layerwise, packing
from polychron.features.batching import pad, places
from polychron.models.loading import load
from polychron.models.packed import Packed

BUDGET = 200


def some(seed, number=60, shortest=2):
    lengths = [*np.random.default_rng(seed).integers(shortest, WINDOW + 1, number), WINDOW, WINDOW]
    found = sentences(lengths, seed=seed, words=4)
    for word, status in ((3, 1), (17, 2), (len(found.status) - 1, 1)):
        found.status[word], found.first[word], found.stop[word] = status, 0, 0
    return found


@pytest.mark.parametrize("size", [1, 40, 200, 10_000])
def test_a_plan_has_each_sentence_and_kept_word_once(size):
    pieces = some(1)
    found = packing.plan(pieces, size)
    assert sorted(found.order) == list(range(len(pieces.lengths)))
    assert sorted(found.words) == list(np.flatnonzero(pieces.status == 0))
    np.testing.assert_array_equal(found.ids, pieces.ids[places(pieces, found.order)])
    row = 0
    for batch in found.batches:
        number = sum(count for count, _ in batch.groups)
        inside = found.order[row : row + number]
        row += number
        ids, words = found.ids[batch.pieces], found.words[batch.words]
        assert len(ids) == pieces.lengths[inside].sum() and (len(ids) <= size or number == 1)
        np.testing.assert_array_equal(words, extraction.words_of(pieces, inside))
        parts = np.split(found.parts[batch.parts], np.cumsum(found.number[batch.words])[:-1])
        starts = np.cumsum([0, *pieces.lengths[inside]])
        for word, part in zip(words, parts, strict=True):
            begin = starts[list(inside).index(pieces.word_sentence[word])]
            np.testing.assert_array_equal(part, begin + np.arange(pieces.first[word], pieces.stop[word]))
        expected = np.concatenate([np.arange(length) for length in pieces.lengths[inside]])
        np.testing.assert_array_equal(found.places[batch.pieces], expected)
    assert row == len(found.order)


def test_a_plan_of_nothing_and_of_sentences_without_pieces():
    assert packing.plan(sentences([]), 50).batches == ()
    pieces = sentences([5, 3, 5])
    hollow = type(pieces)(**{**vars(pieces), "sentence_offsets": np.array([0, 5, 5, 8, 13])})
    assert [batch.groups for batch in packing.plan(hollow, 50).batches] == [((1, 3), (2, 5))]
    assert [batch.groups for batch in packing.plan(hollow, 8).batches] == [((1, 3), (1, 5)), ((1, 5),)]


def compare(encoder, ids, lengths, groups):
    """Compare the states of sentences without padding with those of the padded encoder, at all layers."""
    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    padded = torch.zeros(mask.shape, dtype=torch.int64)
    padded[mask] = ids
    within = torch.cat([torch.arange(length) for length in lengths])
    found = list(Packed(encoder).layers(ids, within, groups))
    assert len(found) == encoder.depth + 1
    for one, other in zip(found, encoder(padded, mask), strict=True):
        torch.testing.assert_close(one, other[mask], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("lengths", [[1, 1, 1, 4, 9, 9, WINDOW], [7], [1], [WINDOW] * 3, [2, 3, 4, 5]])
def test_all_layers_are_those_of_the_padded_encoder(model, lengths):
    encoder = load(*model, device="cpu")
    ids = torch.from_numpy(np.random.default_rng(2).integers(4, 89, sum(lengths)))
    values, counts = np.unique(lengths, return_counts=True)
    groups = [(int(count), int(value)) for count, value in zip(counts, values, strict=True)]
    compare(encoder, ids, lengths, groups)


def test_a_sentence_that_sees_another_is_noticed(model):
    encoder = load(*model, device="cpu")
    ids = torch.from_numpy(np.random.default_rng(2).integers(4, 89, 12))
    compare(encoder, ids, [6, 6], [(2, 6)])
    with pytest.raises(AssertionError, match="not close"):
        compare(encoder, ids, [6, 6], [(1, 12)])  # both in one row: each sees the pieces of the other


def test_many_short_sentences_are_attended_in_parts(model, monkeypatch):
    encoder = load(*model, device="cpu")
    monkeypatch.setattr("polychron.models.packed.AT_ONCE", 3)
    compare(encoder, torch.arange(4, 4 + 20), [2] * 7 + [3] * 2, [(7, 2), (2, 3)])


def test_nothing_to_compute(model):
    packed = Packed(load(*model, device="cpu"))
    nothing = torch.zeros(0, dtype=torch.int64)
    assert [states.shape for states in packed.layers(nothing, nothing, [])] == [(0, 24)] * 4
    with pytest.raises(ValueError, match="5 pieces, and groups of other sizes"):
        next(packed.layers(torch.zeros(5, dtype=torch.int64), torch.arange(5), [(1, 4)]))


def test_a_sentence_beyond_the_window_is_refused(model):
    encoder = load(*model, device="cpu")
    pieces = sentences([4, WINDOW + 1], words=2)
    with pytest.raises(InputError, match=f"a sentence of {WINDOW + 1} pieces, and the checkpoint has positions for"):
        packing.vectors(encoder, pieces, [1])


@pytest.mark.parametrize("size", [50, packing.PIECES])
def test_vectors_of_all_layers_are_those_of_the_padded_encoder(model, size):
    encoder, pieces = load(*model, device="cpu"), some(4, shortest=3)
    expected = layerwise.extract(encoder, pieces, BUDGET)
    found, unfit = packing.vectors(encoder, pieces, [3, 0, 2], size)
    assert sorted(found) == [0, 2, 3] and not any(map(len, unfit.values()))
    for layer, vectors in found.items():
        assert vectors.dtype == np.float16 and not vectors[pieces.status != 0].any()
        np.testing.assert_allclose(vectors.astype(float), expected[layer], rtol=2**-9, atol=1e-4)
        alone, _ = packing.vectors(encoder, pieces, [layer], size)
        assert alone[layer].tobytes() == vectors.tobytes()


def test_half_precision_weights_and_no_sentences(model):
    encoder = load(*model, device="cpu")
    assert packing.vectors(encoder, sentences([]), [1])[0][1].shape == (0, 24)
    assert packing.vectors(encoder, some(5), [])[0] == {}


def test_extraction_leaves_padding_out_where_the_device_asks_for_it(model, monkeypatch):
    encoder, pieces = load(*model, device="cpu"), some(6, shortest=3)
    padded = extraction.extract(encoder, pieces, 2, BUDGET)
    monkeypatch.setattr(packing, "DEVICES", {"cpu"})
    monkeypatch.setattr("polychron.features.batching.pad", lambda *_: pytest.fail("padded"))
    found = extraction.extract(encoder, pieces, 2, BUDGET)
    np.testing.assert_allclose(found.astype(float), padded, rtol=2**-9, atol=1e-4)
    encoder._tensors["roberta.encoder.layer.1.output.LayerNorm.bias"][7] = 1e6
    assert extraction.extract(encoder, pieces, 2, BUDGET).dtype == np.float32
    encoder._tensors["roberta.encoder.layer.1.output.LayerNorm.bias"][7] = np.inf
    with pytest.raises(InputError, match="not finite, stored in float32 either, the first in sentence 0"):
        extraction.extract(encoder, pieces, 2, BUDGET)


@pytest.fixture
def full(monkeypatch):
    """Pretend that a GPU's memory is full at the second batch of the first passes, as many as are asked for."""

    def pretend(times):
        plain, passes, batches = packing.Packed, [], []

        class Full(plain):
            def __init__(self, encoder):
                super().__init__(encoder)
                passes.append(self)
                batches.clear()

            def layers(self, *arguments):
                batches.append(arguments)
                if len(batches) > 1 and len(passes) <= times:
                    raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB.\nMore of it.")
                return super().layers(*arguments)

        monkeypatch.setattr(packing, "Packed", Full)
        monkeypatch.setattr(packing, "DEVICES", {"cpu"})
        monkeypatch.setattr(packing, "PIECES", 400)
        monkeypatch.setattr(packing, "LEAST", 100)
        return passes

    return pretend


@pytest.mark.parametrize(("times", "size"), [(1, 200), (2, 100)])
def test_where_memory_is_full_a_dataset_is_computed_in_smaller_batches(model, full, caplog, times, size):
    encoder, pieces = load(*model, device="cpu"), some(6, shortest=3)
    expected, _ = packing.vectors(encoder, pieces, [2], size)
    passes = full(times)
    with caplog.at_level("WARNING", logger="polychron"):
        found = extraction.extract(encoder, pieces, 2, 50)
    assert len(passes) == times + 1 and found.tobytes() == expected[2].tobytes()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == times and said[-1] == (
        "the memory of the GPU is full (CUDA out of memory. Tried to allocate 2 GiB.): "
        f"again, with {size} pieces at once"
    )


def test_memory_that_is_always_full_is_an_error_with_a_way_out(model, full):
    encoder, pieces = load(*model, device="cpu"), some(6, shortest=3)
    full(100)
    with pytest.raises(
        InputError, match=r"does not suffice for 100 pieces at once .*Next: end what else runs on this GPU"
    ):
        extraction.extract(encoder, pieces, 2, 50)


def test_masked_ids_take_the_place_of_those_of_the_text():
    pieces = some(7)
    found = packing.plan(pieces, 100, ids=np.arange(len(pieces.ids)))
    np.testing.assert_array_equal(found.ids, places(pieces, found.order))
    assert pad(pieces, found.order[:3])[1].sum() == pieces.lengths[found.order[:3]].sum()
