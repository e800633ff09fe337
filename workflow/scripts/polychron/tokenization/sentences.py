"""Sentences that stand in several rows, each of them once.

A room of its own: the tasks and the cutting of words need it, and not how the releases of XNLI are read.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def unique_sentences(premises: Sequence[str], hypotheses: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """List each sentence once: a premise of XNLI stands in three rows.

    Parameters
    ----------
    premises, hypotheses : sequence of str
        Of the same length.

    Returns
    -------
    sentences : list of str
        In order of first appearance, row by row, the premise before the hypothesis.
    premise_index, hypothesis_index : int64 array (rows,)
        The place of each row's sentences in that list.

    Examples
    --------
    >>> unique_sentences(["a", "a"], ["b", "a"])
    (['a', 'b'], array([0, 0]), array([1, 0]))
    """
    places: dict[str, int] = {}
    index = np.empty((len(premises), 2), np.int64)
    for row, pair in enumerate(zip(premises, hypotheses, strict=True)):
        for side, sentence in enumerate(pair):
            index[row, side] = places.setdefault(sentence, len(places))
    return list(places), index[:, 0].copy(), index[:, 1].copy()
