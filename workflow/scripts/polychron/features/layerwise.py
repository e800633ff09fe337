"""Word vectors at all layers from one forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polychron.features import finite
from polychron.features.extraction import means, words_of
from polychron.tokenization.pieces import Pieces

if TYPE_CHECKING:  # torch takes a second to import
    from polychron.models.xlmr import Encoder


def extract(encoder: Encoder, pieces: Pieces, tokens_per_batch: int) -> np.ndarray:
    """Compute the vector of each word at every layer.

    Parameters
    ----------
    encoder : Encoder
        The model, loaded up to its last layer.
    pieces : Pieces
        The dataset.
    tokens_per_batch : int
        The most pieces in a batch, padding included.

    Returns
    -------
    ndarray of float16 or float32, shape (layers + 1, words, dimension)
        Of each layer what `polychron.features.extraction.extract` returns. float32 at all layers where a number of one
        of them does not fit into float16.

    Raises
    ------
    InputError
        A vector is not finite (see `polychron.features.finite`).
    """
    for precision in (np.float16, np.float32):
        vectors, unfit = _vectors(encoder, pieces, tokens_per_batch, precision)
        if unfit is None:
            return vectors
    raise finite.refusal(f"the word vectors at layer {unfit} are not finite, stored in float32 either", encoder)


def _vectors(encoder: Encoder, pieces: Pieces, tokens_per_batch: int, precision: type) -> tuple[np.ndarray, int | None]:
    """Return the vectors of all words in a precision, and the first layer with a number that does not fit into it."""
    import torch

    from polychron.features.batching import batches, pad, spans
    from polychron.models.gpu import attention

    kind = {np.float16: torch.float16, np.float32: torch.float32}[precision]
    vectors = np.zeros((encoder.depth + 1, len(pieces.status), encoder.dimension), precision)
    for sentences in batches(pieces.lengths, tokens_per_batch):
        words = words_of(pieces, sentences)
        ids, mask = pad(pieces, sentences, encoder.device)
        of_words = spans(pieces, sentences, words, mask)
        for layer, states in enumerate(attention.computed(encoder.layers(ids, mask))):
            vectors[layer, words] = found = means(states, *of_words).to(kind).cpu().numpy()
            if not np.isfinite(found).all():
                return vectors, layer
    return vectors, None
