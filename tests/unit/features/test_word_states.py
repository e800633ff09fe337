"""Word vectors at several layers against those of each layer by itself."""

import numpy as np
import pytest
import torch
from tiny import WINDOW, sentences

from polychron.errors import InputError
from polychron.features.extraction import extract
from polychron.features.word_states import at_layers
from polychron.models.loading import load

BUDGET = 200


@pytest.fixture(scope="module")
def pieces():
    return sentences(np.random.default_rng(3).integers(3, WINDOW + 1, 20), seed=3, words=6)


def test_each_layer_has_the_vectors_that_features_have(model, pieces):
    encoder = load(*model, device="cpu")
    found = at_layers(encoder, pieces, [0, 2], BUDGET)
    assert [*found] == [0, 2]
    for layer, vectors in found.items():
        expected = extract(encoder, pieces, layer, BUDGET)
        assert vectors.dtype == np.float16 and vectors.any()
        np.testing.assert_allclose(vectors, expected, rtol=2**-10, atol=1e-5)


class Shifted:
    """An encoder whose states have a given number in one dimension of layer 1."""

    precision = "float32"

    def __init__(self, encoder, number):
        self.dimension, self.device, self._encoder, self._number = encoder.dimension, "cpu", encoder, number

    def layers(self, *batch):
        for layer, states in enumerate(self._encoder.layers(*batch)):
            there = (torch.arange(self.dimension) == 1) & (layer == 1)
            yield torch.where(there, self._number, states)


def test_a_number_beyond_float16_widens_its_layer_alone(model, pieces):
    found = at_layers(Shifted(load(*model, device="cpu"), 1e5), pieces, [0, 1], BUDGET)
    assert found[0].dtype == np.float16 and found[1].dtype == np.float32
    assert np.isfinite(found[1]).all() and found[1][:, 1].min() > 9e4


def test_a_number_that_is_not_finite_is_refused(model, pieces):
    with pytest.raises(InputError, match=r"word vectors at layer 1 are not finite, the first in sentence \d+"):
        at_layers(Shifted(load(*model, device="cpu"), np.nan), pieces, [0, 1], BUDGET)
