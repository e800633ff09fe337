"""Figure 1: the best score of each task, one point for each language."""

from __future__ import annotations

from collections.abc import Container, Sequence
from statistics import median, quantiles
from typing import Any

import altair as alt

from polychron.analysis import bits as few_pieces
from polychron.analysis.trajectories import PLACE, select
from polychron.figures import captions, choices
from polychron.figures.chart import COLOURS, GREY, INK, PALE, PAPER, TASKS, Figure, data, linked, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.swarms import beeswarm
from polychron.reporting import baselines
from polychron.reporting.formatting import counted, described, percent, short

WIDTH = 520

TICKS = 0.36
"""The height of a baseline's lane, where the points of a task have 2."""


def best_scores(trajectories: Any, tasks: Sequence[str], layer: int, scores: Any = None) -> Figure:
    """Draw the best in-language score of each task, a point for each language (Figure 1 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their rows; bits per character follow on an axis of their own.
    layer : int
        The layer that is probed.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: they are marked, and the caption says which best scores are
        below them.
    """
    title = "Best in-language score, by task"
    probed = select(trajectories, quantity="best", split="test", metric="accuracy", layer=layer)
    intrinsic = select(trajectories, quantity="best", metric="bits_per_character")
    controls = {_curve(row): row["value"] for row in select(trajectories, quantity="untrained")}
    groups = [[row for row in probed if row["task"] == task and row["source"] == row["target"]] for task in tasks]
    groups = [group for group in groups if any(row["value"] is not None for row in group)]
    bits = [row for row in intrinsic if row["value"] is not None]
    if not groups and not bits:
        return nothing(title, "no in-language scores in this study")
    lexical = {} if scores is None else baselines.of_scores(scores)
    parts = [(groups, "Accuracy (%)", 100), ([bits], "Bits per character (lower is better)", 1)]
    parts = [part for part in parts if any(part[0])]
    unsure = few_pieces.few(trajectories)
    selections, chosen = linked(len(parts), "language")
    panels = [
        _distributions(*part, controls, lexical, chosen, unsure).add_params(selection)
        for part, selection in zip(parts, selections, strict=True)
    ]
    chart = panels[0] if len(panels) == 1 else alt.vconcat(*panels, spacing=18)
    said, numbers = zip(
        *(_summary(group, controls, lexical, unsure) for part in parts for group in part[0]), strict=True
    )
    runs = captions.averaged(trajectories, split="test", metric="accuracy", layer=layer)
    untrained = any(controls.get(_curve(row)) is not None for group in [*groups, bits] for row in group)
    words = [
        f"The best score of any trained checkpoint, one point for each language (layer {layer}, {runs}); bars "
        "reach from the first to the third quartile, ticks are at the median."
        + (" Crosses: the same before training (step 0), which counts in no best." if untrained else "")
        + (" Grey ticks: baselines that know no vectors, one for each language." if lexical and groups else ""),
        " ".join(said),
        *choices.best_by_dev(trajectories, tasks, split="test", metric="accuracy", layer=layer),
        *captions.against(scores, trajectories, [group[0]["task"] for group in groups], layer=layer),
        *([f"Grey, and in no comparison of languages: {few_pieces.said(unsure)}."] if unsure and bits else []),
        *captions.lacking([*tasks, "bits"], [group[0]["task"] for part in parts for group in part[0]]),
        *captions.alone(trajectories),
    ]
    key = [
        Entry("circle", "a language", GREY),
        Entry("tick", "median of the languages", INK),
        Entry("cell", "from the first to the third quartile", PALE),
    ]
    key += [Entry("cross", "a language, untrained model", GREY)] if untrained else []
    key += [Entry("tick", "a baseline that knows no vectors, of a language", GREY)] if lexical and groups else []
    return Figure(title, chart, words, list(numbers), key)


def _curve(row: dict) -> tuple:
    return tuple(row[column] for column in PLACE)


