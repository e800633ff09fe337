"""Rows of the table of geometry, as the figures read them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import mean
from typing import Any

from polychron.reporting.formatting import counted, short

PANELS = 6
"""The most steps that have a panel each."""


def of(table: Any, task: str, metrics: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of a task and some metrics, those without a number left out.

    Parameters
    ----------
    table : pyarrow.Table
        See `scores.score_schema`.
    task : str
    metrics : iterable of str

    Returns
    -------
    list of dict
        Rows with source, target, layer, step, metric, value and examples. Values over several seeds, such as the halves
        of retrieval, are averaged, and their examples added.
    """
    columns = ("task", "source", "target", "layer", "step", "metric", "value", "examples")
    found: dict[tuple, list[tuple[float, int]]] = {}
    wanted = set(metrics)
    for row in table.select(columns).to_pylist():
        if row["task"] == task and row["metric"] in wanted and not math.isnan(row["value"]):
            key = tuple(row[name] for name in ("source", "target", "layer", "step", "metric"))
            found.setdefault(key, []).append((row["value"], row["examples"]))
    return [
        dict(zip(("source", "target", "layer", "step", "metric"), key, strict=True))
        | {"value": mean(value for value, _ in values), "examples": sum(number for _, number in values)}
        for key, values in found.items()
    ]


def chosen_steps(steps: Iterable[int], most: int = PANELS) -> list[int]:
    """Return steps to show, the first and the last among them, evenly spread over the checkpoints.

    Examples
    --------
    >>> chosen_steps([0, 10, 20, 30, 40, 50, 60], most=4)
    [0, 20, 40, 60]
    >>> chosen_steps([0, 800])
    [0, 800]
    """
    every = sorted(set(steps))
    if len(every) <= most:
        return every
    return [every[round(place * (len(every) - 1) / (most - 1))] for place in range(most)]


def left_out(table: Any, task: str, metrics: Iterable[str]) -> list[str]:
    """Say how many values of some metrics have no number, and on how many sentences the others rest."""
    wanted = set(metrics)
    every = table.select(["task", "metric", "value", "examples"]).to_pylist()
    values = [row for row in every if row["task"] == task and row["metric"] in wanted]
    if not values:
        return []
    without = sum(math.isnan(row["value"]) for row in values)
    numbers = sorted({row["examples"] for row in values})
    among = f"{numbers[0]:,}" if len(numbers) == 1 else f"{numbers[0]:,} to {numbers[-1]:,}"
    said = [
        f"Each value rests on {among} sentences that are whole in all languages; those that the window cuts are out."
    ]
    if without:
        said.append(
            f"Left out: {counted(without, 'value')} of {len(values):,}, of languages whose sentences all have the same "
            "state."
        )
    return said


def panels_of(shown: Sequence[int], every: Sequence[int]) -> list[str]:
    """Say which steps have a panel, if not all."""
    if len(shown) == len(every):
        return []
    return [f"Shown: {len(shown)} of {counted(len(every), 'step')}, {', '.join(map(short, shown))}."]
