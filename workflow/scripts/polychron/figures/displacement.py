"""How far the weights of a model moved between its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from polychron.figures.chart import GREY, Figure, data, linked, nothing, ramp
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.reporting.formatting import counted, short

WIDTH, HEIGHT = 420, 280

PANELS = (
    ("relative", "Distance from the step before / norm of the step before"),
    ("cosine", "Cosine with the step before"),
)

NAMED = "isNaN(datum.value) ? datum.value : 'layer ' + datum.value"
"""What parts are called: layers by their number."""


def moves(moved: Mapping[int, Sequence[Mapping[str, Any]]]) -> Figure:
    """Draw how far each part of a model moved between its checkpoints.

    Parameters
    ----------
    moved : mapping of int to sequence of mapping
        See `checks.displacement.measure`, by the later step; empty for the first.
    """
    title = "How far the weights moved"
    steps = sorted(step for step in moved if moved[step])
    if not steps:
        return nothing(title, "the model has one checkpoint")
    rows = [
        {"step": step, **{name: part[name] for name in ("part", "relative", "cosine")}, "order": place}
        for step in steps
        for place, part in enumerate(moved[step])
        if part["relative"] is not None and part["cosine"] is not None
    ]
    last = {part["part"]: part for part in moved[steps[-1]]}
    numbers = [
        {
            "step": short(step),
            "relative distance": f"{part['relative']:.4g}",
            "cosine": f"{part['cosine']:.4f}",
            "norm": f"{part['norm']:.5g}",
        }
        for step in steps
        for part in moved[step]
        if part["part"] == "all" and part["relative"] is not None
    ]
    caption = [
        f"Movement of the weights since the step before, {counted(len(steps) + 1, 'checkpoint')}. Each line is a part "
        "of the model: its embeddings, its layers, what follows them, all together. Left: the distance over the norm; "
        "right: the cosine, 1 where nothing has turned. "
        f"{Steps(steps).said()}",
        f"Over the last interval, up to step {short(steps[-1])}, all weights together moved by "
        f"{100 * last['all']['relative']:.2g}% of their norm (cosine {last['all']['cosine']:.4f}).",
    ]
    key = [Entry("circle", "a checkpoint of a part, with a line to the next", GREY), *Steps(steps).key()]
    return Figure(title, _panels(rows, steps), caption, numbers, key)


def _panels(rows: list[dict[str, Any]], steps: list[int]) -> Any:
    selections, chosen = linked(len(PANELS), "part")
    axis = Steps(steps)
    rows = [row | {"x": axis.place(row["step"]), "called": _called(row["part"])} for row in rows]
    parts = list(dict.fromkeys(row["part"] for row in sorted(rows, key=lambda row: row["order"])))
    x = axis.placed("x")
    colour = alt.Color(
        "part:N",
        sort=parts,
        scale=alt.Scale(domain=parts, range=ramp(len(parts))),
        legend=alt.Legend(title="Part of the model", labelExpr=NAMED),
    )
    panels = []
    for selection, (name, label) in zip(selections, PANELS, strict=True):
        y = alt.Y(f"{name}:Q", title=label, scale=alt.Scale(zero=name == "relative", nice=True))
        tooltip = [
            alt.Tooltip("called:N", title="part"),
            alt.Tooltip("step:Q", format=",d"),
            alt.Tooltip(f"{name}:Q", format=".4f", title="distance / norm" if name == "relative" else name),
        ]
        lines = alt.Chart(data(rows)).encode(
            x=x, y=y, color=colour, tooltip=tooltip, opacity=alt.condition(chosen, alt.value(0.9), alt.value(0.1))
        )
        drawn = alt.layer(*axis.walls(placed=True), lines.mark_line(strokeWidth=1.5), lines.mark_circle(size=30))
        panels.append(drawn.properties(width=WIDTH, height=HEIGHT).add_params(selection))
    return alt.hconcat(*panels, spacing=24).resolve_scale(color="shared")


def _called(part: str) -> str:
    return f"layer {part}" if part.isdigit() else part