def _ticks(group: list[dict], lexical: baselines.Baselines) -> list[tuple[str, list[float]]]:
    """Return the baselines of a group's languages in percent, ascending, by what they are called."""
    known = lexical.get(group[0]["task"], {})
    languages = [row["source"] for row in group]
    of_group = {name: sorted(100 * known[name][one] for one in languages if one in known[name]) for name in known}
    return [(baselines.NAMES[name], values) for name, values in of_group.items() if values]


def _distributions(
    groups: list[list[dict]],
    axis: str,
    unit: float,
    controls: dict,
    lexical: baselines.Baselines,
    pointed: Any,
    unsure: Container[str],
) -> Any:
    groups = [
        sorted((row for row in group if row["value"] is not None), key=lambda row: row["value"]) for group in groups
    ]
    starts = [
        [unit * controls[_curve(row)] for row in group if controls.get(_curve(row)) is not None] for group in groups
    ]
    ends = [unit * row["value"] for group in groups for row in group] + [start for some in starts for start in some]
    marked = [_ticks(group, lexical) for group in groups]
    ends += [value for some in marked for _, values in some for value in values]
    # each baseline has a lane of its own, below that of the untrained model
    below = max(map(len, marked)) * TICKS
    # the names of extreme languages are beside their points
    margin = 0.16 * (max(ends) - min(ends)) or 0.02 * unit
    top = max(ends) + margin
    domain = [max(min(ends) - margin, 0), min(top, 100) if unit > 1 else top]
    dots, boxes, crosses, words, ticks = [], [], [], [], []
    for group, start, some in zip(groups, starts, marked, strict=True):
        task = TASKS[group[0]["task"]]
        values = [unit * row["value"] for row in group]
        lanes = beeswarm([WIDTH * value / (domain[1] - domain[0]) for value in values], dot=7, step=0.2, most=7)
        for row, value, lane in zip(group, values, lanes, strict=True):
            place = {"task": task, "language": row["source"], "value": value, "lane": lane}
            colour = GREY if row["task"] == "bits" and row["source"] in unsure else COLOURS[row["task"]]
            dots.append(place | {"colour": colour, "best step": short(row["step"])} | described(row))
            if controls.get(_curve(row)) is not None:
                crosses.append({**place, "value": unit * controls[_curve(row)], "lane": 0.78})
        low, middle, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
        boxes.append({"task": task, "low": low, "middle": middle, "high": high, "lane": 0})
        words.append({"task": task, "value": middle, "lane": -0.92, "word": f"{middle:.{1 if unit > 1 else 2}f}"})
        compared = [row for row in group if row["task"] != "bits" or row["source"] not in unsure]
        extremes = [(unit * row["value"], 0, row["source"]) for row in (*compared[-1:], *compared[:1])]
        labels = [(*extremes[0], "left")] if extremes else []
        labels += [(*extremes[1], "right")] if extremes and extremes[0][0] != extremes[1][0] else []
        labels += [(max(start), 0.78, "untrained", "left")] if start else []
        for place, (name, known) in enumerate(some, start=1):
            lane = 0.78 + place * TICKS
            ticks += [{"task": task, "value": value, "lane": lane, "baseline": name} for value in known]
            # beside the end that has more room
            left = domain[1] - known[-1] > known[0] - domain[0]
            labels.append((known[-1] if left else known[0], lane, name, "left" if left else "right"))
        words += [dict(zip(("value", "lane", "word", "align"), label, strict=True), task=task) for label in labels]
    order = list(dict.fromkeys(dot["task"] for dot in dots))
    lanes = alt.YOffset("lane:Q", scale=alt.Scale(domain=[-1, 1 + below]))
    y = alt.Y(
        "task:N", sort=order, title=None, axis=alt.Axis(ticks=False, domain=False, labelFontSize=12, labelPadding=8)
    )
    x = alt.X("value:Q", title=axis, scale=alt.Scale(domain=domain, nice=False))

    def layer(rows: list[dict]) -> Any:
        return alt.Chart(data(rows))

    box = layer(boxes).encode(y=y, yOffset=lanes)
    marks = [
        box.mark_bar(height=22, color=PALE).encode(
            x=alt.X("low:Q", title=axis, scale=alt.Scale(domain=domain, nice=False)), x2="high:Q"
        ),
        layer(dots)
        .mark_circle(size=46, stroke=PAPER, strokeWidth=0.6)
        .encode(
            x=x,
            y=y,
            yOffset=lanes,
            color=alt.Color("colour:N", scale=None),
            opacity=alt.condition(pointed, alt.value(0.9), alt.value(0.12)),
            tooltip=[
                alt.Tooltip("language:N"),
                alt.Tooltip("task:N"),
                alt.Tooltip("value:Q", format=".2f", title=axis),
                alt.Tooltip("best step:N"),
                alt.Tooltip("rests on:N"),
            ],
        ),
        box.mark_tick(thickness=2, height=36, color=INK, opacity=1).encode(x="middle:Q"),
        layer([row for row in words if "align" not in row])
        .mark_text(fontWeight="bold")
        .encode(x="value:Q", y=y, yOffset=lanes, text="word:N"),
    ]
    for align, dx in (("left", 8), ("right", -8)):
        some = [row for row in words if row.get("align") == align]
        mark = layer(some).mark_text(align=align, dx=dx, fontSize=10, color=GREY)
        marks += [mark.encode(x="value:Q", y=y, yOffset=lanes, text="word:N")] if some else []
    if crosses:
        mark = layer(crosses).mark_point(shape="cross", angle=45, size=26, color=GREY, filled=True, strokeWidth=0)
        marks.append(
            mark.encode(
                x="value:Q",
                y=y,
                yOffset=lanes,
                opacity=alt.condition(pointed, alt.value(0.7), alt.value(0.1)),
                tooltip=["language:N", "task:N", alt.Tooltip("value:Q", format=".2f", title="untrained")],
            )
        )
    if ticks:
        mark = layer(ticks).mark_tick(thickness=1.2, height=8, color=GREY, opacity=1)
        tooltip = ["task:N", "baseline:N", alt.Tooltip("value:Q", format=".2f")]
        marks.append(mark.encode(x="value:Q", y=y, yOffset=lanes, tooltip=tooltip))
    return alt.layer(*marks).properties(width=WIDTH, height={"step": 35 * (2 + below), "for": "position"})


