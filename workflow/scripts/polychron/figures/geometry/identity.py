"""Figure 23: how well the language of a sentence is told, by layer and step."""

from __future__ import annotations

from typing import Any

import altair as alt

from polychron.figures.chart import MISSING, Figure, data, gradient, nothing
from polychron.figures.drawing.steps import Steps
from polychron.figures.geometry import rows
from polychron.reporting.formatting import percent, short

PANELS = {
    "accuracy": "Probes, states as they are",
    "accuracy.centred": "Probes, centred states",
    "language_variance": "Variance between languages",
}


def by_layer_and_step(geometry: Any) -> Figure:
    """Draw the accuracy of probes for languages, and the share of variance between languages.

    Parameters
    ----------
    geometry : pyarrow.Table
        Rows of the task identity, see `polychron.geometry.identity`.
    """
    title = "How well languages are told apart"
    found = rows.of(geometry, "identity", [*PANELS, "majority"])
    shown = [name for name in PANELS if any(row["metric"] == name for row in found)]
    if not shown:
        return nothing(title, "geometry.identity is off in this study")
    guess = next((row["value"] for row in found if row["metric"] == "majority"), 0.0)
    steps, depth = sorted({row["step"] for row in found}), sorted({row["layer"] for row in found})
    width = max(min(34 * len(steps), 260), 7 * len(steps), 180)
    height = max(22 * len(depth), 88)
    axis = Steps(steps)
    x = axis.bands(domain=False)
    panels, numbers = [], []
    for name in shown:
        cells = [
            {"layer": row["layer"], "step": short(row["step"]), "value": round(100 * row["value"], 3)}
            for row in found
            if row["metric"] == name
        ]
        y = alt.Y(
            "layer:O",
            sort="descending",
            title="Layer",
            axis=alt.Axis(domain=False),
        )
        colour = alt.Color(
            "value:Q",
            scale=alt.Scale(scheme="viridis", domain=[0, 100]),
            legend=gradient(0, 100, height, "%") if name == shown[-1] else None,
        )
        tooltip = [alt.Tooltip("layer:O"), alt.Tooltip("step:O"), alt.Tooltip("value:Q", format=".1f", title="%")]
        marks = [alt.Chart(data(cells)).mark_rect().encode(x=x, y=y, color=colour, tooltip=tooltip)]
        marks += axis.walls(cells=True)
        heading = alt.TitleParams(PANELS[name], fontSize=12)
        panel = alt.layer(*marks, title=heading, view=alt.ViewConfig(fill=MISSING))
        panels.append(panel.properties(width=width, height=height))
        last = {row["layer"]: row["value"] for row in found if (row["metric"], row["step"]) == (name, steps[-1])}
        numbers.append(
            {
                "measure": PANELS[name],
                "lowest at the last step": _at(last, min),
                "highest at the last step": _at(last, max),
            }
        )
    caption = [
        "Accuracy of linear probes that tell the language of a sentence, mean over seeds, on states as they are and "
        f"without the mean of their language; guessing is right in {percent(guess)}. Variance between languages: the "
        "share of the variance of all states that lies between the means of the languages. A sentence is in the same "
        "part in all languages, so that its meaning says nothing. Layer 0 is the embeddings."
        + (f" {Steps(steps).said()}"),
        *_sentences(geometry, shown, round(1 / guess) if guess else 0),
    ]
    chart = alt.hconcat(*panels, spacing=18).resolve_scale(color="independent")
    return Figure(title, chart, caption, numbers, axis.key(cells=True))


def _sentences(geometry: Any, shown: list[str], languages: int) -> list[str]:
    """Return what a caption says of the sentences, each an example in every language, and of values that are lost."""
    said = rows.left_out(geometry, "identity", shown)
    tested = {row["examples"] for row in rows.of(geometry, "identity", ["majority"])}
    if not said or not languages or len(tested) != 1:
        return said
    number = tested.pop() // languages
    name = next(rows.SETS[split] for split in rows.SETS if split in geometry["split"].unique().to_pylist())
    return [
        f"Of {name} that are whole in all languages; those that the window cuts are out. Probes are scored on "
        f"{number:,} of them in each of {languages} languages, which they were not trained on; variance is of all.",
        *said[1:],
    ]


def _at(values: dict[int, float], pick: Any) -> str:
    layer = pick(sorted(values), key=values.__getitem__)
    return f"{percent(values[layer])} (layer {layer})"
