"""Figures 6 and 7: when transfer from each source is learned, and how much of it is lost again."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from statistics import mean, median
from typing import Any

import altair as alt

from polychron.analysis.trajectories import over_seeds, select
from polychron.figures import captions, choices, swarms
from polychron.figures.chart import COLOURS, GREY, INK, TASKS, Figure, nothing
from polychron.figures.drawing import sources
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.figures.swarms import Groups, Measure
from polychron.reporting.formatting import counted, difference, enumerated, in_mean, short

NOTHING = "no transfer between languages in this study"


def onsets(
    trajectories: Any,
    tasks: Sequence[str],
    layer: int,
    share: float,
    cut: int | None = None,
    intervals: Any = None,
    scores: Any = None,
) -> Figure:
    """Draw the steps at which transfer from each source reaches x% of its best score (Figure 6 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    layer : int
        The layer that is probed.
    share : float
        The share x, as a fraction (A23).
    cut : int, optional
        A step to compare with, where the axis of Figure 2 ends (A36): a dashed line.
    intervals : pyarrow.Table, optional
        See `uncertainty.schema`: thin lines show the means of its 95% intervals, see `intervals.onset`.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: the caption says which best scores are below them.
    """
    title = f"Steps to {100 * share:g}% of the best transfer, by source"
    place = {"split": "parallel", "metric": "accuracy", "layer": layer}
    after = {
        (row["task"], row["source"], row["target"]): row["value"]
        for row in select(trajectories, quantity=f"onset_{share:g}_lower", **place)
    }
    groups = swarms.pairs(trajectories, tasks, quantity=f"onset_{share:g}", **place)
    if not groups:
        return nothing(title, NOTHING)
    for task, (points, _) in groups.items():
        for point in points:
            begin = after[task, point["source"], point["target"]]
            point["tip"] = f"after {short(begin)}, by {short(point['value'])}"
    known = _widen(groups, intervals, quantity=f"onset_{share:g}", **place) if intervals is not None else 0
    scored = select(trajectories, quantity="score", task=list(groups), **place)
    steps = Steps(
        {*(row["step"] for row in scored), *(point["value"] for some, _ in groups.values() for point in some)}
    )
    line = cut if cut and cut < steps.every[-1] else None
    chart = sources.panels(groups, steps, f"{100 * share:g}%", _thousands, line)
    said, numbers = zip(*(_onset_numbers(task, *group, cut) for task, group in groups.items()), strict=True)
    runs = captions.averaged(trajectories, task=list(groups), **place)
    words = [
        "Points: the first checkpoint at which transfer from the source (row) to targets has "
        f"{100 * share:g}% of the pair's best score (layer {layer}, {runs}); a point is the larger, the more targets "
        "reach it there. Bars, numbers: the mean of the source's pairs; sources are in its order, the earliest on top. "
        f"Above: the share of pairs that have reached it by a checkpoint. {steps.said()}"
        + (f" Dashed line: {short(line)} steps." if line else ""),
        " ".join(said),
        *choices.onsets(trajectories, groups, [share], **place),
    ]
    if known:
        words.append(
            "Thin lines: from the mean of the lower to the mean of the upper ends of the 95% intervals of "
            f"{counted(known, 'pair')}, which add the spread of the seeds to what the grid of checkpoints hides."
        )
    elif intervals is not None:
        words.append(captions.UNSPREAD)
    words += captions.against(scores, trajectories, groups, crossing=True, layer=layer)
    words += [*captions.lacking(tasks, groups), *captions.alone(trajectories)]
    key = [
        Entry("circle", "checkpoint at which targets reach it; the larger, the more", COLOURS[next(iter(groups))]),
        Entry("tick", "mean step of the source", INK),
        *([Entry("line", "means of the ends of 95% intervals", INK)] if known else []),
        *([Entry("upright", f"step {short(line)}", GREY, (6, 2))] if line else []),
    ]
    return Figure(title, chart, words, numbers, [*key, *steps.key()])


def _widen(groups: Groups, intervals: Any, **place: Any) -> int:
    """Add to points the ends of their 95% intervals over seeds, where there are two runs or more, and count them."""
    ends = {(row["task"], row["source"], row["target"]): row for row in over_seeds(intervals, **place)}
    known = 0
    for task, (points, _) in groups.items():
        for point in points:
            row = ends.get((task, point["source"], point["target"]))
            if row is not None:
                point |= {"low": row["low"], "high": row["high"]}
                point["tip"] += f"; with other seeds after {short(row['low'])}, by {short(row['high'])}"
                known += 1
    return known


UNFIT = "Without two runs, or one and its dev scores, up to the last checkpoint"
UNFITTED = "The best of many noisy checkpoints is a little too high, so some loss is to be expected everywhere."
BY_DEV, BY_RUNS = FITTED = ("cross_fitted_forgetting_by_dev", "cross_fitted_forgetting")
"""The quantities of changes that are cross-fitted; of several, a task has the first."""

CHOSEN = {
    (BY_DEV, False): (
        "Cross-fitted",
        "the best checkpoint is chosen on dev of the source, by all runs but one, and the change measured on that one, "
        "so points may be above 0. Luck of a checkpoint that dev shares with the target stays in it; Table 6 compares "
        "with chance.",
    ),
    (BY_DEV, True): (
        "Chosen on dev",
        "there is one run; its dev scores of the source choose the best checkpoint, and the change is measured on its "
        "scores of the target, so points may be above 0. Luck of a checkpoint that dev shares with the target stays in "
        "it; Table 6 compares with chance.",
    ),
    (BY_RUNS, False): (
        "Cross-fitted",
        "the best checkpoint is chosen on all runs but one and the change measured on that one, so points may be above "
        "0. Luck of a checkpoint that all runs share counts as loss; Table 6 compares with chance.",
    ),
}
"""What captions say of a quantity, and of whether it is of a single run: what it is called, and how it is chosen."""


def changes(trajectories: Any, tasks: Sequence[str], layer: int, intervals: Any = None, scores: Any = None) -> Figure:
    """Draw how transfer from each source changes from its best checkpoint to the last (Figure 7 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    layer : int
        The layer that is probed.
    intervals : pyarrow.Table, optional
        See `uncertainty.schema`: changes are those of its cross-fitted forgetting, chosen on dev (`choices.forgetting`)
        if the study has dev scores of the task, else on other seeds (`uncertainty.forgetting`).
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: the caption says which best scores are below them.
    """
    title = "Change of transfer from the best checkpoint to the last, by source"
    fitted = intervals is not None
    place = {"split": "parallel", "metric": "accuracy", "layer": layer}
    best = {(row["task"], row["source"], row["target"]): row for row in select(trajectories, quantity="best", **place)}
    groups, ways = _fitted(intervals, tasks, **place) if fitted else ({}, {})
    if not fitted:
        groups = swarms.pairs(trajectories, tasks, quantity="forgetting", **place)
    if not groups:
        return nothing(title, "no transfer with two runs or more to cross-fit" if fitted and best else NOTHING)
    for task, (points, _) in groups.items():
        for point in points:
            top = best[task, point["source"], point["target"]]
            point["value"] = -100 * point["value"] + 0.0
            point["tip"] = f"{100 * top['value']:.1f}% at {short(top['step'])} steps"
    values = [0.0, *(point["value"] for points, _ in groups.values() for point in points)]
    scale = alt.Scale(domain=[1.04 * min(values) or -1, 1.04 * max(values)], nice=False)
    axis = {"title": "Best to last (points of accuracy)"}
    chart = swarms.panels(groups, Measure(scale, axis, "best", difference, "points", descending=True))
    said, numbers = zip(*(_change_numbers(task, *group) for task, group in groups.items()), strict=True)
    runs = captions.averaged(trajectories, task=list(groups), **place)
    words = [
        "Each point is a pair: the score at the last checkpoint minus the best one, of transfer from the source (row) "
        f"to a target (layer {layer}, {runs}). Bars, numbers: the mean of the source's pairs; sources are "
        f"in its order, those that lose least on top. {_chosen(ways) if fitted else UNFITTED}",
        " ".join(said),
    ]
    words += captions.against(scores, trajectories, groups, crossing=True, layer=layer)
    words += [
        *choices.changes_by_dev(trajectories, groups, **place),
        *captions.lacking(tasks, groups, UNFIT if fitted else "Without a score"),
        *captions.alone(trajectories),
    ]
    key = [
        Entry("circle", "a pair of source (row) and target", COLOURS[next(iter(groups))]),
        Entry("tick", "mean of the source's pairs", INK),
    ]
    return Figure(title, chart, words, numbers, key)


def _fitted(intervals: Any, tasks: Sequence[str], **place: Any) -> tuple[Groups, dict[str, tuple[str, bool]]]:
    """Return the cross-fitted changes of each task, and by task their quantity and whether all are of one run."""
    groups: Groups = {}
    ways = {}
    for task, quantity in itertools.product(tasks, FITTED):
        if task not in groups and (found := swarms.pairs(intervals, [task], quantity=quantity, **place)):
            groups |= found
            rows = select(intervals, task=task, quantity=quantity, **place)
            ways[task] = quantity, all(row["runs"] == 1 for row in rows if row["value"] is not None)
    return groups, ways


def _chosen(ways: Mapping[str, tuple[str, bool]]) -> str:
    """Return what a caption says of how the best checkpoint is chosen; of which tasks, where they differ."""
    said = []
    for way in dict.fromkeys(ways.values()):
        name, how = CHOSEN[way]
        of = enumerated([TASKS[task] for task, own in ways.items() if own == way])
        said.append(f"{name}{f' ({of})' if len({*ways.values()}) > 1 else ''}: {how}")
    return " ".join(said)


def _onset_numbers(task: str, points: list[dict], pairs: int, cut: int | None) -> tuple[str, dict[str, str]]:
    values = [point["value"] for point in points]
    late = sum(value > cut for value in values) / len(values) if cut else 0
    line = {
        "task": TASKS[task],
        "pairs": f"{len(points)} of {pairs}",
        "mean step": _thousands(mean(values)),
        "median step": short(median(values)),
        "earliest": _named(min(points, key=_order), short),
        "latest": _named(max(points, key=_order), short),
        "latest mean of a source": _source(points, max, _thousands),
    }
    said = f"{line['task']}: by {line['mean step']} steps {in_mean(len(points), 'pair')}"
    said += f", {late:.0%} after {short(cut)}" if cut and late else ""
    said += f" ({line['pairs']} pairs have a score)" if len(points) < pairs else ""
    return said + ".", line


def _change_numbers(task: str, points: list[dict], pairs: int) -> tuple[str, dict[str, str]]:
    values = [point["value"] for point in points]
    kept = sum(value == 0 for value in values)

    def write(value: float) -> str:
        return f"{difference(value)} points" if value else "no change"

    line = {
        "task": TASKS[task],
        "pairs": f"{len(points)} of {pairs}",
        "mean": write(mean(values)),
        "largest loss": _named(min(points, key=_order), write),
        "largest mean loss of a source": _source(points, min, write),
        "best at the last checkpoint": str(kept),
    }
    said = f"{line['task']}: {line['mean']} {in_mean(len(points), 'pair')}"
    said += f", {line['largest loss']} at most" if min(values) < 0 and len(points) > 1 else ""
    said += f"; {kept} best at the last checkpoint" if kept else ""
    said += f" ({line['pairs']} pairs have a last score)" if len(points) < pairs else ""
    return said + ".", line


def _order(point: dict) -> tuple:
    return point["value"], point["source"], point["target"]


def _named(point: dict, write: Any) -> str:
    return f"{write(point['value'])} ({point['source']} to {point['target']})"


def _source(points: list[dict], end: Any, write: Any) -> str:
    of_source: dict[str, list[float]] = {}
    for point in points:
        of_source.setdefault(point["source"], []).append(point["value"])
    value, source = end((mean(values), source) for source, values in of_source.items())
    return f"{write(value)} ({source})"


def _thousands(step: float) -> str:
    """Write a mean of steps to three digits."""
    return short(float(f"{step:.3g}"))
