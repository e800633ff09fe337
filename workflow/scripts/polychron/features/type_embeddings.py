"""Vectors of word types without a context: the rows of the table of pieces of types that are one piece."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from polychron.features import finite
from polychron.tokenization.pieces import KEPT, Pieces

if TYPE_CHECKING:  # torch takes a second to import
    from polychron.models.xlmr import Encoder

logger = logging.getLogger("polychron")

LAYER = -1
"""What is before the embeddings of layer 0, which hold positions too."""


def of_one_piece(encoder: Encoder, types: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Return which types are one piece, and the row of each in the table of pieces.

    Parameters
    ----------
    encoder : Encoder
        The model.
    types : Pieces
        Each type as a sentence of its own.

    Returns
    -------
    which : ndarray of int64, shape (n,)
        The types that are one piece which is not special, such as ``<unk>``.
    vectors : ndarray of float64, shape (n, width)
        Their rows; see `polychron.models.xlmr.Encoder.embeddings`. A family without such a table has none.

    Raises
    ------
    InputError
        A row is not finite (see `polychron.features.finite`).
    """
    import torch

    which = np.flatnonzero((types.status == KEPT) & (types.stop - types.first == 1))
    ids = types.ids[types.sentence_offsets[types.word_sentence[which]] + types.first[which]]
    known = ~np.isin(ids, types.special)
    which, ids = which[known], ids[known]
    try:
        rows = encoder.embeddings(torch.from_numpy(ids.astype(np.int64)).to(encoder.device))
    except NotImplementedError:
        logger.warning("the model's family has no table of pieces: words are not searched by their embeddings")
        return np.zeros(0, np.int64), np.zeros((0, encoder.dimension))
    vectors = rows.double().cpu().numpy()
    if not np.isfinite(vectors).all():
        raise finite.refusal("rows of the table of pieces are not finite", encoder)
    return which.astype(np.int64), vectors
