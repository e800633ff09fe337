"""Figure 18: the similarity of languages by layer, or by step where only one layer is compared."""

from __future__ import annotations

from statistics import mean
from typing import Any

import altair as alt

from polychron.figures.chart import GREY, PALE, VERMILION, Figure, data, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.figures.geometry import rows
from polychron.figures.swarms import beeswarm
from polychron.reporting.formatting import counted, short

MEASURES = {"cka_debiased": "debiased", "cka": "as printed by Wu et al. (2020)"}
"""The measures that a reader chooses from."""

MOST, PITCH, HEIGHT, DOT, LANES = 15, 48, 240, 3.4, 13
"""Of one layer: the most steps, the width of one, the height, the size of a point, and the most beside each other."""


BIASES = (
    "Debiased CKA is about 0 for independent states; CKA as printed is biased upwards where dimensions are many for "
    "the number of sentences."
)


def by_layer(geometry: Any) -> Figure:
    """Draw CKA by layer, a panel for each step, a line for each pair of languages; of one layer see `_by_step`.

    Parameters
    ----------
    geometry : pyarrow.Table
        Rows of the task similarity, see `polychron.geometry.comparison`.
    """
    title = "Similarity of languages by layer"
    found = rows.of(geometry, "similarity", MEASURES)
    if not found:
        return nothing(title, "geometry.similarity has no CKA in this study")
    if len({row["layer"] for row in found}) == 1:
        return _by_step(geometry, found)
    every = sorted({row["step"] for row in found})
    shown = rows.chosen_steps(every)
    untrained = _band([row for row in found if row["step"] == 0])
    asked = [name for name in MEASURES if any(row["metric"] == name for row in found)]
    values: dict[tuple[int, str, int], list[float]] = {}
    for row in found:
        values.setdefault((row["step"], row["metric"], row["layer"]), []).append(row["value"])
    means = {place: mean(of_pairs) for place, of_pairs in sorted(values.items())}
    lines = [
        {**_place(row["step"], row["metric"], row["layer"]), "value": row["value"]}
        | {"pair": f"{row['source']} – {row['target']}"}
        for row in found
        if row["step"] in shown
    ]
    bold = [{**_place(*place), "value": value} for place, value in means.items() if place[0] in shown]
    numbers = []
    for step in every:
        of_layers = {layer: value for (at, metric, layer), value in means.items() if (at, metric) == (step, asked[0])}
        if of_layers:
            best = max(of_layers, key=of_layers.__getitem__)
            numbers.append(
                {
                    "step": short(step),
                    "mean of pairs, last layer": f"{of_layers[max(of_layers)]:.3f}",
                    "highest mean": f"{of_layers[best]:.3f} (layer {best})",
                }
            )
    caption = [
        "Centred kernel alignment (CKA) of the states of the same sentences in two languages, by layer (0 is the "
        f"embeddings), at each step: {_pairs(found)} of languages, and their mean in bold. {BIASES}"
    ]
    if untrained:
        caption.append("Grey: the range of all pairs before training, at step 0.")
    else:
        caption.append("The study has no untrained model (step 0) to compare with.")
    caption += rows.panels_of(shown, every)
    return Figure(
        title,
        _chart(lines, bold, untrained, asked, shown),
        [*caption, *rows.left_out(geometry, "similarity", MEASURES)],
        numbers,
        [
            Entry("line", "a pair of languages", GREY),
            Entry("bold", "mean of the pairs", VERMILION),
            *([Entry("cell", "range of the pairs before training", PALE)] if untrained else []),
        ],
    )


def _pairs(found: list[dict[str, Any]]) -> str:
    return counted(len({(row["source"], row["target"]) for row in found}), "pair")


def _by_step(geometry: Any, found: list[dict[str, Any]]) -> Figure:
    """Draw CKA of one layer: at each step a point for each pair, beside each other where they would cover each other.

    Parameters
    ----------
    geometry : pyarrow.Table
        See `by_layer`.
    found : list of dict
        The rows of this layer, at least one.
    """
    layer = found[0]["layer"]
    every = sorted({row["step"] for row in found})
    shown = rows.chosen_steps(every, MOST)
    asked = [name for name in MEASURES if any(row["metric"] == name for row in found)]
    values: dict[tuple[int, str], list[dict[str, Any]]] = {}
    for row in sorted(found, key=lambda row: (row["value"], row["source"], row["target"])):
        values.setdefault((row["step"], row["metric"]), []).append(row)
    low = min([0.0, *(row["value"] for row in found if row["step"] in shown)])
    points, means, numbers = [], [], []
    for (step, metric), some in sorted(values.items()):
        average, place = mean(row["value"] for row in some), _place(step, metric, layer)
        if metric == asked[0]:
            ends = f"{some[0]['value']:.3f} to {some[-1]['value']:.3f}"
            numbers.append({"step": short(step), "mean of pairs": f"{average:.3f}", "pairs from": ends})
        if step in shown:
            lanes = beeswarm([HEIGHT * (row["value"] - low) / (1 - low) for row in some], DOT, 2 / LANES, LANES)
            points += [
                {**place, "value": row["value"], "pair": f"{row['source']} – {row['target']}", "lane": round(lane, 3)}
                for row, lane in zip(some, lanes, strict=True)
            ]
            means.append({**place, "value": average})
    steps = Steps(shown)
    caption = [
        f"Centred kernel alignment (CKA) of the states of the same sentences in two languages at layer {layer}, the "
        f"only one that is compared: at each step {_pairs(found)} of languages, a point each, and their mean. "
        f"{BIASES} {steps.said()}"
    ]
    if 0 not in every:
        caption.append("The study has no untrained model (step 0) to compare with.")
    caption += [*rows.panels_of(shown, every), *rows.left_out(geometry, "similarity", MEASURES)]
    key = [Entry("circle", "a pair of languages", GREY), Entry("bold", "mean of the pairs", VERMILION), *steps.key()]
    chart = _swarms(points, means, low, asked, steps)
    return Figure(f"Similarity of languages at layer {layer}", chart, caption, numbers, key)


