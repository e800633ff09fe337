"""The curve behind a noisy one: it rises, settles, and never falls; and the noise of its checkpoints.

The best of many noisy checkpoints is partly the luckiest one: noise of 0.4 points lifts the best of 39 by 0.8 points,
and so moves every onset that is a share of the best. Isotonic regression averages neighbours, and is lifted by 0.25
points; its highest block is still the luckiest end. So all checkpoints at which the fit is within twice the noise of
its highest value are taken to be one level, their mean, which is lifted by 0.02 points.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

from polychron.analysis.dynamics import ROUNDING
from polychron.stats.isotonic import isotonic

NEAR = 0.95
"""Checkpoints from this share of the fit's highest value on tell the noise: before, the curve bends."""

FEWEST = 4
"""A noise is estimated from this many differences or more."""

MEDIAN = float(norm.ppf(0.75))
"""The median distance from its mean of a normal variable with standard deviation 1."""

WIDTH = 2.0
"""The settled part begins where the fit is within this many standard deviations of its highest value."""


class Settled(NamedTuple):
    """Curves that never fall, over the same steps.

    Parameters
    ----------
    values : ndarray (n, k)
        The fitted curves.
    flat : ndarray of bool, shape (n, k)
        Whether the curve has settled.
    noise : ndarray (n,)
        Standard deviation of a checkpoint's score around the curve; NaN where there are too few checkpoints.
    """

    values: NDArray[np.float64]
    flat: NDArray[np.bool_]
    noise: NDArray[np.float64]


def settle(steps: ArrayLike, curves: ArrayLike, lower: bool = False) -> Settled:
    """Fit a curve that rises, settles and never falls to each row.

    A curve that does fall again is levelled from its top on, so its level is below its best score.

    Parameters
    ----------
    steps : array-like (k,)
        In increasing order.
    curves : array-like (n, k)
        Finite scores.
    lower : bool
        Whether lower scores are better: then curves fall, and never rise.

    Examples
    --------
    The noise is about 0.01, so that the curve has settled at 15, at the mean of 0.80, 0.79, 0.81, 0.80, 0.79, 0.81:

    >>> found = settle([5, 10, 15, 20, 25, 30, 35, 40], [[0.4, 0.7, 0.80, 0.79, 0.81, 0.80, 0.79, 0.81]])
    >>> found.values.round(6).tolist()
    [[0.4, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]]
    """
    steps, sign = np.asarray(steps, float), -1 if lower else 1
    curves = sign * np.asarray(curves, float)
    fitted = isotonic(curves)
    noise = _noise(steps, curves, fitted, lower)
    flat = fitted >= fitted[:, -1:] - WIDTH * np.nan_to_num(noise)[:, None] - ROUNDING
    level = (curves * flat).sum(axis=1, keepdims=True) / flat.sum(axis=1, keepdims=True)
    values = np.where(flat, level, np.minimum(fitted, level))
    return Settled(sign * values, flat, noise)


def _noise(
    steps: NDArray[np.float64], curves: NDArray[np.float64], fitted: NDArray[np.float64], lower: bool
) -> NDArray[np.float64]:
    """Estimate the noise from how far each score is from the line between its neighbours (Gasser et al. 1986).

    The median of these distances is taken, since a few are where the curve still bends.
    """
    if curves.shape[1] < FEWEST + 2:
        return np.full(len(curves), np.nan)
    before = (steps[2:] - steps[1:-1]) / (steps[2:] - steps[:-2])
    apart = before * curves[:, :-2] + (1 - before) * curves[:, 2:] - curves[:, 1:-1]
    near = fitted[:, :-2] >= mark(fitted[:, -1:], NEAR, lower) - ROUNDING
    apart = np.abs(apart) / np.sqrt(1 + before**2 + (1 - before) ** 2)
    enough = near.sum(axis=1) >= FEWEST
    noise = np.full(len(curves), np.nan)
    noise[enough] = np.nanmedian(np.where(near[enough], apart[enough], np.nan), axis=1) / MEDIAN
    return noise


def mark(top: NDArray[np.float64], share: float, lower: bool) -> NDArray[np.float64]:
    """Return the score that is a share of the best, where scores are negated if lower is better.

    Examples
    --------
    90% of 0.8 is 0.72. Of 1.8 bits it is 2 bits:

    >>> mark(np.array([0.8]), 0.9, False).round(6).tolist(), mark(np.array([-1.8]), 0.9, True).round(6).tolist()
    ([0.72], [-2.0])
    """
    return top / share if lower else top * share


def reached(curves: NDArray[np.float64], share: float, lower: bool = False) -> NDArray[np.int64]:
    """Return the place of the first score that is a share of the best, along the last axis.

    Parameters
    ----------
    curves : ndarray (..., k)
        Scores, negated if lower is better. Minus infinity where there is none.
    """
    top = curves.max(axis=-1, keepdims=True)
    return np.argmax(curves >= mark(top, share, lower) - ROUNDING, axis=-1)
