"""When tasks are learned, and how much of them is forgotten (Table 6, which the paper lacks)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from polychron.analysis import bits
from polychron.probing.tasks import registry
from polychron.reporting.formatting import percentage, signed
from polychron.reporting.tables import Cell, Table, nothing
from polychron.tables.averages import ACROSS, INSIDE, average, by_pair, known


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
    asked = [f"onset_{onset:g}", f"onset_{onset:g}_lower", "forgetting"]
    cross = [f"onset_{onset:g}", "cross_fitted_forgetting"]
    rows, records = [], []
    for setting in (INSIDE, ACROSS):
        curves, spread = known(trajectories, setting, asked, layer), known(intervals, setting, cross, layer)
        label = setting
        for task in registry.in_order(curves["task"].unique()):
            found = [by_pair(curves, task, name) for name in asked] + [by_pair(spread, task, name) for name in cross]
            record = {"setting": setting, "task": task, **_dynamics(*found, setting)}
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
        *bits.captions(trajectories),
    ]
    return Table(6, title, head, rows, caption, records, left=2)


def _dynamics(
    onsets: pd.DataFrame,
    before: pd.DataFrame,
    forgetting: pd.DataFrame,
    seeds: pd.DataFrame,
    losses: pd.DataFrame,
    setting: str,
) -> dict[str, Any]:
    def averaged(name: str, rows: pd.DataFrame) -> dict[str, Any]:
        return dict(zip((name, f"{name}_low", f"{name}_high"), average(rows["value"], setting), strict=True))

    seeded = seeds.dropna(subset="low")
    clear = losses["low"].dropna() > 0
    return {
        "n": len(onsets) or len(forgetting),
        **averaged("onset_after", before),
        **averaged("onset", onsets),
        **{f"onset_seeds_{end}": float(seeded[end].mean()) if len(seeded) else None for end in ("low", "high")},
        **averaged("forgetting", forgetting),
        **averaged("cross_fitted_forgetting", losses),
        "clear": float(clear.mean()) if len(clear) else None,
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
