"""Correlations of ranks: the coefficient, its p-values and its interval, and false discoveries over a table of them.

For values of independent languages. Values of pairs of languages are not independent: see `polychron.stats.dyadic`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

ROUNDING = 1e-12
"""By how much a coefficient of 1 may miss it because of rounding."""

BLOCK = 1000
"""How many permutations are computed at a time."""


def spearman(x: ArrayLike, y: ArrayLike) -> tuple[float, float]:
    """Correlate the ranks of two variables (Tables 4 and 5; reading A30).

    Parameters
    ----------
    x, y : array-like (n,)
        Finite numbers. Ties share their mean rank.

    Returns
    -------
    rho, p : float
        Spearman's coefficient in [-1, 1], and the two-sided p-value of t = rho sqrt((n - 2) / (1 - rho^2)) with n - 2
        degrees of freedom, as `scipy.stats.spearmanr` gives it. NaN for fewer than three values, or equal ones.

    Examples
    --------
    Ranks 1, 2, 3, 4 against 2, 1, 3, 4 differ by 1, 1, 0, 0: rho = 1 - 6 (1 + 1) / (4 (16 - 1)) = 0.8.

    >>> rho, p = spearman([10, 20, 30, 40], [0.5, 0.2, 0.6, 0.9])
    >>> round(rho, 6), round(p, 6)
    (0.8, 0.2)
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return math.nan, math.nan
    found = stats.spearmanr(x, y)
    if abs(found.statistic) > 1 - ROUNDING:
        return math.copysign(1.0, found.statistic), 0.0
    return float(found.statistic), float(found.pvalue)


def p_value(rho: float, n: int) -> float:
    """Give the two-sided p-value of a Spearman coefficient, by the t approximation.

    Examples
    --------
    The two cells of Table 5 whose printed star does not agree with their own n (0.423 with n = 210, one star):

    >>> p_value(0.423, 210) < 0.001
    True
    """
    if abs(rho) == 1:
        return 0.0
    return float(2 * stats.t.sf(abs(rho) * math.sqrt((n - 2) / (1 - rho**2)), n - 2))


def stars(p: float) -> str:
    """Mark a p-value as the paper's tables do: one star below 0.05, two below 0.001.

    Examples
    --------
    >>> [stars(p) for p in (0.0004, 0.004, 0.4)]
    ['**', '*', '']
    """
    return "**" if p < 0.001 else "*" if p < 0.05 else ""


def interval(rho: float, n: int, level: float = 0.95) -> tuple[float, float]:
    """Give the confidence interval of a Spearman coefficient of n independent pairs of values.

    Fisher's transformation z = artanh(rho), with the standard error sqrt((1 + rho^2 / 2) / (n - 3)) of Bonett and
    Wright (2000, Psychometrika 65, 23-28), who found it nearer to its level than 1.06 / (n - 3) for large rho.

    Returns
    -------
    low, high : float
        NaN for fewer than four values, or where rho is 1 or -1, which has no finite z.

    Examples
    --------
    artanh(0.6) = 0.6931, standard error sqrt(1.18 / 41) = 0.1696, and 0.6931 +- 1.96 x 0.1696 is 0.3606 to 1.0257:

    >>> [round(end, 3) for end in interval(0.6, 44)]
    [0.346, 0.772]
    """
    if n < 4 or not abs(rho) < 1:
        return math.nan, math.nan
    error = math.sqrt((1 + rho**2 / 2) / (n - 3))
    reach = float(stats.norm.ppf((1 + level) / 2)) * error
    return math.tanh(math.atanh(rho) - reach), math.tanh(math.atanh(rho) + reach)


def permutation_p(x: ArrayLike, y: ArrayLike, permutations: int, seed: int) -> float:
    """Test a Spearman coefficient by permuting one of its variables.

    Parameters
    ----------
    x, y : array-like (n,)
        Finite numbers.
    permutations : int
        How many are drawn. Where there are no more than that, n! in all, each is taken once, and p is exact.
    seed : int
        Seed of the draw.

    Returns
    -------
    float
        Two-sided: the share of permutations whose coefficient is as far from 0. Of drawn ones (b + 1) / (m + 1), the
        data counted as one of them, so that p is never 0 (Phipson and Smyth 2010). NaN where `spearman` is.

    Examples
    --------
    Of the 4! = 24 orders of four values, those with |rho| >= 0.8 are 1 with rho = 1 and 3 with rho = 0.8, and as many
    with the other sign:

    >>> permutation_p([10, 20, 30, 40], [0.5, 0.2, 0.6, 0.9], permutations=9999, seed=0) == 8 / 24
    True
    """
    if math.isnan(spearman(x, y)[0]):
        return math.nan
    ranks, others = stats.rankdata(x), stats.rankdata(y)
    others -= others.mean()

    def strength(permuted: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
        # proportional to |rho|; sums of multiples of a quarter, so that equal ones are equal to the last digit
        return np.abs(permuted @ others)

    found = stats.permutation_test(
        (ranks,),
        strength,
        permutation_type="pairings",
        alternative="greater",
        n_resamples=permutations,
        batch=BLOCK,
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def exact(n: int, permutations: int) -> bool:
    """Say whether all permutations of n things are no more than so many.

    Examples
    --------
    >>> exact(7, 9999), exact(8, 9999)
    (True, False)
    """
    return math.factorial(min(n, 20)) <= permutations


def discovery_rates(p: ArrayLike) -> NDArray[np.float64]:
    """Adjust the p-values of a table for their number (Benjamini and Hochberg 1995).

    Parameters
    ----------
    p : array-like (n,)
        p-values; NaN where there was no test.

    Returns
    -------
    ndarray (n,)
        q: among the cells with a q up to this one, at most this share is expected to be chance. NaN stays.

    Examples
    --------
    The ranks are 1, 3, 2 of three: 0.01 x 3 / 1, 0.04 x 3 / 3, 0.03 x 3 / 2, and a q is no larger than the next one.

    >>> discovery_rates([0.01, float("nan"), 0.04, 0.03]).round(6).tolist()
    [0.03, nan, 0.04, 0.04]
    """
    p = np.asarray(p, float)
    tested = np.isfinite(p)
    rates = np.full(len(p), np.nan)
    if tested.any():
        rates[tested] = stats.false_discovery_control(p[tested])
    return rates
