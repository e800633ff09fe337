"""How figures and tables write numbers, and which words and numbers are at the axes of figures."""

from __future__ import annotations

import math
import re
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


def difference(value: float, digits: int = 1) -> str:
    """Write a difference with its sign; zero has none.

    Examples
    --------
    >>> difference(1.24), difference(-0.5, 2), difference(-0.04)
    ('+1.2', '−0.50', '0.0')
    """
    written = f"{value:+.{digits}f}".replace("-", "−")
    return written if written.strip("+−0.") else written[1:]


def in_mean(number: int, noun: str) -> str:
    """Write over how many things a mean is taken.

    Examples
    --------
    >>> in_mean(6, "language"), in_mean(1, "language")
    ('in the mean of 6 languages', 'in 1 language')
    """
    return f"in {'the mean of ' if number > 1 else ''}{counted(number, noun)}"


def signed_points(points: float | None) -> str:
    """Write a difference of accuracies in points.

    Examples
    --------
    >>> signed_points(0.0124), signed_points(None)
    ('+1.2 points', '')
    """
    return "" if points is None else f"{difference(100 * points)} points"


def described(row: Mapping[str, Any]) -> dict[str, str]:
    """Return what a score rests on, for a tooltip: runs with their standard deviation, and examples where known.

    Examples
    --------
    >>> described({"metric": "accuracy", "runs": 3, "deviation": 0.002, "examples": 1000})
    {'rests on': '3 runs, s.d. 0.20 points, 1000 examples'}
    >>> described({"metric": "bits_per_character", "runs": 2, "deviation": 0.012, "examples": None})
    {'rests on': '2 runs, s.d. 0.012 bits'}
    """
    runs, deviation, examples = row["runs"], row["deviation"], row["examples"]
    parts = [counted(runs or 0, "run")]
    if deviation is not None:
        bits = row["metric"] == "bits_per_character"
        parts.append(f"s.d. {deviation:.3f} bits" if bits else f"s.d. {100 * deviation:.2f} points")
    if examples is not None:
        parts.append(counted(examples, "example"))
    return {"rests on": ", ".join(parts)}


def one_two_five(low: float, high: float) -> list[float]:
    """Return the numbers 1, 2 and 5 times a power of ten from `low` to `high`, both above 0.

    Examples
    --------
    >>> one_two_five(0.3, 20)
    [0.5, 1.0, 2.0, 5.0, 10.0, 20.0]
    """
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    numbers = [float(f"{first}e{power}") for power in powers for first in (1, 2, 5)]
    return [number for number in numbers if low <= number <= high]


def round_steps(last: float) -> list[float]:
    """Choose the ticks of a square-root axis from 0 to the last step: both ends, and round numbers between them.

    Examples
    --------
    >>> [short(step) for step in round_steps(1500000)]
    ['0', '50k', '100k', '200k', '500k', '1M', '1.5M']
    """
    return [0.0, *one_two_five(last / 40, last / 1.4), float(last)]


def round_numbers(low: float, high: float, most: int) -> tuple[list[float], int]:
    """Choose the ticks of a scale: as many multiples of 1, 2 or 5 times a power of ten as fit; its ends if too few do.

    Returns
    -------
    values : list of float
        At most `most`.
    digits : int
        Decimals that they need.

    Examples
    --------
    >>> round_numbers(32.6, 98.5, 6), round_numbers(0.31, 0.52, 4), round_numbers(71.0, 71.0, 6)
    (([40.0, 50.0, 60.0, 70.0, 80.0, 90.0], 0), ([0.35, 0.4, 0.45, 0.5], 2), ([71.0], 1))
    """
    power = math.floor(math.log10(high - low)) - 1 if high > low else 0
    for size in one_two_five(float(f"1e{power}"), float(f"5e{power + 2}")):
        places = range(math.ceil(low / size - 1e-9), math.floor(high / size + 1e-9) + 1)
        if 2 <= len(places) <= most:
            digits = max(-math.floor(math.log10(size)), 0)
            return [round(place * size, digits) for place in places], digits
    return list(dict.fromkeys([low, high])), 1


def apart(places: Sequence[float], distance: float) -> list[float]:
    """Return places of labels that are moved apart, as little as is needed for none to overlap.

    Parameters
    ----------
    places : sequence of float
        In increasing order.
    distance : float
        The smallest distance of two labels.

    Examples
    --------
    >>> apart([0.0, 0.5, 10.0], 2)
    [-0.75, 1.25, 10.0]
    """
    # pushed up from below and down from above: the mean of both keeps the distances of each
    above, below = list(places), list(places)
    for place in range(1, len(places)):
        above[place] = max(above[place], above[place - 1] + distance)
        below[-1 - place] = min(below[-1 - place], below[-place] - distance)
    return [(high + low) / 2 for high, low in zip(above, below, strict=True)]


def signed(value: float | None, digits: int = 3) -> str:
    """Write a number with a real minus sign; a dash where there is none.

    Examples
    --------
    >>> signed(-0.597), signed(0.25, 2), signed(-0.001, 2), signed(None)
    ('−0.597', '0.25', '0.00', '–')
    """
    if value is None or not math.isfinite(value):
        return "–"
    # zero has no sign
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


LINE_ENDS = re.compile("[\x00-\x08\x0a-\x1f\x7f\x85\u2028\u2029]+")
"""What ends a line or block for some reader, and other characters that control one."""


def one_line(text: str) -> str:
    r"""Return text without line ends and characters of control.

    Examples
    --------
    >>> one_line("first\r\nsecond\u2028third")
    'first second third'
    """
    return LINE_ENDS.sub(" ", text)


def restructured(text: str) -> str:
    r"""Return text as a paragraph of reStructuredText that shows it as it is: no markup, directive or link.

    Examples
    --------
    >>> print(restructured("arc_prediction: *no* `role`"))
    arc\_prediction: \*no\* \`role\`
    >>> print(restructured(".. include:: /etc/hosts\n\n.. raw:: html"))
    \.. include\:: /etc/hosts .. raw\:: html
    """
    text = re.sub(r"([\\*`|_])", r"\\\1", one_line(text).strip())
    # no address becomes a link: not javascript:x, https://x, nor x@y
    text = re.sub(r"(?<=[A-Za-z0-9.+-])([:@])(?=\S)", r"\\\1", text)
    # at its beginning, punctuation makes a list, a comment, a directive, a field, a line of a title or a literal block
    return re.sub(r"^(?=[!-/:-@\[\]^{-~])", r"\\", text)


def unformulated(value: Any) -> Any:
    r"""Return a value of a table so that a spreadsheet shows it, and computes nothing.

    Text that would be a formula gets an apostrophe. Text is in one line.

    Examples
    --------
    >>> unformulated('=HYPERLINK("http://example.org")'), unformulated("-0.5"), unformulated("pos"), unformulated(-0.5)
    ('\'=HYPERLINK("http://example.org")', '-0.5', 'pos', -0.5)
    """
    if not isinstance(value, str):
        return value
    value = one_line(value)  # a bare \r is a new row to some readers
    if not value.lstrip().startswith(("=", "+", "-", "@")):
        return value
    try:
        float(value)
    except ValueError:
        return f"'{value}"
    return value
