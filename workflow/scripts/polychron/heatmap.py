"""Heatmaps: scores of pairs of languages, and of layers over steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import mean
from typing import Any

import altair as alt

from polychron import trace
from polychron.chart import INK, TASKS, Figure, counted, described, enumerated, linked, nothing, percent, short

MISSING = "#EDEDED"


def transfer(trajectories: Any, tasks: Sequence[str], layer: int) -> Figure:
    """Draw the best transfer score of each pair of source and target, a panel for each task (Figure 4 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trace.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    layer : int
        The layer that is probed.
    """
    title = "Best transfer score, from source to target"
    place = {"split": "parallel", "metric": "accuracy", "layer": layer}
    pairs = {task: trace.select(trajectories, quantity="best", task=task, **place) for task in tasks}
    pairs = {task: rows for task, rows in pairs.items() if any(row["value"] is not None for row in rows)}
    if not pairs:
        return nothing(title, "no transfer between languages in this study")
    contrasts = {
        (row["task"], row["source"], row["target"]): row["value"]
        for row in trace.select(trajectories, quantity="asymmetry", **place)
    }
    selections, chosen = linked(len(pairs), "source", "target")
    panels = [
        _matrix(task, rows, contrasts, chosen).add_params(selection)
        for (task, rows), selection in zip(pairs.items(), selections, strict=True)
    ]
    chart = alt.concat(*panels, columns=2, spacing=36).resolve_scale(
        color="independent", x="independent", y="independent"
    )
    said, numbers = zip(*(_transfer_numbers(task, rows) for task, rows in pairs.items()), strict=True)
    caption = [
        f"The best score of any trained checkpoint of a probe trained on the source (rows) and scored on the target's "
        f"parallel test set (columns; layer {layer}, mean over runs). Languages stand in order of their mean as source "
        "and target; the diagonal, outlined, is not transfer and counts in no mean. Each task has its own scale.",
        " ".join(said),
    ]
    return Figure(title, chart, caption, numbers)


def _matrix(task: str, rows: list[dict], contrasts: dict, chosen: Any) -> Any:
    scored = [row for row in rows if row["value"] is not None]
    order = _by_transfer(rows)
    low, high = (100 * end(row["value"] for row in scored) for end in (min, max))
    cells = [
        {
            "source": row["source"],
            "target": row["target"],
            "value": 100 * row["value"],
            "best step": short(row["step"]),
            "asymmetry": _signed(contrasts.get((task, row["source"], row["target"]))),
            "own": row["source"] == row["target"],
            "light": 100 * row["value"] > low + 0.55 * (high - low),
        }
        | described(row)
        for row in scored
    ]
    size = max(min(340 // len(order), 46), 14)
    angle = 0 if len(order) <= 8 else -90
    x = alt.X(
        "target:N",
        sort=order,
        title="Target",
        axis=alt.Axis(orient="top", labelAngle=angle, domain=False, ticks=False, labelPadding=4),
    )
    y = alt.Y("source:N", sort=order, title="Source", axis=alt.Axis(domain=False, ticks=False, labelPadding=4))
    base = alt.Chart(alt.Data(values=cells)).encode(x=x, y=y)
    tooltip = [
        *(alt.Tooltip(f"{name}:N") for name in ("source", "target")),
        alt.Tooltip("value:Q", format=".2f", title=f"{TASKS[task]} (%)"),
        *(alt.Tooltip(f"{name}:N") for name in ("best step", "asymmetry", "rests on")),
    ]
    layers = [
        base.mark_rect(stroke="white", strokeWidth=0.5).encode(
            color=alt.Color(
                "value:Q", scale=alt.Scale(scheme="viridis", domain=[low, high]), legend=_legend(low, high, 180)
            ),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.35)),
            tooltip=tooltip,
        ),
        base.transform_filter("datum.own").mark_rect(fillOpacity=0, stroke=INK, strokeWidth=1.4),
    ]
    if size >= 26:
        text = base.mark_text(fontSize=10 if size < 36 else 11).encode(
            text=alt.Text("value:Q", format=".0f"),
            color=alt.condition("datum.light", alt.value(INK), alt.value("white")),
        )
        layers.append(text)
    mean_of = mean(row["value"] for row in scored if row["source"] != row["target"]) if len(order) > 1 else None
    heading = alt.TitleParams(TASKS[task], subtitle=f"mean of pairs {percent(mean_of)}" if mean_of else "no pairs")
    return alt.layer(*layers, title=heading, view=alt.ViewConfig(fill=MISSING)).properties(
        width=size * len(order), height=size * len(order)
    )


def _legend(low: float, high: float, length: float) -> alt.Legend:
    """Make the legend of a colour scale of accuracies, with whole numbers at its ticks where it is wide enough."""
    whole = range(math.ceil(low), math.floor(high) + 1)
    spaced = [whole[round(share * (len(whole) - 1) / 4)] for share in range(5)] if len(whole) > 4 else None
    return alt.Legend(
        title="Accuracy (%)", gradientLength=length, format=".0f" if spaced else ".1f", values=spaced or [low, high]
    )


def _by_transfer(rows: list[dict]) -> list[str]:
    """Put languages in order of their mean score as source and target, the best first; those without one last."""
    scores: dict[str, list[float]] = {}
    for row in rows:
        for language in (row["source"], row["target"]):
            known = row["value"] is not None and row["source"] != row["target"]
            scores.setdefault(language, []).extend([row["value"]] if known else [])
    return sorted(scores, key=lambda language: (-mean(scores[language]) if scores[language] else 1, language))


def _signed(points: float | None) -> str:
    return "" if points is None else f"{100 * points:+.1f} points"


def _transfer_numbers(task: str, rows: list[dict]) -> tuple[str, dict[str, str]]:
    pairs = [row for row in rows if row["source"] != row["target"]]
    known = sorted((row for row in pairs if row["value"] is not None), key=lambda row: row["value"])
    own = [row["value"] for row in rows if row["source"] == row["target"] and row["value"] is not None]
    line = {"task": TASKS[task], "pairs": f"{len(known)} of {len(pairs)}"}
    ends = [f"{percent(row['value'])} ({row['source']} to {row['target']})" for row in (known[:1] + known[-1:])]
    line |= {
        "mean of pairs": percent(mean(row["value"] for row in known)) if known else "",
        "lowest": ends[0] if ends else "",
        "highest": ends[-1] if ends else "",
        "mean of the diagonal": percent(mean(own)) if own else "",
    }
    if not known:
        return f"{line['task']}: no pairs.", line
    sentence = f"{line['task']}: mean {line['mean of pairs']} over {counted(len(known), 'pair')}"
    sentence += f", from {line['lowest']} to {line['highest']}" if len(known) > 1 else ""
    sentence += f"; diagonal {line['mean of the diagonal']}" if own else ""
    sentence += f" ({len(known)} of {len(pairs)} pairs have a score)" if len(known) < len(pairs) else ""
    return sentence + ".", line


def layers(trajectories: Any, tasks: Sequence[str]) -> Figure:
    """Draw scores by layer and step, with the expected layer, for each task and language (Figures 8 and 10).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trace.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their rows.
    """
    title = "In-language score by layer and step"
    place = {"split": "test", "metric": "accuracy"}
    stacks: dict[tuple[str, str], list[dict]] = {}
    for row in trace.select(trajectories, quantity="score", **place):
        if row["source"] == row["target"]:
            stacks.setdefault((row["task"], row["source"]), []).append(row)
    stacks = {key: rows for key, rows in stacks.items() if len({row["layer"] for row in rows}) > 1}
    if not any(row["value"] is not None for rows in stacks.values() for row in rows):
        return nothing(title, "no task is probed at two layers or more in this study")
    centres = {
        (row["task"], row["source"], row["step"], row["quantity"]): row["value"]
        for row in trace.select(
            trajectories, quantity=["expected_layer", "expected_layer_fall", "internal_gain"], **place
        )
        if row["source"] == row["target"]
    }
    shown = [task for task in tasks if any(key[0] == task for key in stacks)]
    rows_of_panels = [
        _layer_row(task, {key[1]: rows for key, rows in stacks.items() if key[0] == task}, centres) for task in shown
    ]
    chart = alt.vconcat(*rows_of_panels, spacing=26).resolve_scale(color="independent")
    said, numbers = _layer_numbers(stacks, shown, centres)
    untrained = any(row["step"] == 0 for rows in stacks.values() for row in rows)
    caption = [
        "Accuracy at each layer (0 is the embeddings) and checkpoint, mean over runs; checkpoints stand side by side, "
        "however far apart; one scale for each task. Dots: the best layer at that step. Line: the expected layer, the "
        "mean of the layers weighted by their performance."
        + (" Step 0, set apart, is the untrained model." if untrained else ""),
        said,
    ]
    cells = [row["value"] is None for rows in stacks.values() for row in rows]
    if any(cells):
        caption.append(f"Grey: {counted(sum(cells), 'cell')} of {len(cells)} without a score.")
    return Figure(title, chart, caption, numbers)


def _layer_row(task: str, languages: dict[str, list[dict]], centres: dict) -> Any:
    values = [100 * row["value"] for rows in languages.values() for row in rows if row["value"] is not None]
    scale = alt.Scale(scheme="viridis", domain=[min(values), max(values)])
    steps = len({row["step"] for rows in languages.values() for row in rows})
    width = max(min(24 * steps, 230), 6 * steps)
    columns = max(1 + (1050 - width) // (width + 24), 1)
    panels = [
        _layer_panel(task, language, rows, centres, scale, width, first=place % columns == 0)
        for place, (language, rows) in enumerate(languages.items())
    ]
    return alt.concat(*panels, columns=columns, spacing=14, title=alt.TitleParams(TASKS[task], fontSize=13))


def _layer_panel(
    task: str, language: str, rows: list[dict], centres: dict, scale: alt.Scale, width: float, *, first: bool
) -> Any:
    depth = sorted({row["layer"] for row in rows})
    steps = sorted({row["step"] for row in rows})
    # edges half-way between the layers that were probed, which need not be equally far apart
    gaps = [(low + high) / 2 for low, high in itertools.pairwise(depth)]
    edges = [depth[0] - (gaps[0] - depth[0]), *gaps, depth[-1] + (depth[-1] - gaps[-1])]
    names = {step: short(step) for step in steps}
    cells, best = [], {}
    for row in rows:
        if row["value"] is None:
            continue
        place = depth.index(row["layer"])
        cell = {"step": names[row["step"]], "layer": row["layer"], "value": 100 * row["value"]}
        cells.append(cell | {"bottom": edges[place], "top": edges[place + 1]} | described(row))
        if cell["value"] > best.get(cell["step"], cell)["value"] or cell["step"] not in best:
            best[cell["step"]] = cell
    line = [{"step": names[step], "expected": centres.get((task, language, step, "expected_layer"))} for step in steps]
    line = [point for point in line if point["expected"] is not None]
    height = max(22 * len(depth), 66)
    ticks = [
        name for place, name in enumerate(names.values()) if place % math.ceil(len(steps) / 7) == 0 or len(steps) <= 7
    ]
    x = alt.X(
        "step:O",
        sort=list(names.values()),
        title="Training step",
        axis=alt.Axis(values=ticks, labelAngle=0 if len(steps) <= 6 else -45, labelOverlap=False, domain=False),
    )
    y_scale = alt.Scale(domain=[edges[0], edges[-1]], nice=False)
    y_axis = alt.Axis(values=depth, format="d", grid=False, domain=False, labels=first, ticks=first)
    y = alt.Y("bottom:Q", scale=y_scale, axis=y_axis, title="Layer" if first else None)
    colour = alt.Color("value:Q", scale=scale, legend=_legend(*scale.domain, height))
    tooltip = [
        alt.Tooltip("layer:Q"),
        alt.Tooltip("step:O"),
        alt.Tooltip("value:Q", format=".2f", title="accuracy (%)"),
        alt.Tooltip("rests on:N"),
    ]

    def of(values: list[dict]) -> Any:
        return alt.Chart(alt.Data(values=values))

    marks = [of(cells).mark_rect().encode(x=x, y=y, y2="top:Q", color=colour, tooltip=tooltip)]
    dots = of(list(best.values())).mark_circle(size=16, color="white", stroke=INK, strokeWidth=0.8, opacity=1)
    if 0 in steps:
        wall = of([{"step": names[0]}]).mark_rule(color="white", strokeWidth=4)
        marks.append(wall.encode(x=alt.X("step:O", sort=list(names.values()), bandPosition=1)))
    if line:
        path = of(line).encode(
            x=x,
            y=alt.Y("expected:Q", scale=y_scale, axis=y_axis),
            tooltip=[alt.Tooltip("expected:Q", format=".2f", title="expected layer"), alt.Tooltip("step:O")],
        )
        marks += [path.mark_line(color="white", strokeWidth=3.2), path.mark_line(color="#D55E00", strokeWidth=1.6)]
    marks.append(dots.encode(x=x, y=alt.Y("layer:Q", scale=y_scale, axis=y_axis), tooltip=tooltip))
    return alt.layer(
        *marks,
        title=alt.TitleParams(language, fontSize=12, fontWeight="normal", offset=4),
        view=alt.ViewConfig(fill=MISSING),
    ).properties(width=width, height=height)


def _layer_numbers(stacks: dict, tasks: Sequence[str], centres: dict) -> tuple[str, list[dict[str, str]]]:
    said, numbers = [], []
    for task in tasks:
        changes = []
        for (of_task, language), rows in stacks.items():
            known = [row for row in rows if row["value"] is not None and row["step"] > 0]
            if of_task != task or not known:
                continue
            fall = centres.get((task, language, None, "expected_layer_fall"))
            gain = centres.get((task, language, None, "internal_gain"))
            top = max(known, key=lambda row: row["value"])
            numbers.append(
                {
                    "task": TASKS[task],
                    "language": language,
                    "best score": f"{percent(top['value'])} (layer {top['layer']}, step {short(top['step'])})",
                    "gain of inner layers": _signed(gain),
                    "change of the expected layer": "" if fall is None else f"{-fall:+.2f}",
                }
            )
            if fall is not None:
                changes.append(-fall)
        if changes:
            said.append(f"{TASKS[task]} {mean(changes):+.2f} layers (mean of {counted(len(changes), 'language')})")
    if not said:
        return "The expected layer cannot be computed at the first and last step.", numbers
    return f"From the first trained step to the last the expected layer moves by: {enumerated(said)}.", numbers
