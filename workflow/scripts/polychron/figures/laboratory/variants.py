"""Figure 27: how far each variant of pretraining is from the default, as bars."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from polychron.analysis.laboratory import measures, summaries
from polychron.analysis.laboratory.cautions import cautions, left_out
from polychron.analysis.laboratory.measures import Measure
from polychron.figures.chart import BLUE, GREY, INK, ORANGE, Figure, data, nothing
from polychron.figures.drawing.key import Entry
from polychron.reporting.formatting import counted, difference, enumerated, short

STATES = {"raw": ("as they are", BLUE), "centred": ("centred", ORANGE)}
"""The states that have a bar each, with their names and colours."""

AGAINST = {"delta": "default", "delta_same_vocabulary": "default of the same vocabulary"}
"""What a reader can choose to compare with."""


def as_bars(ablation: Any, intervals: Any, default: str, variants: Sequence[str]) -> Figure:
    """Draw the differences of all variants from the default, with intervals over seeds.

    Parameters
    ----------
    ablation, intervals : pyarrow.Table
        See `polychron.analysis.laboratory.ablation.schema` and `summaries.schema`.
    default : str
        The variant that the others are compared with.
    variants : sequence of str
        All variants, in the order in which they are drawn.
    """
    title = "Variants of pretraining against the default"
    others = [name for name in variants if name != default]
    if not others:
        return nothing(title, f"the laboratory has no variant besides {default}")
    found, panels, numbers = [], [], []
    for pair in measures.pairs(ablation):
        for measure in (*measures.transfers(ablation, pair), *measures.searches(ablation, pair, ("retrieval",))):
            at = measures.place(ablation, measure, default)
            if at is None:
                continue
            states = {"states": list(STATES)}
            summary = measures.measured(intervals, measure, **at, **states)
            found.append((pair, measure, at, summary, measures.measured(ablation, measure, **at, **states)))
    if not found:
        return nothing(title, "no transfer and no search of the default was measured")
    if not any(row["quantity"] == "delta" and row["mean"] is not None for one in found for row in one[3]):
        return nothing(title, f"no other variant was measured at the highest layer and the last step of {default}")
    ends = [0.0]
    for *_, summary, runs in found:
        ends += [
            row[end] for row in summary if row["quantity"] in AGAINST for end in ("low", "high") if row[end] is not None
        ]
        ends += [row[quantity] for row in runs for quantity in AGAINST if row[quantity] is not None]
    reach = [max(100 * min(ends), -100), min(100 * max(ends), 100)]
    for pair, measure, at, summary, runs in found:
        panels.append(_panel(pair, measure, at, summary, runs, others, reach))
        numbers += _numbers(pair, measure, summary, [default, *others])
    columns = max(Counter(pair for pair, *_ in found).values())
    choice = alt.param(
        name="against", value=AGAINST["delta"], bind=alt.binding_radio(options=[*AGAINST.values()], name="Against the ")
    )
    chart = alt.concat(*panels, columns=min(columns, 4), spacing=26).add_params(choice)
    key = [
        Entry("cell", "bar: mean over seeds", GREY),
        Entry("line", "95% interval over seeds", INK),
        Entry("circle", "a seed", INK),
    ]
    places = [(measure, at) for _, measure, at, *_ in found]
    words = [*_words(found, default), *left_out(ablation, places, default), *cautions(ablation, places, default)]
    return Figure(title, chart, words, numbers, key)


def _panel(
    pair: str,
    measure: Measure,
    at: Mapping[str, int],
    summary: Sequence[Mapping[str, Any]],
    runs: Sequence[Mapping[str, Any]],
    others: Sequence[str],
    reach: Sequence[float],
) -> Any:
    values = {(row["variant"], row["states"]): row["mean"] for row in summary if row["quantity"] == "value"}
    bars = [
        {
            **_place(row, row["quantity"]),
            **{end: None if row[end] is None else round(100 * row[end], 3) for end in ("low", "high")},
            "difference": round(100 * row["mean"], 3),
            "score": round(100 * values[row["variant"], row["states"]], 3),
            "seeds": row["seeds"],
        }
        for row in summary
        if row["quantity"] in AGAINST and row["mean"] is not None
    ]
    dots = [
        {**_place(row, quantity), "seed": row["seed"], "difference": round(100 * row[quantity], 3)}
        for row in runs
        for quantity in AGAINST
        if row[quantity] is not None
    ]
    names = [STATES[name][0] for name in STATES]
    colours = alt.Scale(domain=names, range=[colour for _, colour in STATES.values()])
    y = alt.Y("variant:N", sort=[*others], title=None, scale=alt.Scale(domain=[*others]), axis=alt.Axis(labelLimit=160))
    offset = alt.YOffset("states:N", sort=names, scale=alt.Scale(domain=names))
    x = alt.X("difference:Q", title="Difference in points", scale=alt.Scale(domain=[*reach]))
    colour = alt.Color("states:N", title="States", sort=names, scale=colours)
    base = alt.Chart(data(bars)).transform_filter("datum.against === against")
    tooltip = [
        *("variant:N", "states:N"),
        *(alt.Tooltip(f"{name}:Q", format=".1f") for name in ("difference", "low", "high", "score")),
        alt.Tooltip("seeds:Q"),
    ]
    drawn = base.mark_bar(opacity=0.55, height={"band": 0.8}).encode(
        x=x, y=y, yOffset=offset, color=colour, tooltip=tooltip
    )
    known = base.transform_filter("isValid(datum.low)").mark_rule(color=INK, strokeWidth=1.3, clip=True)
    spread = known.encode(
        x=alt.X("low:Q", title="Difference in points", scale=alt.Scale(domain=[*reach])),
        x2="high:Q",
        y=y,
        yOffset=offset,
    )
    seeds = (
        alt.Chart(data(dots)).transform_filter("datum.against === against").mark_circle(size=12, color=INK, opacity=0.7)
    )
    seeds = seeds.encode(x=x, y=y, yOffset=offset, tooltip=["variant:N", "states:N", "seed:Q"])
    heading = alt.TitleParams(
        f"{measures.called(measure.task)}, {measure.source} → {measure.target}",
        subtitle=f"layer {at['layer']}, step {short(at['step'])}",
        fontSize=12,
    )
    return alt.layer(drawn, spread, seeds).properties(width=200, height=30 * len(others), title=heading)


def _place(row: Mapping[str, Any], quantity: str) -> dict[str, Any]:
    return {"variant": row["variant"], "states": STATES[row["states"]][0], "against": AGAINST[quantity]}


def _numbers(
    pair: str, measure: Measure, summary: Sequence[Mapping[str, Any]], variants: Sequence[str]
) -> list[dict[str, str]]:
    known = {(row["variant"], row["states"], row["quantity"]): row for row in summary}
    made = []
    for variant in variants:
        for states, (called, _) in STATES.items():
            score = known.get((variant, states, "value"))
            if score is None or score["mean"] is None:
                continue
            row = {"pair": pair, "task": measures.called(measure.task), "variant": variant, "states": called}
            row["score"] = f"{100 * score['mean']:.1f}"
            for quantity, against in AGAINST.items():
                row[f"against the {against}"] = written(known.get((variant, states, quantity)))
            made.append(row)
    return made


def written(row: Mapping[str, Any] | None) -> str:
    """Write a difference of fractions in points, with its interval if it has one.

    Examples
    --------
    >>> written({"mean": -0.301, "low": -0.35, "high": -0.25}), written({"mean": 0.1, "low": None, "high": None})
    ('−30.1 [−35.0, −25.0]', '+10.0')
    """
    if row is None or row["mean"] is None:
        return "–"
    number = difference(100 * row["mean"])
    if row["low"] is None:
        return number
    return f"{number} [{difference(100 * row['low'])}, {difference(100 * row['high'])}]"


def _words(found: Sequence[tuple], default: str) -> list[str]:
    rows = [row for *_, summary, _ in found for row in summary if row["quantity"] == "delta"]
    seeds = sorted({row["seeds"] for row in rows})
    number = counted(seeds[0], "seed") if seeds[:1] == seeds[-1:] else f"{seeds[0]} to {seeds[-1]} seeds"
    words = [
        f"Each bar is the mean over {number} of a variant's score minus that of {default}, of the same seed; dots are "
        "the seeds. Transfer is that of probes, or of fine-tuned models, of the first language of a pair to the "
        "second, and sentences found is the precision at 1 of its translations. Both are at the highest layer and the "
        "last step of the default. Centred: the means of the two languages are made equal before, which uses words of "
        "the second language without labels.",
        "Lines across bars are the 95% intervals of Student's t over seeds: what other seeds of pretraining "
        "would give. They are not corrected for the number of bars. Where parameters "
        "are separate, each language has a vocabulary of its own, and in the default it has not: a reader can choose "
        "the default of the same vocabulary.",
    ]
    if few := sum(row["mean"] is not None and row["low"] is None for row in rows):
        words.append(
            f"{counted(few, 'difference')} of {len(rows)} {'has' if few == 1 else 'have'} no interval: "
            f"there are fewer than {summaries.FEWEST} seeds."
        )
    if lost := sorted({row["variant"] for row in rows if row["seeds"] < row["models"]}):
        words.append(f"Some seeds have no score, and are in no mean, of {enumerated(lost)}.")
    return words
