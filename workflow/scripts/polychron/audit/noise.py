"""The noise of curves, and what the best of many noisy checkpoints shows by luck.

Noise of a checkpoint is the same for all seeds (see `polychron.analysis.chance`), so seeds alone do not tell it. It is
estimated from how far neighbouring checkpoints are apart, and is at least that of the seeds.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import NormalDist
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from polychron.analysis import settling
from polychron.audit.curves import Curve
from polychron.audit.evidence import Missing

Place = TypeVar("Place")

NORMAL = NormalDist()


def _stacked(curves: Mapping[Place, Curve]) -> settling.Settled:
    one = next(iter(curves.values()))
    return settling.settle(one.steps, np.stack([curve.values for curve in curves.values()]), one.lower)


def settled(curves: Mapping[Place, Curve]) -> dict[Place, Curve]:
    """Fit curves that rise, settle and never fall, so that no step is chosen by its luck (see `settling.settle`).

    Examples
    --------
    >>> steps = np.arange(5, 45, 5)
    >>> noisy = Curve(steps, np.array([0.4, 0.7, 0.80, 0.79, 0.81, 0.80, 0.79, 0.81]))
    >>> settled({"de": noisy})["de"].values.round(6).tolist()
    [0.4, 0.7, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8]
    """
    fitted = _stacked(curves).values
    return {place: curve._replace(values=row) for (place, curve), row in zip(curves.items(), fitted, strict=True)}


def noises(curves: Mapping[Place, Curve], what: str) -> dict[Place, float]:
    """Return the standard deviation of a score of each curve around the curve behind it.

    It is that between checkpoints, or that of the mean over seeds where this is larger.

    Parameters
    ----------
    what : str
        What the curves are, for the message.

    Raises
    ------
    Missing
        A curve has a single run and fewer than six checkpoints near its best.

    Examples
    --------
    Neighbours differ by 0.01 or 0.02; seeds have a standard error of 0.001 or 0.05:

    >>> values = np.array([0.80, 0.79, 0.81, 0.80, 0.79, 0.81, 0.80, 0.79])
    >>> curve = Curve(np.arange(8), values, error=np.full(8, 0.001))
    >>> found = noises({"de": curve, "en": curve._replace(error=np.full(8, 0.05))}, "POS tagging")
    >>> {language: round(noise, 3) for language, noise in found.items()}
    {'de': 0.018, 'en': 0.05}
    """
    between = _stacked(curves).noise
    seeds = [np.nan if curve.error is None else _mean(curve.error) for curve in curves.values()]
    found = np.fmax(between, seeds)
    if not np.isfinite(found).all():
        raise Missing(f"two or more runs of {what}, or six checkpoints or more, to know how much is noise")
    return dict(zip(curves, found.tolist(), strict=True))


def _mean(errors: NDArray) -> float:
    known = errors[np.isfinite(errors)]
    return float(known.mean()) if len(known) else np.nan


def lifted(number: int) -> float:
    """Return by how many standard deviations the best of so many equal checkpoints is above their level, on average.

    The largest of k normal deviates is expected near the quantile ``(k - 0.375) / (k + 0.25)`` (Blom 1958).

    Examples
    --------
    >>> round(lifted(39), 2), lifted(1)
    (2.15, 0.0)
    """
    return NORMAL.inv_cdf((number - 0.375) / (number + 0.25)) if number > 1 else 0.0


def chance_of_loss(loss: float, noise: float, number: int) -> float:
    """Return how likely a flat curve is to lose as much from its best checkpoint to its last, by noise alone.

    Examples
    --------
    Of 39 checkpoints, four standard deviations are lost in one of 21 curves, and six in one of 2,500:

    >>> round(chance_of_loss(0.04, 0.01, 39), 3), round(chance_of_loss(0.06, 0.01, 39), 4)
    (0.048, 0.0004)
    >>> chance_of_loss(0.0, 0.0, 39), chance_of_loss(0.1, 0.0, 39)
    (1.0, 0.0)
    """
    if loss <= 0 or number < 2:
        return 1.0
    if noise <= 0:
        return 0.0
    last = np.linspace(-8, 8, 401)
    density = np.exp(-(last**2) / 2) / np.sqrt(2 * np.pi) * (last[1] - last[0])
    below = np.array([NORMAL.cdf(one + loss / noise) for one in last])
    return float(max(0.0, 1 - density @ below ** (number - 1)))
