"""Scores of many candidates, in blocks of rows: a pool of all words may be too large for a whole table of scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from polychron.geometry import mapping, retrieval

SCORES = 2**20
"""The most scores that are computed at once: 8 MiB of float64, which the caches of a core may hold."""


@dataclass(frozen=True)
class Side:
    """The states of one language, shape (words, d), and the cosines of their nearest words of the other, descending."""

    states: np.ndarray
    nearest: np.ndarray

    @cached_property
    def unit(self) -> np.ndarray:
        """The states with unit length; those of zeros stay so."""
        return mapping.unit(self.states)

    @cached_property
    def zeros(self) -> np.ndarray:
        """Whether each state is zeros, and has no direction: bool, shape (words,)."""
        return ~self.states.any(axis=1)

    @cached_property
    def lengths(self) -> np.ndarray:
        """The length of each state: shape (words,)."""
        return np.linalg.norm(self.states, axis=1)

    def mean(self, number: int) -> np.ndarray:
        """Return the mean cosine of the nearest words, or of all where there are fewer: shape (words,)."""
        return self.nearest[:, :number].mean(axis=1)


def sides(one: np.ndarray, other: np.ndarray, number: int) -> tuple[Side, Side]:
    """Find the cosines of the nearest words of all words of two languages, in both directions.

    Parameters
    ----------
    one, other : ndarray of float64, shapes (a, d) and (b, d)
    number : int
        How many are kept, at the most.
    """
    of_one = np.zeros((len(one), min(number, len(other))))
    of_other = np.zeros((0, len(other)))
    first, second = Side(one, of_one), Side(other, of_other)
    for rows in blocks(len(one), len(other)):
        cosines = _cosines(first, second, rows)
        of_one[rows] = _highest(cosines, number, axis=1)
        of_other = _highest(np.concatenate([of_other, cosines]), number, axis=0)
    return (
        replace(first, nearest=-np.sort(-of_one, axis=1)),
        replace(second, nearest=-np.sort(-of_other.T, axis=1)),
    )


def _cosines(queries: Side, pool: Side, rows: Any) -> np.ndarray:
    """Return the cosines of some queries and all candidates, as `polychron.geometry.retrieval.cosine` defines them."""
    found = queries.unit[rows] @ pool.unit.T
    found[queries.zeros[rows]] = -1
    if pool.zeros.any():
        found[:, pool.zeros] = -1
    return found


def blocks(rows: int, columns: int) -> Iterator[slice]:
    """Yield the rows of a table of scores in blocks that are not too large."""
    size = max(1, SCORES // max(columns, 1))
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))


def _highest(values: np.ndarray, number: int, axis: int) -> np.ndarray:
    """Return the highest values along an axis, in any order."""
    length = values.shape[axis]
    if length <= number:
        return values
    return np.take(np.partition(values, length - number, axis=axis), np.arange(length - number, length), axis=axis)


def found(
    queries: Side, pool: Side, linked: int, names: Sequence[str], neighbours: Mapping[str, int]
) -> dict[str, dict[str, np.ndarray]]:
    """Search for the translations of the first words of one language among all words of the other.

    Parameters
    ----------
    queries, pool : Side
        Word i of `queries` has the right candidate i, for the first `linked`.
    linked : int
    names : sequence of {"cosine", "csls", "margin", "euclidean"}
        The scores, see `polychron.geometry.retrieval`.
    neighbours : mapping of str to int
        Those of ``csls`` and ``margin``.

    Returns
    -------
    dict of str to dict of str to ndarray of float64, shape (linked,)
        Of each score, ``first``: how far the right candidate is the first (`polychron.geometry.retrieval.first_right`);
        of cosine also ``rank``, its rank (`polychron.geometry.retrieval.ranks`).
    """
    places = {name: ("first", "rank") if name == "cosine" else ("first",) for name in names}
    result = {name: {place: np.zeros(linked) for place in of} for name, of in places.items()}
    for rows in blocks(linked, len(pool.states)):
        own = np.arange(rows.start, rows.stop)
        for name, scores in each(queries, pool, own, names, neighbours):
            right = scores[np.arange(len(own)), own]
            result[name]["first"][rows] = _first_right(scores, right)
            if "rank" in result[name]:
                result[name]["rank"][rows] = _ranks(scores, right)
    return result


def each(
    queries: Side, pool: Side, rows: np.ndarray, names: Sequence[str], neighbours: Mapping[str, int]
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each score of some queries and all candidates, as `polychron.geometry.retrieval` defines them.

    The states of both sides are multiplied once, for all scores.

    Parameters
    ----------
    queries, pool : Side
    rows : ndarray of int
        The queries.
    names, neighbours
        As in `found`.

    Yields
    ------
    name : str
    scores : ndarray of float64, shape (rows, candidates)
    """
    cosines = _cosines(queries, pool, rows)
    for name in names:
        if name == "euclidean":
            lengths = queries.lengths[rows]
            yield name, 2 * lengths[:, None] * cosines * pool.lengths - lengths[:, None] ** 2 - pool.lengths**2
        elif name == "csls":
            scores = 2 * cosines
            scores -= queries.mean(neighbours[name])[rows, None]
            scores -= pool.mean(neighbours[name])
            yield name, scores
        elif name == "margin":
            mean = queries.mean(neighbours[name])[rows, None] / 2 + pool.mean(neighbours[name]) / 2
            mean[mean == 0] = np.finfo(np.float64).tiny
            scores = np.divide(cosines, mean, out=mean)
            # a state of zeros, as in retrieval
            scores[queries.zeros[rows]] = -np.inf
            if pool.zeros.any():
                scores[:, pool.zeros] = -np.inf
            yield name, scores
        else:
            yield name, cosines


def _first_right(scores: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return how far the right candidate is the first, as `polychron.geometry.retrieval.first_right` defines it.

    Ties are counted only where the right candidate is among them.
    """
    best = scores.max(axis=1)
    highest = best - retrieval.ROUNDING * np.maximum(1, np.abs(best))
    found = np.zeros(len(scores))
    there = np.flatnonzero(right >= highest)
    found[there] = 1 / np.count_nonzero(scores[there] >= highest[there, None], axis=1)
    return found


def _ranks(cosines: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the rank of the right candidate by cosines, which do not exceed 1; see `polychron.geometry.retrieval`."""
    as_high = np.count_nonzero(cosines >= (right - retrieval.ROUNDING)[:, None], axis=1)
    higher = np.count_nonzero(cosines > (right + retrieval.ROUNDING)[:, None], axis=1)
    return 1 + higher + (as_high - higher - 1) / 2
