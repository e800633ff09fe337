"""When tasks are learned, and how much of them is forgotten (Table 6, which the paper lacks)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.analysis.trajectories import select
from polychron.probing.tasks import registry
from polychron.reporting.formatting import percentage, signed
from polychron.reporting.tables import Cell, Table, nothing
from polychron.tables.averages import ACROSS, INSIDE, average, by_task


def dynamics(trajectories: Any, intervals: Any, layer: int, onset: float) -> Table:
    """Return Table 6: when a task is learned, and what is forgotten, with the uncertainty of both.

    Parameters
    ----------
    trajectories, intervals : pyarrow.Table
        See `trajectories.schema` and `uncertainty.schema`.
    layer : int
        The layer whose curves are averaged: the final one.
    onset : float
        The share of the best score to which the onset is taken.
    """
    title = f"Steps to {onset:.0%} of the best score, and what is forgotten by the last step"
    places = {"layer": layer, "metric": ["accuracy", "bits_per_character"]}
    asked = [f"onset_{onset:g}", f"onset_{onset:g}_lower", "forgetting"]
    cross = ["cross_fitted_forgetting", f"onset_{onset:g}"]
    rows, records = [], []
    for setting, splits in ((INSIDE, ["test", "heldout"]), (ACROSS, ["parallel"])):
        curves = by_task(select(trajectories, quantity=asked, split=splits, **places), setting)
        spread = by_task(select(intervals, quantity=cross, split=splits, **places), setting)
        label = setting
        for task in registry.in_order(curves):
            record = {"setting": setting, "task": task, **_dynamics(curves[task], spread.get(task, {}), setting, asked)}
            rows.append([Cell(label), *_dynamics_row(task, record)])
            records.append(record)
            label = ""
    if not rows:
        return nothing(6, title, "the study has no curves")
    head = ["Setting", "Task", "n", "Onset after", "Onset", "Over seeds", "Best − last", "Cross-fitted", "Clear"]
    caption = [
        "Means over n languages, or over n ordered pairs of different languages, with 95% intervals in brackets, which "
        "are symmetric: of few languages they can reach below what is possible. The grid of checkpoints hides the "
        "onset of each curve between the checkpoint before and the first one that has reached it: onset after and "
        "onset are the means of these two. Over seeds: means of the ends of the intervals that also take the spread of "
        "the seeds in.",
        "Best − last, in points of accuracy (or in bits), is never negative: the best of many noisy checkpoints is "
        "partly the luckiest. Cross-fitted, the checkpoint is chosen on all seeds but one, and the loss measured on "
        "that one: where nothing is forgotten it is 0 on average. Clear: the share of curves whose 95% interval of it "
        "is above 0.",
    ]
    return Table(6, title, head, rows, caption, records, left=2)


def _dynamics(
    curves: Mapping[str, Mapping], spread: Mapping[str, Mapping], setting: str, asked: list[str]
) -> dict[str, Any]:
    def averaged(name: str, rows: Mapping | None) -> dict[str, Any]:
        values = {pair: row["value"] for pair, row in (rows or {}).items()}
        ends = average(values, setting) if values else (math.nan,) * 3
        return dict(zip((name, f"{name}_low", f"{name}_high"), ends, strict=True))

    onsets, before, forgetting = (curves.get(name) for name in asked)
    seeded = [row for row in spread.get(asked[0], {}).values() if row["low"] is not None]
    losses = spread.get("cross_fitted_forgetting", {})
    clear = [row["low"] > 0 for row in losses.values() if row["low"] is not None]
    return {
        "n": len(onsets or forgetting or ()),
        **averaged("onset_after", before),
        **averaged("onset", onsets),
        **{
            f"onset_seeds_{end}": float(np.mean([row[end] for row in seeded])) if seeded else None
            for end in ("low", "high")
        },
        **averaged("forgetting", forgetting),
        **averaged("cross_fitted_forgetting", losses),
        "clear": float(np.mean(clear)) if clear else None,
    }


def _dynamics_row(task: str, record: Mapping[str, Any]) -> list[Cell]:
    def steps(value: float | None) -> str:
        return "–" if value is None or not math.isfinite(value) else f"{value:,.0f}".replace("-", "−")

    points = signed if task == "bits" else percentage

    def cell(name: str, written: Any) -> Cell:
        ends = [record[f"{name}_{end}"] for end in ("low", "high")]
        return Cell(
            written(record[name]),
            [f"[{written(ends[0])}, {written(ends[1])}]"] if all(map(math.isfinite, ends)) else [],
        )

    low, high = record["onset_seeds_low"], record["onset_seeds_high"]
    return [
        Cell(registry.TITLES[task]),
        Cell(str(record["n"])),
        Cell(steps(record["onset_after"])),
        cell("onset", steps),
        Cell("–" if low is None else f"{steps(low)}–{steps(high)}"),
        cell("forgetting", points),
        cell("cross_fitted_forgetting", points),
        Cell("–" if record["clear"] is None else f"{record['clear']:.0%}"),
    ]
