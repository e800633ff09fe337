"""Regression of values of pairs of languages on several factors at once, tested by permuting the languages.

A single coefficient cannot tell related factors apart: languages of one family often share script, order and pieces.
The regression gives what each adds to the others. Its test is MRQAP, multiple regression quadratic assignment
procedure, by double semi-partialling (Dekker, Krackhardt and Snijders 2007, Psychometrika 72, 563-581). Values are
square matrices as in `polychron.stats.dyadic`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from polychron.stats import correlation, dyadic

COLLINEAR = 1e-9
"""The share of a factor's variance that the others must leave, so that its coefficient is defined."""


class Coefficient(NamedTuple):
    """What a regression says of one factor.

    Parameters
    ----------
    beta : float
        Standardised coefficient: by how many standard deviations the ranks rise where those of the factor rise by one
        and the other factors stay. NaN where it is undefined.
    p : float
        Two-sided p-value, in (0, 1]; NaN where `beta` is.
    note : str or None
        Why there is no coefficient.
    """

    beta: float
    p: float
    note: str | None = None


def regress(y: ArrayLike, factors: Mapping[str, ArrayLike], permutations: int, seed: int) -> dict[str, Coefficient]:
    """Regress the ranks of pairs on the ranks of all factors, and test each factor beside the others.

    The ranks are standardised and fitted by least squares. To test a factor, it is replaced by its residuals e, given
    the other factors. The rows and columns of e are permuted together, and each permutation is fitted together with the
    other factors. The p-value is the share of permutations whose t statistic reaches the observed one in size.

    Parameters
    ----------
    y : array-like (n, n)
        Values of pairs, from the row's language to the column's; NaN where there is none. The diagonal is not read.
    factors : mapping of str to array-like (n, n)
        The factors. Used are the pairs of which `y` and all factors have a value.
    permutations, seed : int
        See `correlation.permutation_p`; n languages have n! permutations.

    Returns
    -------
    dict of str to Coefficient
        One for each factor, in the order given. A factor that is the same everywhere has none and is left out of the
        regression; one that follows from the others has none either. No factor has one where `y` is the same
        everywhere, where there are fewer than four languages, or where the pairs do not outnumber the factors by two.

    Notes
    -----
    Where pairs are missing, a permutation is fitted over the pairs that have a value both before and after it.

    Examples
    --------
    What follows distance alone has no coefficient of a factor that distance explains in part:

    >>> rng = np.random.default_rng(0)
    >>> distance, noise, unlike = rng.uniform(size=(3, 12, 12))
    >>> script = distance + noise
    >>> found = regress(distance + 0.3 * unlike, {"distance": distance, "script": script}, 999, seed=0)
    >>> [(name, round(one.beta, 1), round(one.p, 1)) for name, one in found.items()]
    [('distance', 0.9, 0.0), ('script', 0.1, 0.2)]
    """
    languages, pairs = dyadic.shared(y, *factors.values())
    place = np.ix_(languages, languages)
    rows, columns = np.nonzero(pairs)
    ranked = {name: standardised(np.asarray(values, float)[place][pairs]) for name, values in factors.items()}
    outcome = standardised(np.asarray(y, float)[place][pairs])
    used = [name for name, values in ranked.items() if values is not None]
    note = None
    if len(languages) < 4 or len(rows) < len(used) + 3:
        note = f"too few pairs for a regression on {len(used)} factors: {len(rows)} of {len(languages)} languages"
    elif outcome is None:
        note = "what is explained is the same everywhere"
    found = {}
    for name, values in ranked.items():
        why = note or ("the factor is the same everywhere" if values is None else None)
        if why or values is None or outcome is None:
            found[name] = Coefficient(math.nan, math.nan, why)
            continue
        others = np.column_stack([np.ones(len(rows)), *(ranked[other] for other in used if other != name)])
        residual = values - others @ np.linalg.lstsq(others, values, rcond=None)[0]
        if residual @ residual < COLLINEAR * len(rows):
            found[name] = Coefficient(math.nan, math.nan, "the factor follows from the others")
            continue
        beta = float(residual @ outcome / (residual @ residual))
        moving = np.full(pairs.shape, math.nan)
        moving[pairs] = residual
        p = _permutation_p(moving, others, outcome, (rows, columns), permutations, seed)
        found[name] = Coefficient(beta, p)
    return found


def standardised(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the ranks with mean 0 and standard deviation 1; None where all are equal or there are none."""
    if not len(values) or np.ptp(values) == 0:
        return None
    ranks = stats.rankdata(values)
    return (ranks - ranks.mean()) / ranks.std()


def _permutation_p(
    moving: NDArray[np.float64],
    others: NDArray[np.float64],
    outcome: NDArray[np.float64],
    pairs: tuple[NDArray[np.intp], NDArray[np.intp]],
    permutations: int,
    seed: int,
) -> float:
    """Return the share of permutations of `moving`, (n, n), in which the t statistic reaches the observed one."""
    rows, columns = pairs
    n = len(moving)
    whole = len(rows) == n * (n - 1)

    def statistics(block: NDArray[np.int64]) -> NDArray[np.float64]:
        moved = moving[block[:, rows], block[:, columns]]
        if whole:
            return statistic_sizes(moved, others, outcome)
        kept = np.isfinite(moved)
        each = zip(moved, kept, strict=True)
        return np.array([statistic_sizes(one[None, has], others[has], outcome[has])[0] for one, has in each])

    observed = statistics(np.arange(n)[None])[0]
    reached = total = 0
    for block in dyadic.orders(n, permutations, seed):
        reached += int((statistics(block) >= observed * (1 - dyadic.TOLERANCE)).sum())
        total += len(block)
    return dyadic.permuted_share(reached, total, correlation.exact(n, permutations))


def statistic_sizes(
    moved: NDArray[np.float64], others: NDArray[np.float64], outcome: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the size of the t statistic of each row of `moved`, fitted together with other factors.

    By Frisch, Waugh and Lovell it follows from the partial correlation r, as r sqrt(freedom / (1 - r^2)) without its
    sign.

    Parameters
    ----------
    moved : ndarray (m, pairs)
        Permutations of a factor.
    others : ndarray (pairs, k)
        The other factors, with a column of ones.
    outcome : ndarray (pairs,)
        What is explained.

    Returns
    -------
    ndarray (m,)
        0 where nothing of a permutation is left beside the other factors, or there are no degrees of freedom.
    """
    left, size, _ = np.linalg.svd(others, full_matrices=False)
    basis = left[:, size > size[0] * 1e-10] if len(size) else left
    freedom = len(outcome) - basis.shape[1] - 1
    if freedom < 1:
        return np.zeros(len(moved))
    rest = outcome - basis @ (basis.T @ outcome)
    alone = moved - (moved @ basis) @ basis.T
    spread = (alone**2).sum(axis=1) * (rest @ rest)
    enough = spread > COLLINEAR**2
    square = np.where(enough, (alone @ rest) ** 2 / np.where(enough, spread, 1.0), 0.0).clip(0, 1)
    with np.errstate(divide="ignore"):
        return np.sqrt(square * freedom / (1 - square))
