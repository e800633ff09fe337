"""Mining of translations among sentences of which only some have one, by the protocol of BUCC (Zweigenbaum et al.)."""

from __future__ import annotations

import math

import numpy as np

from polychron.geometry import retrieval


def candidates(source: np.ndarray, target: np.ndarray, neighbours: int) -> tuple[np.ndarray, np.ndarray]:
    """Pair each sentence that may be a translation with its best candidate.

    The source has the first three quarters of the sentences and the target the last three, so that half of the
    sentences of each have a translation among the other's.

    Parameters
    ----------
    source, target : ndarray, shapes (n, d)
        States of the same sentences.
    neighbours : int
        Of the margin.

    Returns
    -------
    scores : ndarray of float64
        The margin of each pair.
    right : ndarray of bool
        Whether it is a translation.
    """
    first, stop = len(source) // 4, 3 * len(source) // 4
    scores = retrieval.margin(retrieval.cosine(source[:stop], target[first:]), neighbours)
    best = scores.argmax(axis=1)
    return scores.max(axis=1), best + first == np.arange(stop)


def f1(scores: np.ndarray, right: np.ndarray, threshold: float, total: int) -> float:
    """Return F1 of the pairs whose score is at least a threshold, of `total` translations that there are."""
    taken = scores >= threshold
    hits = int((taken & right).sum())
    return 2 * hits / (int(taken.sum()) + total) if hits else 0.0


def mine(tuning: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray], neighbours: int) -> float:
    """Return F1 on one half of the sentences, with the threshold that is best on the other.

    Parameters
    ----------
    tuning, test : tuple of ndarray
        The states of source and target in each half.
    neighbours : int
        Of the margin.

    Returns
    -------
    float
        From 0 to 1; NaN if a half has fewer than eight sentences.
    """
    if min(len(tuning[0]), len(test[0])) < 8:
        return math.nan
    total = {name: 3 * len(half[0]) // 4 - len(half[0]) // 4 for name, half in (("tuning", tuning), ("test", test))}
    scores, right = candidates(*tuning, neighbours)
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(right[order])
    found = 2 * hits / (np.arange(1, len(hits) + 1) + total["tuning"])
    # of equal scores all are taken or none
    last = np.append(scores[order][1:] != scores[order][:-1], True)
    threshold = scores[order][np.argmax(np.where(last, found, -1))]
    return f1(*candidates(*test, neighbours), threshold, total["test"])
