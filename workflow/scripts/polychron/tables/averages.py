"""Means over languages and over pairs of languages, each with its interval."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from polychron.stats import dyadic, intervals

INSIDE, ACROSS = "In-language", "Across languages"

Pairs = Mapping[tuple[str, str], float]
"""Values by source and target."""

Rows = dict[tuple[str, str], dict[str, Any]]
"""Rows of a table by source and target."""


def by_task(rows: Iterable[dict[str, Any]], setting: str) -> dict[str, dict[str, Rows]]:
    """Return rows that have a value by task, then by quantity, then by source and target.

    Parameters
    ----------
    rows : iterable of dict
        Each with ``task``, ``quantity``, ``source``, ``target`` and ``value``.
    setting : str
        `INSIDE`, or `ACROSS`, which leaves out pairs of a language with itself.
    """
    found: dict[str, dict[str, Rows]] = {}
    for row in rows:
        if row["value"] is not None and (setting == INSIDE or row["source"] != row["target"]):
            found.setdefault(row["task"], {}).setdefault(row["quantity"], {})[row["source"], row["target"]] = row
    return found


def average(values: Pairs, setting: str) -> tuple[float, float, float]:
    """Return the mean over languages, or over ordered pairs of different languages, and the ends of its 95% interval.

    Examples
    --------
    >>> mean, low, high = average({("en", "en"): 0.8, ("de", "de"): 0.6}, INSIDE)
    >>> round(mean, 6), bool(low < mean < high)
    (0.7, True)
    """
    if setting == INSIDE:
        return intervals.mean_interval(list(values.values()))
    return dyadic.mean_interval(matrix(values))


def matrix(values: Pairs) -> np.ndarray:
    """Return values of pairs as a square array, from the row's language to the column's; NaN where there is none."""
    languages = sorted({language for pair in values for language in pair})
    return np.array([[values.get((source, target), math.nan) for target in languages] for source in languages])
