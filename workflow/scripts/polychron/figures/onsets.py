"""Figures 2 and 16: the checkpoints between which each language reaches shares of its best score."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import altair as alt

from polychron.analysis.trajectories import over_seeds, select
from polychron.figures import captions, choices
from polychron.figures.chart import GREY, STEPS, TASKS, Figure, data, nothing
from polychron.reporting.formatting import counted, enumerated, short

WIDTH, NARROW = 520, 320


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
        ends it with the last onset, on a logarithmic axis where the onsets span more than a factor of 30.
    intervals : pyarrow.Table, optional
        See `uncertainty.schema`: thin lines show its 95% intervals, see `intervals.onset`.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: the caption says which best scores are below them.
    """
    shares = sorted(onset)
    title = f"Steps to {enumerated([_written(share) for share in shares])} of the best score"
    title = f"{TASKS[tasks[0]]}: {title[0].lower()}{title[1:]}" if len(tasks) == 1 else title
    groups = {task: _marks(trajectories, task, layer, shares, intervals) for task in tasks}
    drawn = {task: marks for task, (marks, _) in groups.items() if marks}
    if not drawn:
        asked = f"no {enumerated([TASKS[task] for task in tasks])} scores" if tasks else "none of its tasks"
        return nothing(title, f"{asked} of trained checkpoints in this study" if tasks else f"{asked} in this study")
    marks = [mark for some in drawn.values() for mark in some]
    first, latest = (end(mark["step"] for mark in marks) for end in (min, max))
    end = cut if cut and latest > cut else latest
    wide = end == latest and latest / first > 30
    domain = [first / 2 if wide else 0, end]
    scale = alt.Scale(type="log" if wide else "linear", domain=domain, nice=False)
    width = WIDTH if len(drawn) == 1 else NARROW
    # axes are on top, where all can be seen, as soon as one panel is long
    long = any(len({mark["language"] for mark in some}) > 30 for some in drawn.values())
    ticks = sorted({mark[name] for mark in marks for name in ("after", "step")} - {0})
    axis = alt.Axis(
        title="Training step" + (" (logarithmic)" if wide else ""),
        labelExpr=STEPS,
        orient="top" if long else "bottom",
        **({"values": ticks} if wide and len(ticks) <= 8 else {}),
    )
    panels = [_lanes(some, shares, scale, axis, width) for some in drawn.values()]
    chart = panels[0]
    if len(drawn) > 1:
        titled = [panel.properties(title=TASKS[task]) for task, panel in zip(drawn, panels, strict=True)]
        chart = alt.hconcat(*titled, spacing=30).resolve_scale(y="independent", color="shared")
    said, numbers = zip(*(_numbers(task, some, shares) for task, some in drawn.items()), strict=True)
    runs = captions.averaged(trajectories, task=list(drawn), split="test", metric="accuracy", layer=layer)
    words = [
        "Each point is the first checkpoint whose score is x% of the language's best or more; nothing is interpolated, "
        "and the line behind it reaches back to the checkpoint before: the true step is on that line "
        f"(layer {layer}, {runs}).",
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
    beyond = sum(mark["step"] > end for mark in marks)
    if beyond:
        arrows = f"{beyond} of {len(marks)} points are" if beyond > 1 else f"1 of {len(marks)} points is"
        words.append(f"Arrows: {arrows} beyond the end of the axis, {short(cut)} steps; the step is written beside it.")
    if any(mark["early"] for mark in marks):
        words.append("Open points: the untrained model has reached that share already.")
    for task, (some, languages) in groups.items():
        drawn_of = {mark["language"] for mark in some}
        if len(drawn_of) < len(languages):
            of_task = f" ({TASKS[task]})" if len(groups) > 1 else ""
            words.append(f"{len(drawn_of)} of {len(languages)} languages have a score and are shown{of_task}.")
    words += captions.against(scores, trajectories, drawn, layer=layer)
    words += [*captions.lacking(tasks, drawn), *captions.alone(trajectories)]
    return Figure(title, chart, words, [line for lines in numbers for line in lines])


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


def _lanes(marks: list[dict], shares: Sequence[float], scale: alt.Scale, axis: alt.Axis, width: int) -> Any:
    """Draw a row for each language with a lane for each share."""
    start, end = scale.domain
    names = [_written(share) for share in shares]
    reached: dict[str, list[float]] = {}
    for mark in marks:
        mark |= {"x": min(mark["step"], end), "from": min(max(mark["after"], start), end)}
        reached.setdefault(mark["language"], []).append(mark["step"])
    order = sorted(reached, key=lambda language: (reached[language][::-1], language))
    pitch, size = (22, 34) if len(order) <= 12 else (15, 20)
    x = alt.X("x:Q", scale=scale, axis=axis)
    rows = alt.Axis(grid=True, ticks=False, domain=False, labelPadding=10)
    y = alt.Y("language:N", sort=order, title=None, axis=rows)
    legend = {"orient": "top", "direction": "horizontal", "symbolType": "circle", "symbolOpacity": 1}
    colour = alt.Color(
        "share:N",
        sort=names,
        scale=alt.Scale(domain=names, range=_ramp(len(names))),
        legend=alt.Legend(title="Share of the best", **legend),
    )
    tooltip = ["language:N", alt.Tooltip("share:N", title="share of the best"), "reached:N", "note:N"]

    def layer(some: list[dict]) -> Any:
        base = alt.Chart(data(some))
        return base.encode(y=y, yOffset=alt.YOffset("share:N", sort=names), color=colour, tooltip=tooltip)

    lines = layer(marks).mark_rule(strokeWidth=1.4, opacity=0.45)
    layers = [lines.encode(x=alt.X("from:Q", scale=scale, axis=axis), x2="x:Q")]
    wider = [mark for mark in marks if "low" in mark and mark["low"] < end]
    if wider:
        for mark in wider:
            mark |= {"low": max(mark["low"], start), "high": min(mark["high"], end)}
        thin = layer(wider).mark_rule(strokeWidth=0.7, opacity=0.8)
        spread = alt.Tooltip("seeds:N", title="95% interval, with other seeds")
        thin = thin.encode(x=alt.X("low:Q", scale=scale, axis=axis), x2="high:Q", tooltip=[*tooltip, spread])
        layers.append(thin)
    past = [mark for mark in marks if mark["step"] > end]
    for early in (False, True):
        some = [mark for mark in marks if mark["step"] <= end and mark["early"] is early]
        if some:
            layers.append(layer(some).mark_point(size=size, filled=not early, opacity=1).encode(x=x))
    if past:
        arrows = layer(past).mark_point(shape="triangle-right", filled=True, size=1.6 * size, opacity=1)
        texts = {mark["language"]: {**mark, "text": short(mark["step"])} for mark in past}
        text = alt.Chart(data(list(texts.values()))).mark_text(align="left", dx=8, fontSize=9, color=GREY)
        layers += [arrows.encode(x=x), text.encode(x=x, y=y, text="text:N")]
    return alt.layer(*layers).properties(width=width, height={"step": pitch, "for": "position"})


def _ramp(number: int) -> list[str]:
    """Return colours of viridis: the larger the share, the darker."""
    ramp = ["#7ad151", "#22a884", "#2a788e", "#414487", "#440154"]
    return {1: ramp[2:3], 2: ramp[1:4:2], 3: ["#5ec962", "#21918c", "#440154"]}.get(number, ramp[:number])
