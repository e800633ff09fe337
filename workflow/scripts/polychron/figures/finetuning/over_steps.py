"""Figure 29: models that are fine-tuned on one language beside probes of it, over the steps of pretraining."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import mean
from typing import Any

import altair as alt

from polychron.figures.chart import BLUE, VERMILION, Figure, data, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.probing.tasks import registry
from polychron.reporting.formatting import counted, enumerated, short

METRICS = {"pos": "accuracy", "xnli": "accuracy", "entities": "span_f1", "parsing": "las"}
"""The metric that is drawn of each task, in the order of the panels."""

LABELS = {"accuracy": "Accuracy (%)", "span_f1": "F1 of names (%)", "las": "LAS (%)"}
TITLES = {task: registry.TITLES[task] for task in METRICS if task != "parsing"} | {"parsing": "Dependency parsing"}

TUNED, PROBED = "fine-tuned", "probed"
OWN, OTHERS = "the language itself", "mean of the others"

Curve = dict[int, dict[int, float]]
"""The score of each seed at each step."""


def against_probes(scores: Any, layer: int | None = None) -> Figure:
    """Draw scores of fine-tuned models and of probes, in the language that both are trained on and in others.

    Parameters
    ----------
    scores : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`. Of fine-tuned models the task ends with
        ``_tuned``.
    layer : int, optional
        The layer of the probes; if not given that of the fine-tuned models, or the highest below it that has probes.
    """
    title = "Fine-tuned models and probes over the steps of pretraining"
    rows = [row for row in scores.to_pylist() if row["step"] is not None and row["seed"] is not None]
    names = {f"{task}_tuned" for task in METRICS}
    tuned = [row for row in rows if row["task"] in names and row["source"] != "*"]
    if not tuned:
        return nothing(title, "no model is fine-tuned in this study (finetuning.tasks)")
    last = max(row["layer"] for row in tuned)
    layer = _layer(rows, last) if layer is None else layer
    probes = [row for row in rows if row["layer"] == layer]
    found = {
        TUNED: _curves(tuned, {f"{task}_tuned": metric for task, metric in METRICS.items()}),
        PROBED: _curves(probes, METRICS),
    }
    cells = sorted({key[:2] for key in found[TUNED]}, key=lambda cell: ([*METRICS].index(cell[0]), cell[1]))
    panels, numbers = [], []
    curves_of: dict[tuple[str, str], dict[tuple[str, str], Curve]] = {cell: {} for cell in cells}
    for kind, curves in found.items():
        for (task, source, where), curve in curves.items():
            if (task, source) in curves_of:
                curves_of[task, source][kind, where] = curve
    steps = sorted({step for curves in curves_of.values() for curve in curves.values() for step in curve})
    for cell, curves in curves_of.items():
        panels.append(_panel(*cell, curves, steps))
        numbers.append(_numbers(*cell, curves))
    key = [
        Entry("circle", "mean over seeds", VERMILION),
        Entry("upright", "from the lowest seed to the highest", VERMILION),
        *Steps(steps).key(),
    ]
    words = [*_words(tuned, curves_of, "the final layer" if layer == last else f"layer {layer}"), Steps(steps).said()]
    return Figure(title, alt.concat(*panels, columns=3, spacing=28), words, numbers, key)


def _layer(rows: Iterable[Mapping[str, Any]], last: int) -> int:
    """Return the layer of which probes are drawn: the last one, or the highest below it that has any."""
    probed = {row["layer"] for row in rows if METRICS.get(row["task"]) == row["metric"] and row["layer"] <= last}
    return max(probed, default=last)


def _curves(rows: Iterable[Mapping[str, Any]], metrics: Mapping[str, str]) -> dict[tuple[str, str, str], Curve]:
    """Return the curves of each task and source: in the source, and the mean of all other targets."""
    values: dict[Any, dict[int, dict[int, list[float]]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in rows:
        if metrics.get(row["task"]) != row["metric"] or row["value"] is None or math.isnan(row["value"]):
            continue
        own = row["target"] == row["source"]
        if row["split"] == ("test" if own else "parallel"):
            key = row["task"].removesuffix("_tuned"), row["source"], OWN if own else OTHERS
            values[key][row["step"]][row["seed"]].append(row["value"])
    return {
        key: {step: {seed: mean(of) for seed, of in seeds.items()} for step, seeds in sorted(steps.items())}
        for key, steps in values.items()
    }


def _panel(task: str, source: str, curves: Mapping[tuple[str, str], Curve], steps: Sequence[int]) -> Any:
    axis = Steps(steps)
    points = [
        {
            "step": short(step),
            "model": kind,
            "where": where,
            "value": round(100 * mean(seeds.values()), 3),
            "low": round(100 * min(seeds.values()), 3),
            "high": round(100 * max(seeds.values()), 3),
            "runs": len(seeds),
        }
        for (kind, where), curve in curves.items()
        for step, seeds in curve.items()
    ]
    base = alt.Chart(data(points)).encode(
        x=axis.bands(),
        color=alt.Color("model:N", title="Model", scale=alt.Scale(domain=[TUNED, PROBED], range=[VERMILION, BLUE])),
        tooltip=["model:N", "where:N", "step:O", alt.Tooltip("value:Q", format=".1f"), "runs:Q"],
    )
    y = alt.Y("value:Q", title=LABELS[METRICS[task]], scale=alt.Scale(domain=[0, 100]))
    dashes = alt.StrokeDash("where:N", title="Scored in", scale=alt.Scale(domain=[OWN, OTHERS], range=[[1, 0], [5, 3]]))
    spread = base.mark_rule(strokeWidth=1.2).encode(y=alt.Y("low:Q", title=LABELS[METRICS[task]]), y2="high:Q")
    lines = base.mark_line(strokeWidth=1.8).encode(y=y, strokeDash=dashes)
    drawn = alt.layer(*axis.walls(), spread, lines, base.mark_circle(size=32, opacity=1).encode(y=y))
    heading = alt.TitleParams(f"{TITLES[task]}, from {source}", fontSize=12)
    return drawn.properties(width=max(26 * len(steps), 240) if len(steps) <= 14 else 360, height=230, title=heading)


def _numbers(task: str, source: str, curves: Mapping[tuple[str, str], Curve]) -> dict[str, str]:
    last = max(step for (kind, _), curve in curves.items() if kind == TUNED for step in curve)
    made = {"task": TITLES[task], "source": source, "step": short(last)}
    for kind in (TUNED, PROBED):
        for where in (OWN, OTHERS):
            seeds = curves.get((kind, where), {}).get(last)
            made[f"{kind}, {where}"] = f"{100 * mean(seeds.values()):.1f}" if seeds else "–"
    return made


def _words(
    tuned: Sequence[Mapping[str, Any]], curves_of: Mapping[tuple[str, str], Mapping[Any, Curve]], layer: str
) -> list[str]:
    """Return the caption: what is drawn, what has no probe, and how many trainings collapsed."""
    seeds = {row["seed"] for row in tuned}
    words = [
        "All weights of each checkpoint are trained for a task on one language (fine-tuned), or a linear classifier on "
        f"{layer} alone (probed). Both are scored in that language, and in others without training there; of "
        f"these the mean is shown. Points are means over seeds, {len(seeds)} of fine-tuned models, and upright lines "
        "reach from the lowest to the highest. Epochs are chosen on dev of the language of training.",
    ]
    lacking = [TITLES[task] for (task, _), curves in curves_of.items() if (PROBED, OWN) not in curves]
    if lacking:
        words.append(f"No probe has this task: {enumerated(list(dict.fromkeys(lacking)))}.")
    collapsed = [row["value"] for row in tuned if row["metric"] == "collapsed"]
    if fell := int(sum(collapsed)):
        words.append(
            f"{fell} of {counted(len(collapsed), 'training')} collapsed: on dev they are less than 2 points above what "
            "is reached without a model. Their scores are in the means."
        )
    else:
        words.append(f"None of {counted(len(collapsed), 'training')} collapsed.")
    return words
