"""What is measured at several layers, as figures of layers read it from tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polychron.analysis.trajectories import select

HELD = (
    "Intervals hold the noise of seeds and test items, as far as they are known, and not that of another pretraining."
)
FLAT = "Where the layers do not differ beyond the noise of seeds and test items, there is no expected layer"

Key = tuple[str, str, str]
"""Task, source, target."""


def rows(
    trajectories: Any, quantity: str, tasks: Sequence[str], crossing: bool, **more: Any
) -> dict[Key, list[dict[str, Any]]]:
    """Return what is measured at several layers.

    Parameters
    ----------
    trajectories : pyarrow.Table or None
        See `trajectories.schema` and `uncertainty.schema`.
    quantity : str
        As in `trajectories.study` or `joint.study`.
    tasks : sequence of str
        Their order is that of the result.
    crossing : bool
        Between languages, on the parallel test sets and in word alignment, instead of in-language.

    Returns
    -------
    dict
        By task, source and target, the rows in the order of the table.
    """
    if trajectories is None:
        return {}
    places = [{"split": "parallel", "metric": "accuracy"}, {"split": "test", "metric": "f1"}]
    places = places if crossing else [{"split": "test", "metric": "accuracy"}]
    chosen = [
        row
        for place in places
        for row in select(trajectories, quantity=quantity, task=list(tasks), **place, **more)
        if (row["source"] != row["target"]) is crossing
    ]
    found: dict[Key, list[dict[str, Any]]] = {}
    for row in sorted(chosen, key=lambda row: tasks.index(row["task"])):
        found.setdefault((row["task"], row["source"], row["target"]), []).append(row)
    return found


def ends(
    intervals: Any, quantity: str, tasks: Sequence[str], crossing: bool
) -> dict[tuple[Any, ...], tuple[float, float]]:
    """Return the ends of the intervals of a quantity, where they are known, by task, source, target and step."""
    found = rows(intervals, quantity, tasks, crossing)
    known = [(key, row) for key, of in found.items() for row in of if row["low"] is not None]
    return {(*key, row["step"]): (row["low"], row["high"]) for key, row in known}


def is_flat(row: dict[str, Any]) -> bool:
    """Whether a row without an expected layer lacks it because the layers do not differ."""
    return row["value"] is None and (row["note"] or "").startswith("flat")
