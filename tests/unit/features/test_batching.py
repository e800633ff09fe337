"""Batches have every sentence once, within their budget and with little padding."""

import numpy as np
import pytest
import torch
from tiny import sentences

from polychron.features.batching import PADDING, batches, pad, to_host


def test_batches_hold_every_sentence_once_and_keep_the_budget():
    lengths = np.random.default_rng(0).integers(2, 60, 500)
    found = batches(lengths, 300)
    assert sorted(np.concatenate(found)) == list(range(500))
    assert all(len(batch) * lengths[batch].max() <= 300 for batch in found)
    assert len(found) < 1.1 * lengths.sum() / 300 + 10
    assert [batch.tolist() for batch in batches(np.array([9, 20, 3]), 10)] == [[2], [0], [1]]
    assert batches(np.zeros(0, int), 10) == []


def one_by_one(lengths, tokens_per_batch):
    """Return where batches start, sentence by sentence."""
    starts, tokens = [], 0
    for place, length in enumerate(np.sort(lengths)):
        others = place - starts[-1] if starts else 0
        padding = others * length - tokens
        if not starts or (others + 1) * length > tokens_per_batch or padding > tokens_per_batch * PADDING:
            starts.append(place)
            tokens = 0
        tokens += length
    return starts


@pytest.mark.parametrize("seed", range(60))
def test_batches_are_those_of_a_loop_over_sentences(seed):
    draw = np.random.default_rng(seed)
    lengths = draw.integers(draw.integers(0, 3), draw.integers(4, 90), draw.integers(1, 300))
    for budget in (1, 7, 64, 300, 100_000):
        expected = np.split(np.argsort(lengths, kind="stable"), one_by_one(lengths, budget)[1:])
        found = batches(lengths, budget)
        assert [batch.tolist() for batch in found] == [batch.tolist() for batch in expected]


@pytest.mark.parametrize("number, most", [(5, 3), (40, 5), (2000, 35)])
def test_batches_are_hardly_padded_and_still_large(number, most):
    """A few sentences of different lengths would fit one batch, most of which would be padding."""
    lengths = np.random.default_rng(0).gamma(4, 6, number).astype(int) + 2
    found = batches(lengths, 2048)
    assert len(found) <= most
    assert all(len(batch) * lengths[batch].max() - lengths[batch].sum() <= 2048 * PADDING for batch in found)


def test_what_was_laid_out_is_the_sentences_and_zeros():
    pieces = sentences([5, 2, 4])
    ids, mask = pad(pieces, np.array([2, 1]))
    assert mask.sum(1).tolist() == [4, 2]
    for row, sentence in zip(ids, (2, 1), strict=True):
        start, stop = pieces.sentence_offsets[sentence : sentence + 2]
        assert row.tolist() == [*pieces.ids[start:stop], 0, 0][:4]


def test_what_goes_to_the_host_comes_as_it_was():
    computed = torch.arange(6, dtype=torch.float16).view(2, 3)
    np.testing.assert_array_equal(to_host(computed)(), np.arange(6).reshape(2, 3))
