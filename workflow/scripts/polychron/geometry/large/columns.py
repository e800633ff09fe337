"""Centred kernel alignment (CKA) by products of columns, with the values of `polychron.geometry.similarity`.

A Gram matrix of 10,000 sentences takes 800 MB for each language; the products of 768 columns take 5 MB for each pair.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polychron.geometry import similarity

MANY = 2_000
"""Up to so many sentences, Gram matrices are small, and permuting them is faster."""


def suit(states: Mapping[object, np.ndarray]) -> bool:
    """Whether products of columns are smaller than Gram matrices that are large.

    Parameters
    ----------
    states : mapping to ndarray, each of shape (n, d)

    Returns
    -------
    bool
        Whether n is above 2,000, and above 2 d for the largest d.
    """
    return all(len(array) > max(MANY, 2 * array.shape[1]) for array in states.values())


@dataclass(frozen=True)
class Columns:
    """What is kept of the states of one language.

    Attributes
    ----------
    rows : ndarray of float64, shape (n, d)
        The states, each column centred.
    lengths : ndarray of float64, shape (n,)
        The squared length of each row.
    plain, unbiased : float
        The square root of what `as_printed` and `debiased` divide by: of the states and themselves.
    constant : bool
        Whether all rows of the states are the same.
    """

    rows: np.ndarray
    lengths: np.ndarray
    plain: float
    unbiased: float
    constant: bool

    @classmethod
    def of(cls, states: np.ndarray) -> Columns:
        """Compute them of an array of shape (n, d), n at least 4."""
        rows = similarity.centred(states)
        lengths = np.einsum("ij,ij->i", rows, rows)
        biased = _squares(rows, rows)
        unbiased = _unbiased(biased, lengths, lengths)
        return cls(rows, lengths, _root(biased), _root(unbiased), similarity.is_constant(np.asarray(states)))


def as_printed(one: Columns, other: Columns) -> float:
    """Return linear CKA as `similarity.as_printed` does: from 0 to 1, or NaN."""
    if one.constant or other.constant:
        return math.nan
    return _squares(one.rows, other.rows) / (one.plain * other.plain)


def debiased(one: Columns, other: Columns) -> float:
    """Return debiased CKA as `similarity.debiased` does: at most 1, or NaN.

    HSIC by products of columns is written as in the appendix of Kornblith et al.'s code (2019).
    """
    if one.constant or other.constant:
        return math.nan
    found = _unbiased(_squares(one.rows, other.rows), one.lengths, other.lengths)
    return found / (one.unbiased * other.unbiased)


def null(languages: Sequence[Columns], orders: np.ndarray) -> np.ndarray:
    """Compute debiased CKA of pairs when the sentences of the second side are permuted, as `similarity.null` does.

    Parameters
    ----------
    languages : sequence of Columns
        Of L languages.
    orders : ndarray of int, shape (K, n)
        Permutations of the sentences.

    Returns
    -------
    ndarray of float64, shape (K, L, L)
        ``[k, i, j]`` is of language i as it is and language j permuted, for i < j alone; NaN elsewhere.
    """
    found = np.full((len(orders), len(languages), len(languages)), np.nan)
    for place, order in enumerate(orders):
        for column, second in enumerate(languages):
            rows, lengths = second.rows[order], second.lengths[order]
            for row, first in enumerate(languages[:column]):
                if not (first.constant or second.constant):
                    hsic = _unbiased(_squares(first.rows, rows), first.lengths, lengths)
                    found[place, row, column] = hsic / (first.unbiased * second.unbiased)
    return found


def _squares(one: np.ndarray, other: np.ndarray) -> float:
    """Return the sum of the squared products of columns, which is that of the products of Gram matrices."""
    products = one.T @ other
    return float(np.vdot(products, products))


def _unbiased(squares: float, one: np.ndarray, other: np.ndarray) -> float:
    """Return the unbiased estimate of HSIC, times n (n - 3), of the sum of squares and the squared lengths of rows."""
    number = len(one)
    return float(
        squares - number / (number - 2) * np.dot(one, other) + one.sum() * other.sum() / ((number - 1) * (number - 2))
    )


def _root(value: float) -> float:
    return math.sqrt(value) if value > 0 else math.nan
