"""Uncertainty of what a curve of scores says, given the runs behind it: one row of values for each seed.

The seeds of a curve share their checkpoints and their test set. What they spread is the training of the probe, and
that is what these intervals are about; what another run of pretraining would have given, none of them knows.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from polychron.analysis.dynamics import ROUNDING

RESAMPLES = 2000
"""Up to so many resamples of the seeds are taken each once, weighted; of more, so many are drawn."""


def mean_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float, float]:
    """Average independent values, over languages or seeds, with Student's confidence interval.

    Parameters
    ----------
    values : array-like (n,)
        Those that are not finite are left out.

    Returns
    -------
    mean, low, high : float
        mean +- t s / sqrt(n), with n - 1 degrees of freedom; NaN where there is no value, the ends also for one value.

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
    """Give the interval of an accuracy that comes of the choice of test items (Wilson 1927, JASA 22, 209-212).

    Test items are taken as independent; words of one sentence are not, so for them it is somewhat too narrow.

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


@dataclass(frozen=True)
class Estimate:
    """A number with its confidence interval, NaN where it has none."""

    value: float
    low: float = math.nan
    high: float = math.nan


def forgetting(runs: ArrayLike, lower: bool = False, level: float = 0.95) -> tuple[Estimate, Estimate]:
    """Measure what is lost from the best step to the last, on runs that did not choose the best step.

    best - final is never negative: the best of 39 noisy checkpoints is partly the luckiest one. So each run is left out
    in turn; the others choose the best step, by their mean, and the run that is left out says how much it lost since:
    p(chosen) - p(last). The estimate is the mean over runs (cross-fitting; Chernozhukov et al. 2018; leave-one-out as
    in Stone 1974). Where nothing is forgotten it is as often negative as positive. Where something is, it is what is
    lost from the *chosen* step, on average at most what is lost from the true best one.

    Parameters
    ----------
    runs : array-like (seeds, k)
        Scores of each run at each step, the last step last. NaN where there is none.
    lower : bool
        Whether lower scores are better.

    Returns
    -------
    absolute, relative : Estimate
        Mean over runs of the loss in the score's own unit, and of the loss as a share: of the run's score at the chosen
        step, or, where lower is better, of its last one. The interval is Student's over runs. NaN for fewer than two
        runs, or where a run lacks the last step; steps that a run lacks are never chosen.

    Examples
    --------
    Without the first run, the means are 0.79, 0.81 and 0.775: the second step is chosen, and the first run lost 0.78 -
    0.76 since. Without the second they are 0.79, 0.785 and 0.765, and it lost 0.80 - 0.78 since the first step. The
    third lost 0.79 - 0.77 since the second. The best of all means minus the last is 0.8 - 0.77 = 0.03.

    >>> runs = [[0.80, 0.78, 0.76], [0.80, 0.83, 0.78], [0.78, 0.79, 0.77]]
    >>> absolute, relative = forgetting(runs)
    >>> round(absolute.value, 6), round(relative.value, 6)
    (0.02, 0.025319)
    """
    runs = np.asarray(runs, float)
    seeds = len(runs)
    if seeds < 2 or not np.isfinite(runs[:, -1]).all():
        return Estimate(math.nan), Estimate(math.nan)
    runs = runs[:, np.isfinite(runs).all(axis=0)]
    others = (runs.sum(axis=0) - runs) * (-1 if lower else 1)
    chosen = np.argmax(others >= others.max(axis=1, keepdims=True) - ROUNDING, axis=1)
    at, last = runs[np.arange(seeds), chosen], runs[:, -1]
    losses, whole = (last - at, last) if lower else (at - last, at)
    absolute = Estimate(*mean_interval(losses, level))
    if not (whole > 0).all():
        return absolute, Estimate(math.nan)
    return absolute, Estimate(*mean_interval(losses / whole, level))


def onset(
    steps: ArrayLike, runs: ArrayLike, share: float, lower: bool = False, level: float = 0.95, seed: int = 0
) -> tuple[Estimate, NDArray[np.float64]]:
    """Find the step to x% of the best, and between which steps it lies.

    Two things are unknown. The grid of checkpoints censors the onset to the interval from the checkpoint before to the
    one that reached x%. And another set of seeds would have given another mean curve: the runs are resampled with
    replacement (bootstrap; Efron and Tibshirani 1993), each of the (2n - 1 over n) possible resamples once with its
    multinomial weight where there are no more than `RESAMPLES`, and their deviations from the mean curve are stretched
    by sqrt(n / (n - 1)), since resamples of n runs vary that much too little. The interval reaches from the lower ends
    to the upper ends of the censoring intervals, cut at the percentiles. By simulation on the paper's grid it holds the
    onset of the noiseless curve 92 to 100% of the time with five seeds, but only 77% with three seeds that differ by a
    whole point: noise lifts the best score, and so the mark of x% with it.

    Parameters
    ----------
    steps : array-like (k,)
        In increasing order; trained steps alone.
    runs : array-like (seeds, k)
        Scores of each run; a step at which a run has none is left out.
    share : float
        x as a fraction.
    seed : int
        Seed of the draw, where resamples are drawn.

    Returns
    -------
    onset : Estimate
        The step of the mean curve, as `dynamics.onset`; it lies in (low, high].
    spread : ndarray (seeds,)
        The step of each run's own curve.

    Examples
    --------
    95% of 0.8 is 0.76. Both runs reach it at 10, one just so; the resample of the other one alone has 0.75 there.

    >>> found, spread = onset([5, 10, 15], [[0.5, 0.80, 0.80], [0.5, 0.75, 0.80]], 0.95)
    >>> found, spread.tolist()
    (Estimate(value=10.0, low=5.0, high=15.0), [10.0, 15.0])
    """
    steps, runs = np.asarray(steps, float), np.asarray(runs, float)
    complete = np.isfinite(runs).all(axis=0) if len(runs) else np.zeros(len(steps), bool)
    steps, runs = steps[complete], runs[:, complete]
    if not len(steps):
        return Estimate(math.nan), np.full(len(runs), math.nan)
    mean = runs.mean(axis=0)
    value, before = (float(found[0]) for found in _onsets(steps, mean[None], share, lower))
    spread, _ = _onsets(steps, runs, share, lower)
    counts, weights = resamples(len(runs), seed)
    stretch = math.sqrt(len(runs) / (len(runs) - 1)) if len(runs) > 1 else 1.0
    curves = mean + stretch * (counts @ runs / len(runs) - mean)
    ends, starts = _onsets(steps, curves, share, lower)
    if not np.isfinite(ends).all():
        return Estimate(value, before, value), spread
    tail = (1 - level) / 2
    return Estimate(value, _quantile(starts, weights, tail), _quantile(ends, weights, 1 - tail)), spread


def _onsets(
    steps: NDArray[np.float64], curves: NDArray[np.float64], share: float, lower: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give the onset of each curve (rows), and the step before it; NaN where no best is positive."""
    top = curves.min(axis=1, keepdims=True) if lower else curves.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = top / curves if lower else curves / top
    first = np.argmax(relative >= share - ROUNDING, axis=1)
    usable = top[:, 0] > 0
    before = np.concatenate([[0.0], steps])
    return np.where(usable, steps[first], math.nan), np.where(usable, before[first], math.nan)


def resamples(n: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Give the resamples of n runs: how often each has each run, and with which probability it is drawn.

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


def _quantile(values: NDArray[np.float64], weights: NDArray[np.float64], level: float) -> float:
    """Give the smallest value at or below which lies at least this share of the weight."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order]) >= level - ROUNDING
    return float(values[order][np.argmax(reached)])
