"""Retrieval from the sentences of all languages together (LAReQA, Roy et al., 2020)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from polychron.geometry import retrieval

DEPTH = 20
"""The number of candidates that count."""

BLOCK = 1_000
"""The number of queries whose cosines with all candidates are in memory at once."""


def average_precision(relevant: np.ndarray, total: int) -> np.ndarray:
    """Return the average precision of ranked candidates.

    Parameters
    ----------
    relevant : ndarray of bool, shape (n, k)
        Whether each of the first k candidates of each query is right.
    total : int
        The number of right candidates that there are.

    Returns
    -------
    ndarray of float64, shape (n,)
        The mean precision at the places of the right candidates, over as many as could be among the first k.
    """
    precision = np.cumsum(relevant, axis=1) / np.arange(1, relevant.shape[1] + 1)
    return (precision * relevant).sum(axis=1) / min(total, relevant.shape[1])


def search(states: Mapping[str, np.ndarray]) -> dict[str, dict[str, float]]:
    """Search the sentences of all other languages for the translations of each sentence, by cosine.

    Parameters
    ----------
    states : mapping of str to ndarray, each of shape (n, d)
        The states of each language. Rows are the same sentences.

    Returns
    -------
    dict of str to dict
        For each language as that of the queries `map_at_20`, and `top_language`: the largest share of queries whose
        first candidate is of the same language; 1 / (L - 1) if languages do not matter.
    """
    found = {}
    for source, queries in states.items():
        others = [name for name in states if name != source]
        number = len(queries)
        blocks = [queries[start : start + BLOCK] for start in range(0, number, BLOCK)]
        ranked = np.vstack([_nearest(block, [states[name] for name in others]) for block in blocks])
        relevant = ranked % number == np.arange(number)[:, None]
        of_language = np.bincount(ranked[:, 0] // number, minlength=len(others))
        found[source] = {
            "map_at_20": float(average_precision(relevant, len(others)).mean()),
            "top_language": float(of_language.max() / number),
        }
    return found


def _nearest(queries: np.ndarray, pools: list[np.ndarray]) -> np.ndarray:
    """Return the places of the first candidates of queries in several pools, one behind the other."""
    scores = np.hstack([retrieval.cosine(queries, pool) for pool in pools])
    # of equal scores, those whose place comes first, in an order that favours no language and no right candidate
    order = np.random.default_rng(0).permutation(scores.shape[1])
    return order[np.argsort(-scores[:, order], axis=1, kind="stable")[:, :DEPTH]]
