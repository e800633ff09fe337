"""Figure 19: how well translations are found, by layer and step."""

from __future__ import annotations

import json
from statistics import mean
from typing import Any

import altair as alt

from polychron.figures.chart import MISSING, Figure, data, gradient, nothing
from polychron.figures.drawing.steps import Steps
from polychron.figures.geometry import rows
from polychron.reporting.formatting import counted, percent, short

STATES = {"raw": "As they are", "centred": "Centred", "mapped": "Mapped"}
"""The states of the panels, and their headings."""

ALL = "all pairs"

CELLS = 40_000
"""The most cells of single pairs; of more pairs, the means of those from each language can be chosen."""


def by_layer_and_step(geometry: Any) -> Figure:
    """Draw precision at 1 by layer and step, a panel for each kind of states; a reader chooses pairs.

    Parameters
    ----------
    geometry : pyarrow.Table
        Rows of the task retrieval, see `polychron.geometry.search`.
    """
    title = "Translations found by layer and step"
    metrics = {f"p_at_1.{kind}.cosine": kind for kind in STATES}
    found = rows.of(geometry, "retrieval", [*metrics, "p_at_1.chance"])
    chance = [row["value"] for row in found if row["metric"] == "p_at_1.chance"]
    found = [row | {"kind": metrics[row["metric"]]} for row in found if row["metric"] in metrics]
    if not found:
        return nothing(title, "geometry.states and geometry.scores have none of raw, centred and mapped by cosine")
    steps, depth = sorted({row["step"] for row in found}), sorted({row["layer"] for row in found})
    kinds = [kind for kind in STATES if any(row["kind"] == kind for row in found)]
    pairs = sorted({(row["source"], row["target"]) for row in found})
    # a page of all pairs at the paper's size would have 40 MB
    single = len(pairs) * len(kinds) * len(steps) * len(depth) <= CELLS
    values: dict[tuple, list[float]] = {}
    for row in found:
        for name in (ALL, " → ".join((row["source"], row["target"])) if single else f"from {row['source']}"):
            values.setdefault((row["kind"], name, row["layer"], row["step"]), []).append(100 * row["value"])
    cells = [
        {"kind": kind, "pair": name, "layer": layer, "step": short(step), "value": round(mean(each), 3)}
        for (kind, name, layer, step), each in values.items()
    ]
    numbers = []
    for kind in kinds:
        means = {key: mean(each) for key, each in values.items() if key[:2] == (kind, ALL)}
        best = max(means, key=means.__getitem__)
        last = {key: value for key, value in means.items() if key[3] == steps[-1]}
        top = max(last, key=last.__getitem__)
        numbers.append(
            {
                "states": STATES[kind].lower(),
                "highest mean of pairs": f"{percent(means[best] / 100)} (layer {best[2]}, step {short(best[3])})",
                "highest at the last step": f"{percent(last[top] / 100)} (layer {top[2]})",
            }
        )
    caption = [
        "Share of sentences whose translation is the nearest sentence of the other language by cosine (P@1), mean over "
        f"{counted(len(pairs), 'ordered pair')} of languages and both halves of the sentences. Each half is "
        "searched with the means and maps of the other."
        + (f" Guessing finds {100 * mean(chance):.1f}%." if chance else ""),
        "States are as they are, without the mean of their language, or mapped onto the other language by an "
        "orthogonal map." + (f" {Steps(steps).said()}"),
        "Colours reach from the lowest to the highest of these means; where pairs are chosen, from the lowest to the "
        "highest value that can be chosen.",
        *rows.left_out(geometry, "retrieval", metrics),
    ]
    key = Steps(steps).key(cells=True)
    return Figure(title, _chart(cells, kinds, depth, steps), caption, numbers, key)


def _colours(cells: list[dict[str, Any]], length: int) -> tuple[alt.Scale, alt.Legend]:
    """Return the scale of the means, and that of chosen pairs where some are chosen, with a legend for both."""

    def ends(means: bool) -> tuple[float, float]:
        values = [cell["value"] for cell in cells if (cell["pair"] == ALL) is means]
        return min(values), max(max(values), min(values) + 1)

    def either(mean: Any, chosen: Any) -> Any:
        return alt.ExprRef(f"pair === {json.dumps(ALL)} ? {json.dumps(mean)} : {json.dumps(chosen)}")

    ranges = ends(True), ends(False)
    legends = [gradient(*each, length, "P@1 (%)") for each in ranges]
    (low, lowest), (high, highest) = zip(*ranges, strict=True)
    scale = alt.Scale(scheme="viridis", domainMin=either(low, lowest), domainMax=either(high, highest), clamp=True)
    legend = legends[0].copy()
    legend.values = either(*(each.values for each in legends))
    return scale, legend


def _chart(cells: list[dict[str, Any]], kinds: list[str], depth: list[int], steps: list[int]) -> Any:
    pairs = [ALL, *sorted({cell["pair"] for cell in cells} - {ALL})]
    pair = alt.param(name="pair", value=ALL, bind=alt.binding_select(options=pairs, name="Pairs: "))
    width = max(min(34 * len(steps), 260), 7 * len(steps))
    axis = Steps(steps)
    x = axis.bands(domain=False)
    height = max(22 * len(depth), 88)
    scale, legend = _colours(cells, height)
    panels = []
    for kind in kinds:
        y = alt.Y(
            "layer:O",
            sort="descending",
            title="Layer",
            axis=alt.Axis(domain=False),
        )
        colour = alt.Color("value:Q", scale=scale, legend=legend if kind == kinds[-1] else None)
        tooltip = [
            alt.Tooltip("pair:N"),
            alt.Tooltip("layer:O"),
            alt.Tooltip("step:O"),
            alt.Tooltip("value:Q", format=".1f", title="P@1 (%)"),
        ]
        mark = alt.Chart(data([cell for cell in cells if cell["kind"] == kind])).transform_filter("datum.pair === pair")
        marks = [mark.mark_rect().encode(x=x, y=y, color=colour, tooltip=tooltip)]
        marks += axis.walls(cells=True)
        panel = alt.layer(*marks, title=alt.TitleParams(STATES[kind], fontSize=12), view=alt.ViewConfig(fill=MISSING))
        panels.append(panel.properties(width=width, height=height))
    # one scale for all panels; the legend is beside the last
    return alt.hconcat(*panels, spacing=18).resolve_scale(color="independent").add_params(pair)
