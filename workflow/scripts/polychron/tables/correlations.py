"""The tables of the correlation studies (Tables 4 and 5), and of when and how much (Table 6, which the paper lacks)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from polychron.analysis.trajectories import select
from polychron.reporting.formatting import counted
from polychron.reporting.numerals import chance, percentage, signed
from polychron.reporting.tables import Cell, Table, nothing
from polychron.tables.final_scores import ACROSS, INSIDE, average
from polychron.tables.tasks_and_languages import TASKS

QUANTITIES = {
    "best": "Task perf.",
    "asymmetry": "Asymmetry",
    "onset": "Steps to {onset:.0%}",
    "forgetting": "Forgetting",
    "cross_fitted_forgetting": "Forgetting, cross-fitted",
}

FACTORS = {
    "pretraining_size": "Pretraining data",
    "source_size": "Src. pretraining data",
    "target_size": "Trg. pretraining data",
    "task_data": "Task data",
    "distance": "Lang. sim.",
    "best": "Task perf.",
}
"""What factors are called in the paper; similarity is a distance there too, smaller for more similar languages."""

TITLES = {
    4: "Factors of a language and measures of in-language knowledge: Spearman's ρ",
    5: "Factors of a pair of languages and measures of transfer: Spearman's ρ",
}

RATE = 0.05
"""The share of false discoveries that is admitted among what stands in bold."""


def correlations(correlations: Any, number: int, onset: float) -> Table:
    """Make Table 4 or 5.

    Parameters
    ----------
    correlations : pyarrow.Table
        See `factors.schema`.
    number : {4, 5}
        Which of the two.
    onset : float
        The share of the best score to which the onset is taken.
    """
    mine = [row for row in correlations.to_pylist() if row["table"] == number]
    tested = [row for row in mine if row["rho"] is not None]
    if not mine:
        what = "languages" if number == 4 else "transfer"
        return nothing(number, TITLES[number], f"the study has no scores of {what}")
    tasks = [task for task in TASKS if any(row["task"] == task for row in mine)]
    cells = {(row["quantity"], row["factor"], row["task"]): row for row in mine}
    usual = {task: max((row["n"] for row in mine if row["task"] == task), default=0) for task in tasks}
    body = []
    for quantity, called in QUANTITIES.items():
        label = called.format(onset=onset)
        for factor in FACTORS:
            found = [cells.get((quantity, factor, task)) for task in tasks]
            if not any(found):
                continue
            printed = [_coefficient(row, usual[task]) for row, task in zip(found, tasks, strict=True)]
            body.append([Cell(label), Cell(FACTORS[factor]), *printed])
            label = ""
    unit = "languages" if number == 4 else "pairs"
    head = ["Variable", "Factor", *(f"{TASKS[task]} (n = {usual[task]})" for task in tasks)]
    return Table(number, TITLES[number], head, body, _caption(number, tested, mine, unit), mine, left=2)


def _coefficient(row: Mapping[str, Any] | None, usual: int) -> Cell:
    if row is None or row["rho"] is None:
        return Cell("–")
    below = [f"[{signed(row['low'], 2)}, {signed(row['high'], 2)}]"] if row["low"] is not None else []
    below.append(f"p {chance(row['p_permutation'])}, q {chance(row['q'])}")
    if row["n"] != usual:
        below.append(f"n = {row['n']}")
    return Cell(signed(row["rho"]) + row["stars"], below, strong=row["q"] is not None and row["q"] < RATE)


def _caption(number: int, tested: list[Mapping[str, Any]], mine: list[Mapping[str, Any]], unit: str) -> list[str]:
    starred = sum(bool(row["stars"]) for row in tested)
    permuted = sum(row["p_permutation"] < RATE for row in tested)
    kept = sum(row["q"] < RATE for row in tested)
    dependent = (
        "A language is in many pairs, so the pairs are not independent: the intervals let pairs that share a language "
        "covary, and p comes from permuting the languages (Mantel test), not the pairs. "
        if number == 5
        else "In brackets 95% intervals (Fisher's transformation); p comes from permuting the languages. "
    )
    paragraphs = [
        f"Over {unit}, with the stars of the paper: * p < 0.05, ** p < 0.001 by the t approximation, which takes all "
        f"{unit} for independent. Lang. sim. is a distance: smaller is more similar.",
    ]
    if tested:
        paragraphs.append(
            f"{dependent}q is that p adjusted for the {counted(len(tested), 'coefficient')} of the table (Benjamini "
            f"and Hochberg); bold is q < {RATE}. Of them {starred} have a star, {permuted} have p < {RATE}, and {kept} "
            "are bold."
        )
    if len(tested) < len(mine):
        whys: dict[str, list[str]] = {}
        for row in mine:
            notes = re.sub(r" \(.*?\)", "", row["note"] or "unknown").split("; ") if row["rho"] is None else []
            for why in notes:
                whys.setdefault(why, []).append(TASKS[row["task"]])
        said = "; ".join(f"{why} ({', '.join(dict.fromkeys(tasks))})" for why, tasks in whys.items())
        paragraphs.append(f"{len(mine) - len(tested)} of {len(mine)} have no coefficient (–): {said}.")
    return paragraphs


def dynamics(trajectories: Any, intervals: Any, layer: int, onset: float) -> Table:
    """Make Table 6: when a task is learned, and what is forgotten, with the uncertainty of both.

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
        curves = _by_task(select(trajectories, quantity=asked, split=splits, **places), setting)
        spread = _by_task(select(intervals, quantity=cross, split=splits, **places), setting)
        label = setting
        for task in (task for task in TASKS if task in curves):
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
        "lies above 0.",
    ]
    return Table(6, title, head, rows, caption, records, left=2)


def _by_task(rows: Iterable[Mapping[str, Any]], setting: str) -> dict[str, dict[str, dict]]:
    """Put rows by task, then by quantity, then by source and target."""
    found: dict[str, dict[str, dict]] = {}
    for row in rows:
        if row["value"] is not None and (setting == INSIDE or row["source"] != row["target"]):
            found.setdefault(row["task"], {}).setdefault(row["quantity"], {})[row["source"], row["target"]] = row
    return found


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
        Cell(TASKS[task]),
        Cell(str(record["n"])),
        Cell(steps(record["onset_after"])),
        cell("onset", steps),
        Cell("–" if low is None else f"{steps(low)}–{steps(high)}"),
        cell("forgetting", points),
        cell("cross_fitted_forgetting", points),
        Cell("–" if record["clear"] is None else f"{record['clear']:.0%}"),
    ]
