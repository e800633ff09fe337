"""Dyadic data: inference where each value belongs to a pair of languages, and each language to many pairs.

The 306 ordered pairs of 18 languages are not 306 independent observations: what is special about a language affects all
of its 34 pairs. A test that assumes independence finds correlations where there are none. Two things account for the
pairs: a test that permutes the languages, and a variance in which pairs that share a language covary.

Values are square matrices (n, n), from the row's language to the column's, NaN where there is no value. The diagonal is
never read (readings A29, A30).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from polychron.stats import correlation
from polychron.stats.correlation import BLOCK

TOLERANCE = 1e-9
"""By how much a permuted coefficient may miss the observed one because of rounding, and still count as reaching it."""


def shared(*matrices: ArrayLike) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Find the languages and pairs for which all matrices have a value.

    Returns
    -------
    languages : ndarray (m,)
        Indices of the languages that are in such a pair.
    pairs : ndarray of bool, (m, m)
        The pairs among them.

    Examples
    --------
    >>> gap = float("nan")
    >>> languages, pairs = shared([[0, 1, gap], [1, 0, gap], [gap, gap, 0]])
    >>> languages.tolist(), pairs.tolist()
    ([0, 1], [[False, True], [True, False]])
    """
    pairs = np.logical_and.reduce([np.isfinite(np.asarray(matrix, float)) for matrix in matrices])
    np.fill_diagonal(pairs, False)
    languages = np.flatnonzero(pairs.any(axis=0) | pairs.any(axis=1))
    return languages, pairs[np.ix_(languages, languages)]


def permutation_p(x: ArrayLike, y: ArrayLike, permutations: int, seed: int, sign: int = 0) -> float:
    """Test a Spearman coefficient of pairs by permuting the languages (Mantel test, QAP).

    Rows and columns of `x` are permuted together, so that a language keeps all its pairs, as a source and as a target.
    The null hypothesis is that the languages are exchangeable (Mantel 1967; Krackhardt 1988, Social Networks 10,
    359-381). The test ignores that related languages resemble each other (Guillot and Rousset 2013): where both
    matrices follow kinship for different reasons, it finds too much.

    Parameters
    ----------
    x, y : array-like (n, n)
        Values of pairs. Where pairs are missing, ranks are taken within each matrix, and each permutation correlates
        them over the pairs that both matrices then have.
    permutations, seed : int
        See `correlation.permutation_p`; n languages have n! permutations.
    sign : int
        1 for the p-value of a coefficient as large, -1 for one as small, 0 for one as far from 0.

    Returns
    -------
    float
        The p-value, two-sided unless `sign` is given. NaN where fewer than three pairs are shared or all their values
        are equal.

    Examples
    --------
    Three languages in a row; the nearer, the more similar. Of the 3! orders, the given one and its mirror image have
    rho = 1. The other four, which move an end to the middle, have less.

    >>> apart = [[0, 1, 2], [1, 0, 1], [2, 1, 0]]
    >>> unlike = [[0, 0.1, 0.7], [0.1, 0, 0.1], [0.7, 0.1, 0]]
    >>> permutation_p(apart, unlike, permutations=9999, seed=0) == 2 / 6
    True
    """
    languages, pairs = shared(x, y)
    first, second = (np.asarray(matrix, float)[np.ix_(languages, languages)] for matrix in (x, y))
    if math.isnan(correlation.spearman(first[pairs], second[pairs])[0]):
        return math.nan
    (ranks_x, has_x), (ranks_y, has_y) = (_ranked(matrix) for matrix in (first, second))
    n = len(languages)

    def strength(block: NDArray[np.int64]) -> NDArray[np.float64]:
        found = _coefficients(block, ranks_x, has_x, ranks_y, has_y)
        return sign * found if sign else np.abs(found)

    observed = strength(np.arange(n)[None])[0]
    reached = total = 0
    for block in orders(n, permutations, seed):
        reached += int((strength(block) >= observed - TOLERANCE).sum())
        total += len(block)
    return permuted_share(reached, total, correlation.exact(n, permutations))


