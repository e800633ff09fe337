"""Figure 26: the similarity of two languages by layer, in one model of both, in two models, and before training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from polychron.analysis.laboratory import measures, summaries
from polychron.figures.chart import BLUE, GREEN, GREY, PURPLE, VERMILION, Figure, data, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.geometry.rows import SETS
from polychron.figures.geometry.similarity import MEASURES
from polychron.reporting.formatting import counted, enumerated, short

COLOURS = (VERMILION, BLUE, GREEN, PURPLE)
"""The colours of one model of both languages, and of the variants whose languages are alone."""

UNTRAINED = "untrained"

PADDED = alt.Scale(padding=8, nice=False)
"""The scale of an axis of layers, with room for marks at its ends."""


def by_layer(ablation: Any, intervals: Any, default: str, alone: Sequence[str]) -> Figure:
    """Draw CKA by layer, a panel for each pair of languages, with the intervals over seeds.

    Parameters
    ----------
    ablation, intervals : pyarrow.Table
        See `polychron.analysis.laboratory.ablation.schema` and `summaries.schema`.
    default : str
        The variant of one model of both languages.
    alone : sequence of str
        The variants that have a model for each language.
    """
    title = "Similarity of two languages, in one model and in two"
    shown = [default, *(name for name in alone if name != default)]
    place = {"task": "similarity", "metric": [*MEASURES], "variant": shown, "states": "raw"}
    found = measures.rows_of(intervals, **place, quantity="value")
    split = next((name for name in SETS if any(row["split"] == name for row in found)), None)
    found = [row for row in found if row["split"] == split and row["mean"] is not None]
    if not found:
        return nothing(title, "CKA of the laboratory's models was not measured (geometry.similarity, lab.parts)")
    last = max(row["step"] for row in found)
    rows = []
    for row in found:
        trained, first = row["step"] == last, row["step"] == 0 and row["variant"] == default
        if trained or first:
            rows.append(row | {"kind": row["variant"] if trained else UNTRAINED})
    kinds = [name for name in (*shown, UNTRAINED) if any(row["kind"] == name for row in rows)]
    asked = [name for name in MEASURES if any(row["metric"] == name for row in rows)]
    drawn = [_panel(pair, rows, kinds, asked) for pair in measures.pairs(ablation)]
    options = [MEASURES[name] for name in asked]
    choice = alt.param(name="measure", value=options[0], bind=alt.binding_radio(options=options, name="CKA: "))
    numbers = [
        {
            "pair": row["pair"],
            "model": row["kind"],
            "layer": str(row["layer"]),
            "CKA": f"{row['mean']:.3f}",
            "interval": "–" if row["low"] is None else f"{row['low']:.3f} to {row['high']:.3f}",
        }
        for row in rows
        if row["metric"] == asked[0]
    ]
    chart = alt.concat(*drawn, columns=3, spacing=26).add_params(choice)
    key = [Entry("circle", "mean over seeds", COLOURS[0]), Entry("upright", "95% interval over seeds", COLOURS[0])]
    words = _words([row for row in rows if row["metric"] == asked[0]], default, kinds, last, split)
    return Figure(title, chart, words, numbers, key)


def _panel(pair: str, rows: Sequence[dict[str, Any]], kinds: Sequence[str], asked: Sequence[str]) -> Any:
    points = [
        {
            "model": row["kind"],
            "measure": MEASURES[row["metric"]],
            "layer": row["layer"],
            "value": round(row["mean"], 4),
            **{end: None if row[end] is None else round(row[end], 4) for end in ("low", "high")},
            "seeds": row["seeds"],
        }
        for row in rows
        if row["pair"] == pair and row["metric"] in asked
    ]
    layers = sorted({row["layer"] for row in points})
    low = min([0.0, *(row["value"] for row in points)])
    x = alt.X("layer:Q", title="Layer", axis=alt.Axis(values=layers, format="d", grid=False), scale=PADDED)
    scale = alt.Scale(domain=[low, 1])
    colours = [GREY if name == UNTRAINED else COLOURS[place % len(COLOURS)] for place, name in enumerate(kinds)]
    colour = alt.Color("model:N", title="Model", sort=[*kinds], scale=alt.Scale(domain=[*kinds], range=colours))
    base = alt.Chart(data(points)).transform_filter("datum.measure === measure").encode(x=x, color=colour)
    tooltip = [
        *(alt.Tooltip("model:N"), alt.Tooltip("layer:Q")),
        *(alt.Tooltip(f"{name}:Q", format=".3f") for name in ("value", "low", "high")),
        alt.Tooltip("seeds:Q"),
    ]
    known = base.transform_filter("isValid(datum.low)")
    spread = known.mark_rule(strokeWidth=1.3, clip=True).encode(y=alt.Y("low:Q", title="CKA", scale=scale), y2="high:Q")
    y = alt.Y("value:Q", title="CKA", scale=scale)
    lines = base.mark_line(strokeWidth=2).encode(y=y)
    dots = base.mark_circle(size=36, opacity=1).encode(y=y, tooltip=tooltip)
    heading = alt.TitleParams(pair.replace("/", " and "), fontSize=12)
    return alt.layer(spread, lines, dots).properties(width=230, height=210, title=heading)


def _words(rows: Sequence[dict[str, Any]], default: str, kinds: Sequence[str], last: int, split: str) -> list[str]:
    alone = [name for name in kinds if name not in (default, UNTRAINED)]
    number = sorted({row["seeds"] for row in rows})
    seeds = counted(number[0], "seed") if len(number) == 1 else f"{number[0]} to {number[-1]} seeds"
    said = [
        f"Centred kernel alignment (CKA) of the states of {SETS[split]} in two languages, by layer (0 is the "
        f"embeddings), at step {short(last)}: means over {seeds}. {default}: one model of both languages."
    ]
    if alone:
        said[0] += f" {enumerated(alone)}: a model for each language, and the two never met."
    else:
        said.append("No variant of the laboratory has a model for each language (alone: true).")
    if UNTRAINED in kinds:
        said[0] += f" Untrained: {default} at step 0."
    else:
        said.append("Its models have no step 0, so that there is no untrained one to compare with.")
    if few := sum(row["low"] is None for row in rows):
        said.append(
            f"Upright lines are 95% intervals over seeds; {few} of {len(rows)} means have none, for they are of fewer "
            f"than {summaries.FEWEST} seeds."
        )
    else:
        said.append("Upright lines are 95% intervals of Student's t over seeds.")
    return said
