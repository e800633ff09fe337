"""Heatmaps: scores of pairs of languages, and of layers over steps."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from statistics import mean
from typing import Any

import altair as alt

from polychron import trace
from polychron.chart import INK, MISSING, TASKS, Figure, counted, described, enumerated, linked, nothing, percent, short


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
