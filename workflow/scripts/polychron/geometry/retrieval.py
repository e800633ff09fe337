"""Retrieval: whether the translation of a sentence is the nearest sentence of the other language."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import numpy as np

from polychron.geometry import mapping

logger = logging.getLogger("polychron")

FIRST = 5
"""The number of candidates of `p_at_5`."""

ROUNDING = 1e-9
"""The difference of two scores that counts as none."""


def cosine(queries: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Return the cosine of each query and each candidate: float64, shape (n, m).

    A state of zeros has no direction: it is as far as can be, -1, from all others.
    """
    found = mapping.unit(queries) @ mapping.unit(pool).T
    found[~queries.any(axis=1)] = -1
    found[:, ~pool.any(axis=1)] = -1
    return found


def count_zeros(states: Mapping[str, np.ndarray], kind: str, half: int) -> None:
    """Log how many states of each language are zeros, whose cosine with all others is -1; see `cosine`.

    Parameters
    ----------
    states : mapping of str to ndarray, each of shape (n, d)
        The states of each language that are searched.
    kind : str
        The kind of states, such as ``centred``.
    half : int
        The half that is searched.
    """
    zeros = {language: int((~array.any(axis=1)).sum()) for language, array in states.items()}
    if any(zeros.values()):
        counts = ", ".join(f"{zeros[name]} of {len(states[name])} in {name}" for name in states if zeros[name])
        logger.warning("half %d: %s states are zeros, whose cosine with all others is -1: %s", half, kind, counts)


def euclidean(queries: np.ndarray, pool: np.ndarray) -> np.ndarray:
    """Return the squared distance of each query and each candidate, negative: float64, shape (n, m)."""
    return 2 * queries @ pool.T - (queries**2).sum(axis=1)[:, None] - (pool**2).sum(axis=1)[None, :]


def _mean_of_nearest(cosines: np.ndarray, number: int) -> np.ndarray:
    """Return the mean of the highest values of each row; all, where there are fewer."""
    number = min(number, cosines.shape[1])
    return np.partition(cosines, -number, axis=1)[:, -number:].mean(axis=1)


def csls(cosines: np.ndarray, number: int) -> np.ndarray:
    """Return cross-domain similarity local scaling of cosines (Conneau et al., 2018).

    Parameters
    ----------
    cosines : ndarray, shape (n, m)
    number : int
        Nearest neighbours whose mean cosine is subtracted on either side.

    Returns
    -------
    ndarray of float64, shape (n, m)
    """
    of_queries, of_pool = _mean_of_nearest(cosines, number), _mean_of_nearest(cosines.T, number)
    return 2 * cosines - of_queries[:, None] - of_pool[None, :]


def margin(cosines: np.ndarray, number: int) -> np.ndarray:
    """Return the ratio margin of cosines (Artetxe and Schwenk, 2019).

    Parameters
    ----------
    cosines : ndarray, shape (n, m)
    number : int
        Nearest neighbours on either side.

    Returns
    -------
    ndarray of float64, shape (n, m)
        The cosine, divided by the mean of those of the neighbours of both sides. Minus infinity for a state of zeros,
        whose cosines are all -1: its ratio would be positive, since its mean is negative too.
    """
    of_queries, of_pool = _mean_of_nearest(cosines, number), _mean_of_nearest(cosines.T, number)
    mean = (of_queries[:, None] + of_pool[None, :]) / 2
    found = cosines / np.where(mean == 0, np.finfo(np.float64).tiny, mean)
    apart = cosines == -1
    found[apart.all(axis=1)] = -np.inf
    found[:, apart.all(axis=0)] = -np.inf
    return found


def first_right(scores: np.ndarray) -> np.ndarray:
    """Return how far the right candidate is the first one of each query: float64, shape (n,).

    Parameters
    ----------
    scores : ndarray, shape (n, n)
        Query i has the right candidate i.

    Returns
    -------
    ndarray of float64
        1 if it alone has the highest score, 1/k if it shares it with k - 1 others, 0 if another is higher. Where all
        states are the same, the mean is that of guessing.
    """
    highest = _just_below(scores.max(axis=1))
    ties = (scores >= highest[:, None]).sum(axis=1)
    return np.where(scores.diagonal() >= highest, 1 / ties, 0.0)


def _just_below(scores: np.ndarray) -> np.ndarray:
    """Return the least scores that are taken for the same as scores: those of equal states differ by rounding."""
    return scores - ROUNDING * np.maximum(1, np.abs(scores))


def ranks(scores: np.ndarray) -> np.ndarray:
    """Return the rank of the right candidate of each query, from 1: float64, shape (n,). Ties have their mean rank."""
    right = scores.diagonal()
    as_high = (scores >= _just_below(right)[:, None]).sum(axis=1)
    higher = (_just_below(scores) > right[:, None]).sum(axis=1)
    return 1 + higher + (as_high - higher - 1) / 2


def measures(scores: np.ndarray) -> dict[str, float]:
    """Return how well the right candidates are found.

    Parameters
    ----------
    scores : ndarray, shape (n, n)
        Query i has the right candidate i; the higher, the nearer.

    Returns
    -------
    dict of str to float
        `p_at_1`, see `first_right`; `p_at_5`, the share of queries whose right candidate is among the first five;
        `mrr`, the mean of 1 / rank; `mutual_p_at_1`, the share of sentences that are the nearest of each other, which
        MEXA counts (Kargaran et al., 2025).
    """
    forward, backward, rank = first_right(scores), first_right(scores.T), ranks(scores)
    return {
        "p_at_1": float(forward.mean()),
        "p_at_5": float((rank <= FIRST).mean()),
        "mrr": float((1 / rank).mean()),
        "mutual_p_at_1": float((forward * backward).mean()),
    }
