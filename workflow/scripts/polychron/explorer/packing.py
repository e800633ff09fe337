"""Grids as bytes that a page can hold: rounded, as differences, compressed."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

ROUNDED = 1e-4
"""What values are rounded to, unless their range is too wide for it."""

CODES = 65_535
"""Codes of a value: 1 is the lowest; 0 is no value."""


@dataclass(frozen=True)
class Scale:
    """How the codes of an array are read: ``low + (code - 1) * step``.

    Parameters
    ----------
    low, step : float
    """

    low: float
    step: float


def scale_of(values: np.ndarray) -> Scale:
    """Return the scale on which values are rounded to `ROUNDED`, or as finely as their range allows.

    Parameters
    ----------
    values : ndarray
        NaN where there is none.

    Examples
    --------
    >>> scale_of(np.array([0.25, np.nan, 0.75]))
    Scale(low=0.25, step=0.0001)
    >>> scale_of(np.array([0.0, 131068.0]))
    Scale(low=0.0, step=2.0)
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return Scale(0.0, ROUNDED)
    low, high = float(known.min()), float(known.max())
    low = np.floor(low / ROUNDED) * ROUNDED if high - low < ROUNDED * (CODES - 2) else low
    return Scale(round(float(low), 10), max(ROUNDED, (high - low) / (CODES - 1)))


COUNTS = Scale(1.0, 1.0)
"""The scale of numbers of runs, which are not rounded."""


def encode(values: np.ndarray, scale: Scale) -> bytes:
    """Return the bytes of an array: the lower halves of all numbers, then the upper ones.

    A number is the difference of a code and that of the place before it along the last axis, modulo 65,536. Neighbours
    are alike, so differences compress well.

    Parameters
    ----------
    values : ndarray of float64
        NaN where there is none.
    scale : Scale
    """
    codes = np.where(np.isfinite(values), 1 + np.rint((values - scale.low) / scale.step), 0).astype(np.uint16)
    differences = np.diff(codes, axis=-1, prepend=np.uint16(0))
    return (differences & 255).astype(np.uint8).tobytes() + (differences >> 8).astype(np.uint8).tobytes()


def packed(parts: Iterable[bytes]) -> str:
    """Return byte strings, one after another, compressed by gzip, as base64. Same parts, same text."""
    return base64.b64encode(gzip.compress(b"".join(parts), compresslevel=9, mtime=0)).decode("ascii")
