"""Whether the layers differ at a step, and the interval of the expected layer.

The expected layer says where information is only if some layer has more of it than another. If all have the same, then
scores scaled from their minimum to their maximum are noise, and their mean layer is anywhere: of 13 layers, it moves by
half a layer from the first step to the last. So the layers of each step are tested, and where they do not differ no
layer is expected.

Noise is that of seeds, which is estimated from the runs, and that of test items, which is binomial. All layers are
scored on the same items, and what is hard for all of them cancels in a comparison: taking the layers as independent
makes the noise too large, so that tests and intervals are conservative. Checkpoints are noisy too, which neither sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from polychron.analysis import dynamics
from polychron.stats import intervals
from polychron.stats.intervals import Estimate

LEVEL = 0.05
"""At what chance a heatmap of noise may have a step at which its layers seem to differ."""


class Cells(NamedTuple):
    """What is known of the scores of n layers at k steps; all arrays are (n, k).

    Parameters
    ----------
    values : ndarray
        Means over seeds; NaN where there is none.
    deviations : ndarray
        Standard deviations of the seeds; NaN for fewer than two.
    runs, examples : ndarray
        Numbers of seeds and of test items; NaN where unknown.
    """

    values: NDArray[np.float64]
    deviations: NDArray[np.float64]
    runs: NDArray[np.float64]
    examples: NDArray[np.float64]

    @property
    def of_seeds(self) -> NDArray[np.float64]:
        """The variance of each mean over other seeds; NaN where unknown."""
        return np.where(self.runs > 1, self.deviations**2 / np.maximum(self.runs, 1), np.nan)

    @property
    def of_items(self) -> NDArray[np.float64]:
        """The variance of each mean over other test items; NaN where unknown."""
        return item_variance(self.values, self.examples)


def item_variance(values: ArrayLike, examples: ArrayLike) -> NDArray[np.float64]:
    """Return the variance of accuracies over other test items, p (1 - p) / n.

    Two right and two wrong answers are added, as in the interval of Agresti and Coull (1998), so that an accuracy of 1
    has a variance. Seeds have the same items, so that a mean over seeds has about the variance of one seed.

    Examples
    --------
    >>> item_variance([0.5, 1.0, -1.5], [100, 100, 100]).round(5).tolist()
    [0.0024, 0.00018, nan]
    """
    values, examples = np.asarray(values, float), np.asarray(examples, float)
    with np.errstate(invalid="ignore"):
        known = (examples > 0) & (values >= 0) & (values <= 1)
    right, of = values * examples + 2, examples + 4
    return np.where(known, right * (of - right) / of**3, np.nan)


def differ(cells: Cells) -> NDArray[np.float64]:
    """Test at each step whether the layers have different scores.

    The statistic is the variance of the n means around their mean, over the mean variance that seeds and items give
    them. Layers may be noisy to different degrees (Brown and Forsythe 1974), so both have the degrees of freedom of
    sums of squares with unequal weights (Box 1954; Mehrotra 1997). The weights are taken from all steps, because those
    of one step are small by chance where its statistic is large.

    Returns
    -------
    ndarray (k,)
        p-values, adjusted for the number of steps (Holm 1979): where the layers differ at no step, the chance of a p
        up to `LEVEL` at any of them is `LEVEL`. In simulations of 13 layers at 39 steps and of 3 at 3, with two to
        five seeds, it was 3 to 7%, also where one layer has 17 times the noise of the others, and 28% where every fifth
        cell has 15 times that of the others. NaN where a layer has no score, or nothing is known about the noise.

    Examples
    --------
    Two layers with two seeds each, and no items. 0.5 and 0.7 have a variance of 0.02; the mean variance of the two
    means is 0.0001 / 2: F = 400 with 1 and 2 degrees of freedom.

    >>> cells = Cells(*(np.array(values) for values in ([[0.5], [0.7]], [[0.01], [0.01]], [[2], [2]], [[0], [0]])))
    >>> differ(cells).round(6).tolist() == stats.f.sf([400], 1, 2).round(6).tolist()
    True
    """
    values, seeds, items = cells.values, cells.of_seeds, cells.of_items
    known = np.isfinite(seeds) | np.isfinite(items)
    tested = (np.isfinite(values) & known).all(axis=0)
    found = np.full(values.shape[1], np.nan)
    if not tested.any() or len(values) < 2:
        return found
    values = values[:, tested]
    seeds, items, runs = (np.nan_to_num(part[:, tested]) for part in (seeds, items, cells.runs))
    n = len(values)
    squares = ((values - values.mean(axis=0)) ** 2).sum(axis=0)
    expected = (1 - 1 / n) * (seeds + items).sum(axis=0)
    usual = np.broadcast_to(seeds.mean(axis=1, keepdims=True), seeds.shape)
    whole, total = usual + items, (usual + items).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        upper = ((1 - 1 / n) * total) ** 2 / ((whole**2).sum(axis=0) * (1 - 2 / n) + total**2 / n**2)
        lower = total**2 / (usual**2 / np.maximum(runs - 1, 1)).sum(axis=0)
        p = stats.f.sf(squares / expected, upper, np.minimum(lower, 1e9))
    # without any noise, what differs differs
    p = np.where(expected > 0, p, np.where(squares > dynamics.ROUNDING, 0.0, 1.0))
    found[tested] = _holm(p)
    return found


def _holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Adjust p-values for their number, so that the chance of any false rejection is kept (Holm 1979).

    Examples
    --------
    >>> _holm(np.array([0.02, 0.01, 0.03])).round(6).tolist()
    [0.04, 0.03, 0.04]
    """
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)), 1)
    return adjusted


