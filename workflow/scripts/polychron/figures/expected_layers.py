"""Figures 11 and 13: in which layers information is, and how that shifts over pretraining."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean
from typing import Any

import altair as alt

from polychron.figures import captions, layers
from polychron.figures.chart import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    STEPS,
    TASKS,
    VERMILION,
    Figure,
    data,
    linked,
    nothing,
)
from polychron.reporting.formatting import apart, difference, in_mean, round_steps, short

WIDTH, HEIGHT = 360, 300
SHADES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, BLACK, SKY)

Lines = dict[str, list[dict]]


def in_language(trajectories: Any, tasks: Sequence[str], scores: Any = None) -> Figure:
    """Draw the expected layer of in-language scores over time, a line for each language (Figure 11 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: the caption says which best scores are below them.
    """
    title = "Expected layer over pretraining, in-language"
    figure = _figure(title, trajectories, tasks, False, "no task is probed at two layers or more in this study")
    layered = list(dict.fromkeys(task for task, _, _ in layers.stacks(trajectories, "expected_layer", tasks, False)))
    return replace(figure, caption=[*figure.caption, *captions.against(scores, trajectories, layered)])


def across(trajectories: Any, tasks: Sequence[str]) -> Figure:
    """Draw the expected layer of transfer or word alignment over time, a line for each pair (Figure 13 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        Tasks, in the order of their panels: `alignment`, or probing tasks for transfer.
    """
    title = "Expected layer over pretraining, between languages"
    return _figure(
        title, trajectories, tasks, True, "no pair of languages is scored at two layers or more in this study"
    )


def _figure(title: str, trajectories: Any, tasks: Sequence[str], crossing: bool, why: str) -> Figure:
    groups: dict[str, Lines] = {task: {} for task in tasks}
    for (task, *pair), rows in layers.stacks(trajectories, "expected_layer", tasks, crossing).items():
        line = [row for row in rows if row["value"] is not None]
        name = " → ".join(pair) if crossing else pair[0]
        groups[task][name] = [{"name": name, "step": row["step"], "expected": row["value"]} for row in line]
    lacking = sum(not line for lines in groups.values() for line in lines.values())
    total = sum(map(len, groups.values()))
    asked = [task for task, lines in groups.items() if lines]
    groups = {task: {name: line for name, line in lines.items() if line} for task, lines in groups.items()}
    groups = {task: lines for task, lines in groups.items() if lines}
    if not groups:
        return nothing(title, why if not total else "no expected layer could be computed at any step")
    values = [point["expected"] for lines in groups.values() for line in lines.values() for point in line]
    margin = 0.05 * (max(values) - min(values)) or 0.5
    domain = [min(values) - margin, max(values) + margin]
    names = list(dict.fromkeys(name for lines in groups.values() for name in lines))
    shades = {name: SHADES[place % len(SHADES)] for place, name in enumerate(names)}
    selections, chosen = linked(len(groups), "name")
    panels = [
        _panel(task, lines, domain, shades, chosen).add_params(
            selection, alt.selection_interval(name=f"zoom_{selection.name}", bind="scales")
        )
        for (task, lines), selection in zip(groups.items(), selections, strict=True)
    ]
    chart = alt.concat(*panels, columns=2, spacing=30).resolve_scale(x="independent")
    said = [_sentence(task, lines) for task, lines in groups.items()]
    words = [
        "The expected layer at each checkpoint: the mean of the layers, weighted by their performance (0 is the "
        f"embeddings). Beside each {'pair' if crossing else 'language'}: the change from its first point to its last.",
        " ".join(said),
    ]
    if lacking:
        words.append(f"{total - lacking} of {total} lines have an expected layer and are shown.")
    numbers = [_numbers(task, name, line, crossing) for task, lines in groups.items() for name, line in lines.items()]
    words += captions.lacking(tasks, asked, "At fewer than two layers")
    return Figure(title, chart, words, numbers)


def _panel(task: str, lines: Lines, domain: list[float], shades: dict[str, str], chosen: Any) -> Any:
    steps = sorted({point["step"] for line in lines.values() for point in line})
    scale = alt.Scale(type="sqrt", domain=[0, 1.03 * steps[-1]], nice=False)
    axis = alt.Axis(labelExpr=STEPS, grid=False, values=round_steps(steps[-1]), labelOverlap=True)
    x = alt.X("step:Q", title="Training step (square-root scale)", scale=scale, axis=axis)
    y_scale = alt.Scale(domain=domain, nice=False)
    y = alt.Y("expected:Q", title="Expected layer", scale=y_scale, axis=alt.Axis(tickCount=6))
    # colours come again after the last one, then with dashes
    again = {name: list(shades).index(name) // len(SHADES) > 0 for name in lines}
    points = [{**point, "colour": shades[name], "again": again[name]} for name, line in lines.items() for point in line]
    ends = sorted((line[-1]["expected"], name) for name, line in lines.items())
    places = apart([value for value, _ in ends], 13 * (domain[1] - domain[0]) / HEIGHT)
    labels = [
        {"name": name, "expected": place, "colour": shades[name], "word": f"{name}  {_change(lines[name])}"}
        for (_, name), place in zip(ends, places, strict=True)
    ]
    colour = alt.Color("colour:N", scale=None)
    tooltip = [
        alt.Tooltip("name:N", title="language" if "→" not in points[0]["name"] else "pair"),
        alt.Tooltip("step:Q", format=",d"),
        alt.Tooltip("expected:Q", format=".2f", title="expected layer"),
    ]
    of_points = alt.Chart(data(points)).encode(
        x=x, y=y, color=colour, tooltip=tooltip, opacity=alt.condition(chosen, alt.value(0.95), alt.value(0.12))
    )
    text = alt.Chart(data(labels)).mark_text(align="left", fontSize=11, fontWeight="bold", clip=False)
    layers = [
        of_points.mark_line(strokeWidth=1.8, clip=True).encode(
            detail="name:N", strokeDash=alt.condition("datum.again", alt.value([5, 3]), alt.value([1, 0]))
        ),
        of_points.mark_circle(size=16 if len(steps) > 12 else 34, clip=True),
        text.encode(
            x=alt.value(WIDTH + 8),
            y=y,
            text="word:N",
            color=colour,
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.15)),
        ),
    ]
    changes = [line[-1]["expected"] - line[0]["expected"] for line in lines.values() if len(line) > 1]
    subtitle = f"mean change {difference(mean(changes), 2)} layers" if changes else "one checkpoint"
    heading = alt.TitleParams(TASKS[task], subtitle=subtitle)
    return alt.layer(*layers, title=heading).properties(width=WIDTH, height=HEIGHT)


def _change(line: list[dict]) -> str:
    return difference(line[-1]["expected"] - line[0]["expected"], 2) if len(line) > 1 else ""


def _sentence(task: str, lines: Lines) -> str:
    changes = sorted(
        (line[-1]["expected"] - line[0]["expected"], name) for name, line in lines.items() if len(line) > 1
    )
    if not changes:
        return f"{TASKS[task]}: one checkpoint, no change."
    overall = mean(shift for shift, _ in changes)
    said = f"{TASKS[task]}: {difference(overall, 2)} layers {in_mean(len(changes), 'line')}"
    if len(changes) > 1:
        low, high = (f"{difference(shift, 2)} ({name})" for shift, name in (changes[0], changes[-1]))
        said += f", from {low} to {high}"
    return said + "."


def _numbers(task: str, name: str, line: list[dict], crossing: bool) -> dict[str, str]:
    peak = max(line, key=lambda point: point["expected"])
    return {
        "task": TASKS[task],
        "pair" if crossing else "language": name,
        "first": f"{line[0]['expected']:.2f} (step {short(line[0]['step'])})",
        "highest": f"{peak['expected']:.2f} (step {short(peak['step'])})",
        "last": f"{line[-1]['expected']:.2f} (step {short(line[-1]['step'])})",
        "change": _change(line),
    }
