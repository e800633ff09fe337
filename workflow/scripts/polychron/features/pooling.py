"""Sentence states: the mean of a sentence's hidden states, at all layers from one forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polychron.errors import InputError
from polychron.features import finite
from polychron.tokenization.pieces import Pieces

if TYPE_CHECKING:  # torch takes a second to import
    from polychron.models.xlmr import Encoder


def pool(encoder: Encoder, pieces: Pieces, tokens_per_batch: int, pooling: str = "mean") -> np.ndarray:
    """Compute the state of each sentence at every layer.

    Parameters
    ----------
    encoder : Encoder
        The model, loaded up to its last layer.
    pieces : Pieces
        The dataset.
    tokens_per_batch : int
        The most pieces in a batch, padding included.
    pooling : {"mean", "first", "last"}
        The mean over the pieces of a sentence without its special pieces, as in Wu et al. (2020), section 5.1.3; or the
        state of its first special piece, such as ``<s>``; or that of its last piece before special ones, of a causal
        model, in which no other has seen the whole sentence.

    Returns
    -------
    ndarray of float16 or float32, shape (layers + 1, sentences, dimension)
        Means are accumulated in float32. Zeros where a sentence has no pieces. float32 where a number does not fit into
        float16.

    Raises
    ------
    InputError
        The tokenizer puts no special piece before a sentence, and its first is asked for; the last is asked for, and
        the model is not causal; or a state is not finite.
    """
    import torch

    from polychron.features.batching import batches, pad

    before, after = pieces.edges
    if pooling == "first" and not before:
        raise InputError(
            "this model's tokenizer puts no special piece before a sentence, so there is no state of it",
            remedy="set geometry.pooling to mean",
        )
    if pooling == "last" and not encoder.causal:
        raise InputError(
            "the state of the last piece is asked for, and this is no causal model: all its pieces see the sentence",
            remedy="set geometry.pooling to mean",
        )
    states = np.zeros((encoder.depth + 1, len(pieces.lengths), encoder.dimension), np.float32)
    for sentences in batches(pieces.lengths, tokens_per_batch):
        ids, mask = pad(pieces, sentences, encoder.device)
        # what a mean is taken over: all pieces but those at the edges
        place = torch.arange(mask.shape[1], device=mask.device)
        inner = mask & (place >= before) & (place < mask.sum(1, keepdim=True) - after)
        number = inner.sum(1).clamp(min=1)[:, None]
        for layer, hidden in enumerate(encoder.layers(ids, mask)):
            if pooling == "first":
                pooled = hidden[:, 0].float()
            elif pooling == "last":
                final = (before + inner.sum(1) - 1).clamp(min=0)
                pooled = hidden[torch.arange(len(hidden), device=hidden.device), final].float()
                pooled = pooled.masked_fill(~inner.any(1, keepdim=True), 0)
            else:
                # padding is left out by index: what a model computes there need not be finite
                pooled = hidden.float().masked_fill(~inner[:, :, None], 0).sum(1) / number
            states[layer, sentences] = pooled.cpu().numpy()
    wrong = ~np.isfinite(states).all(axis=2)
    if wrong.any():
        layer, sentence = np.argwhere(wrong)[0]
        raise finite.refusal(
            f"{wrong.any(axis=0).sum()} of {wrong.shape[1]} sentence states are not finite, the first of sentence "
            f"{sentence} at layer {layer}",
            encoder,
        )
    fits = np.abs(states).max(initial=0) <= np.finfo(np.float16).max
    return states.astype(np.float16) if fits else states