def flat(cells: Cells) -> NDArray[np.bool_]:
    """Return at which steps the layers do not differ beyond noise, so that no layer is expected.

    Where nothing is known about the noise, no step is flat.

    Examples
    --------
    On 1,000 items 0.80 and 0.81 do not differ, 0.80 and 0.90 do:

    >>> values = np.array([[0.80, 0.80], [0.81, 0.90]])
    >>> flat(Cells(values, np.full((2, 2), np.nan), np.ones((2, 2)), np.full((2, 2), 1000))).tolist()
    [True, False]
    """
    return differ(cells) > LEVEL


class Expected(NamedTuple):
    """The expected layer at k steps.

    Parameters
    ----------
    values : ndarray (k,)
        See `dynamics.expected_layer`; NaN at flat steps as well.
    slopes : ndarray (k, n, k)
        How much each value changes with the score of each cell.
    p : ndarray (k,)
        See `differ`.
    """

    values: NDArray[np.float64]
    slopes: NDArray[np.float64]
    p: NDArray[np.float64]


def expected(layers: Sequence[int], cells: Cells, reading: str, chance: float = np.nan) -> Expected:
    """Average the layers, weighted by performance, at each step at which they differ.

    The parameters are those of `dynamics.expected_layer`.

    Examples
    --------
    On 1,000 items the layers differ at the first step alone:

    >>> values = np.array([[0.5, 0.89], [0.9, 0.9]])
    >>> cells = Cells(values, np.full((2, 2), np.nan), np.ones((2, 2)), np.full((2, 2), 1000))
    >>> expected([0, 2], cells, "minmax").values.tolist()
    [2.0, nan]
    """
    values, depth = cells.values, np.asarray(layers, float)
    means = dynamics.expected_layer(layers, values, reading, chance)
    n, k = values.shape
    slopes = np.zeros((k, n, k))
    usable = np.isfinite(means)
    if usable.any():
        weights = dynamics.layer_weights(values, reading, chance)[:, usable]
        own = (depth[:, None] - means[usable]) / weights.sum(axis=0)
        own *= weights > 0 if reading == "above_chance" else 1
        steps = np.flatnonzero(usable)
        slopes[steps, :, steps] = own.T
        if reading == "minmax":
            layer, step = np.unravel_index(np.nanargmin(values), values.shape)
            slopes[steps, layer, step] -= own.sum(axis=0)
        elif reading == "minmax_step":
            slopes[steps, values[:, usable].argmin(axis=0), steps] -= own.sum(axis=0)
    p = differ(cells)
    return Expected(np.where(p > LEVEL, np.nan, means), slopes, p)


def expected_intervals(cells: Cells, found: Expected, level: float = 0.95) -> tuple[list[Estimate], Estimate, Estimate]:
    """Return the confidence intervals of the expected layer, and of how far it moves.

    The expected layer changes with each score by its slope, so its variance is the sum of slope^2 times the variance of
    the score, over seeds and test items (delta method). The lowest score of all, which `minmax` subtracts, is in all of
    them. The interval is Student's, with the degrees of freedom of a sum of variances (`intervals.satterthwaite`).

    By simulation (13 layers at 39 steps, 3 at 3; two to five seeds that differ by 0.3 to 2 points; 300 to 3,000
    items), it holds the expected layer of the noiseless scores in 94 to 96% of cases, and its fall in 94 to 96%. Where
    the layers differ so little that most steps are flat, those that are not have been selected, and it is 87 to 90%.

    Returns
    -------
    steps : list of Estimate, k
        NaN at flat steps; without ends where nothing is known about the noise.
    fall : Estimate
        E(first) - E(last), positive where the expected layer moves down. NaN where one of these is.
    change : Estimate
        E at the last step that has one, minus E at the first that has one. NaN where fewer than two have one.
    """
    known = np.flatnonzero(np.isfinite(found.values))
    ends = [(0, -1), (known[-1], known[0]) if len(known) > 1 else (0, 0)]
    moved = np.stack([found.slopes[one] - found.slopes[other] for one, other in ends])
    slopes = np.concatenate([found.slopes, moved]).reshape(len(found.values) + 2, -1)
    unknown = ~(np.isfinite(cells.of_seeds) | np.isfinite(cells.of_items)).all(axis=0)
    unknown = np.append(unknown, [unknown[[one, other]].any() for one, other in ends])
    changes = [found.values[one] - found.values[other] for one, other in ends]
    values = np.append(found.values, [changes[0], changes[1] if len(known) > 1 else np.nan])
    seeds, items, freedom = (part.ravel() for part in (cells.of_seeds, cells.of_items, cells.runs - 1))
    variances = np.concatenate([slopes**2 * np.nan_to_num(seeds), slopes**2 * np.nan_to_num(items)], axis=1)
    freedoms = np.concatenate([np.where(freedom > 0, freedom, 1), np.full(len(items), np.inf)])
    total, degrees = intervals.satterthwaite(variances, freedoms)
    reach = intervals.student(total, degrees, level)
    reach[unknown | ~np.isfinite(values)] = np.nan
    estimates = [Estimate(*map(float, row)) for row in zip(values, values - reach, values + reach, strict=True)]
    return estimates[:-2], estimates[-2], estimates[-1]
