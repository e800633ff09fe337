"""Vectors of types against the mean of stored features."""

import numpy as np
import pytest
from tiny import sentences

from polychron.errors import InputError
from polychron.features.extraction import extract
from polychron.features.type_means import average
from polychron.models.loading import load

BUDGET = 200


def test_a_type_is_the_mean_of_its_occurrences(model):
    pieces = sentences(np.random.default_rng(3).integers(6, 20, 20), seed=3, words=5)
    pieces.status[7] = 1  # beyond the window
    types = np.random.default_rng(0).integers(-1, 6, len(pieces.status))
    encoder = load(*model, device="cpu")
    found = average(encoder, pieces, types, [0, 2], BUDGET)
    assert {*found} == {0, 2}
    for layer, means in found.items():
        vectors = extract(encoder, pieces, layer, BUDGET).astype(np.float64)
        assert means.dtype == np.float64 and means.shape == (6, encoder.dimension)
        for kind in range(6):
            of = (types == kind) & (pieces.status == 0)
            np.testing.assert_allclose(means[kind], vectors[of].mean(axis=0), rtol=2**-8, atol=2e-3)
    again = average(encoder, pieces, types, [0, 2], BUDGET)
    assert all(again[layer].tobytes() == means.tobytes() for layer, means in found.items())


def test_a_state_that_is_not_finite_is_refused(model):
    pieces = sentences([8, 9], seed=3, words=3)
    encoder = load(*model, device="cpu")

    class Diverged:
        dimension, device, precision = encoder.dimension, "cpu", "float32"

        def layers(self, *batch):
            yield next(encoder.layers(*batch)) * np.inf

    with pytest.raises(InputError, match="word vectors at layer 0 are not finite"):
        average(Diverged(), pieces, np.zeros(len(pieces.status), int), [0], BUDGET)
