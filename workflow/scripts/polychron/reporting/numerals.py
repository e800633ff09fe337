"""Numerals: how tables write numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence


def signed(value: float | None, digits: int = 3) -> str:
    """Write a number with a real minus sign; a dash where there is none.

    Examples
    --------
    >>> signed(-0.597), signed(0.25, 2), signed(-0.001, 2), signed(None)
    ('−0.597', '0.25', '0.00', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    # nil has no sign
    return f"{round(value, digits) + 0.0:.{digits}f}".replace("-", "−")


def percentage(value: float | None, digits: int = 2) -> str:
    """Write a fraction in percent, without the sign.

    Examples
    --------
    >>> percentage(0.872), percentage(None)
    ('87.20', '–')
    """
    return signed(None if value is None else 100 * value, digits)


def chance(p: float | None) -> str:
    """Write a p-value: three decimals, or that it is smaller.

    Examples
    --------
    >>> chance(0.0421), chance(0.0001), chance(None)
    ('0.042', '<0.001', '–')
    """
    if p is None or not math.isfinite(p):
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def among(numbers: Sequence[float]) -> str:
    """Write the range of numbers of things.

    Examples
    --------
    >>> among([1200, 5]), among([7, 7]), among([])
    ('5–1,200', '7', '–')
    """
    if not len(numbers):
        return "–"
    low, high = min(numbers), max(numbers)
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"
