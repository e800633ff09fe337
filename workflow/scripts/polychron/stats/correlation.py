"""Rank correlations: Spearman's coefficient, its p-values and interval, and the false discovery rates of a table.

They assume independent values. Values of pairs of languages are not independent; see `polychron.stats.dyadic`.
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
        degrees of freedom (`scipy.stats.spearmanr`). NaN for fewer than three values, or if all x or all y are equal.

    Examples
    --------
    Ranks 1, 2, 3, 4 and 2, 1, 3, 4 differ by 1, 1, 0, 0: rho = 1 - 6 (1 + 1) / (4 (16 - 1)) = 0.8.

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
    """Return the two-sided p-value of a Spearman coefficient, by the t approximation.

    Examples
    --------
    Two cells of Table 5 have 0.423 with n = 210 and one star, which should be two:

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
    """Return the confidence interval of a Spearman coefficient of n independent pairs of values.

    Fisher's transformation z = artanh(rho), with the standard error sqrt((1 + rho^2 / 2) / (n - 3)) of Bonett and
    Wright (2000, Psychometrika 65, 23-28), who found that for large rho its coverage is closer to the nominal level
    than that of 1.06 / (n - 3).

    Returns
    -------
    low, high : float
        NaN for fewer than four values, and where rho is 1 or -1, whose z is infinite.

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
        Number of permutations to draw. Where there are at most that many, n! in all, each is taken once and p is
        exact.
    seed : int
        Seed of the draw.

    Returns
    -------
    float
        Two-sided p-value: the share of permutations whose coefficient is at least as far from 0. With m drawn ones, of
        which b reach it, (b + 1) / (m + 1): the data count as one of them, so that p is never 0 (Phipson and Smyth
        2010). NaN where `spearman` is.

    Examples
    --------
    Of the 4! = 24 orders of four values, one has rho = 1 and three have rho = 0.8; as many have the opposite sign:

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
    """Whether n things have at most this many permutations.

    Examples
    --------
    >>> exact(7, 9999), exact(8, 9999)
    (True, False)
    """
    return math.factorial(min(n, 20)) <= permutations


def identity(x: ArrayLike, y: ArrayLike) -> bytes:
    """Return what two tests have in common if they are one test under two names.

    The same ranks give the same p-value, and so do ranks that are all reversed. Pairs of languages can also be read
    from the target to the source: asymmetry changes its sign there, so that its coefficient with the source's size is
    that with the target's size, reversed.

    Parameters
    ----------
    x, y : array-like, (n,) or (n, n)
        NaN where there is no value. The diagonal of a square is never read.

    Examples
    --------
    >>> identity([1, 2, 3], [3, 1, 2]) == identity([1, 4, 9], [-3, -1, -2])
    True
    >>> identity([1, 2, 3], [3, 1, 2]) == identity([2, 1, 3], [3, 1, 2])
    False
    """
    both = [np.array(values, float) for values in (x, y)]
    if both[0].ndim == 2:
        for values in both:
            np.fill_diagonal(values, math.nan)
    turned = [both, [values.T for values in both]]
    return min(b"".join(map(_undirected, values)) for values in turned)


def _undirected(values: NDArray[np.float64]) -> bytes:
    """Return the centred ranks of the values, or these reversed if the first that is not 0 is negative."""
    ranks = np.full(values.shape, math.nan)
    has = np.isfinite(values)
    ranks[has] = stats.rankdata(values[has])
    ranks -= (has.sum() + 1) / 2
    known = ranks[has & (ranks != 0)]
    ranks *= -1 if len(known) and known[0] < 0 else 1
    return (ranks + 0.0).tobytes()


def discovery_rates(p: ArrayLike, tests: ArrayLike | None = None) -> NDArray[np.float64]:
    """Adjust the p-values of a table for their number (Benjamini and Hochberg 1995).

    Parameters
    ----------
    p : array-like (n,)
        p-values; NaN where there was no test.
    tests : array-like (n,), optional
        Which test each is of. A test counts once, however many p-values are of it; the first of them is taken. By
        default all are of different tests.

    Returns
    -------
    ndarray (n,)
        q: of the tests with a q up to this one, the expected share of false discoveries. NaN where p is NaN.

    Examples
    --------
    The ranks of the three p-values are 1, 3, 2: 0.01 x 3 / 1, 0.04 x 3 / 3, 0.03 x 3 / 2, and no q is larger than the
    next one.

    >>> discovery_rates([0.01, float("nan"), 0.04, 0.03]).round(6).tolist()
    [0.03, nan, 0.04, 0.04]

    If the last one is of the first test again, there are two tests: 0.01 x 2 / 1, 0.04 x 2 / 2.

    >>> discovery_rates([0.01, float("nan"), 0.04, 0.01], [1, 2, 3, 1]).round(6).tolist()
    [0.02, nan, 0.04, 0.02]
    """
    p = np.asarray(p, float)
    tested = np.isfinite(p)
    rates = np.full(len(p), np.nan)
    if tested.any():
        names = np.arange(len(p)) if tests is None else np.asarray(tests)
        _, first, of = np.unique(names[tested], return_index=True, return_inverse=True)
        rates[tested] = stats.false_discovery_control(p[tested][first])[of]
    return rates
