"""Figures 22 and 25: differences of retrieval, and search among all languages, over the steps of pretraining."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import mean
from typing import Any

import altair as alt

from polychron.analysis.trajectories import select
from polychron.figures.chart import BLUE, GREY, ORANGE, VERMILION, Figure, data, nothing, ramp
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.figures.geometry import rows
from polychron.reporting.formatting import counted, percent, short

DIFFERENCES = {"alignment_gap": "Alignment gap: mapped − centred", "neutrality": "Neutrality: centred − raw"}
POOLED = {"map_at_20": "mAP@20 in the mixed pool", "top_language": "Largest share of one language"}
KINDS = {"raw": ("as they are", GREY), "centred": ("centred", BLUE), "standardised": ("standardised", ORANGE)}


def best_layer(found: Iterable[Mapping[str, Any]], step: int) -> int:
    """Return the layer with the highest mean value at a step."""
    values = defaultdict(list)
    for row in found:
        if row["step"] == step:
            values[row["layer"]].append(row["value"])
    means = {layer: mean(of_layer) for layer, of_layer in sorted(values.items())}
    return max(means, key=means.__getitem__)


def differences(geometry_trajectories: Any) -> Figure:
    """Draw alignment gap and neutrality over steps, a line for each layer (Figure 22)."""
    title = "What a rotation adds, and what the means of languages hide"
    found = select(geometry_trajectories, task="retrieval", quantity="score", metric=list(DIFFERENCES))
    found = [row for row in found if row["value"] is not None]
    # of several sets of sentences, the first that is there
    shown = next((name for name in rows.SETS if any(row["split"] == name for row in found)), None)
    found = [row for row in found if row["split"] == shown or shown is None]
    if not found:
        return nothing(title, "geometry.states lacks raw, centred or mapped in this study")
    steps, depth = sorted({row["step"] for row in found}), sorted({row["layer"] for row in found})
    names = [name for name in DIFFERENCES if any(row["metric"] == name for row in found)]
    values = defaultdict(list)
    for row in found:
        values[row["metric"], row["layer"], row["step"]].append(100 * row["value"])
    pairs = {(row["source"], row["target"]) for row in found}
    points = [
        {"name": name, "layer": layer, "step": short(step), "trained": step > 0, "value": round(mean(each), 3)}
        for (name, layer, step), each in sorted(values.items())
    ]
    bounds = [min(0.0, *(point["value"] for point in points)), max(point["value"] for point in points)]
    panels, numbers = [], []
    for name in names:
        mark = alt.Chart(data([point for point in points if point["name"] == name])).encode(
            x=Steps(steps).bands(),
            y=alt.Y("value:Q", title="Points of P@1", scale=alt.Scale(domain=bounds)),
            color=alt.Color(
                "layer:O",
                title="Layer",
                sort=depth,
                scale=alt.Scale(range=ramp(len(depth))),
                legend=alt.Legend(columns=1),
            ),
            tooltip=["layer:O", "step:O", alt.Tooltip("value:Q", format=".1f", title="points of P@1")],
        )
        zero = alt.Chart(data([{"value": 0}])).mark_rule(color=GREY, strokeDash=[3, 3]).encode(y="value:Q")
        heading = alt.TitleParams(DIFFERENCES[name], fontSize=12)
        line = mark.mark_line(strokeWidth=1.8).encode(detail="trained:N")
        panel = alt.layer(zero, line, mark.mark_circle(size=24, opacity=1), *Steps(steps).walls(), title=heading)
        panels.append(panel.properties(width=max(26 * len(steps), 220) if len(steps) <= 12 else 320, height=220))
        at = (name, short(steps[-1]))
        last = {point["layer"]: point["value"] for point in points if (point["name"], point["step"]) == at}
        top = max(last, key=last.__getitem__)
        numbers.append(
            {"difference": DIFFERENCES[name], "largest at the last step": f"{last[top]:.1f} points (layer {top})"}
        )
    examples = [row["examples"] for row in found]
    low, high = f"{min(examples):,}", f"{max(examples):,}"
    caption = [
        f"Differences of P@1 by cosine, in points, mean over {counted(len(pairs), 'ordered pair')} of "
        "languages and both halves of the sentences. Alignment gap: what an orthogonal map adds to centred states. "
        "Neutrality: what states gain once the mean of their language is taken away. Layer 0 is the embeddings."
        f" {Steps(steps).said()}",
        f"Of {low if low == high else f'{low} to {high}'} sentences that are whole in all languages; those that the "
        "window cuts are out.",
        *rows.others(geometry_trajectories, "retrieval"),
    ]
    key = [
        Entry("circle", "mean of all pairs of languages, by layer", ramp(3)[1]),
        Entry("line", "no difference", GREY, (3, 3)),
        *Steps(steps).key(),
    ]
    chart = alt.hconcat(*panels, spacing=28).resolve_scale(color="shared")
    return Figure(title, chart, caption, numbers, key)


def mixed_pool(geometry: Any) -> Figure:
    """Draw search among the sentences of all other languages: mAP@20, and whose sentences come first (Figure 25)."""
    title = "Search among the sentences of all languages"
    metrics = [f"{name}.{kind}" for name in POOLED for kind in KINDS]
    found = rows.of(geometry, "mixed_pool", metrics)
    if not found:
        return nothing(title, "geometry.pool is off in this study")
    steps = sorted({row["step"] for row in found})
    ranked = [row for row in found if row["metric"].startswith("map_at_20")]
    layer = best_layer(ranked, steps[-1])
    here = [row for row in found if row["layer"] == layer]
    codes = sorted({row["source"] for row in here})
    points, means = [], defaultdict(list)
    for row in here:
        name, _, kind = row["metric"].partition(".")
        points.append(
            {"name": name, "kind": KINDS[kind][0], "language": row["source"], "step": short(row["step"])}
            | {"value": round(row["value"], 4), "trained": row["step"] > 0}
        )
        means[name, kind, row["step"]].append(row["value"])
    bold = [
        {"name": name, "kind": KINDS[kind][0], "step": short(step), "trained": step > 0}
        | {"value": round(mean(each), 4)}
        for (name, kind, step), each in sorted(means.items())
    ]
    kinds = [kind for kind in KINDS if any(key[1] == kind for key in means)]
    panels = [_pool(name, points, bold, kinds, steps, len(codes)) for name in POOLED]
    numbers = [
        {
            "states": KINDS[kind][0],
            "mAP@20 at the last step": percent(mean(means["map_at_20", kind, steps[-1]])),
            "largest share of one language": percent(mean(means["top_language", kind, steps[-1]])),
        }
        for kind in kinds
    ]
    caption = [
        f"Each sentence is searched for among the sentences of the {len(codes) - 1} other languages together, by "
        f"cosine, at layer {layer}, which finds most at the last step. mAP@20: its translations should come first. "
        "Largest share: of the first candidates, how many are of one and the same language; the dashed line is what it "
        "would be if languages did not matter. Thin: each language; bold: their mean."
        f" {Steps(steps).said()}",
        *rows.left_out(geometry, "mixed_pool", metrics),
    ]
    chart = alt.hconcat(*panels, spacing=28).resolve_scale(color="shared", y="independent")
    key = [Entry("line", "a language (thin)", GREY), Entry("bold", "mean of the languages", GREY)]
    key += [Entry("line", "if languages did not matter", VERMILION, (4, 3))] if len(codes) > 1 else []
    return Figure(title, chart, caption, numbers, [*key, *Steps(steps).key()])


def _pool(
    name: str, points: list[dict], bold: list[dict], kinds: list[str], steps: Sequence[int], number: int
) -> alt.TopLevelMixin:
    shown = [KINDS[kind][0] for kind in kinds]
    colour = alt.Color(
        "kind:N",
        title="States",
        sort=shown,
        scale=alt.Scale(domain=shown, range=[KINDS[kind][1] for kind in kinds]),
        legend=alt.Legend(symbolOpacity=1),
    )
    x = Steps(steps).bands()
    # shares of a whole; what is found may be a hundredth of it
    top = 1 if name == "top_language" else max(point["value"] for point in points if point["name"] == name)
    y = alt.Y(
        "value:Q", title=POOLED[name], axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, top or 1], nice=top < 1)
    )
    tooltip = ["kind:N", "step:O", alt.Tooltip("value:Q", format=".1%", title=POOLED[name])]
    thin = alt.Chart(data([point for point in points if point["name"] == name]))
    thin = thin.mark_line(strokeWidth=0.7, opacity=0.35).encode(
        x=x, y=y, color=colour, detail=["language:N", "trained:N"], tooltip=["language:N", *tooltip]
    )
    mean_of = alt.Chart(data([point for point in bold if point["name"] == name])).encode(
        x=x, y=y, color=colour, tooltip=tooltip
    )
    line = mean_of.mark_line(strokeWidth=2.4).encode(detail="trained:N")
    marks = [thin, line, mean_of.mark_circle(size=30, opacity=1), *Steps(steps).walls()]
    if name == "top_language" and number > 1:
        even = alt.Chart(data([{"value": 1 / (number - 1)}]))
        marks.append(even.mark_rule(color=VERMILION, strokeDash=[4, 3]).encode(y="value:Q"))
    return alt.layer(*marks).properties(width=max(26 * len(steps), 220) if len(steps) <= 12 else 320, height=220)
