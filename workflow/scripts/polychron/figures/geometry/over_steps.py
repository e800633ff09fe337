"""Figures 20, 22 and 25: similarity and retrieval over the steps of pretraining."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import mean, median
from typing import Any

import altair as alt

from polychron.analysis.trajectories import select
from polychron.data import languages
from polychron.figures.chart import BLUE, GREY, ORANGE, VERMILION, Figure, data, nothing
from polychron.figures.geometry import rows
from polychron.reporting.formatting import counted, percent, short, some_steps

SHARE = 0.95
"""The share of the best value whose step is marked."""

MEASURES = {"cka_debiased": "CKA (debiased)", "p_at_1.centred.cosine": "P@1, centred"}
DIFFERENCES = {"alignment_gap": "Alignment gap: mapped − centred", "neutrality": "Neutrality: centred − raw"}
POOLED = {"map_at_20": "mAP@20 in the mixed pool", "top_language": "Largest share of one language"}
KINDS = {"raw": ("as they are", GREY), "centred": ("centred", BLUE), "standardised": ("standardised", ORANGE)}


def step_axis(steps: Sequence[int]) -> alt.X:
    """Return the axis of steps: side by side, however far apart, some of them with a label."""
    names = [short(step) for step in steps]
    few = len(steps) <= 6
    axis = alt.Axis(values=some_steps(names), labelAngle=0 if few else -45, labelOverlap=False, grid=False)
    return alt.X("step:O", sort=names, title="Training step", axis=axis, scale=alt.Scale(domain=names, padding=0.5))


def best_layer(found: Iterable[Mapping[str, Any]], step: int) -> int:
    """Return the layer with the highest mean value at a step."""
    values = defaultdict(list)
    for row in found:
        if row["step"] == step:
            values[row["layer"]].append(row["value"])
    means = {layer: mean(of_layer) for layer, of_layer in sorted(values.items())}
    return max(means, key=means.__getitem__)


def of_pairs(geometry: Any, distances: str, geometry_trajectories: Any) -> Figure:
    """Draw CKA and centred P@1 over steps, a line for each pair of languages (Figure 20).

    Parameters
    ----------
    geometry : pyarrow.Table
        ``geometry.parquet``.
    distances : path-like
        The table of syntactic distances.
    geometry_trajectories : pyarrow.Table
        See `polychron.analysis.pairs.geometry_trajectories`.
    """
    title = "Similarity and retrieval over steps"
    found = {
        metric: rows.of(geometry, task, [metric])
        for metric, task in zip(MEASURES, ("similarity", "retrieval"), strict=True)
    }
    found = {metric: of_metric for metric, of_metric in found.items() if of_metric}
    if not found:
        return nothing(title, "geometry has neither debiased CKA nor centred P@1 by cosine in this study")
    codes = {row[side] for of_metric in found.values() for row in of_metric for side in ("source", "target")}
    far = languages.read_distances(distances, codes)
    steps = sorted({row["step"] for of_metric in found.values() for row in of_metric})
    known = sorted({far(a, b) for a in codes for b in codes if a < b and math.isfinite(far(a, b))})
    low, high = (known[0], max(known[-1], known[0] + 0.01)) if known else (0.0, 1.0)
    panels, said, numbers = [], [], []
    for metric, of_metric in found.items():
        layer = best_layer(of_metric, steps[-1])
        values = defaultdict(list)
        for row in of_metric:
            if row["layer"] == layer:
                values[tuple(sorted((row["source"], row["target"]))), row["step"]].append(row["value"])
        points = [
            {"pair": f"{a}, {b}", "step": short(step), "value": round(mean(each), 4)}
            | {"distance": far(a, b) if math.isfinite(far(a, b)) else None}
            for ((a, b), step), each in sorted(values.items())
        ]
        onsets = select(geometry_trajectories, metric=metric, layer=layer, quantity=f"onset_{SHARE:g}")
        onsets = [int(row["value"]) for row in onsets if row["value"] is not None]
        panels.append(_of_pairs(points, steps, onsets, MEASURES[metric], (low, high)))
        said.append(f"{MEASURES[metric]} at layer {layer}, the best on average at the last step")
        last = [point["value"] for point in points if point["step"] == short(steps[-1])]
        middle = short(median(onsets)) if onsets else "–"
        numbers.append(
            {
                "measure": MEASURES[metric],
                "layer": str(layer),
                "mean at the last step": f"{mean(last):.3f}",
                f"median step to {SHARE:.0%} of the best": middle,
            }
        )
    caption = [
        f"{'; '.join(said)}. A line for each pair of languages, both directions averaged, coloured by syntactic "
        f"distance{'' if known else ', which is known of no pair'}. Ticks below: the step at which each has "
        f"{SHARE:.0%} of its best value, taller where there are more. Checkpoints are side by side, however far apart.",
        *(
            ["Grey lines: pairs whose distance is not known."]
            if any(not math.isfinite(far(a, b)) for a in codes for b in codes if a < b)
            else []
        ),
        *rows.left_out(geometry, "retrieval" if "p_at_1.centred.cosine" in found else "similarity", found),
    ]
    chart = alt.hconcat(*panels, spacing=28).resolve_scale(color="shared")
    return Figure(title, chart, caption, numbers)


def _of_pairs(
    points: list[dict[str, Any]], steps: Sequence[int], onsets: list[int], name: str, ends: tuple[float, float]
) -> Any:
    x = step_axis(steps)
    colour = alt.condition(
        "isValid(datum.distance)",
        alt.Color(
            "distance:Q",
            scale=alt.Scale(scheme="viridis", domain=list(ends), reverse=True),
            legend=alt.Legend(title="Distance", type="gradient", gradientLength=150),
        ),
        alt.value(GREY),
    )
    tooltip = [
        alt.Tooltip("pair:N"),
        alt.Tooltip("step:O"),
        alt.Tooltip("value:Q", format=".3f", title=name),
        alt.Tooltip("distance:Q", format=".2f"),
    ]
    width = max(30 * len(steps), 240) if len(steps) <= 10 else 330
    lowest = min(0.0, *(point["value"] for point in points))
    y = alt.Y("value:Q", title=name, scale=alt.Scale(domain=[lowest, 1]))
    mark = alt.Chart(data(points)).encode(x=x, y=y, color=colour, tooltip=tooltip)
    lines = alt.layer(
        mark.mark_line(strokeWidth=1.2, opacity=0.7).encode(detail="pair:N"), mark.mark_circle(size=14, opacity=0.7)
    )
    counts = [{"step": short(step), "number": onsets.count(step)} for step in steps if onsets.count(step)]
    ticks = alt.Chart(data(counts)).mark_bar(color=GREY, width=3)
    ticks = ticks.encode(
        x=x,
        y=alt.Y("number:Q", title="Pairs", axis=alt.Axis(tickCount=2, format="d")),
        tooltip=[alt.Tooltip("step:O"), alt.Tooltip("number:Q", title=f"at {SHARE:.0%} of the best")],
    )
    return alt.vconcat(lines.properties(width=width, height=230), ticks.properties(width=width, height=36), spacing=8)


def differences(geometry_trajectories: Any) -> Figure:
    """Draw alignment gap and neutrality over steps, a line for each layer (Figure 22)."""
    title = "What a rotation adds, and what the means of languages hide"
    found = select(geometry_trajectories, task="retrieval", quantity="score", metric=list(DIFFERENCES))
    found = [row for row in found if row["value"] is not None]
    if not found:
        return nothing(title, "geometry.states lacks raw, centred or mapped in this study")
    steps, depth = sorted({row["step"] for row in found}), sorted({row["layer"] for row in found})
    names = [name for name in DIFFERENCES if any(row["metric"] == name for row in found)]
    values = defaultdict(list)
    for row in found:
        values[row["metric"], row["layer"], row["step"]].append(100 * row["value"])
    pairs = {(row["source"], row["target"]) for row in found}
    points = [
        {"name": name, "layer": layer, "step": short(step), "value": round(mean(each), 3)}
        for (name, layer, step), each in sorted(values.items())
    ]
    bounds = [min(0.0, *(point["value"] for point in points)), max(point["value"] for point in points)]
    panels, numbers = [], []
    for name in names:
        mark = alt.Chart(data([point for point in points if point["name"] == name])).encode(
            x=step_axis(steps),
            y=alt.Y("value:Q", title="Points of P@1", scale=alt.Scale(domain=bounds)),
            color=alt.Color(
                "layer:O", title="Layer", sort=depth, scale=alt.Scale(scheme="viridis"), legend=alt.Legend(columns=1)
            ),
            tooltip=["layer:O", "step:O", alt.Tooltip("value:Q", format=".1f", title="points of P@1")],
        )
        zero = alt.Chart(data([{"value": 0}])).mark_rule(color=GREY, strokeDash=[3, 3]).encode(y="value:Q")
        heading = alt.TitleParams(DIFFERENCES[name], fontSize=12)
        panel = alt.layer(zero, mark.mark_line(strokeWidth=1.8), mark.mark_circle(size=24, opacity=1), title=heading)
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
        f"Differences of P@1 by cosine, in points, mean over {counted(len(pairs), 'pair')} of languages, both "
        "directions and both halves of the sentences. Alignment gap: what an orthogonal map adds to centred states. "
        "Neutrality: what states gain once the mean of their language is taken away. Layer 0 is the embeddings."
        + (" Step 0 is the untrained model." if 0 in steps else ""),
        f"Of {low if low == high else f'{low} to {high}'} sentences that are whole in all languages; those that the "
        "window cuts are out.",
    ]
    return Figure(title, alt.hconcat(*panels, spacing=28).resolve_scale(color="shared"), caption, numbers)


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
            | {"value": round(row["value"], 4)}
        )
        means[name, kind, row["step"]].append(row["value"])
    bold = [
        {"name": name, "kind": KINDS[kind][0], "step": short(step), "value": round(mean(each), 4)}
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
        "would be if languages did not matter. Thin: each language; bold: their mean.",
        *rows.left_out(geometry, "mixed_pool", metrics),
    ]
    chart = alt.hconcat(*panels, spacing=28).resolve_scale(color="shared", y="independent")
    return Figure(title, chart, caption, numbers)


def _pool(
    name: str, points: list[dict], bold: list[dict], kinds: list[str], steps: Sequence[int], number: int
) -> alt.TopLevelMixin:
    shown = [KINDS[kind][0] for kind in kinds]
    colour = alt.Color(
        "kind:N", title="States", sort=shown, scale=alt.Scale(domain=shown, range=[KINDS[kind][1] for kind in kinds])
    )
    x = step_axis(steps)
    y = alt.Y("value:Q", title=POOLED[name], axis=alt.Axis(format="%"), scale=alt.Scale(domain=[0, 1]))
    tooltip = ["kind:N", "step:O", alt.Tooltip("value:Q", format=".1%", title=POOLED[name])]
    thin = alt.Chart(data([point for point in points if point["name"] == name]))
    thin = thin.mark_line(strokeWidth=0.7, opacity=0.35).encode(
        x=x, y=y, color=colour, detail="language:N", tooltip=["language:N", *tooltip]
    )
    mean_of = alt.Chart(data([point for point in bold if point["name"] == name])).encode(
        x=x, y=y, color=colour, tooltip=tooltip
    )
    marks = [thin, mean_of.mark_line(strokeWidth=2.4), mean_of.mark_circle(size=30, opacity=1)]
    if name == "top_language" and number > 1:
        even = alt.Chart(data([{"value": 1 / (number - 1)}]))
        marks.append(even.mark_rule(color=VERMILION, strokeDash=[4, 3]).encode(y="value:Q"))
    return alt.layer(*marks).properties(width=max(26 * len(steps), 220) if len(steps) <= 12 else 320, height=220)
