"""Word vectors of pairs of sentences whose sides are of one model each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from polychron.errors import InputError
from polychron.features import word_states
from polychron.tokenization import sides
from polychron.tokenization.pieces import Pieces

if TYPE_CHECKING:  # torch takes a second to import
    from polychron.models.xlmr import Encoder


def at_layers(
    encoders: Sequence[Encoder], pieces: Pieces, layers: Sequence[int], tokens_per_batch: int
) -> dict[int, np.ndarray]:
    """Compute the vector of each word at several layers, of source words by one model and of target words by another.

    Parameters
    ----------
    encoders : sequence of Encoder, of length 2
        That of the sources and that of the targets, of one width.
    pieces : Pieces
        All n source sentences, then all n target sentences; see `polychron.tokenization.sides.joined`.
    layers, tokens_per_batch
        See `polychron.features.word_states.at_layers`, which this is for one model.

    Returns
    -------
    dict of int to ndarray of float16 or float32, shape (words, dimension)

    Raises
    ------
    InputError
        The two models have states of other widths, or a vector is not finite.
    """
    source, target = encoders
    if source.dimension != target.dimension:
        raise InputError(
            f"the models of the two sides have states of {source.dimension} and {target.dimension} dimensions",
            remedy="choose members of one width",
        )
    words = pieces.word_offsets[len(pieces.lengths) // 2]
    one, other = (
        word_states.at_layers(encoder, sides.readable(pieces, encoder.vocabulary), layers, tokens_per_batch)
        for encoder in encoders
    )
    return {layer: np.concatenate([one[layer][:words], other[layer][words:]]) for layer in one}
