"""Slopes over time whose noise may be correlated from one moment to the next: the moving-block bootstrap."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

RESAMPLES = 999

FEWEST = 5
"""A slope of fewer values has no interval."""


def slopes(
    x: ArrayLike, curves: ArrayLike, level: float = 0.95, seed: int = 0
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Fit a straight line to each row by least squares, and the reach of the slope's confidence interval.

    The residuals are resampled in blocks of neighbours (moving-block bootstrap; Künsch 1989), of the cube root of m
    values, where m is their number. Residuals of a fitted line vary too little, so the standard error is multiplied by
    sqrt(m / (m - 2)); its quantile is Student's, with two degrees of freedom fewer than there are blocks.

    Parameters
    ----------
    x : array-like (m,)
        In increasing order.
    curves : array-like (n, m)
        Finite values.
    seed : int
        Seed of the draw. It is the same for all rows.

    Returns
    -------
    slope, reach : ndarray (n,)
        The interval is slope +- reach. NaN for fewer values than `FEWEST`.

    Examples
    --------
    >>> slope, reach = slopes(range(8), [[1, 3, 5, 7, 9, 11, 13, 15], [0, 1, 0, 1, 0, 1, 0, 1]])
    >>> slope.round(6).tolist(), bool(reach[0] < 1e-12 < reach[1])
    ([2.0, 0.047619], True)
    """
    x, curves = np.asarray(x, float), np.asarray(curves, float)
    m = len(x)
    if m < FEWEST:
        return np.full(len(curves), math.nan), np.full(len(curves), math.nan)
    centred = x - x.mean()
    weights = centred / (centred @ centred)
    slope = (curves * weights).sum(axis=1)
    residuals = curves - curves.mean(axis=1, keepdims=True) - slope[:, None] * centred
    length = round(m ** (1 / 3))
    starts = np.random.default_rng([seed, m]).integers(0, m - length + 1, (RESAMPLES, -(-m // length)))
    drawn = (starts[:, :, None] + np.arange(length)).reshape(RESAMPLES, -1)[:, :m]
    # the slope of a resample is a weighted sum of residuals: how much each of them weighs in each resample
    weight = np.zeros((m, RESAMPLES))
    np.add.at(weight, (drawn, np.arange(RESAMPLES)[:, None]), np.broadcast_to(weights, drawn.shape))
    # einsum, and no BLAS: the same bytes on any number of cores
    error = np.einsum("nm,mr->nr", residuals, weight).std(axis=1) * math.sqrt(m / (m - 2))
    return slope, error * float(stats.t.ppf((1 + level) / 2, max(1, m / length - 2)))
