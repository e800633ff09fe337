"""Figures 3, 15 and 17: the share of its best score that a language has at each checkpoint, and loses by the last."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import altair as alt

from polychron.analysis.trajectories import select
from polychron.figures import captions
from polychron.figures.chart import DARK, INK, MISSING, TASKS, VERMILION, WHITE, Figure, data, gradient, linked, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.reporting import baselines
from polychron.reporting.formatting import counted, enumerated, in_mean, percent, short

FLOOR = 80
"""Below this share of the best, in %, all colours are one: what counts is what is lost, not where learning starts."""

SCHEME = "magma"

BAR = "#8C8C8C"

SHAPES = dict(
    zip(baselines.NAMES.values(), ("triangle-up", "triangle-up", "triangle-up", "circle", "diamond"), strict=True)
)
"""The marks of baselines: those of words, distance, and distance with parts of speech."""


def over_time(
    trajectories: Any, tasks: Sequence[str], layer: int, source: str | None = None, scores: Any = None
) -> Figure:
    """Draw relative performance over time (Figures 3, 15 and 17 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    layer : int
        The layer that is probed.
    source : str, optional
        Show transfer from this language, a row for each target. Without it, in-language scores.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: how far the best scores are above them is drawn beside, and
        the caption says which are below.
    """
    title = "Relative performance over time"
    title = f"{title}: transfer from {source}" if source else captions.of_tasks(tasks, title)
    place = {"metric": "accuracy", "layer": layer, "split": "parallel" if source else "test"}
    groups = {task: _curves(trajectories, source, task=task, **place) for task in tasks}
    groups = {
        task: curves
        for task, curves in groups.items()
        if any(curve["best"]["value"] is not None for curve in curves.values())
    }
    if not groups:
        asked = f"no scores of {enumerated([TASKS[task] for task in tasks])}" if tasks else "none of its tasks"
        return nothing(title, f"{asked}{f' from {source} to others' if source else ''} in this study")
    steps = Steps(point["step"] for curves in groups.values() for curve in curves.values() for point in curve["points"])
    shares = [point["share"] for curves in groups.values() for curve in curves.values() for point in curve["points"]]
    known = [share for share in shares if share is not None]
    low = min(max(math.floor(min(known)), FLOOR), 99)
    most = max(curve["loss"] or 0 for curves in groups.values() for curve in curves.values())
    lexical = {} if scores is None else baselines.of_scores(scores)
    margins = {task: _margins(curves, lexical.get(task, {})) for task, curves in groups.items()}
    below = any(row["above"] < 0 for rows in margins.values() for row in rows)
    drawn = {row["baseline"] for rows in margins.values() for row in rows}
    called = [name for name in SHAPES if name in drawn]
    legend = gradient(low, 100, 150, "Share of the best (%)")
    if min(known) < low:
        legend.labelExpr = f"datum.value <= {low} ? datum.label + ' or less' : datum.label"
    colour = alt.Color("share:Q", scale=alt.Scale(scheme=SCHEME, domain=[low, 100], clamp=True), legend=legend)
    selections, chosen = linked(len(groups), "language")
    panels = [
        _panel(task, curves, margins[task], called, colour, most, chosen, selection)
        for (task, curves), selection in zip(groups.items(), selections, strict=True)
    ]
    chart = alt.concat(*panels, columns=2, spacing=34).resolve_scale(x="independent", y="independent", color="shared")
    said, numbers = zip(*(_summary(task, curves) for task, curves in groups.items()), strict=True)
    runs = captions.averaged(trajectories, task=list(groups), **place)
    words = [
        f"Score at each checkpoint as a share of the best one of the row (layer {layer}, {runs}). {steps.said()} "
        f"Rows: {f'targets of transfer from {source}' if source else 'languages'}, those that lose most by the last "
        "checkpoint on top"
        + ("; bars and numbers: what they lose, in % of the best. " if most else ". ")
        + "Dots: the best checkpoint."
        + (
            f" On the right: the best score minus baselines that know no vectors{', of the target' if source else ''}."
            if any(margins.values())
            else ""
        ),
        " ".join(said),
        *captions.against(scores, trajectories, groups, crossing=source is not None, layer=layer, source=source),
    ]
    if min(known) < low:
        words.append(f"Shares below {low}% have the darkest colour.")
    if len(known) < len(shares):
        words.append(f"Grey: {counted(len(shares) - len(known), 'cell')} of {len(shares)} without a score.")
    words += [*captions.lacking(tasks, groups), *captions.alone(trajectories)]
    key = [Entry("circle", "the best checkpoint", WHITE, edge=DARK)]
    key += [Entry("cell", "bar: lost by the last checkpoint, % of the best", BAR)] if most else []
    key += [Entry("open", "a best score that is below its baseline", VERMILION)] if below else []
    key += [Entry("cell", "no score", MISSING)] if len(known) < len(shares) else []
    key += steps.key(cells=True)
    return Figure(title, chart, words, [line for lines in numbers for line in lines], key)


def _curves(trajectories: Any, source: str | None, **place: Any) -> dict[str, dict[str, Any]]:
    """Return the curves of a task by language, those that lose most first and those without a last score at the end.

    Each has its `points`, the rows `best` and `final`, and its `loss` in % of the best.
    """
    curves: dict[str, dict[str, Any]] = {}
    scores = {}
    quantities = ["score", "relative", "best", "final", "relative_forgetting"]
    for row in select(trajectories, quantity=quantities, **place):
        if not (row["source"] == row["target"] if source is None else row["source"] == source != row["target"]):
            continue
        language, value = row["target"], row["value"]
        curve = curves.setdefault(language, {"points": []})
        if row["quantity"] == "score":
            scores[language, row["step"]] = row
        elif row["quantity"] == "relative":
            score = scores[language, row["step"]]
            share = None if value is None else 100 * value
            curve["points"].append({"step": row["step"], "share": share, "score": score["value"]})
        elif row["quantity"] == "relative_forgetting":
            curve["loss"] = None if value is None else 100 * value
        else:
            curve[row["quantity"]] = row
    curves = {language: {"loss": None, **curve} for language, curve in curves.items() if curve["points"]}

    def rank(language: str) -> tuple:
        loss = curves[language]["loss"]
        return loss is None, -(loss or 0), language

    return {language: curves[language] for language in sorted(curves, key=rank)}


def _margins(curves: dict[str, dict], lexical: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """Return how far the best score of each language is above each baseline, in points."""
    return [
        {
            "language": language,
            "baseline": baselines.NAMES[name],
            "above": 100 * (curve["best"]["value"] - values[language]),
            "accuracy": 100 * values[language],
        }
        for name, values in lexical.items()
        for language, curve in curves.items()
        if language in values and curve["best"]["value"] is not None
    ]


def _panel(
    task: str,
    curves: dict[str, dict],
    margins: list[dict],
    called: list[str],
    colour: alt.Color,
    most: float,
    chosen: Any,
    selection: Any,
) -> Any:
    steps = Steps(point["step"] for curve in curves.values() for point in curve["points"])
    cells = [
        {"language": language, "step": short(point["step"]), "share": point["share"], "score": 100 * point["score"]}
        for language, curve in curves.items()
        for point in curve["points"]
        if point["share"] is not None
    ]
    bests = [
        {"language": language, "step": short(curve["best"]["step"]), "best": 100 * curve["best"]["value"]}
        for language, curve in curves.items()
        if curve["best"]["value"] is not None
    ]
    bars = [
        {"language": language, "loss": curve["loss"], "word": f"{curve['loss']:.1f}"}
        for language, curve in curves.items()
        if curve["loss"] is not None
    ]
    pitch, size = (18, 11) if len(curves) <= 20 else (11, 9)
    height = pitch * len(curves)
    faint = alt.condition(chosen, alt.value(1), alt.value(0.3))
    x = steps.bands(domain=False)
    rows = alt.Axis(ticks=False, domain=False, labelPadding=4, labelFontSize=size, labelOverlap=False)
    y = alt.Y("language:N", sort=list(curves), title=None, axis=rows)

    def of(some: list[dict]) -> Any:
        return alt.Chart(data(some)).encode(y=y)

    tooltip = [
        alt.Tooltip("language:N"),
        alt.Tooltip("step:O"),
        alt.Tooltip("share:Q", format=".2f", title="share of the best (%)"),
        alt.Tooltip("score:Q", format=".2f", title="accuracy (%)"),
    ]
    dots = of(bests).mark_circle(size=pitch + 4, color=WHITE, stroke=DARK, strokeWidth=0.8, opacity=1)
    squares = of(cells).mark_rect().encode(x=x, color=colour, opacity=faint, tooltip=tooltip)
    of_best = ["language:N", alt.Tooltip("best:Q", format=".2f", title="best accuracy (%)"), "step:O"]
    heat = alt.layer(
        squares.add_params(selection),
        *steps.walls(cells=True),
        dots.encode(x=x, tooltip=of_best),
        view=alt.ViewConfig(fill=MISSING),
    ).properties(width=max(min(30 * len(steps.every), 270), 7 * len(steps.every)), height=height)
    heading = alt.TitleParams(TASKS[task], subtitle=_heading(curves))
    if not most and not margins:
        return heat.properties(title=heading)
    bare = alt.Y("language:N", sort=list(curves), title=None, axis=None)
    length = alt.X("loss:Q", title="Lost (%)", scale=alt.Scale(domain=[0, most]), axis=alt.Axis(tickCount=3))
    bar = alt.Chart(data(bars)).encode(x=length, y=bare, opacity=faint)
    lost = alt.layer(
        bar.mark_bar(color=BAR, height=0.7 * pitch),
        bar.mark_text(align="left", dx=3, fontSize=size - 1).encode(text="word:N"),
    ).properties(width=64, height=height)
    beside = [lost] if most else []
    if margins:
        ends = [0, *(row["above"] for row in margins)]
        room = 0.08 * (max(ends) - min(ends)) or 1
        scale = alt.Scale(domain=[min(ends) - room, max(ends) + room], nice=False)
        above = alt.X("above:Q", title="Above baseline (points)", scale=scale, axis=alt.Axis(tickCount=4))
        shape = alt.Shape(
            "baseline:N",
            scale=alt.Scale(domain=[*SHAPES], range=[*SHAPES.values()]),
            legend=alt.Legend(title="Baseline", values=called),
        )
        zero = alt.Chart(data([{"above": 0}])).mark_rule(color=INK, strokeWidth=1).encode(x=above)
        marks = alt.Chart(data(margins)).mark_point(size=2.2 * pitch, strokeWidth=1.2, opacity=1, filled=False)
        tooltip = [
            *("language:N", "baseline:N"),
            alt.Tooltip("accuracy:Q", format=".2f", title="baseline (%)"),
            alt.Tooltip("above:Q", format="+.2f", title="best minus baseline (points)"),
        ]
        marks = marks.encode(
            x=above,
            y=bare,
            shape=shape,
            color=alt.condition("datum.above < 0", alt.value(VERMILION), alt.value(INK)),
            tooltip=tooltip,
        )
        beside.append(alt.layer(zero, marks).properties(width=110, height=height))
    return alt.hconcat(heat, *beside, spacing=12 if margins else 6, title=heading).resolve_scale(shape="shared")


def _heading(curves: dict[str, dict]) -> str:
    known = [curve["loss"] for curve in curves.values() if curve["loss"] is not None]
    return f"mean loss {mean(known):.1f}% of the best" if known else "no score at the last step"


def _summary(task: str, curves: dict[str, dict]) -> tuple[str, list[dict[str, str]]]:
    numbers = [
        {
            "task": TASKS[task],
            "language": language,
            "best score": percent(curve["best"]["value"]),
            "best step": short(curve["best"]["step"]),
            "last score": "" if curve["loss"] is None else percent(curve["final"]["value"]),
            "lost, of the best": "" if curve["loss"] is None else f"{curve['loss']:.2f}%",
        }
        for language, curve in curves.items()
        if curve["best"]["value"] is not None
    ]
    known = {language: curve["loss"] for language, curve in curves.items() if curve["loss"] is not None}
    if not known:
        return f"{TASKS[task]}: no score at the last step.", numbers
    names = list(known)
    said = f"{TASKS[task]}: {mean(known.values()):.1f}% lost {in_mean(len(known), 'language')}"
    if len(known) > 1 and known[names[0]]:
        low, high = names[-1], names[0]
        said += f", from {known[low]:.1f}% ({low}) to {known[high]:.1f}% ({high})"
    kept = sum(loss == 0 for loss in known.values())
    said += f"; {kept} best at the last step" if kept else ""
    said += f" ({len(known)} of {len(curves)} have a score at the last step)" if len(known) < len(curves) else ""
    return said + ".", numbers
