"""Figures 11 and 13: in which layers information is, and how that shifts over pretraining."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import mean
from typing import Any

import altair as alt

from polychron.figures import captions, stacks
from polychron.figures.chart import (
    BLACK,
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    SKY,
    TASKS,
    VERMILION,
    Figure,
    data,
    linked,
    nothing,
)
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.reporting.formatting import apart, counted, difference, in_mean, short

WIDTH, HEIGHT = 360, 300
SHADES = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, BLACK, SKY)

Lines = dict[str, list[dict]]
Changes = dict[tuple[str, str], dict]
"""The change of each line that has two points or more, by task and name."""


def in_language(trajectories: Any, tasks: Sequence[str], scores: Any = None, intervals: Any = None) -> Figure:
    """Draw the expected layer of in-language scores over time, a line for each language (Figure 11 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: the caption says which best scores are below them.
    intervals : pyarrow.Table, optional
        See `joint.study`; needed for bars and for the changes.
    """
    title = "Expected layer over pretraining, in-language"
    why = "no task is probed at two layers or more in this study"
    figure = _figure(title, trajectories, tasks, intervals, False, why)
    layered = list(dict.fromkeys(task for task, _, _ in stacks.rows(trajectories, "expected_layer", tasks, False)))
    return replace(figure, caption=[*figure.caption, *captions.against(scores, trajectories, layered)])


def across(trajectories: Any, tasks: Sequence[str], intervals: Any = None) -> Figure:
    """Draw the expected layer of transfer or word alignment over time, a line for each pair (Figure 13 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        Tasks, in the order of their panels: `alignment`, or probing tasks for transfer.
    intervals : pyarrow.Table, optional
        See `joint.study`; needed for bars and for the changes.
    """
    title = "Expected layer over pretraining, between languages"
    why = "no pair of languages is scored at two layers or more in this study"
    return _figure(title, trajectories, tasks, intervals, True, why)


def _figure(title: str, trajectories: Any, tasks: Sequence[str], intervals: Any, crossing: bool, why: str) -> Figure:
    groups: dict[str, Lines] = {task: {} for task in tasks}
    ends = stacks.ends(intervals, "expected_layer", tasks, crossing)
    flat = total_steps = 0
    seen: dict[str, set[int]] = {}
    for (task, *pair), rows in stacks.rows(trajectories, "expected_layer", tasks, crossing).items():
        name = " → ".join(pair) if crossing else pair[0]
        groups[task][name] = line = []
        part = 0
        for row in rows:
            if row["value"] is None:
                part += 1
                flat += stacks.is_flat(row)
                continue
            low, high = ends.get((task, *pair, row["step"]), (None, None))
            point = {"name": name, "step": row["step"], "expected": row["value"], "part": part}
            line.append(point if low is None else point | {"low": low, "high": high})
        total_steps += len(rows)
        seen.setdefault(task, set()).update(row["step"] for row in rows)
    lacking = sum(not line for lines in groups.values() for line in lines.values())
    total = sum(map(len, groups.values()))
    asked = [task for task, lines in groups.items() if lines]
    groups = {task: {name: line for name, line in lines.items() if line} for task, lines in groups.items()}
    groups = {task: lines for task, lines in groups.items() if lines}
    if not groups:
        nowhere = "the layers differ at no step" if flat else "no expected layer could be computed at any step"
        return nothing(title, why if not total else nowhere)
    changes = {
        (task, " → ".join(pair) if crossing else pair[0]): row
        for (task, *pair), (row,) in stacks.rows(intervals, "expected_layer_change", tasks, crossing).items()
        if row["value"] is not None
    }
    points = [point for lines in groups.values() for line in lines.values() for point in line]
    lowest, highest = (
        end(point.get(name, point["expected"]) for point in points) for end, name in ((min, "low"), (max, "high"))
    )
    # the bars of few points may be wide, and no layer is beyond the first and the last
    depth = [row["layer"] for rows in stacks.rows(trajectories, "score", tasks, crossing).values() for row in rows]
    lowest, highest = max(lowest, min(depth)), min(highest, max(depth))
    margin = 0.05 * (highest - lowest) or 0.5
    domain = [lowest - margin, highest + margin]
    names = list(dict.fromkeys(name for lines in groups.values() for name in lines))
    shades = {name: SHADES[place % len(SHADES)] for place, name in enumerate(names)}
    selections, chosen = linked(len(groups), "name")
    panels = [
        _panel(task, lines, domain, shades, chosen, changes, Steps(seen[task])).add_params(
            selection, alt.selection_interval(name=f"zoom_{selection.name}", bind="scales")
        )
        for (task, lines), selection in zip(groups.items(), selections, strict=True)
    ]
    chart = alt.concat(*panels, columns=2, spacing=30).resolve_scale(x="independent")
    said = [_sentence(task, lines, changes) for task, lines in groups.items()]
    noun = "pair" if crossing else "language"
    words = [
        "The expected layer at each checkpoint: the mean of the layers, weighted by their performance (0 is the "
        f"embeddings). {Steps(set().union(*seen.values())).said()} Beside each {noun}: the change from its first point "
        "to its last" + (f", with its 95% interval. Bars: 95% intervals. {stacks.HELD}" if ends else "."),
        " ".join(said),
    ]
    if flat:
        words.append(f"{stacks.FLAT}: {flat} of {counted(total_steps, 'point')} are left out.")
    if lacking:
        words.append(f"{total - lacking} of {total} lines have an expected layer and are shown.")
    numbers = [
        _numbers(task, name, line, crossing, changes.get((task, name)))
        for task, lines in groups.items()
        for name, line in lines.items()
    ]
    words += captions.lacking(tasks, asked, "At fewer than two layers")
    key = [Entry("circle", f"a checkpoint of a {noun}, with a line to the next", BLUE)]
    key += [Entry("upright", "95% interval", BLUE)] if ends else []
    key += Steps(set().union(*seen.values())).key()
    return Figure(title, chart, words, numbers, key)


def _panel(
    task: str,
    lines: Lines,
    domain: list[float],
    shades: dict[str, str],
    chosen: Any,
    changes: Changes,
    steps: Steps,
) -> Any:
    x = steps.placed("x")
    y_scale = alt.Scale(domain=domain, nice=False)
    y = alt.Y("expected:Q", title="Expected layer", scale=y_scale, axis=alt.Axis(tickCount=6))
    # colours come again after the last one, then with dashes
    again = {name: list(shades).index(name) // len(SHADES) > 0 for name in lines}
    points = [
        {**point, "x": steps.place(point["step"]), "colour": shades[name], "again": again[name]}
        for name, line in lines.items()
        for point in line
    ]
    ends = sorted((line[-1]["expected"], name) for name, line in lines.items())
    places = apart([value for value, _ in ends], 13 * (domain[1] - domain[0]) / HEIGHT)
    labels = [
        {
            "name": name,
            "expected": place,
            "colour": shades[name],
            "word": f"{name}  {_change(changes.get((task, name)), lines[name])}",
        }
        for (_, name), place in zip(ends, places, strict=True)
    ]
    colour = alt.Color("colour:N", scale=None)
    tooltip = [
        alt.Tooltip("name:N", title="language" if "→" not in points[0]["name"] else "pair"),
        alt.Tooltip("step:Q", format=",d"),
        alt.Tooltip("expected:Q", format=".2f", title="expected layer"),
    ]
    if any("low" in point for point in points):
        tooltip += [alt.Tooltip(f"{end}:Q", format=".2f", title=f"95%, {end}") for end in ("low", "high")]
    of_points = alt.Chart(data(points)).encode(
        x=x, y=y, color=colour, tooltip=tooltip, opacity=alt.condition(chosen, alt.value(0.95), alt.value(0.12))
    )
    text = alt.Chart(data(labels)).mark_text(align="left", fontSize=11, fontWeight="bold", clip=False)
    bars = [
        {**point, "y": max(point["low"], domain[0]), "y2": min(point["high"], domain[1])}
        for point in points
        if "low" in point
    ]
    drawn = [
        *steps.walls(placed=True),
        alt.Chart(data(bars))
        .mark_rule(strokeWidth=1, clip=True)
        .encode(
            x=x,
            y=alt.Y("y:Q", scale=y_scale),
            y2="y2:Q",
            color=colour,
            opacity=alt.condition(chosen, alt.value(0.4), alt.value(0.06)),
        ),
        of_points.mark_line(strokeWidth=1.8, clip=True).encode(
            detail=["name:N", "part:N"], strokeDash=alt.condition("datum.again", alt.value([5, 3]), alt.value([1, 0]))
        ),
        of_points.mark_circle(size=16 if len(steps.every) > 12 else 34, clip=True),
        text.encode(
            x=alt.value(WIDTH + 8),
            y=y,
            text="word:N",
            color=colour,
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.15)),
        ),
    ]
    moved = [line[-1]["expected"] - line[0]["expected"] for line in lines.values() if len(line) > 1]
    subtitle = f"mean change {difference(mean(moved), 2)} layers" if moved else "one point each"
    heading = alt.TitleParams(TASKS[task], subtitle=subtitle)
    return alt.layer(*drawn, title=heading).properties(width=WIDTH, height=HEIGHT)


def _change(change: dict | None, line: list[dict]) -> str:
    """Write the change from the first point to the last, with its interval if there is one."""
    if len(line) < 2:
        return ""
    written = difference(line[-1]["expected"] - line[0]["expected"], 2)
    if change is None or change["low"] is None:
        return written
    return f"{written} [{difference(change['low'], 2)}, {difference(change['high'], 2)}]"


def _sentence(task: str, lines: Lines, changes: Changes) -> str:
    moved = sorted((line[-1]["expected"] - line[0]["expected"], name) for name, line in lines.items() if len(line) > 1)
    if not moved:
        return f"{TASKS[task]}: no line has two points, so no change."
    overall = mean(shift for shift, _ in moved)
    said = f"{TASKS[task]}: {difference(overall, 2)} layers {in_mean(len(moved), 'line')}"
    if len(moved) > 1:
        low, high = (f"{difference(shift, 2)} ({name})" for shift, name in (moved[0], moved[-1]))
        said += f", from {low} to {high}"
    known = [changes[task, name] for _, name in moved if (task, name) in changes]
    known = [change for change in known if change["low"] is not None]
    if known:
        down, up = sum(change["high"] < 0 for change in known), sum(change["low"] > 0 for change in known)
        said += f"; beyond noise {down} of {len(known)} down and {up} up"
    return said + "."


def _numbers(task: str, name: str, line: list[dict], crossing: bool, change: dict | None) -> dict[str, str]:
    peak = max(line, key=lambda point: point["expected"])
    return {
        "task": TASKS[task],
        "pair" if crossing else "language": name,
        "first": f"{line[0]['expected']:.2f} (step {short(line[0]['step'])})",
        "highest": f"{peak['expected']:.2f} (step {short(peak['step'])})",
        "last": f"{line[-1]['expected']:.2f} (step {short(line[-1]['step'])})",
        "change": _change(change, line),
    }
