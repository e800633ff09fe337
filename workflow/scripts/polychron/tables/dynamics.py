"""When tasks are learned, and how much of them is forgotten (Table 6, which the paper lacks)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from polychron.analysis import bits
from polychron.probing.tasks import registry
from polychron.reporting import baselines
from polychron.reporting.formatting import percentage, short, signed
from polychron.reporting.tables import Cell, Table, nothing
from polychron.tables.averages import ACROSS, INSIDE, SPLITS, average, by_pair, known

HEAD = [
    "Setting", "Task", "n", "Onset by dev", "Fitted", "Paper", "Delay by chance",
    "Loss by dev", "Slope", "Clear", "Best − last", "By chance",
]  # fmt: skip


def dynamics(trajectories: Any, intervals: Any, layer: int, onset: float, scores: Any = None) -> Table:
    """Return Table 6: when a task is learned, and what is forgotten, with the uncertainty of both.

    Parameters
    ----------
    trajectories, intervals : pyarrow.Table
        See `trajectories.schema` and `uncertainty.schema`; intervals include those of `chance.study`.
    layer : int
        The layer whose curves are averaged: the final one.
    onset : float
        The share of the best score to which the onset is taken.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: the caption says which best scores are below them.
    """
    title = f"Steps to {100 * onset:g}% of the best score, and what is forgotten by the last step"
    step = f"onset_{onset:g}"
    asked = [step, f"{step}_lower", "forgetting", f"{step}_by_dev"]
    spread = [step, f"{step}_isotonic", "cross_fitted_forgetting", "cross_fitted_forgetting_by_dev", "fall_after_peak"]
    rows, records = [], []
    for setting in (INSIDE, ACROSS):
        curves, ends = known(trajectories, setting, asked, layer), known(intervals, setting, spread, layer)
        chance = _chance(intervals, setting, layer)
        label = setting
        for task in registry.in_order(curves["task"].unique()):
            of_curves = {name: by_pair(curves, task, name) for name in asked}
            of_ends = {name: by_pair(ends, task, name) for name in spread}
            record = {
                "setting": setting,
                "task": task,
                **_dynamics(of_curves, of_ends, chance.get(task, {}), setting, step),
            }
            rows.append([Cell(label), *_dynamics_row(task, record)])
            records.append(record)
            label = ""
    if not rows:
        return nothing(6, title, "the study has no curves")
    caption = [*CAPTION, *bits.captions(trajectories)]
    if scores is not None:
        for setting in (INSIDE, ACROSS):
            best = known(trajectories, setting, ["best"], layer).to_dict("records")
            said = baselines.below(baselines.of_scores(scores), best)
            caption += [f"{setting}. {text}" for text in said]
    return Table(6, title, HEAD, rows, caption, records, left=2)


CAPTION = [
    "Means over n languages, or over n ordered pairs of different languages, with 95% intervals in brackets, which "
    "are symmetric: of few languages they can reach below what is possible. Where fewer curves than n have a number, "
    "it says over how many its mean is.",
    "Onset by dev: the first checkpoint with that share of the score at the best step, which dev chooses; for "
    "transfer, dev of the source. Fitted: the onset of a curve that never falls, fitted by isotonic regression, and "
    "levelled from where it is within twice the checkpoints' noise of its highest value; in brackets, means of the "
    "ends of 95% intervals over checkpoints. Paper: the first checkpoint with that share of the best score of all; "
    "below, the mean checkpoint before it, since the grid hides the onset between the two, and means of the ends of "
    "intervals that take the spread of the seeds in.",
    "By chance: what the paper's formulas show in worlds in which the fitted curve is the truth, with the noise of "
    "the study's own checkpoints; with too few checkpoints to estimate it, with that of the seeds alone and without "
    "p. Delay by chance: how much later the paper's onset is in the mean; its p is how often transfer is later than "
    "in-language by as much as here, if the true onsets are equal.",
    "Losses are in points of accuracy (or in bits). Loss by dev: since the step that dev and the other seeds choose, "
    "of the seed that is left out; noise of a checkpoint that dev and all seeds share stays in it. Slope: the loss by "
    "the slope of the checkpoints after the best one on dev (without dev, after the best); a curve whose best is too "
    "late to tell has none. Clear: the share of all n curves whose 95% interval of that, a block bootstrap over "
    "checkpoints, is above 0. In simulated curves of 39 checkpoints with noise of 0.4 points it is for 2% of those "
    "that lose nothing, and for 96% of those that lose 2 points little by little.",
    "Best − last: as in the paper. It is never negative, so compare it with what chance shows; its p is how often "
    "chance shows as much. A loss within few checkpoints is seen here, not in the slope. Cross-fitted forgetting "
    "over seeds alone is in the file of numbers: noise that the seeds share counts as loss in it.",
]


def _chance(intervals: Any, setting: str, layer: int) -> dict[str, dict[str, float]]:
    """Return by task what chance shows of the means over languages or pairs; see `chance.study`."""
    rows = intervals.to_pandas()
    chosen = rows["quantity"].str.startswith("mean_") & rows["split"].isin(SPLITS[setting]) & rows["value"].notna()
    chosen &= bits.at_layer(intervals, layer) & rows["metric"].isin(["accuracy", "bits_per_character"])
    found: dict[str, dict[str, float]] = {}
    for row in rows[chosen].to_dict("records"):
        found.setdefault(row["task"], {})[row["quantity"].removeprefix("mean_")] = row["value"]
    return found


def _dynamics(
    curves: Mapping[str, pd.DataFrame],
    ends: Mapping[str, pd.DataFrame],
    chance: Mapping[str, float],
    setting: str,
    step: str,
) -> dict[str, Any]:
    def averaged(name: str, rows: pd.DataFrame) -> dict[str, Any]:
        found = dict(zip((name, f"{name}_low", f"{name}_high"), average(rows["value"], setting), strict=True))
        return {**found, f"{name}_n": len(rows)}

    def reach(name: str, rows: pd.DataFrame) -> dict[str, Any]:
        bounded = rows.dropna(subset="low")
        return {f"{name}_{end}": float(bounded[end].mean()) if len(bounded) else None for end in ("low", "high")}

    fitted = ends[f"{step}_isotonic"]
    number, told = len(curves[step]) or len(curves["forgetting"]), ends["fall_after_peak"]["low"].dropna()
    return {
        "n": number,
        **averaged("onset_by_dev", curves[f"{step}_by_dev"]),
        "onset_fitted": float(fitted["value"].mean()) if len(fitted) else None,
        "onset_fitted_n": len(fitted),
        **reach("onset_fitted", fitted),
        **averaged("onset_after", curves[f"{step}_lower"]),
        **averaged("onset", curves[step]),
        **reach("onset_seeds", ends[step]),
        "onset_later_by_chance": chance.get(f"{step}_later_by_chance"),
        "onset_later_p": chance.get(f"{step}_later_p"),
        **averaged("forgetting_by_dev", ends["cross_fitted_forgetting_by_dev"]),
        **averaged("fall_after_peak", ends["fall_after_peak"]),
        "clear": int((told > 0).sum()) / number if len(told) else None,
        "clear_told": len(told),
        **averaged("forgetting", curves["forgetting"]),
        "forgetting_by_chance": chance.get("forgetting_by_chance"),
        "forgetting_p": chance.get("forgetting_p"),
        "best_by_chance": chance.get("best_by_chance"),
        **averaged("cross_fitted_forgetting", ends["cross_fitted_forgetting"]),
    }


def _dynamics_row(task: str, record: Mapping[str, Any]) -> list[Cell]:
    points = signed if task == "bits" else percentage

    def cell(name: str, written: Callable[[float], str], *below: str) -> Cell:
        ends = [record.get(f"{name}_{end}") for end in ("low", "high")]
        bounded = all(end is not None and math.isfinite(end) for end in ends)
        number = record[f"{name}_n"]
        few = [f"n = {number}"] if number and number != record["n"] else []
        return Cell(
            _or_dash(record[name], written),
            [*([f"[{written(ends[0])}, {written(ends[1])}]"] if bounded else []), *below, *few],
        )

    def p(name: str) -> list[str]:
        return [] if record[name] is None else [f"p = {record[name]:.3f}"]

    seeds = record["onset_seeds_low"], record["onset_seeds_high"]
    paper = [f"after {_or_dash(record['onset_after'], _steps)}"]
    paper += [] if seeds[0] is None else [f"{_steps(seeds[0])}–{_steps(seeds[1])}"]
    later = record["onset_later_by_chance"]
    return [
        Cell(registry.TITLES[task]),
        Cell(str(record["n"])),
        cell("onset_by_dev", _steps),
        cell("onset_fitted", _steps),
        cell("onset", _steps, *paper),
        Cell("–" if later is None else f"{'+' if later > 0 else ''}{_steps(later)}", p("onset_later_p")),
        cell("forgetting_by_dev", points),
        cell("fall_after_peak", points),
        Cell("–" if record["clear"] is None else f"{record['clear']:.0%}"),
        cell("forgetting", points),
        Cell(_or_dash(record["forgetting_by_chance"], points), p("forgetting_p")),
    ]


def _or_dash(value: float | None, written: Callable[[float], str]) -> str:
    return "–" if value is None or not math.isfinite(value) else written(value)


def _steps(value: float) -> str:
    """Write a mean of steps to three digits.

    Examples
    --------
    >>> _steps(98765.4), _steps(-2100)
    ('98.8k', '−2.1k')
    """
    return ("−" if value < 0 else "") + short(float(f"{abs(value):.3g}"))
