"""Worlds in which nothing is forgotten: settled curves with the noise of the study's own checkpoints.

Curves of one task and layer are simulated together, because their checkpoints are the same: a checkpoint that is better
by chance is better in many languages, and then the mean over languages is lucky too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polychron.analysis.settling import FEWEST, reached, settle

SIMULATIONS = 999

FITTED = 199
"""How many simulations the interval of an onset of a fitted curve is based on."""

TOGETHER = 1_000_000
"""How many numbers are drawn at once; it bounds the memory."""

RATES = np.linspace(0, 0.7, 71)
"""The correlations of neighbouring checkpoints that can be estimated; the noise grows fast with larger ones."""


class World(NamedTuple):
    """Curves over the same steps, and the noise around them. Scores are negated if lower is better.

    Parameters
    ----------
    values : ndarray (n, k)
        The true curves, which never fall. Minus infinity where the study has no score.
    noise : ndarray (n,)
        Standard deviations of the noise.
    correlation : float
        Correlation of the noise of neighbouring checkpoints, one of `RATES`.
    shared : float
        Share of the noise's variance that all curves have in common.
    by_seeds : bool
        Whether there are too few checkpoints to estimate their noise, so that it is that of the seeds alone.
    """

    values: NDArray[np.float64]
    noise: NDArray[np.float64]
    correlation: float
    shared: float
    by_seeds: bool


def world(steps: NDArray, curves: NDArray, errors: NDArray, lower: bool = False) -> World:
    """Estimate the stationary world that looks like some curves.

    A curve that settles too late to tell its noise gets the median noise of the others.

    Parameters
    ----------
    steps : ndarray (k,)
        Trained steps, in increasing order.
    curves : ndarray (n, k)
        Means over seeds, NaN where there is none.
    errors : ndarray (n,)
        Standard error of these means over seeds. It is the noise where no curve has enough checkpoints.
    lower : bool
        Whether lower scores are better.
    """
    sign = -1 if lower else 1
    values, flat = np.full(curves.shape, -np.inf), np.zeros(curves.shape, bool)
    rough = np.full(len(curves), np.nan)
    patterns, pattern = np.unique(np.isfinite(curves), axis=0, return_inverse=True)
    for number, scored in enumerate(patterns):
        rows = np.flatnonzero(pattern.ravel() == number)
        if scored.any():
            found = settle(steps[scored], curves[np.ix_(rows, scored)], lower)
            values[np.ix_(rows, scored)], flat[np.ix_(rows, scored)] = sign * found.values, found.flat
            rough[rows] = found.noise
    noise, correlation, shared = _noise(np.where(flat, sign * curves, np.nan), rough)
    by_seeds = not np.isfinite(noise).any()
    noise = errors if by_seeds else np.where(np.isfinite(noise), noise, np.nanmedian(noise))
    return World(values, noise, correlation, shared, by_seeds)


def _noise(flat: NDArray[np.float64], rough: NDArray[np.float64]) -> tuple[NDArray[np.float64], float, float]:
    """Estimate the noise of settled curves (NaN before) from their second differences, one and two checkpoints apart.

    Second differences are 0 on a straight line, so what is forgotten little by little hardly changes them. With
    variance v and correlation r of neighbours, those h apart have variance 2v (3 - 4r^h + r^2h): their ratio tells r.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = flat / rough[:, None]
        one, two = (scaled[:, : -2 * h] - 2 * scaled[:, h:-h] + scaled[:, 2 * h :] for h in (1, 2))
    one, two = (np.where(np.isfinite(some), some, np.nan) for some in (one, two))
    number = np.isfinite(one).sum(axis=1)
    enough = number >= FEWEST
    one[~enough], two[~enough] = np.nan, np.nan
    certain = np.where(rough == 0, 0.0, np.nan)
    if not (np.nansum(one**2) > 0 and np.isfinite(two).any()):
        return certain, 0.0, 0.0
    ratio = np.nanmean(two**2) / np.nanmean(one**2)
    correlation = float(np.interp(ratio, (1 + RATES) * (3 - RATES**2) / (3 - RATES), RATES))
    expected = 2 * (3 - 4 * correlation + correlation**2)
    variance = np.nansum(one**2, axis=1) / np.maximum(number, 1) / expected
    noise = np.where(enough, rough * np.sqrt(variance), certain)
    # products of two curves at the same checkpoint: the mean over all pairs
    scaled = one / np.sqrt(expected * np.where(variance > 0, variance, np.nan))[:, None]
    known = np.isfinite(scaled).sum(axis=0)
    products = np.nansum(scaled, axis=0) ** 2 - np.nansum(scaled**2, axis=0)
    pairs = known * (known - 1)
    shared = float(np.clip(products.sum() / pairs.sum(), 0, 1)) if pairs.sum() else 0.0
    return noise, correlation, shared


