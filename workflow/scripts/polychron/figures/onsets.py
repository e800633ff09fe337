"""Figures 2 and 16: the checkpoints between which each language reaches shares of its best score."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import altair as alt

from polychron.analysis.trajectories import over_seeds, select
from polychron.figures import captions, choices
from polychron.figures.chart import GREY, TASKS, Figure, data, nothing, ramp
from polychron.figures.drawing import reached
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.reporting.formatting import counted, enumerated, short

WIDTH, NARROW = 520, 240


def onsets(
    trajectories: Any,
    tasks: Sequence[str],
    layer: int,
    onset: Sequence[float],
    cut: int | None = None,
    intervals: Any = None,
    scores: Any = None,
) -> Figure:
    """Draw the steps at which each language reaches x% of its best score (Figures 2 and 16 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    layer : int
        The layer that is probed.
    onset : sequence of float
        The shares x, as fractions (A23).
    cut : int, optional
        Where the axis ends, in steps (A36): a later step becomes an arrow. None, or a step that no onset passes,
        ends it with the last checkpoint.
    intervals : pyarrow.Table, optional
        See `uncertainty.schema`: thin lines show its 95% intervals, see `intervals.onset`.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: the caption says which best scores are below them.
    """
    shares = sorted(onset)
    title = f"Steps to {enumerated([_written(share) for share in shares])} of the best score"
    title = captions.of_tasks(tasks, title)
    groups = {task: _marks(trajectories, task, layer, shares, intervals) for task in tasks}
    drawn = {task: marks for task, (marks, _) in groups.items() if marks}
    if not drawn:
        asked = f"no {enumerated([TASKS[task] for task in tasks])} scores" if tasks else "none of its tasks"
        return nothing(title, f"{asked} of trained checkpoints in this study" if tasks else f"{asked} in this study")
    marks = [mark for some in drawn.values() for mark in some]
    steps = Steps({*_steps(trajectories, list(drawn), layer), *(mark["step"] for mark in marks)})
    latest = max(mark["step"] for mark in marks)
    end = cut if cut and latest > cut else None
    width = WIDTH if len(drawn) == 1 else NARROW
    # labels are at the top too, where all can be seen, as soon as one panel is long
    long = any(len({mark["language"] for mark in some}) > 30 for some in drawn.values())
    panels = [
        alt.vconcat(
            reached.curve(*_reached(some, shares), steps, width, "languages", end, labels=long),
            _lanes(some, shares, steps, end, width),
            spacing=14,
        )
        for some in drawn.values()
    ]
    chart = panels[0]
    if len(drawn) > 1:
        titled = [panel.properties(title=TASKS[task]) for task, panel in zip(drawn, panels, strict=True)]
        chart = alt.hconcat(*titled, spacing=30).resolve_scale(y="independent", color="shared")
    said, numbers = zip(*(_numbers(task, some, shares) for task, some in drawn.items()), strict=True)
    runs = captions.averaged(trajectories, task=list(drawn), split="test", metric="accuracy", layer=layer)
    words = [
        "Each point is the first checkpoint whose score is x% of the language's best or more; nothing is interpolated, "
        "and the line behind it reaches back to the checkpoint before: the true step is on that line "
        f"(layer {layer}, {runs}). Above: the share of languages that have reached x% by a checkpoint; a point is the "
        f"larger, the more reach it there. {steps.said()}",
        " ".join(said),
        *choices.onsets(trajectories, drawn, shares, split="test", metric="accuracy", layer=layer),
    ]
    known = sum("low" in mark for mark in marks)
    if known:
        words.append(
            f"Thin lines, of {counted(known, 'point')}: 95% intervals, which add the spread of the seeds to the grid's."
        )
    elif intervals is not None:
        words.append(captions.UNSPREAD)
    past = {task: _past(some, end) for task, some in drawn.items()}
    beyond = sum(len(arrows) for of_task in past.values() for arrows in of_task.values())
    if beyond:
        arrows = f"{beyond} of {len(marks)} points are" if beyond > 1 else f"1 of {len(marks)} points is"
        several = any(len(arrows) > 1 for of_task in past.values() for arrows in of_task.values())
        beside = (
            "their steps are beside them, in the order of a language's shares; a single step is that of all its arrows"
            if several
            else "the step is written beside it"
        )
        words.append(f"Arrows: {arrows} beyond the end of the axis, {short(cut)} steps; {beside}.")
    early = any(mark["early"] for mark in marks)
    if early:
        words.append("Open points: the untrained model has reached that share already.")
    for task, (some, languages) in groups.items():
        drawn_of = {mark["language"] for mark in some}
        if len(drawn_of) < len(languages):
            of_task = f" ({TASKS[task]})" if len(groups) > 1 else ""
            words.append(f"{len(drawn_of)} of {len(languages)} languages have a score and are shown{of_task}.")
    words += captions.against(scores, trajectories, drawn, layer=layer)
    words += [*captions.lacking(tasks, drawn), *captions.alone(trajectories)]
    shade = ramp(3)[1]
    key = [
        Entry("circle", "first checkpoint with that share; above: the larger, the more languages", shade),
        Entry("line", "the true step is on this line", shade),
    ]
    key += [Entry("open", "the untrained model has that share already", shade)] if early else []
    key += [Entry("line", "95% interval (thin)", shade)] if known else []
    key += [Entry("arrow", "after the end of the axis", shade)] if beyond else []
    return Figure(title, chart, words, [line for lines in numbers for line in lines], [*key, *steps.key()])


def _marks(
    trajectories: Any, task: str, layer: int, shares: Sequence[float], intervals: Any
) -> tuple[list[dict[str, Any]], set[str]]:
    """Return the points of a task, with their intervals if there are some, and all languages that it has."""
    place = {"task": task, "split": "test", "metric": "accuracy", "layer": layer}
    steps, ends = (
        {
            (row["source"], share): row
            for share in shares
            for row in select(trajectories, quantity=f"onset_{share:g}{ending}", **place)
            if row["source"] == row["target"]
        }
        for ending in ("", "_lower")
    )
    marks = [
        {
            "language": language,
            "share": _written(share),
            "step": row["value"],
            "after": ends[language, share]["value"],
            "early": "untrained" in (row["note"] or ""),
            "reached": f"after {short(ends[language, share]['value'])}, by {short(row['value'])}",
            "note": row["note"] or "",
        }
        for (language, share), row in steps.items()
        if row["value"] is not None
    ]
    if intervals is not None:
        _widen(marks, intervals, shares, place)
    return marks, {language for language, _ in steps}


def _widen(marks: list[dict[str, Any]], intervals: Any, shares: Sequence[float], place: dict[str, Any]) -> None:
    """Add to points the ends of their 95% intervals over seeds, where there are two runs or more."""
    ends = {
        (row["source"], _written(share)): row
        for share in shares
        for row in over_seeds(intervals, quantity=f"onset_{share:g}", **place)
        if row["source"] == row["target"]
    }
    for mark in marks:
        row = ends.get((mark["language"], mark["share"]))
        if row is not None:
            mark |= {"low": row["low"], "high": row["high"]}
            mark["seeds"] = f"after {short(row['low'])}, by {short(row['high'])}"


def _written(share: float) -> str:
    return f"{100 * share:g}%"


def _numbers(task: str, marks: list[dict], shares: Sequence[float]) -> tuple[str, list[dict[str, str]]]:
    said, numbers = [], []
    for share in map(_written, shares):
        of_share = [mark for mark in marks if mark["share"] == share]
        steps = sorted(mark["step"] for mark in of_share)
        last = sorted(mark["language"] for mark in of_share if mark["step"] == steps[-1])
        latest = f" (the latest by {short(steps[-1])})" if len(steps) > 1 else ""
        said.append(f"{share} by {short(median(steps))} steps{latest}")
        numbers.append(
            {
                "task": TASKS[task],
                "share of the best": share,
                "languages": str(len(steps)),
                "median step": short(median(steps)),
                "earliest": short(steps[0]),
                "latest": f"{short(steps[-1])} ({', '.join(last[:6])}{' and more' if len(last) > 6 else ''})",
            }
        )
    languages = sorted({mark["language"] for mark in marks})
    who = "the median language" if len(languages) > 1 else languages[0]
    return f"{TASKS[task]}: {who} reaches {enumerated(said)}.", numbers


def _past(marks: list[dict], end: float | None) -> dict[str, list[dict]]:
    """Return the points beyond the end of the axis by their language, in the order of their shares."""
    found: dict[str, list[dict]] = {}
    for mark in marks:
        if end is not None and mark["step"] > end:
            found.setdefault(mark["language"], []).append(mark)
    return found


def _steps(trajectories: Any, tasks: Sequence[str], layer: int) -> set[int]:
    """Return the checkpoints with scores of some tasks."""
    place = {"task": tasks, "split": "test", "metric": "accuracy", "layer": layer}
    return {row["step"] for row in select(trajectories, quantity="score", **place)}


def _reached(marks: list[dict], shares: Sequence[float]) -> tuple[dict[str, list[float]], int]:
    """Return the steps at which languages reach each share, and the number of languages."""
    found: dict[str, list[float]] = {_written(share): [] for share in shares}
    for mark in marks:
        found[mark["share"]].append(mark["step"])
    return found, len({mark["language"] for mark in marks})


def _lanes(marks: list[dict], shares: Sequence[float], steps: Steps, end: float | None, width: int) -> Any:
    """Draw a row for each language with a lane for each share."""
    names = [_written(share) for share in shares]
    last = None if end is None else steps.place(end)
    order_of: dict[str, list[float]] = {}
    for mark in marks:
        mark |= {"x": steps.place(mark["step"]), "from": steps.place(mark["after"])}
        if last is not None:
            mark |= {"x": min(mark["x"], last + 0.35), "from": min(mark["from"], last)}
        order_of.setdefault(mark["language"], []).append(mark["step"])
    order = sorted(order_of, key=lambda language: (order_of[language][::-1], language))
    pitch, size = (22, 34) if len(order) <= 12 else (15, 20)
    x = steps.placed("x", last=last)
    y = alt.Y(
        "language:N", sort=order, title=None, axis=alt.Axis(grid=True, ticks=False, domain=False, labelPadding=10)
    )
    colour = reached.colour(names)
    tooltip = ["language:N", alt.Tooltip("share:N", title="share of the best"), "reached:N", "note:N"]

    def layer(some: list[dict]) -> Any:
        base = alt.Chart(data(some))
        return base.encode(y=y, yOffset=alt.YOffset("share:N", sort=names), color=colour, tooltip=tooltip)

    def horizontal(some: list[dict], start: str, stop: str, **look: Any) -> Any:
        return layer(some).mark_rule(**look).encode(x=steps.placed(start, last=last), x2=f"{stop}:Q")

    layers = [*steps.walls(placed=True), horizontal(marks, "from", "x", strokeWidth=1.4, opacity=0.45)]
    wider = [mark for mark in marks if "low" in mark and (end is None or mark["low"] < end)]
    if wider:
        for mark in wider:
            for one in ("low", "high"):
                place = steps.place(mark[one])
                mark[f"{one} x"] = place if last is None else min(place, last + 0.5)
        spread = alt.Tooltip("seeds:N", title="95% interval, with other seeds")
        thin = horizontal(wider, "low x", "high x", strokeWidth=0.7, opacity=0.8)
        layers.append(thin.encode(tooltip=[*tooltip, spread]))
    for early in (False, True):
        some = [mark for mark in marks if (end is None or mark["step"] <= end) and mark["early"] is early]
        if some:
            layers.append(layer(some).mark_point(size=size, filled=not early, opacity=1).encode(x=x))
    past = _past(marks, end)
    if past:
        every = [mark for mark in marks if mark["step"] > end]
        arrows = layer(every).mark_point(shape="triangle-right", filled=True, size=1.6 * size, opacity=1)
        texts = [
            {**some[-1], "text": ", ".join(written[:1] if len({*written}) == 1 else written)}
            for some, written in ((some, [short(mark["step"]) for mark in some]) for some in past.values())
        ]
        text = alt.Chart(data(texts)).mark_text(align="left", dx=8, fontSize=9, color=GREY)
        layers += [arrows.encode(x=x), text.encode(x=x, y=y, text="text:N")]
    return alt.layer(*layers).properties(width=width, height={"step": pitch, "for": "position"})