def _swarms(points: list[dict], means: list[dict], low: float, asked: list[str], steps: Steps) -> alt.TopLevelMixin:
    x, y = steps.bands(most=MOST), alt.Y("value:Q", title="CKA", scale=alt.Scale(domain=[low, 1]))
    each = alt.Chart(data(points)).transform_filter("datum.measure === measure")
    bar = alt.Chart(data(means)).transform_filter("datum.measure === measure")
    tooltip = ["step:O", alt.Tooltip("value:Q", format=".3f", title="CKA")]
    marks = [
        *steps.walls(),
        each.mark_circle(color=GREY, size=DOT**2, opacity=0.8).encode(
            x=x,
            y=y,
            xOffset=alt.XOffset("lane:Q", scale=alt.Scale(domain=[-1, 1])),
            tooltip=[alt.Tooltip("pair:N"), *tooltip],
        ),
        bar.mark_tick(orient="horizontal", color=VERMILION, thickness=3, size=0.6 * PITCH, opacity=1).encode(
            x=x, y=y, tooltip=tooltip
        ),
    ]
    panel = alt.layer(*marks).properties(width=max(PITCH * len(steps.every), 2 * PITCH), height=HEIGHT)
    return panel.add_params(_measure(asked))


def _measure(asked: list[str]) -> alt.Parameter:
    """Return the choice of the measure."""
    names = [MEASURES[name] for name in asked]
    return alt.param(name="measure", value=names[0], bind=alt.binding_radio(options=names, name="CKA: "))


def _place(step: int, metric: str, layer: int) -> dict[str, Any]:
    return {"step": short(step), "layer": layer, "measure": MEASURES[metric]}


def _band(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the range of all pairs at each layer, for each measure."""
    values: dict[tuple[str, int], list[float]] = {}
    for row in found:
        values.setdefault((MEASURES[row["metric"]], row["layer"]), []).append(row["value"])
    return [
        {"measure": measure, "layer": layer, "low": min(of_layer), "high": max(of_layer)}
        for (measure, layer), of_layer in sorted(values.items())
    ]


def _chart(
    lines: list[dict], means: list[dict], untrained: list[dict], asked: list[str], shown: list[int]
) -> alt.TopLevelMixin:
    layers = sorted({row["layer"] for row in means})
    low = min([0.0, *(row["value"] for row in lines)])
    x = alt.X(
        "layer:Q", title="Layer", axis=alt.Axis(values=layers, format="d", grid=False), scale=alt.Scale(nice=False)
    )
    y = alt.Y("value:Q", title="CKA", scale=alt.Scale(domain=[low, 1]))
    drawn = []
    for step in map(short, shown):
        here = [row for row in lines if row["step"] == step]
        marks = []
        if untrained:
            band = alt.Chart(data(untrained)).transform_filter("datum.measure === measure")
            marks.append(
                band.mark_area(color=PALE, opacity=0.8).encode(
                    x=x, y=alt.Y("low:Q", title="CKA", scale=alt.Scale(domain=[low, 1])), y2="high:Q"
                )
            )
        each = alt.Chart(data(here)).transform_filter("datum.measure === measure")
        tooltip = [alt.Tooltip("pair:N"), alt.Tooltip("layer:Q"), alt.Tooltip("value:Q", format=".3f", title="CKA")]
        marks.append(
            each.mark_line(color=GREY, strokeWidth=0.8, opacity=0.55).encode(x=x, y=y, detail="pair:N", tooltip=tooltip)
        )
        marks.append(each.mark_circle(color=GREY, size=9, opacity=0.55).encode(x=x, y=y, tooltip=tooltip))
        bold = alt.Chart(data([row for row in means if row["step"] == step]))
        bold = bold.transform_filter("datum.measure === measure").encode(
            x=x, y=y, tooltip=[alt.Tooltip("layer:Q"), alt.Tooltip("value:Q", format=".3f", title="mean of pairs")]
        )
        marks += [
            bold.mark_line(color=VERMILION, strokeWidth=2.4),
            bold.mark_circle(color=VERMILION, size=26, opacity=1),
        ]
        drawn.append(
            alt.layer(*marks, title=alt.TitleParams(f"step {step}", fontSize=12)).properties(width=210, height=190)
        )
    return alt.concat(*drawn, columns=3, spacing=22).add_params(_measure(asked))
