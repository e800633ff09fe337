"""Wording: how figures write numbers, and which words and numbers stand at their axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def percent(value: float, digits: int = 1) -> str:
    """Write a fraction as a percentage.

    Examples
    --------
    >>> percent(0.96125)
    '96.1%'
    """
    return f"{100 * value:.{digits}f}%"


def short(number: float) -> str:
    """Write a number of steps as axes do.

    Examples
    --------
    >>> [short(number) for number in (0, 50, 1600, 5000, 150000, 1500000)]
    ['0', '50', '1.6k', '5k', '150k', '1.5M']
    """
    for unit, name in ((1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:g}{name}"
    return f"{number:g}"


def some_steps(names: Sequence[str], most: int = 7) -> list[str]:
    """Choose the checkpoints whose names fit under an axis: the last one, and others at equal distances before it.

    Examples
    --------
    >>> some_steps(["5k", "10k", "15k", "20k", "25k"], most=3)
    ['5k', '15k', '25k']
    """
    return list(names[:: -math.ceil(len(names) / most)])[::-1]


def enumerated(parts: Sequence[str]) -> str:
    """Join parts of a sentence.

    Examples
    --------
    >>> enumerated(["a"]), enumerated(["a", "b"]), enumerated(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(parts[:-1]), parts[-1]]))


def counted(number: int, noun: str) -> str:
    """Write a number of things.

    Examples
    --------
    >>> counted(1, "language"), counted(44, "language")
    ('1 language', '44 languages')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def signed(points: float | None) -> str:
    """Write a difference of accuracies in points.

    Examples
    --------
    >>> signed(0.0124), signed(None)
    ('+1.2 points', '')
    """
    return "" if points is None else f"{100 * points:+.1f} points"


def described(row: Mapping[str, Any]) -> dict[str, str]:
    """Say what a score rests on, for a tooltip: runs with their standard deviation, and examples."""
    runs, deviation, examples = row["runs"], row["deviation"], row["examples"]
    spread = "" if deviation is None else f", s.d. {100 * deviation:.2f} points"
    return {"rests on": f"{counted(runs or 0, 'run')}{spread}, {counted(examples or 0, 'example')}"}


def round_steps(last: float) -> list[float]:
    """Choose the ticks of a square-root axis from 0 to the last step: round numbers, and the end.

    Examples
    --------
    >>> [short(step) for step in round_steps(1500000)]
    ['50k', '100k', '200k', '500k', '1M', '1.5M']
    """
    powers = range(math.floor(math.log10(last)) - 2, math.ceil(math.log10(last)) + 1)
    numbers = [float(f"{first}e{power}") for power in powers for first in (1, 2, 5)]
    return [number for number in numbers if last / 40 <= number <= last / 1.4] + [float(last)]


def apart(places: Sequence[float], room: float) -> list[float]:
    """Push labels apart, as little as is needed for each to have its room.

    Parameters
    ----------
    places : sequence of float
        In increasing order.

    Examples
    --------
    >>> apart([0.0, 0.5, 10.0], 2)
    [-0.75, 1.25, 10.0]
    """
    # pushed up from below and down from above: the mean of both keeps the distances of each
    above, below = list(places), list(places)
    for place in range(1, len(places)):
        above[place] = max(above[place], above[place - 1] + room)
        below[-1 - place] = min(below[-1 - place], below[-place] - room)
    return [(high + low) / 2 for high, low in zip(above, below, strict=True)]
