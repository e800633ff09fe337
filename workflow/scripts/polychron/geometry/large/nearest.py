"""Which of many sentences are near each other: as `polychron.geometry.neighbours`, in blocks of sentences."""

from __future__ import annotations

import math

import numpy as np

from polychron.geometry import similarity

BLOCK = 1_000
"""The number of sentences whose cosines with all others are in memory at once."""


def nearest(states: np.ndarray, number: int) -> np.ndarray | None:
    """Find the nearest sentences of each sentence by cosine, itself left out.

    Parameters
    ----------
    states : ndarray, shape (n, d)
    number : int
        Below n.

    Returns
    -------
    ndarray of int, shape (n, number), or None
        The places of the nearest sentences; of equally near sentences, those that come first. None if all rows are the
        same.
    """
    states = np.asarray(states, np.float64)
    if similarity.is_constant(states):
        return None
    norms = np.linalg.norm(states, axis=1, keepdims=True)
    unit = states / np.where(norms > 0, norms, 1)
    found = np.empty((len(states), number), np.int64)
    for start in range(0, len(states), BLOCK):
        cosine = unit[start : start + BLOCK] @ unit.T
        cosine[np.arange(len(cosine)), np.arange(start, start + len(cosine))] = -np.inf
        found[start : start + BLOCK] = np.argsort(-cosine, axis=1, kind="stable")[:, :number]
    return found


def shared_neighbours(one: np.ndarray | None, other: np.ndarray | None) -> float:
    """Return the mean share of the nearest sentences that are the same on both sides.

    Parameters
    ----------
    one, other : ndarray of int, shape (n, k), or None
        See `nearest`.

    Returns
    -------
    float
        From 0 to 1; NaN if one side has no variance.
    """
    if one is None or other is None:
        return math.nan
    return float((one[:, :, None] == other[:, None, :]).any(axis=2).mean())