def simulate(made: World, rng: np.random.Generator, simulations: int = SIMULATIONS) -> Iterator[NDArray[np.float64]]:
    """Draw the curves of a world again and again.

    Yields
    ------
    ndarray (some, n, k)
        Some of the simulations. Scores are negated if lower is better.
    """
    n, k = made.values.shape
    size = max(1, TOGETHER // (n * k))
    common, own = np.sqrt(made.shared), np.sqrt(1 - made.shared)
    for begin in range(0, simulations, size):
        some = min(size, simulations - begin)
        noise = own * rng.standard_normal((some, n, k)) + common * rng.standard_normal((some, 1, k))
        for at in range(1, k):
            noise[:, :, at] *= np.sqrt(1 - made.correlation**2)
            noise[:, :, at] += made.correlation * noise[:, :, at - 1]
        yield made.values + made.noise[:, None] * noise


@dataclass
class Shown:
    """What the curves of a world show when they are drawn again and again.

    Parameters
    ----------
    of_curves : dict of str to ndarray (simulations, n)
        ``onset_X_by_chance`` for each share X, ``best_by_chance`` and ``forgetting_by_chance``; see `chance.study`. NaN
        where the noise is unknown.
    fitted : dict of float to (ndarray, ndarray, ndarray), each (n,)
        For each share the onset of the true curve, and the interval of the onsets of curves that are fitted to
        simulated ones.
    """

    of_curves: dict[str, NDArray]
    fitted: dict[float, tuple[NDArray, NDArray, NDArray]]


def show(made: World, steps: NDArray, shares: Sequence[float], lower: bool, rng: np.random.Generator) -> Shown:
    """Simulate a world, and apply the formulas of `dynamics` to its curves.

    Parameters
    ----------
    steps : ndarray (k,)
        Trained steps, in increasing order.
    shares : sequence of float
        The shares of the best score whose onsets are computed.
    lower : bool
        Whether lower scores are better.
    """
    onsets = [f"onset_{share:g}_by_chance" for share in shares]
    parts: dict[str, list[NDArray]] = {name: [] for name in (*onsets, "best_by_chance", "forgetting_by_chance")}
    again: dict[float, list[NDArray]] = {share: [] for share in shares}
    settled = made.values.max(axis=-1)
    fitted = 0
    for drawn in simulate(made._replace(noise=np.nan_to_num(made.noise)), rng):
        best = drawn.max(axis=-1)
        parts["best_by_chance"].append(best - settled)
        parts["forgetting_by_chance"].append(best - drawn[..., -1])
        for share, name in zip(shares, onsets, strict=True):
            parts[name].append(steps[reached(drawn, share, lower)])
        some = drawn[: max(0, FITTED - fitted)]
        fitted += len(some)
        if len(some):
            values = _fit_again(some, steps, lower)
            for share in shares:
                again[share].append(reached(values, share, lower))
    found = {name: np.concatenate(some) for name, some in parts.items()}
    for values in found.values():
        values[:, ~np.isfinite(made.noise)] = np.nan
        values[~np.isfinite(values)] = np.nan
    before = _before(made.values, steps)
    fits = {}
    for share in shares:
        places = np.concatenate(again[share])
        ends = np.quantile(steps[places], 0.975, axis=0, method="inverted_cdf")
        starts = np.quantile(before[np.arange(before.shape[0]), places], 0.025, axis=0, method="inverted_cdf")
        known = np.isfinite(made.noise)
        low, high = (np.where(known, end, np.nan) for end in (starts, ends))
        fits[share] = steps[reached(made.values, share, lower)], low, high
    return Shown(found, fits)


def _fit_again(drawn: NDArray, steps: NDArray, lower: bool) -> NDArray:
    """Fit simulated curves (some, n, k); minus infinity where the study has no score."""
    values = np.full(drawn.shape, -np.inf)
    patterns, pattern = np.unique(np.isfinite(drawn[0]), axis=0, return_inverse=True)
    sign = -1 if lower else 1
    for number, scored in enumerate(patterns):
        here = np.ix_(np.arange(len(drawn)), np.flatnonzero(pattern.ravel() == number), scored)
        some = drawn[here]
        flat = settle(steps[scored], sign * some.reshape(-1, some.shape[-1]), lower).values
        values[here] = sign * flat.reshape(some.shape)
    return values


def _before(values: NDArray, steps: NDArray) -> NDArray:
    """Return for each curve and step the last step before it that has a score, 0 if there is none."""
    at = np.where(np.isfinite(values), steps, 0)
    latest = np.maximum.accumulate(at, axis=1)
    return np.concatenate([np.zeros((len(values), 1)), latest[:, :-1]], axis=1)