def _summary(
    group: list[dict], controls: dict, lexical: baselines.Baselines, unsure: Container[str]
) -> tuple[str, dict[str, str]]:
    shown = sorted((row for row in group if row["value"] is not None), key=lambda row: row["value"])
    bits = shown[0]["task"] == "bits"
    write = (lambda value: f"{value:.2f}") if bits else percent
    values = [row["value"] for row in shown]
    known = [controls.get(_curve(row)) for row in shown]
    start = [value for value in known if value is not None]
    compared = [row for row in shown if not (bits and row["source"] in unsure)]
    low, high = (compared[0], compared[-1]) if compared else (None, None)
    line = {
        "task": TASKS[shown[0]["task"]],
        "languages": str(len(shown)),
        "median": write(median(values)),
        "lowest": f"{write(low['value'])} ({low['source']})" if low else "",
        "highest": f"{write(high['value'])} ({high['source']})" if high else "",
        "median before training": write(median(start)) if start else "",
        "median of baselines": ", ".join(f"{name} {median(some):.1f}%" for name, some in _ticks(shown, lexical)),
    }
    sentence = f"{line['task']}: median {line['median']} over {counted(len(shown), 'language')}"
    if len(compared) > 1:
        sentence += f", from {line['lowest']} to {line['highest']}"
    if start:
        sentence += f"; {line['median before training']} before training"
    if len(shown) < len(group):
        sentence += f" ({len(shown)} of {len(group)} languages have a score)"
    return sentence + ".", line
