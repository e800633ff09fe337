"""Centred kernel alignment (CKA): how similar the states of the same sentences are in two languages, models or steps.

A state is a row of an array, and rows of two arrays are the same sentences. CKA compares their Gram matrices, so that
it is the same whatever the order, sign or rotation of the dimensions.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from polychron.errors import InputError

logger = logging.getLogger("polychron")

FEWEST = 4
"""The debiased estimate divides by n - 3."""

ROUNDING = 1e-9
"""Differences that are less than this share of the largest number are rounding. Stored states differ by more."""


def centred(states: np.ndarray) -> np.ndarray:
    """Subtract the mean of each column: float64, shape (n, d)."""
    states = np.asarray(states, np.float64)
    return states - states.mean(axis=0)


def is_constant(states: np.ndarray) -> bool:
    """Whether all rows are the same but for rounding, so that nothing can be compared."""
    states = np.asarray(states)
    return bool(np.ptp(states, axis=0).max(initial=0) <= ROUNDING * np.abs(states).max(initial=0))


def warn_of_constant(states: Mapping[str, np.ndarray]) -> None:
    """Warn of states, by what they are called, that are the same for all sentences."""
    for name, array in states.items():
        if is_constant(array):
            logger.warning("%s: all sentences have the same state, so that it is similar to nothing", name)


def require(number: int) -> None:
    """Refuse so few sentences that nothing can be estimated.

    Raises
    ------
    InputError
        There are fewer than four.
    """
    if number < FEWEST:
        raise InputError(
            f"similarity needs {FEWEST} sentences; there are {number}", remedy="take a larger parallel set"
        )


@dataclass(frozen=True)
class Gram:
    """What is kept of the states of one language: matrices of products of sentences, shape (n, n).

    Attributes
    ----------
    plain : ndarray of float64
        Products of centred rows.
    unbiased : ndarray of float64
        The same U-centred: the diagonal is 0, and so are the sums of all rows (Song et al., 2012).
    constant : bool
        Whether all rows of the states are the same.
    """

    plain: np.ndarray
    unbiased: np.ndarray
    constant: bool

    @classmethod
    def of(cls, states: np.ndarray) -> Gram:
        """Compute the matrices of an array of shape (n, d), n at least 4."""
        rows = centred(states)
        plain = rows @ rows.T
        return cls(plain, u_centred(plain), is_constant(np.asarray(states)))


def u_centred(gram: np.ndarray) -> np.ndarray:
    """Return a Gram matrix without its diagonal, U-centred (Song et al., 2012): float64, shape (n, n)."""
    number = len(gram)
    matrix = np.array(gram, np.float64)
    np.fill_diagonal(matrix, 0)
    rows = matrix.sum(axis=0)
    matrix += rows.sum() / ((number - 1) * (number - 2))
    matrix -= rows[:, None] / (number - 2)
    matrix -= rows[None, :] / (number - 2)
    np.fill_diagonal(matrix, 0)
    return matrix


def as_printed(one: Gram, other: Gram) -> float:
    """Return linear CKA as Wu et al. (2020), section 5.2, print it, of centred states (Kornblith et al., 2019).

    It is biased upwards where the dimensions are many for the number of sentences: two independent arrays of 1,000 rows
    and 768 columns have 0.43. See `debiased`.

    Returns
    -------
    float
        From 0 to 1; NaN if all rows of one of them are the same.

    Examples
    --------
    >>> states = np.array([[1.0, 0.0], [0.0, 2.0], [3.0, 1.0], [1.0, 1.0]])
    >>> turned = states @ [[0.0, -2.0], [2.0, 0.0]] + 5
    >>> round(as_printed(Gram.of(states), Gram.of(turned)), 9)
    1.0
    """
    if one.constant or other.constant:
        return math.nan
    return _cosine(one.plain, other.plain)


def debiased(one: Gram, other: Gram) -> float:
    """Return CKA by the unbiased estimate of HSIC (Song et al., 2012; Nguyen et al., 2021).

    Returns
    -------
    float
        At most 1, about 0 for independent states, and below it by chance. NaN if all rows of one are the same.
    """
    if one.constant or other.constant:
        return math.nan
    return _cosine(one.unbiased, other.unbiased)


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    own = float(np.vdot(one, one)), float(np.vdot(other, other))
    return float(np.vdot(one, other)) / math.sqrt(own[0] * own[1]) if min(own) > 0 else math.nan


def permutations(number: int, count: int, seed: int) -> np.ndarray:
    """Draw permutations of sentences: int, shape (count, number). The same seed gives the same for all pairs."""
    draw = np.random.default_rng(seed)
    return np.array([draw.permutation(number) for _ in range(count)], np.int64).reshape(count, number)


def null(grams: Sequence[Gram], orders: np.ndarray) -> np.ndarray:
    """Compute debiased CKA of all pairs when the sentences of the second side are permuted.

    Parameters
    ----------
    grams : sequence of Gram
        Of L languages.
    orders : ndarray of int, shape (K, n)
        Permutations of the sentences.

    Returns
    -------
    ndarray of float64, shape (K, L, L)
        ``[k, i, j]`` is of language i as it is and language j permuted; NaN where all rows of one are the same.
    """
    flat = np.stack([gram.unbiased.ravel() for gram in grams])
    norms = np.sqrt((flat**2).sum(axis=1))
    norms[[gram.constant for gram in grams]] = np.nan
    found = np.empty((len(orders), len(grams), len(grams)))
    permuted = np.empty_like(flat)
    for place, order in enumerate(orders):
        for row, gram in enumerate(grams):
            permuted[row] = gram.unbiased[np.ix_(order, order)].ravel()
        found[place] = flat @ permuted.T / np.outer(norms, norms)
    return found


def calibrated(observed: float, permuted: np.ndarray) -> tuple[float, float]:
    """Compare debiased CKA with what it is when the sentences of one side are permuted (Gröger et al., 2026).

    Parameters
    ----------
    observed : float
    permuted : ndarray of float64, shape (K,)
        See `null`; K at least 19.

    Returns
    -------
    p : float
        The share of permutations, with the order as it is, that give as much: from 1 / (K + 1) to 1.
    calibrated : float
        How far CKA is above the 95th percentile of the permutations, as a share of what is possible: from 0 to 1.

    Examples
    --------
    >>> p, share = calibrated(0.55, np.arange(19) / 190)
    >>> p, round(share, 3)
    (0.05, 0.503)
    """
    if math.isnan(observed):
        return math.nan, math.nan
    p = (1 + int(np.sum(permuted >= observed))) / (len(permuted) + 1)
    ordered = np.sort([observed, *permuted])
    threshold = float(ordered[math.ceil(0.95 * len(ordered)) - 1])
    return p, max(0.0, (observed - threshold) / (1 - threshold)) if threshold < 1 else math.nan