def orders(n: int, permutations: int, seed: int) -> Iterator[NDArray[np.int64]]:
    """Yield permutations of n things in blocks of (rows, n): all of them where `exact`, otherwise drawn with a seed."""
    if correlation.exact(n, permutations):
        every = itertools.permutations(range(n))
        while block := list(itertools.islice(every, BLOCK)):
            yield np.array(block)
        return
    rng = np.random.default_rng(seed)
    for start in range(0, permutations, BLOCK):
        rows = min(BLOCK, permutations - start)
        yield rng.permuted(np.tile(np.arange(n), (rows, 1)), axis=1)


def permuted_share(reached: int, total: int, complete: bool) -> float:
    """Return the p-value; drawn permutations do not include the data, which count as one more."""
    return reached / total if complete else (reached + 1) / (total + 1)


def _ranked(matrix: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the centred ranks of the pairs that have a value, 0 elsewhere, and which pairs these are."""
    has = np.isfinite(matrix)
    np.fill_diagonal(has, False)
    ranks = np.zeros(matrix.shape)
    values = stats.rankdata(matrix[has])
    ranks[has] = values - values.mean()
    return ranks, has.astype(float)


def _coefficients(
    block: NDArray[np.int64],
    x: NDArray[np.float64],
    has_x: NDArray[np.float64],
    y: NDArray[np.float64],
    has_y: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Correlate the ranks for each permutation of a block, over the pairs that both matrices have."""
    rows, columns = block[:, :, None], block[:, None, :]
    flat = (len(block), -1)
    moved = x[rows, columns].reshape(flat)
    if has_x.sum() == has_y.sum() == len(x) * (len(x) - 1):
        return moved @ y.ravel() / math.sqrt((x**2).sum() * (y**2).sum())
    has = has_x[rows, columns].reshape(flat)
    weights = np.stack([has_y, y, y**2], axis=-1).reshape(-1, 3)
    number, of_y, of_y_squared = (has @ weights).T
    of_x, of_products, _ = (moved @ weights).T
    of_x_squared = moved**2 @ weights[:, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = (of_x_squared - of_x**2 / number) * (of_y_squared - of_y**2 / number)
        found = (of_products - of_x * of_y / number) / np.sqrt(spread)
    return np.where(spread > TOLERANCE, found, 0.0)


def variance(without: ArrayLike, influence: ArrayLike) -> float:
    """Estimate the variance of a statistic of pairs, where pairs that share a language covary.

    V = (n - 1) / n sum_i d_i^2 - sum_{i<j} (e_ij + e_ji)^2. The first sum is the jackknife that leaves out one language
    at a time (Snijders and Borgatti 1999, Connections 22, 161-170). It counts each pair twice, with both of its
    languages; the second sum subtracts it once (as in Aronow, Samii and Assenova 2015, Political Analysis 23, 564-577).
    V is at least the second sum, the variance of independent unordered pairs.

    Parameters
    ----------
    without : array-like (n,)
        d: the statistic without each language, minus the statistic.
    influence : array-like (n, n)
        e: how much each ordered pair contributes to it; 0 where there is no pair.

    Examples
    --------
    2 / 3 (9 + 1 + 4) - (2 + 1)^2 - 0 - 0 = 0.333, less than 9:

    >>> variance([3, -1, -2], [[0, 2, 0], [1, 0, 0], [0, 0, 0]])
    9.0
    """
    without, influence = np.asarray(without, float), np.asarray(influence, float)
    n = len(without)
    apart = float(((influence + influence.T) ** 2).sum()) / 2
    return max((n - 1) / n * float((without**2).sum()) - apart, apart)


def mean_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Average over ordered pairs of different languages (reading A29), with a confidence interval.

    The interval is mean +- t sqrt(V) with the variance of dyads (`variance`) and n - 1 degrees of freedom, n the number
    of languages.

    Returns
    -------
    mean, low, high : float
        NaN without pairs; the ends also where leaving out a language leaves no pair.

    Examples
    --------
    >>> mean, low, high = mean_interval([[9, 0.5, 0.6], [0.7, 9, 0.6], [0.5, 0.7, 9]])
    >>> round(mean, 6), bool(low < mean < high)
    (0.6, True)
    """
    languages, pairs = shared(values)
    if not len(languages):
        return math.nan, math.nan, math.nan
    chosen = np.where(pairs, np.asarray(values, float)[np.ix_(languages, languages)], 0.0)
    total, number = chosen.sum(), pairs.sum()
    mean = float(total / number)
    fewer = number - pairs.sum(axis=0) - pairs.sum(axis=1)
    if not fewer.all():
        return mean, math.nan, math.nan
    without = (total - chosen.sum(axis=0) - chosen.sum(axis=1)) / fewer - mean
    reach = _quantile(level, len(languages) - 1) * math.sqrt(
        variance(without, np.where(pairs, chosen - mean, 0) / number)
    )
    return mean, mean - reach, mean + reach


def interval(x: ArrayLike, y: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Return the confidence interval of a Spearman coefficient of pairs of languages.

    artanh(rho) +- t sqrt(V), transformed back (Fisher), with the variance of dyads (`variance`) and n - 2 degrees of
    freedom, n the number of languages.

    Parameters
    ----------
    x, y : array-like (n, n)
        Values of pairs; used are those that both have.

    Returns
    -------
    low, high : float
        NaN for fewer than four languages, and where rho is undefined, 1 or -1, with all languages or without one.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> apart = rng.uniform(size=(18, 18))
    >>> unlike = apart + 0.5 * rng.uniform(size=(18, 18))
    >>> [round(end, 2) for end in interval(apart, unlike)]
    [0.89, 0.93]
    """
    languages, pairs = shared(x, y)
    first, second = (np.asarray(matrix, float)[np.ix_(languages, languages)] for matrix in (x, y))

    def transformed(chosen: NDArray[np.bool_]) -> float:
        rho, _ = correlation.spearman(first[chosen], second[chosen])
        return math.atanh(rho) if abs(rho) < 1 else math.nan

    z, n = transformed(pairs), len(languages)
    if n < 4 or math.isnan(z):
        return math.nan, math.nan
    others = ~np.eye(n, dtype=bool)
    without = np.array([transformed(pairs & rest[:, None] & rest) for rest in others]) - z
    if not np.isfinite(without).all():
        return math.nan, math.nan
    influence = np.zeros(pairs.shape)
    influence[pairs] = influences(first[pairs], second[pairs]) / pairs.sum() / (1 - math.tanh(z) ** 2)
    reach = _quantile(level, n - 2) * math.sqrt(variance(without, influence))
    return math.tanh(z - reach), math.tanh(z + reach)


def _quantile(level: float, freedom: int) -> float:
    return float(stats.t.ppf((1 + level) / 2, freedom))


def influences(x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
    """Return the influence function of Spearman's coefficient at each of n values.

    With U and V the mid-ranks as shares, centred, rho = C / sqrt(A B), C = mean(U V), A = mean(U^2), B = mean(V^2).
    A value changes C by its own product and by its effect on the ranks of all others; A and B likewise (they are
    constant only without ties). It changes rho by C' / sqrt(A B) - rho (A' / A + B' / B) / 2 (Croux and Dehon 2010).

    Returns
    -------
    ndarray (n,)
        With mean 0. For independent values the coefficient's standard error is the square root of mean(square) / n.

    Examples
    --------
    For independent variables that is 1 / sqrt(n - 1), here with n = 1000:

    >>> rng = np.random.default_rng(0)
    >>> found = influences(rng.uniform(size=1000), rng.uniform(size=1000))
    >>> bool(abs(found.mean()) < 1e-9), bool(0.9 < found.std() < 1.1)
    (True, True)
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    lifts_x, lifts_y = _lifts(x), _lifts(y)
    u, v = lifts_x.mean(axis=0), lifts_y.mean(axis=0)
    u, v = u - u.mean(), v - v.mean()
    c, a, b = (u * v).mean(), (u * u).mean(), (v * v).mean()
    moved_c = u * v + (lifts_x @ v + lifts_y @ u) / len(x)
    moved_a, moved_b = u * u + 2 * lifts_x @ u / len(x), v * v + 2 * lifts_y @ v / len(x)
    moved_c, moved_a, moved_b = (moved - moved.mean() for moved in (moved_c, moved_a, moved_b))
    rho = c / math.sqrt(a * b)
    return moved_c / math.sqrt(a * b) - rho * (moved_a / a + moved_b / b) / 2


def _lifts(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 where the row's value is less than the column's, 0 where it is greater, and 0.5 for ties; (n, n)."""
    return (np.sign(values[None, :] - values[:, None]) + 1) / 2
