"""Sentence states against the words' vectors and against transformers' plain forward pass."""

import dataclasses

import numpy as np
import pytest
import torch
from tiny import WINDOW, sentences

from polychron.errors import InputError
from polychron.features.extraction import extract
from polychron.features.pooling import pool
from polychron.models.loading import load

BUDGET = 200


@pytest.fixture(scope="module")
def pieces():
    return sentences(np.random.default_rng(3).integers(3, WINDOW + 1, 60), seed=3, words=6)


def test_the_mean_is_that_of_the_words_weighted_by_their_pieces(model):
    words = sentences([4, 9, 17, 30, 2], seed=5, words=3)
    encoder = load(*model, device="cpu")
    found = pool(encoder, words, BUDGET)
    assert found.dtype == np.float16 and found.shape == (encoder.depth + 1, 5, encoder.dimension)
    for layer in (0, 2, encoder.depth):
        for sentence in range(5):
            start, stop = words.sentence_offsets[sentence : sentence + 2]
            ids = torch.from_numpy(words.ids[start:stop].astype(np.int64))[None]
            states = encoder(ids, torch.ones_like(ids, dtype=torch.bool))[layer][0]
            expected = states[1:-1].mean(0) if stop - start > 2 else torch.zeros(encoder.dimension)
            np.testing.assert_allclose(found[layer, sentence], expected, rtol=2**-10, atol=1e-5)


def test_the_mean_agrees_with_stored_features(model):
    words = sentences([12, 25, 31], seed=6, words=4)
    encoder = load(*model, device="cpu")
    vectors = extract(encoder, words, 2, BUDGET).astype(np.float64)
    number = (words.stop - words.first).astype(np.float64)
    found = pool(encoder, words, BUDGET)[2]
    for sentence in range(3):
        of = words.word_sentence == sentence
        expected = (vectors[of] * number[of, None]).sum(0) / number[of].sum()
        np.testing.assert_allclose(found[sentence], expected, rtol=2**-8, atol=2e-3)


def test_batches_touch_no_more_than_the_last_bit(model, pieces):
    encoder = load(*model, device="cpu")
    found = pool(encoder, pieces, BUDGET).astype(np.float32)
    for budget in (1, 60):
        other = pool(encoder, pieces, budget).astype(np.float32)
        np.testing.assert_allclose(other, found, rtol=2**-10, atol=1e-5)
    assert pool(encoder, pieces, BUDGET).tobytes() == found.astype(np.float16).tobytes()


def test_the_first_state_is_that_of_the_special_piece(model):
    words = sentences([6, 11], seed=7, words=2)
    encoder = load(*model, device="cpu")
    ids = torch.from_numpy(words.ids[:6].astype(np.int64))[None]
    expected = encoder(ids, torch.ones_like(ids, dtype=torch.bool))[1][0, 0]
    np.testing.assert_allclose(pool(encoder, words, BUDGET, "first")[1, 0], expected, rtol=2**-10, atol=1e-5)
    with pytest.raises(InputError, match="no special piece before a sentence"):
        pool(encoder, dataclasses.replace(words, edges=(0, 1)), BUDGET, "first")


def test_the_last_piece_of_a_causal_model(model):
    words = sentences([6, 11, 2, 9], seed=6, words=2)
    encoder = load(*model, device="cpu")
    with pytest.raises(InputError, match=r"no causal model.*Next: set geometry\.pooling to mean"):
        pool(encoder, words, BUDGET, "last")
    encoder.causal = True
    found = pool(encoder, words, BUDGET, "last")
    for sentence in range(4):
        start, stop = words.sentence_offsets[sentence : sentence + 2]
        ids = torch.from_numpy(words.ids[start:stop].astype(np.int64))[None]
        states = encoder(ids, torch.ones_like(ids, dtype=torch.bool))[2][0]
        expected = states[-2] if stop - start > 2 else torch.zeros(encoder.dimension)
        np.testing.assert_allclose(found[2, sentence], expected, rtol=2**-10, atol=1e-5)


def test_states_that_are_not_finite_are_refused(model):
    encoder = load(*model, device="cpu")
    encoder._tensors["roberta.encoder.layer.1.output.LayerNorm.bias"][7] = np.inf
    with pytest.raises(InputError, match=r"2 of 2 sentence states are not finite, the first of sentence 0 at layer 2"):
        pool(encoder, sentences([6, 11], seed=7, words=2), BUDGET)


def test_states_beyond_float16_are_float32(model):
    encoder = load(*model, device="cpu")
    encoder._tensors["roberta.encoder.layer.2.output.LayerNorm.bias"][7] = 1e6
    found = pool(encoder, sentences([6, 11], seed=7, words=2), BUDGET)
    assert found.dtype == np.float32 and found.max() > 65504
