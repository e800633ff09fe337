"""Word vectors at all layers are those of each layer."""

import numpy as np
import pytest
from tiny import WINDOW, sentences

from polychron.errors import InputError
from polychron.features import extraction, layerwise
from polychron.models.loading import load

BUDGET = 200


def test_each_layer_has_the_bytes_of_its_own_extraction(model):
    words = sentences(np.random.default_rng(3).integers(3, WINDOW + 1, 30), seed=3, words=6)
    encoder = load(*model, device="cpu")
    found = layerwise.extract(encoder, words, BUDGET)
    assert found.dtype == np.float16 and len(found) == encoder.depth + 1
    for layer in range(encoder.depth + 1):
        assert found[layer].tobytes() == extraction.extract(encoder, words, layer, BUDGET).tobytes()


def test_numbers_beyond_float16_are_float32_at_all_layers(model):
    encoder = load(*model, device="cpu")
    encoder._tensors["roberta.encoder.layer.2.output.LayerNorm.bias"][7] = 1e6
    found = layerwise.extract(encoder, sentences([6, 11], seed=7, words=2), BUDGET)
    assert found.dtype == np.float32 and found.max() > 65504


def test_vectors_that_are_not_finite_are_refused(model):
    encoder = load(*model, device="cpu")
    encoder._tensors["roberta.encoder.layer.1.output.LayerNorm.bias"][7] = np.inf
    with pytest.raises(InputError, match="the word vectors at layer 2 are not finite, stored in float32 either"):
        layerwise.extract(encoder, sentences([6, 11], seed=7, words=2), BUDGET)
