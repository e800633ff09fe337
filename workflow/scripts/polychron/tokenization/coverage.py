"""Which sentences a tokenizer and a model's window leave whole."""

from __future__ import annotations

import numpy as np

from polychron.tokenization.pieces import BEYOND, KEPT, Pieces


def whole(pieces: Pieces) -> np.ndarray:
    """Return which sentences have a word with pieces, and none beyond the window: bool, shape (sentences,)."""
    sentences = len(pieces.lengths)
    kept, beyond = (
        np.bincount(pieces.word_sentence[pieces.status == status], minlength=sentences) for status in (KEPT, BEYOND)
    )
    return (kept > 0) & (beyond == 0)
