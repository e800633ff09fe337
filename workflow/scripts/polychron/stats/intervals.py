"""Confidence intervals of means and proportions, and the bootstrap resamples of a few runs."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

ROUNDING = 1e-12
"""By how much a sum of weights may miss a level because of rounding."""

RESAMPLES = 2000
"""Where there are at most this many resamples, each is taken once with its weight; otherwise this many are drawn."""


def mean_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Average independent values, such as those of languages or seeds, with Student's confidence interval.

    Parameters
    ----------
    values : array-like (n,)
        Values that are not finite are left out.

    Returns
    -------
    mean, low, high : float
        mean +- t s / sqrt(n), with n - 1 degrees of freedom. NaN without values; the ends also for a single value.

    Examples
    --------
    Mean 4, standard deviation 2, and t = 4.303 with two degrees of freedom: 4 +- 4.303 x 2 / sqrt(3).

    >>> [round(number, 3) for number in mean_interval([2.0, 4.0, 6.0])]
    [4.0, -0.968, 8.968]
    """
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    n = len(values)
    if n < 2:
        return float(values[0]) if n else math.nan, math.nan, math.nan
    mean = float(values.mean())
    reach = float(stats.t.ppf((1 + level) / 2, n - 1) * values.std(ddof=1) / math.sqrt(n))
    return mean, mean - reach, mean + reach


def proportion_interval(value: float, examples: int, level: float = 0.95) -> tuple[float, float]:
    """Return the confidence interval of an accuracy over test items (Wilson 1927, JASA 22, 209-212).

    Test items are assumed to be independent. Words of one sentence are not, so for them it is somewhat too narrow.

    Parameters
    ----------
    value : float
        Accuracy, in [0, 1].
    examples : int
        Number of test items.

    Examples
    --------
    z = 1.96; centre (0.9 + z^2 / 200) / (1 + z^2 / 100) = 0.8852, reach z sqrt(0.09 / 100 + z^2 / 40000) / (1 + z^2 /
    100) = 0.0595:

    >>> [round(end, 4) for end in proportion_interval(0.9, 100)]
    [0.8256, 0.9448]
    """
    z = float(stats.norm.ppf((1 + level) / 2))
    scale = 1 + z**2 / examples
    centre = (value + z**2 / (2 * examples)) / scale
    reach = z * math.sqrt(value * (1 - value) / examples + (z / (2 * examples)) ** 2) / scale
    return centre - reach, centre + reach


def satterthwaite(variances: ArrayLike, freedoms: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Add independent variances, and return the degrees of freedom of their sum (Satterthwaite 1946).

    Parameters
    ----------
    variances : array-like (..., m)
        What each source contributes to the variance of an estimate.
    freedoms : array-like (m,)
        Degrees of freedom with which each is known; infinite where it is not estimated.

    Returns
    -------
    total, freedom : ndarray (...)
        Sum v, and (sum v)^2 / sum (v^2 / f).

    Examples
    --------
    Two variances of 1 with four degrees of freedom each, and one that is known:

    >>> [float(number) for number in satterthwaite([1, 1, 2], [4, 4, math.inf])]
    [4.0, 32.0]
    """
    variances = np.asarray(variances, float)
    total = variances.sum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        freedom = total**2 / (variances**2 / np.asarray(freedoms, float)).sum(axis=-1)
    return total, np.where(total > 0, freedom, np.inf)


def student(variance: ArrayLike, freedom: ArrayLike, level: float = 0.95) -> NDArray[np.float64]:
    """Return how far Student's confidence interval reaches to each side of an estimate with this variance.

    Examples
    --------
    >>> student([4, 4], [2, math.inf]).round(2).tolist()
    [8.61, 3.92]
    """
    with np.errstate(invalid="ignore"):
        return stats.t.ppf((1 + level) / 2, freedom) * np.sqrt(variance)


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence interval; the ends are NaN where it has none."""

    value: float
    low: float = math.nan
    high: float = math.nan


def resamples(n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the bootstrap resamples of n runs.

    Parameters
    ----------
    n : int
        Number of runs.
    seed : int
        Seed of the draw, where there are more than `RESAMPLES`.

    Returns
    -------
    counts : ndarray of int, shape (resamples, n)
        How often each resample has each run.
    weights : ndarray (resamples,)
        The probability of each resample.

    Examples
    --------
    >>> counts, weights = resamples(2, seed=0)
    >>> counts.tolist(), weights.tolist()
    ([[2, 0], [1, 1], [0, 2]], [0.25, 0.5, 0.25])
    """
    if math.comb(2 * n - 1, n) <= RESAMPLES:
        chosen = np.array(list(itertools.combinations_with_replacement(range(n), n)))
        counts = (chosen[:, :, None] == np.arange(n)).sum(axis=1)
        ways = [math.factorial(n) / math.prod(map(math.factorial, row)) for row in counts.tolist()]
        return counts, np.array(ways) / n**n
    drawn = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n), size=RESAMPLES)
    return drawn, np.full(RESAMPLES, 1 / RESAMPLES)


def quantile(values: NDArray[np.float64], weights: NDArray[np.float64], level: float) -> float:
    """Return the smallest value that, with all smaller ones, has at least this share of the weight.

    Examples
    --------
    >>> quantile(np.array([30.0, 10.0, 20.0]), np.array([0.25, 0.5, 0.25]), 0.6)
    20.0
    """
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) >= level - ROUNDING
    return float(values[order][np.argmax(reached)])
