"""Scores of many candidates, in blocks of rows: a pool of all words may be too large for a whole table of scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polychron.geometry import retrieval

SCORES = 2**23
"""The most scores that are computed at once: 64 MiB of float64."""


@dataclass(frozen=True)
class Side:
    """The states of one language, shape (words, d), and the cosines of their nearest words of the other, descending."""

    states: np.ndarray
    nearest: np.ndarray

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
    for rows in blocks(len(one), len(other)):
        cosines = retrieval.cosine(one[rows], other)
        of_one[rows] = _highest(cosines, number, axis=1)
        of_other = _highest(np.concatenate([of_other, cosines]), number, axis=0)
    return Side(one, -np.sort(-of_one, axis=1)), Side(other, -np.sort(-of_other.T, axis=1))


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
        # the right candidates of these queries become the first columns
        order = np.roll(np.arange(len(pool.states)), -rows.start)
        for name, scores in each(queries, pool, np.arange(linked)[rows], order, names, neighbours):
            result[name]["first"][rows] = retrieval.first_right(scores)
            if "rank" in result[name]:
                result[name]["rank"][rows] = retrieval.ranks(scores)
    return result


def each(
    queries: Side,
    pool: Side,
    rows: np.ndarray,
    order: np.ndarray,
    names: Sequence[str],
    neighbours: Mapping[str, int],
) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each score of some queries and all candidates, as `polychron.geometry.retrieval` defines them.

    Parameters
    ----------
    queries, pool : Side
    rows : ndarray of int
        The queries.
    order : ndarray of int
        The candidates, in the order of the columns.
    names, neighbours
        As in `found`.

    Yields
    ------
    name : str
    scores : ndarray of float64, shape (rows, candidates)
    """
    asked, candidates = queries.states[rows], pool.states[order]
    cosines = retrieval.cosine(asked, candidates)
    for name in names:
        if name == "euclidean":
            yield name, retrieval.euclidean(asked, candidates)
        elif name == "cosine":
            yield name, cosines
        else:
            both = queries.mean(neighbours[name])[rows, None] + pool.mean(neighbours[name])[None, order]
            scores = 2 * cosines - both if name == "csls" else _margin(cosines, both / 2)
            if name == "margin":  # a state of zeros, as in retrieval
                scores[~asked.any(axis=1)] = scores[:, ~candidates.any(axis=1)] = -np.inf
            yield name, scores


def _margin(cosines: np.ndarray, mean: np.ndarray) -> np.ndarray:
    return cosines / np.where(mean == 0, np.finfo(np.float64).tiny, mean)
