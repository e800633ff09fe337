"""Word vectors at several layers, from one forward pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from polychron.features import finite
from polychron.features.extraction import means, words_of
from polychron.tokenization.pieces import Pieces

if TYPE_CHECKING:  # torch takes a second to import
    from polychron.models.xlmr import Encoder


def at_layers(encoder: Encoder, pieces: Pieces, layers: Sequence[int], tokens_per_batch: int) -> dict[int, np.ndarray]:
    """Compute the vector of each word at several layers.

    Parameters
    ----------
    encoder : Encoder
        The model, loaded up to the last of `layers` or further.
    pieces : Pieces
        The dataset.
    layers : sequence of int
        0 is the embeddings.
    tokens_per_batch : int
        The most pieces in a batch, padding included.

    Returns
    -------
    dict of int to ndarray of float16 or float32, shape (words, dimension)
        For each layer, the mean over the pieces of each word, accumulated in float32. Zeros where the status of a word
        is not 0. float32 where a number of the layer does not fit into float16.

    Raises
    ------
    InputError
        A vector is not finite (see `polychron.features.finite`).
    """
    from polychron.features.batching import batches, pad, spans
    from polychron.models.gpu import attention

    found = {layer: np.zeros((len(pieces.status), encoder.dimension), np.float16) for layer in layers}
    for sentences in batches(pieces.lengths, tokens_per_batch):
        words = words_of(pieces, sentences)
        ids, mask = pad(pieces, sentences, encoder.device)
        of_words = spans(pieces, sentences, words, mask)
        for layer, states in enumerate(attention.computed(encoder.layers(ids, mask))):
            if layer in found:
                vectors = means(states, *of_words).cpu().numpy()
                _refuse_unfit(vectors, words, pieces, layer, encoder)
                if np.abs(vectors).max(initial=0) > np.finfo(found[layer].dtype).max:
                    found[layer] = found[layer].astype(np.float32)
                found[layer][words] = vectors
            if layer == max(layers):
                break
    return found


def _refuse_unfit(vectors: np.ndarray, words: np.ndarray, pieces: Pieces, layer: int, encoder: Encoder) -> None:
    unfit = words[~np.isfinite(vectors).all(axis=1)]
    if len(unfit):
        raise finite.refusal(
            f"word vectors at layer {layer} are not finite, the first in sentence {pieces.word_sentence[unfit[0]]}",
            encoder,
        )
