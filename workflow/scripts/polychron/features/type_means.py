"""Vectors of word types: the mean over their occurrences in running text, at several layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from polychron.features import finite
from polychron.features.extraction import means, words_of
from polychron.tokenization.pieces import Pieces

if TYPE_CHECKING:  # torch takes a second to import
    from polychron.models.xlmr import Encoder


def average(
    encoder: Encoder, pieces: Pieces, types: np.ndarray, layers: Sequence[int], tokens_per_batch: int
) -> dict[int, np.ndarray]:
    """Average the vectors of words over the occurrences of each type (Wu et al. 2020, section 5.1.1).

    Parameters
    ----------
    encoder : Encoder
        The model, loaded up to the last of `layers` or further.
    pieces : Pieces
        The text.
    types : ndarray of int, shape (words,)
        The type of each word, from 0; -1 for a word that is not averaged.
    layers : sequence of int
        0 is the embeddings.
    tokens_per_batch : int
        The most pieces in a batch, padding included.

    Returns
    -------
    dict of int to ndarray of float64, shape (types, dimension)
        Words whose status is not 0 are left out. A type without another word is NaN.

    Raises
    ------
    InputError
        A vector is not finite (see `polychron.features.finite`).
    """
    import torch

    from polychron.features.batching import batches, pad, spans
    from polychron.models.gpu import attention

    number = int(types.max(initial=-1)) + 1
    counts = np.zeros(number)
    sums = {layer: torch.zeros(number, encoder.dimension, dtype=torch.float64) for layer in layers}
    for sentences in batches(pieces.lengths, tokens_per_batch):
        words = words_of(pieces, sentences)
        averaged = types[words] >= 0
        place = torch.from_numpy(types[words][averaged].astype(np.int64))
        np.add.at(counts, types[words][averaged], 1)
        ids, mask = pad(pieces, sentences, encoder.device)
        of_words = spans(pieces, sentences, words, mask)
        for layer, states in enumerate(attention.computed(encoder.layers(ids, mask))):
            if layer in sums:
                vectors = means(states, *of_words).cpu()[torch.from_numpy(averaged)]
                finite.require(vectors, layer, encoder)
                # on the CPU, where sums have one order
                sums[layer].index_add_(0, place, vectors.double())
            if layer == max(layers):
                break
    with np.errstate(invalid="ignore"):
        return {layer: total.numpy() / counts[:, None] for layer, total in sums.items()}
