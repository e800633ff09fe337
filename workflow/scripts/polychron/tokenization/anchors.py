"""Anchors: entries of a vocabulary that occur in the texts of two languages (Wu et al. 2020, section 4.2)."""

from __future__ import annotations

import numpy as np

from polychron.errors import InputError
from polychron.tokenization.tokenizer import FIRST


def measure(first: np.ndarray, second: np.ndarray) -> dict[str, float | list[float]]:
    """Measure how much of the texts of two languages are entries that occur in both.

    Parameters
    ----------
    first, second : ndarray of int, shape (ids,)
        How often each id occurs in the text of a language, in fairseq's order: the special ids are the first four, and
        ``<mask>`` the last. These are left out.

    Returns
    -------
    dict
        ``anchor_types``: of the ids that occur, the share that occur in both texts. ``anchor_tokens``: for each text,
        the share of its pieces whose id occurs in the other one too.

    Raises
    ------
    InputError
        The counts are of different vocabularies, or a text has no piece.

    Examples
    --------
    >>> measure(np.array([9, 0, 9, 1, 3, 1, 0, 0]), np.array([9, 0, 9, 0, 0, 2, 8, 0]))
    {'anchor_types': 0.3333333333333333, 'anchor_tokens': [0.25, 0.2]}
    """
    if len(first) != len(second):
        raise InputError(
            f"the texts are of vocabularies of {len(first)} and {len(second)} ids",
            remedy="compare languages of one vocabulary",
        )
    texts = [np.asarray(counts, np.int64)[len(FIRST) : -1] for counts in (first, second)]
    if not all(counts.any() for counts in texts):
        raise InputError("a text has no piece", remedy="give text in both languages")
    both, either = np.logical_and(*texts), np.logical_or(*texts)
    return {
        "anchor_types": float(both.sum() / either.sum()),
        "anchor_tokens": [float(counts[both].sum() / counts.sum()) for counts in texts],
    }
