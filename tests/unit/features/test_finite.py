"""States that are not finite: in half precision the message names float32, and otherwise the pretraining."""

import functools

import numpy as np
import pytest
import torch
from tiny import WINDOW, sentences

from polychron.errors import InputError
from polychron.features import extraction, finite, layerwise, pooling, type_embeddings, type_means, word_states
from polychron.intrinsic import bits_per_character
from polychron.models import xlmr
from polychron.models.loading import load

BUDGET = 200
WAYS = {
    "features": lambda encoder, pieces: extraction.extract(encoder, pieces, 2, BUDGET),
    "all layers": lambda encoder, pieces: layerwise.extract(encoder, pieces, BUDGET),
    "several layers": lambda encoder, pieces: word_states.at_layers(encoder, pieces, [1, 2], BUDGET),
    "types": lambda encoder, pieces: type_means.average(
        encoder, pieces, np.zeros(len(pieces.status), int), [2], BUDGET
    ),
    "sentences": lambda encoder, pieces: pooling.pool(encoder, pieces, BUDGET),
    "table of pieces": lambda encoder, pieces: type_embeddings.of_one_piece(encoder, pieces),
    "bits per character": lambda encoder, pieces: bits_per_character.measure(encoder, pieces, 0.15, 5, BUDGET),
}


@functools.cache
def broken(model, kind):
    """Return a model in a precision with numbers that are not finite in its table of pieces and in its layer 2."""
    encoder = load(*model, head=True, device="cpu")
    tensors = {name: tensor.to(kind) for name, tensor in encoder._tensors.items()}
    tensors["roberta.encoder.layer.1.output.LayerNorm.bias"][7] = np.inf
    settings = {"num_attention_heads": encoder._heads, "layer_norm_eps": encoder._eps, "pad_token_id": encoder._pad}
    return xlmr.Encoder(tensors, settings, encoder.depth)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", [torch.float32, torch.float16, torch.bfloat16], ids=str)
def test_the_next_step_is_that_of_the_precision(model, way, kind):
    encoder = broken(model, kind)
    name = str(kind).removeprefix("torch.")
    assert encoder.precision == name
    pieces = sentences(
        [WINDOW, 6, 9],
        seed=3,
        words=2,
        special=(0, 1, 2, 3),
        mask=encoder.vocabulary - 1,
        vocabulary=encoder.vocabulary,
    )
    if way == "table of pieces":
        pieces.first[0], pieces.stop[0] = 1, 2
        encoder.embeddings = lambda ids: torch.full((len(ids), encoder.dimension), torch.inf)
    said = "pretraining loss: it has diverged" if kind == torch.float32 else "set features.precision: float32"
    with pytest.raises(InputError, match=f"not finite.* Next: .*{said}") as caught:
        WAYS[way](encoder, pieces)
    assert (f"computed in {name}" in str(caught.value)) == (kind != torch.float32)


def test_finite_vectors_are_returned_as_they_are(model):
    vectors = torch.ones(3, 2)
    assert finite.require(vectors, 1, broken(model, torch.float16)) is vectors
