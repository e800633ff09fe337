"""Figures 8, 9, 10 and 12: scores by layer and step, in-language and between languages."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from statistics import mean
from typing import Any

import altair as alt

from polychron.analysis.layers import LEVEL
from polychron.figures import captions, choices, stacks
from polychron.figures.chart import DARK, GREY, MISSING, TASKS, VERMILION, WHITE, Figure, data, gradient, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.reporting import baselines
from polychron.reporting.formatting import (
    counted,
    described,
    difference,
    enumerated,
    percent,
    short,
    signed_points,
)

UNITS = {"alignment": "F1 (%)"}


def in_language(
    trajectories: Any,
    tasks: Sequence[str],
    examples: Sequence[Sequence[str]],
    others: bool,
    scores: Any = None,
    intervals: Any = None,
) -> Figure:
    """Draw in-language scores by layer and step, a panel for each language (Figures 8 and 10 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their rows.
    examples : sequence of (str, str, str)
        What one figure shows on its own, as task, source and target; those that the study lacks are passed over. Where
        it has none of them, the first of each task.
    others : bool
        Show all that are not the examples, instead of the examples.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: they are above each panel, cells below the highest of them
        are marked, and the caption says which best scores are below them.
    intervals : pyarrow.Table, optional
        See `joint.study`.
    """
    return _figure(trajectories, tasks, examples, others, scores, intervals, crossing=False)


def across(
    trajectories: Any,
    tasks: Sequence[str],
    examples: Sequence[Sequence[str]],
    others: bool,
    scores: Any = None,
    intervals: Any = None,
) -> Figure:
    """Draw scores of transfer and of word alignment by layer and step, a panel for each pair (Figures 9 and 12).

    The parameters are those of `in_language`; `alignment` is one of the tasks.
    """
    return _figure(trajectories, tasks, examples, others, scores, intervals, crossing=True)


def _figure(
    trajectories: Any,
    tasks: Sequence[str],
    examples: Sequence[Sequence[str]],
    others: bool,
    scores: Any,
    intervals: Any,
    *,
    crossing: bool,
) -> Figure:
    title = "Score by layer and step, " + ("between languages" if crossing else "in-language")
    title += f": further {'pairs' if crossing else 'languages'}" if others else ""
    everything = stacks.rows(trajectories, "score", tasks, crossing)
    everything = {key: rows for key, rows in everything.items() if len({row["layer"] for row in rows}) > 1}
    everything = {key: rows for key, rows in everything.items() if any(row["value"] is not None for row in rows)}
    if not everything:
        asked = "no pair of languages is scored" if crossing else "no task is probed"
        return nothing(title, f"{asked} at two layers or more in this study")
    first = {tuple(example) for example in examples} & set(everything)
    first = first or {next(key for key in everything if key[0] == task) for task, _, _ in everything}
    shown = {key: rows for key, rows in everything.items() if (key not in first) is others}
    if not shown:
        every = "the only panel" if len(everything) == 1 else f"all {len(everything)} panels"
        verb = "is" if len(everything) == 1 else "are"
        return nothing(title, f"{every} of this study {verb} in the figure before")
    quantities = ("layers_differ", "expected_layer", "internal_gain")
    centres = {
        (key, row["step"], quantity): row["value"]
        for quantity in quantities
        for key, rows in stacks.rows(trajectories, quantity, tasks, crossing).items()
        for row in rows
    }
    fitted = {
        (key, quantity): row
        for quantity in ("expected_layer_change", "cross_fitted_internal_gain")
        for key, (row,) in stacks.rows(intervals, quantity, tasks, crossing).items()
        if row["value"] is not None
    }
    by_task: dict[str, dict[stacks.Key, list[dict]]] = {}
    for key, rows in shown.items():
        by_task.setdefault(key[0], {})[key] = rows
    lexical = {} if scores is None else baselines.of_scores(scores)
    known = {key: _baselines(lexical, key) for key in shown}
    # single panels are beside each other
    single = all(len(panels) == 1 for panels in by_task.values())
    lines = max(map(len, known.values())) if single else 0
    blocks = [_block(task, panels, centres, known, lines) for task, panels in by_task.items()]
    chart = (alt.hconcat if single else alt.vconcat)(*blocks, spacing=26).resolve_scale(color="independent")
    said, numbers = _numbers(by_task, centres, fitted)
    steps = Steps(row["step"] for rows in shown.values() for row in rows)
    split = "parallel" if crossing else "test"
    runs = captions.averaged(trajectories, task=list(by_task), split=split, metric="accuracy")
    runs += " (word alignment has one)" if {"alignment"} < set(by_task) else ""
    words = [
        f"Score at each layer (0 is the embeddings) and checkpoint, {runs}; one scale for each task. {steps.said()} "
        "Dots: the best layer at that step. Line: the expected layer, the mean of the layers weighted by their "
        "performance.",
        *said,
        *choices.gains(trajectories, by_task, split=split, metric="accuracy"),
    ]
    tested = [
        (centres.get((key, step, "layers_differ")))
        for key, rows in shown.items()
        for step in {row["step"] for row in rows}
    ]
    flat = sum(p is not None and p > LEVEL for p in tested)
    if flat:
        words.append(
            f"{stacks.FLAT}, and no best one is marked: at {flat} of {counted(len(tested), 'step')} of all panels."
        )
    if any(row["low"] is not None for row in fitted.values()):
        words.append(f"In brackets, 95% intervals. {stacks.HELD}")
    if any(known.values()):
        words.append(
            "Above each panel: baselines that know no vectors"
            + (", of the target language" if crossing else "")
            + ". Dashes: cells below the highest of them."
        )
        asked = [row for row in _tops(shown) if known[row["task"], row["source"], row["target"]]]
        words += baselines.below(lexical, asked, "best score of all layers")
    if len(shown) < len(everything):
        words.append(f"Shown: {len(shown)} of the {counted(len(everything), 'panel')} of this study.")
    cells = [row["value"] is None for rows in shown.values() for row in rows]
    if any(cells):
        words.append(f"Grey: {counted(sum(cells), 'cell')} of {len(cells)} without a score.")
    words += captions.lacking(tasks, {task for task, _, _ in everything}, "At fewer than two layers")
    below = any(
        known[key] and row["value"] is not None and 100 * row["value"] < max(known[key].values())
        for key, rows in shown.items()
        for row in rows
    )
    has_line = any(
        centres.get((key, row["step"], "expected_layer")) is not None for key, rows in shown.items() for row in rows
    )
    key = [Entry("circle", "the best layer at that step", WHITE, edge=DARK)]
    key += [Entry("line", "expected layer", VERMILION)] if has_line else []
    key += [Entry("stroke", "below the highest baseline", GREY)] if below else []
    key += [Entry("cell", "no score", MISSING)] if any(cells) else []
    key += steps.key(cells=True)
    return Figure(title, chart, [*words, *captions.alone(trajectories)], numbers, key)


def _baselines(lexical: baselines.Baselines, key: stacks.Key) -> dict[str, float]:
    """Return the baselines of a panel's target in percent, by what they are called."""
    task, _, target = key
    of_task = lexical.get(task, {}).items()
    return {baselines.NAMES[name]: 100 * values[target] for name, values in of_task if target in values}


def _tops(shown: dict[stacks.Key, list[dict]]) -> list[dict[str, Any]]:
    """Return the best score of trained checkpoints of each panel."""
    tops = []
    for key, rows in shown.items():
        values = [row["value"] for row in rows if row["value"] is not None and row["step"] > 0]
        place = dict(zip(("task", "source", "target"), key, strict=True))
        tops += [{**place, "value": max(values)}] if values else []
    return tops


def _block(
    task: str,
    panels: dict[stacks.Key, list[dict]],
    centres: dict,
    known: dict[stacks.Key, dict[str, float]],
    lines: int,
) -> Any:
    values = [100 * row["value"] for rows in panels.values() for row in rows if row["value"] is not None]
    scale = alt.Scale(scheme="viridis", domain=[min(values), max(values)])
    steps = len({row["step"] for rows in panels.values() for row in rows})
    width = max(min(30 * steps, 230), 6 * steps)
    columns = max(1 + (1000 - width) // (width + 24), 1)
    drawn = [
        _panel(key, rows, centres, known[key], lines, scale, width, first=place % columns == 0)
        for place, (key, rows) in enumerate(panels.items())
    ]
    return alt.concat(*drawn, columns=columns, spacing=14, title=alt.TitleParams(TASKS[task], fontSize=13))


def _panel(
    key: stacks.Key,
    rows: list[dict],
    centres: dict,
    lexical: dict[str, float],
    lines: int,
    scale: alt.Scale,
    width: float,
    *,
    first: bool,
) -> Any:
    depth = sorted({row["layer"] for row in rows})
    steps = sorted({row["step"] for row in rows})
    # edges half-way between the layers that were probed, which need not be equally far apart
    gaps = [(low + high) / 2 for low, high in itertools.pairwise(depth)]
    edges = [depth[0] - (gaps[0] - depth[0]), *gaps, depth[-1] + (depth[-1] - gaps[-1])]
    axis = Steps(steps)
    names = dict(zip(axis.every, axis.names, strict=True))
    cells, best, known = [], {}, {}
    for row in rows:
        if row["value"] is None:
            continue
        place = depth.index(row["layer"])
        cell = {"step": names[row["step"]], "layer": row["layer"], "value": 100 * row["value"]}
        cells.append(cell | {"bottom": edges[place], "top": edges[place + 1]} | described(row))
        known.setdefault(cell["step"], set()).add(round(cell["value"], 10))
        if cell["step"] not in best or cell["value"] > best[cell["step"]]["value"]:
            best[cell["step"]] = cell
    # where all layers are alike none is marked
    alike = {names[step] for step in steps if (centres.get((key, step, "layers_differ")) or 0) > LEVEL}
    best = {step: cell for step, cell in best.items() if len(known[step]) > 1 and step not in alike}
    line, part = [], 0
    for step in steps:
        expected = centres.get((key, step, "expected_layer"))
        # the line is broken where there is none
        part += expected is None
        line += [] if expected is None else [{"step": names[step], "expected": expected, "part": part}]
    height = max(22 * len(depth), 66)
    x = axis.bands(domain=False)
    y_scale = alt.Scale(domain=[edges[0], edges[-1]], nice=False)
    y_axis = alt.Axis(values=depth, format="d", grid=False, domain=False, labels=first, ticks=first)
    y = alt.Y("bottom:Q", scale=y_scale, axis=y_axis, title="Layer" if first else None)
    unit = UNITS.get(key[0], "Accuracy (%)")
    colour = alt.Color("value:Q", scale=scale, legend=gradient(*scale.domain, height, unit))
    tooltip = [
        alt.Tooltip("layer:Q"),
        alt.Tooltip("step:O"),
        alt.Tooltip("value:Q", format=".2f", title=unit),
        alt.Tooltip("rests on:N"),
    ]

    def of(values: list[dict]) -> Any:
        return alt.Chart(data(values))

    marks = [of(cells).mark_rect().encode(x=x, y=y, y2="top:Q", color=colour, tooltip=tooltip)]
    low = [cell for cell in cells if lexical and cell["value"] < max(lexical.values())]
    if low:
        dashes = of([{name: cell[name] for name in ("step", "layer")} for cell in low])
        dashes = dashes.mark_point(shape="stroke", size=24, color=WHITE, strokeWidth=1.2, opacity=0.8)
        marks.append(dashes.encode(x=x, y=alt.Y("layer:Q", scale=y_scale, axis=y_axis)))
    marks += axis.walls(cells=True)
    if line:
        path = of(line).encode(
            x=x,
            y=alt.Y("expected:Q", scale=y_scale, axis=y_axis),
            tooltip=[alt.Tooltip("expected:Q", format=".2f", title="expected layer"), alt.Tooltip("step:O")],
        )
        single = [point for point in line if sum(other["part"] == point["part"] for other in line) == 1]
        marks += [
            path.mark_line(color=WHITE, strokeWidth=3.2).encode(detail="part:N"),
            path.mark_line(color=VERMILION, strokeWidth=1.6).encode(detail="part:N"),
        ]
        if single:
            lone = of(single).mark_tick(orient="horizontal", thickness=1.6, size=10, color=VERMILION, opacity=1)
            marks.append(lone.encode(x=x, y=alt.Y("expected:Q", scale=y_scale, axis=y_axis)))
    dots = of(list(best.values())).mark_circle(size=16, color=WHITE, stroke=DARK, strokeWidth=0.8, opacity=1)
    of_best = [tooltip[0], tooltip[1], alt.Tooltip("value:Q", format=".2f", title=f"best: {unit}")]
    marks.append(dots.encode(x=x, y=alt.Y("layer:Q", scale=y_scale, axis=y_axis), tooltip=of_best))
    beside = [f"{name} {value:.1f}" for name, value in lexical.items()]
    beside += [" "] * (lines - len(beside))  # headings of panels beside each other are equally high
    heading = alt.TitleParams(
        _name(key), subtitle=beside, subtitleFontSize=10, fontSize=12, fontWeight="normal", offset=4
    )
    return alt.layer(*marks, title=heading, view=alt.ViewConfig(fill=MISSING)).properties(width=width, height=height)


def _name(key: stacks.Key) -> str:
    _, source, target = key
    return source if source == target else f"{source} → {target}"


def _numbers(
    by_task: dict[str, dict[stacks.Key, list[dict]]], centres: dict, intervals: dict
) -> tuple[list[str], list[dict[str, str]]]:
    moved, gained, numbers = [], [], []
    noun = "pair" if any(key[1] != key[2] for panels in by_task.values() for key in panels) else "language"
    for task, panels in by_task.items():
        changes, gains = [], []
        for key, rows in panels.items():
            known = [row for row in rows if row["value"] is not None and row["step"] > 0]
            if not known:
                continue
            expected = [centres.get((key, step, "expected_layer")) for step in sorted({row["step"] for row in rows})]
            expected = [value for value in expected if value is not None]
            change = expected[-1] - expected[0] if len(expected) > 1 else None
            gain = centres.get((key, None, "internal_gain"))
            fitted = intervals.get((key, "cross_fitted_internal_gain"))
            top = max(known, key=lambda row: row["value"])
            numbers.append(
                {
                    "task": TASKS[task],
                    noun: _name(key),
                    "best score": f"{percent(top['value'])} (layer {top['layer']}, step {short(top['step'])})",
                    "gain of inner layers": signed_points(gain),
                    "the same, cross-fitted": "" if fitted is None else _between(fitted, 100, 1, " points"),
                    "change of the expected layer": ""
                    if change is None
                    else _between(intervals.get((key, "expected_layer_change"), {"value": change}), 1, 2),
                }
            )
            changes += [] if change is None else [change]
            gains += [] if gain is None else [gain]
        if changes:
            among = f"{'mean of ' if len(changes) > 1 else ''}{counted(len(changes), noun)}"
            moved.append(f"{TASKS[task]} {difference(mean(changes), 2)} layers ({among})")
        if gains:
            gained.append(f"{TASKS[task]} {signed_points(mean(gains))}")
    said = ["At no two steps is there an expected layer."]
    if moved:
        said = [f"From the first step that has one to the last the expected layer moves by: {enumerated(moved)}."]
    if gained:
        said.append(f"The best inner layer against the last layer's best, in the mean: {enumerated(gained)}.")
    return said, numbers


def _between(row: dict[str, Any], scale: float, digits: int, unit: str = "") -> str:
    """Write a difference with its interval, if it has one.

    Examples
    --------
    >>> _between({"value": 0.012, "low": -0.001, "high": 0.025}, 100, 1, " points")
    '+1.2 points [−0.1, +2.5]'
    """
    written = f"{difference(scale * row['value'], digits)}{unit}"
    if row.get("low") is None:
        return written
    return f"{written} [{difference(scale * row['low'], digits)}, {difference(scale * row['high'], digits)}]"
