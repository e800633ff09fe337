"""Figure 21: transfer against the similarity of languages, with a slider of steps."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import altair as alt
import numpy as np

from polychron.analysis.trajectories import select
from polychron.data import languages
from polychron.figures.chart import BLUE, INK, TASKS, Figure, data, nothing
from polychron.figures.geometry import rows
from polychron.figures.geometry.over_steps import best_layer
from polychron.probing.tasks import registry
from polychron.reporting.formatting import chance, counted, short, signed
from polychron.stats import correlation, dyadic

MEASURES = {"p_at_1.centred.cosine": "P@1 of centred sentences", "cka_debiased": "CKA (debiased)"}

OF = {"p_at_1.centred.cosine": "retrieval", "cka_debiased": "similarity"}
"""The tasks of the measures."""

PERMUTATIONS = 999

Pair = tuple[str, str]


def with_slider(geometry: Any, trajectories: Any, distances: str, layer: int, seed: int) -> Figure:
    """Draw transfer of each pair of languages against how alike they are; a reader moves through the steps.

    Parameters
    ----------
    geometry : pyarrow.Table
        ``geometry.parquet``.
    trajectories : pyarrow.Table
        See `polychron.analysis.trajectories.schema`.
    distances : path-like
        The table of syntactic distances.
    layer : int
        The layer whose probes are transferred.
    seed : int
        Of the permutations of languages.
    """
    title = "Transfer and the similarity of languages"
    found = {metric: rows.of(geometry, OF[metric], [metric]) for metric in MEASURES}
    found = {metric: of_metric for metric, of_metric in found.items() if of_metric}
    scores = defaultdict(dict)
    for row in select(trajectories, quantity="score", metric="accuracy", split="parallel", layer=layer):
        if row["source"] != row["target"] and row["value"] is not None:
            scores[row["task"], row["step"]][row["source"], row["target"]] = row["value"]
    if not found or not scores:
        lacking = "transfer at the final layer" if found else "debiased CKA or centred P@1"
        return nothing(title, f"no {lacking} in this study")
    layers, alike = {}, {}
    for metric, of_metric in found.items():
        layers[metric] = best_layer(of_metric, max(row["step"] for row in of_metric))
        alike[metric] = _by_step(of_metric, layers[metric])
    every = sorted({step for _, step in scores} & {step for of_steps in alike.values() for step in of_steps})
    tasks = registry.in_order({task for task, _ in scores})
    codes = sorted({code for of_pairs in scores.values() for pair in of_pairs for code in pair})
    far = languages.read_distances(distances, codes)
    points, fits = _points(scores, alike, tasks, every), []
    for number, step in enumerate(every):
        for task in tasks:
            for metric in alike:
                fit = _fit(scores.get((task, step), {}), alike[metric].get(step, {}), far, codes, seed)
                fits.append({"number": number, "task": TASKS[task], "measure": MEASURES[metric], **fit})
    numbers = [
        {
            "task": fit["task"],
            "similarity": fit["measure"],
            "pairs": str(fit["pairs"]),
            "Spearman": signed(fit["rho"], 2) if fit["rho"] is not None else "–",
            "p": chance(fit["p"]) if fit["p"] is not None else "–",
            "given distance": signed(fit["partial"], 2) if fit["partial"] is not None else "–",
        }
        for fit in fits
        if fit["number"] == len(every) - 1
    ]
    said = " and ".join(f"{MEASURES[metric]} at layer {number}" for metric, number in layers.items())
    caption = [
        f"A point for each ordered pair of languages: accuracy of the source's probe on the target (layer {layer}) "
        f"against how alike the two are, {said}, the best layer on average at the last step. The slider moves through "
        f"{counted(len(every), 'step')}; task and measure can be chosen.",
        f"Beside: Spearman's rho over pairs, its p by {PERMUTATIONS} permutations of the languages, and rho given the "
        "syntactic distance (partial). Two languages are alike in both directions by CKA; P@1 is that of the "
        "direction. Similarity that goes with transfer does not explain it: both may follow from the languages' "
        "relation.",
        *rows.left_out(geometry, "retrieval" if "p_at_1.centred.cosine" in found else "similarity", found),
    ]
    lost = len(codes) * (len(codes) - 1) - len({(point["source"], point["target"]) for point in points})
    if lost:
        caption.append(f"Left out: {counted(lost, 'pair')} without transfer or similarity.")
    return Figure(title, _chart(points, fits, tasks, list(alike), every), caption, numbers)


def _by_step(found: list[dict[str, Any]], layer: int) -> dict[int, dict[Pair, float]]:
    """Return the values of pairs by step, those of CKA in both directions."""
    values: dict[int, dict[Pair, float]] = defaultdict(dict)
    for row in found:
        if row["layer"] == layer:
            values[row["step"]][row["source"], row["target"]] = row["value"]
    return {step: {(b, a): value for (a, b), value in of_pairs.items()} | of_pairs for step, of_pairs in values.items()}


def _points(scores: Any, alike: Any, tasks: list[str], every: list[int]) -> list[dict[str, Any]]:
    """Return a row for each pair, task and step, with the similarities of the pair."""
    points = []
    for number, step in enumerate(every):
        for task in tasks:
            for (source, target), value in sorted(scores.get((task, step), {}).items()):
                known = {
                    MEASURES[metric]: round(of_steps[step][source, target], 4)
                    for metric, of_steps in alike.items()
                    if (source, target) in of_steps.get(step, {})
                }
                if known:
                    points.append(
                        {"number": number, "task": TASKS[task], "source": source, "target": target}
                        | {"value": round(value, 4), **known}
                    )
    return points


def _fit(scores: dict[Pair, float], alike: dict[Pair, float], far: Any, codes: list[str], seed: int) -> dict[str, Any]:
    def matrix(value: Any) -> np.ndarray:
        return np.array([[value(a, b) if a != b else math.nan for b in codes] for a in codes], float)

    y, x = (matrix(lambda a, b, of=of: of.get((a, b), math.nan)) for of in (scores, alike))
    away = matrix(far)
    both = np.isfinite(x) & np.isfinite(y)
    rho, _ = correlation.spearman(x[both], y[both])
    if not math.isfinite(rho):
        return {"rho": None, "p": None, "partial": None, "pairs": int(both.sum())}
    p = dyadic.permutation_p(x, y, PERMUTATIONS, seed)
    whole = both & np.isfinite(away)
    of_whole, with_x, with_y = (correlation.spearman(a[whole], b[whole])[0] for a, b in ((x, y), (x, away), (y, away)))
    left = (1 - with_x**2) * (1 - with_y**2)
    partial = (of_whole - with_x * with_y) / math.sqrt(left) if left > 0 else math.nan
    return {"rho": rho, "p": p, "partial": partial if math.isfinite(partial) else None, "pairs": int(both.sum())}


def _chart(points: list[dict], fits: list[dict], tasks: list[str], metrics: list[str], every: list[int]) -> Any:
    names, measures = [TASKS[task] for task in tasks], [MEASURES[metric] for metric in metrics]
    step = alt.param(
        name="number",
        value=len(every) - 1,
        bind=alt.binding_range(min=0, max=len(every) - 1, step=1, name="Checkpoint: "),
    )
    task = alt.param(name="task", value=names[0], bind=alt.binding_select(options=names, name="Task: "))
    radio = alt.binding_radio(options=measures, name="Similarity: ")
    measure = alt.param(name="measure", value=measures[0], bind=radio)
    chosen = "datum.number === number && datum.task === task"
    low = min(0.0, *(point[name] for point in points for name in measures if name in point))
    base = alt.Chart(data(points)).transform_filter(chosen).transform_calculate(alike="datum[measure]")
    base = base.transform_filter("isValid(datum.alike)")
    tooltip = [
        alt.Tooltip("source:N"),
        alt.Tooltip("target:N"),
        alt.Tooltip("alike:Q", format=".3f", title="similarity"),
        alt.Tooltip("value:Q", format=".1%", title="accuracy"),
    ]
    bounds = [min(point["value"] for point in points), max(point["value"] for point in points)]
    mark = base.mark_circle(color=BLUE, size=42, opacity=0.65).encode(
        x=alt.X("alike:Q", title="Similarity of the two languages", scale=alt.Scale(domain=[low, 1])),
        y=alt.Y("value:Q", title="Accuracy of transfer", axis=alt.Axis(format="%"), scale=alt.Scale(domain=bounds)),
        tooltip=tooltip,
    )
    told = [
        {
            **{key: fit[key] for key in ("number", "task", "measure")},
            "lines": [
                f"Step {short(every[fit['number']])}",
                f"{fit['measure']}, {fit['task']}",
                *(
                    [f"rho = {fit['rho']:.2f}, p = {fit['p']:.3f}"]
                    if fit["rho"] is not None
                    else ["rho is undefined: all values are equal"]
                ),
                *([f"given distance: {fit['partial']:.2f}"] if fit["partial"] is not None else []),
                f"{fit['pairs']} pairs",
            ],
        }
        for fit in fits
    ]
    text = alt.Chart(data(told)).transform_filter(f"{chosen} && datum.measure === measure")
    text = text.mark_text(align="left", baseline="top", fontSize=13, lineHeight=19, color=INK).encode(
        x=alt.value(0), y=alt.value(4), text="lines:N"
    )
    panel = mark.properties(width=430, height=340)
    words = text.properties(width=230, height=340)
    return alt.hconcat(panel, words, spacing=16).add_params(step, task, measure)
