"""Figure 28: transfer and retrieval by layer, of models that have two languages in common and of two models of one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import altair as alt

from polychron.analysis.laboratory import measures, summaries
from polychron.analysis.laboratory.cautions import cautions
from polychron.analysis.laboratory.measures import Measure
from polychron.figures.chart import Figure, data, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.laboratory.similarity import COLOURS, PADDED
from polychron.reporting.formatting import counted, enumerated, short

STATES = {"raw": ("as they are", [1, 2]), "centred": ("centred", [6, 3]), "mapped": ("mapped", [1, 0])}
"""The states that have a line each, with their names and dashes."""


def by_layer(ablation: Any, intervals: Any, default: str, alone: Sequence[str]) -> Figure:
    """Draw transfer and retrieval by layer at the last step, a row of panels for each pair of languages.

    Parameters
    ----------
    ablation, intervals : pyarrow.Table
        See `polychron.analysis.laboratory.ablation.schema` and `summaries.schema`.
    default : str
        The variant of one model of both languages.
    alone : sequence of str
        The variants that have a model for each language.
    """
    title = "Transfer and retrieval by layer, of one model of two languages and of two models"
    shown = [default, *(name for name in alone if name != default)]
    panels, single = [], []
    for pair in measures.pairs(ablation):
        stacked = measures.stacked(ablation, pair)
        beside = [measures.whole(one) for one in stacked]
        carried = [one for one in measures.transfers(ablation, pair) if one not in beside]
        for measure in (*measures.searches(ablation, pair), *carried, *stacked):
            rows = _means(intervals, measure, shown)
            if measure in stacked:
                whole = _means(intervals, measures.whole(measure), shown)
                rows = [row | {"states": "mapped"} for row in rows] + [row | {"task": measure.task} for row in whole]
            step = max((row["step"] for row in rows), default=None)
            rows = [row for row in rows if row["step"] == step]
            if len({row["layer"] for row in rows}) > 1:
                panels.append((pair, measure, step, rows))
            elif rows:
                single.append(measures.called(measure.task))
    if not panels:
        return nothing(title, "no transfer and no search of the laboratory's models was measured at two layers or more")
    kinds = [name for name in shown if any(row["variant"] == name for *_, rows in panels for row in rows)]
    states = [name for name in STATES if any(row["states"] == name for *_, rows in panels for row in rows)]
    columns = max(Counter(pair for pair, *_ in panels).values())
    drawn = [_panel(measure, step, rows, kinds, states) for _, measure, step, rows in panels]
    numbers = [number for pair, measure, _, rows in panels for number in _numbers(pair, measure, rows, kinds, states)]
    chart = alt.concat(*drawn, columns=min(columns, 4), spacing=26)
    key = [Entry("circle", "mean over seeds", COLOURS[0]), Entry("upright", "95% interval over seeds", COLOURS[0])]
    words = _words(panels, default, kinds, states, single)
    told = [(one, {"step": step}) for _, measure, step, _ in panels for one in _trained(measure)]
    words += cautions(ablation, told, default, kinds)
    return Figure(title, chart, words, numbers, key)


def _trained(measure: Measure) -> list[Measure]:
    """Return what the models of a panel are trained for: beside stacked heads are those fine-tuned as a whole."""
    return [measure, measures.whole(measure)] if measure.task.endswith(measures.STACKED) else [measure]


def _means(intervals: Any, measure: Measure, shown: Sequence[str]) -> list[dict[str, Any]]:
    rows = measures.measured(intervals, measure, variant=[*shown], states=[*STATES], quantity="value")
    return [row for row in rows if row["mean"] is not None and row["layer"] is not None]


def _panel(
    measure: Measure, step: int, rows: Sequence[dict[str, Any]], kinds: Sequence[str], states: Sequence[str]
) -> Any:
    points = [
        {
            "model": row["variant"],
            "states": STATES[row["states"]][0],
            "layer": row["layer"],
            "value": round(100 * row["mean"], 3),
            **{end: None if row[end] is None else round(100 * row[end], 3) for end in ("low", "high")},
            "seeds": row["seeds"],
        }
        for row in rows
    ]
    names = [STATES[name][0] for name in states]
    x = alt.X(
        "layer:Q",
        title="Layer",
        axis=alt.Axis(values=sorted({row["layer"] for row in rows}), format="d", grid=False),
        scale=PADDED,
    )
    called = "Precision at 1 (%)" if measure.task in measures.SEARCHES else "Score of transfer (%)"
    scale = alt.Scale(domain=[0, 100])
    base = alt.Chart(data(points)).encode(
        x=x,
        color=alt.Color(
            "model:N", title="Model", sort=[*kinds], scale=alt.Scale(domain=[*kinds], range=[*COLOURS[: len(kinds)]])
        ),
    )
    y = alt.Y("value:Q", title=called, scale=scale)
    dash = alt.StrokeDash(
        "states:N",
        title="States",
        sort=names,
        scale=alt.Scale(domain=names, range=[STATES[name][1] for name in states]),
    )
    known = base.transform_filter("isValid(datum.low)")
    spread = known.mark_rule(strokeWidth=1.1, clip=True).encode(
        y=alt.Y("low:Q", title=called, scale=scale), y2="high:Q"
    )
    tooltip = [
        *("model:N", "states:N", "layer:Q"),
        *(alt.Tooltip(f"{name}:Q", format=".1f") for name in ("value", "low", "high")),
        "seeds:Q",
    ]
    lines, dots = base.mark_line(strokeWidth=1.8).encode(y=y, strokeDash=dash), base.mark_circle(size=30, opacity=1)
    heading = alt.TitleParams(
        f"{measures.called(measure.task)}, {measure.source} → {measure.target}",
        subtitle=f"step {short(step)}",
        fontSize=12,
    )
    return alt.layer(spread, lines, dots.encode(y=y, tooltip=tooltip)).properties(width=220, height=210, title=heading)


def _numbers(
    pair: str, measure: Measure, rows: Sequence[dict[str, Any]], kinds: Sequence[str], states: Sequence[str]
) -> list[dict[str, str]]:
    made = []
    for kind in kinds:
        for name in states:
            mine = [row for row in rows if (row["variant"], row["states"]) == (kind, name)]
            if not mine:
                continue
            best = max(mine, key=lambda row: (row["mean"], -row["layer"]))
            top = max(mine, key=lambda row: row["layer"])
            made.append(
                {
                    "pair": pair,
                    "task": measures.called(measure.task),
                    "model": kind,
                    "states": STATES[name][0],
                    "best layer": f"{100 * best['mean']:.1f} (layer {best['layer']})",
                    "last layer": f"{100 * top['mean']:.1f}",
                }
            )
    return made


def _words(
    panels: Sequence[tuple], default: str, kinds: Sequence[str], states: Sequence[str], single: Sequence[str]
) -> list[str]:
    rows = [row for *_, of_panel in panels for row in of_panel]
    number = sorted({row["seeds"] for row in rows})
    seeds = counted(number[0], "seed") if len(number) == 1 else f"{number[0]} to {number[-1]} seeds"
    alone = [name for name in kinds if name != default]
    said = [
        f"From the first language of each pair to the second, by layer (0 is the embeddings): means over {seeds}. "
        f"{default}: one model of both languages."
    ]
    if alone:
        said[0] += f" {enumerated(alone)}: a model for each language, and the two never met."
    else:
        said.append("No variant of the laboratory has a model for each language (alone: true).")
    if any(row["states"] == "mapped" and row["task"] in measures.SEARCHES for row in rows):
        said[0] += (
            " In searches, mapped: the states of the first language are rotated to those of the second by a map that "
            "is learned on other sentences."
        )
        mapped = {row["task"] for row in rows if row["states"] == "mapped"}
        if lacking := sorted({measures.called(row["task"]) for row in rows if row["task"] not in mapped}):
            said.append(f"Without mapped states, since probes are not asked for them: {enumerated(lacking)}.")
    if any(row["task"].endswith(measures.STACKED) for row in rows):
        said.append(
            "Stacked heads are trained on a frozen layer of the first language's model, and read that of the second "
            "language's, mapped by words that are linked. Beside them, at the last layer, are models that are "
            "fine-tuned as a whole, as they are."
        )
    if single:
        said.append(f"Left out, for they were measured at one layer: {enumerated(sorted(set(single)))}.")
    if few := sum(row["low"] is None for row in rows):
        said.append(
            f"Upright lines are 95% intervals over seeds; {few} of {len(rows)} means have none, for they are of fewer "
            f"than {summaries.FEWEST} seeds."
        )
    else:
        said.append("Upright lines are 95% intervals of Student's t over seeds.")
    return said
