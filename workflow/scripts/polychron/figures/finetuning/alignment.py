"""Figure 30: how well translations are found before and after fine-tuning, by layer."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Any

import altair as alt

from polychron.analysis.pairs.forgetting import JOINT
from polychron.figures.chart import BLUE, GREEN, GREY, ORANGE, VERMILION, Figure, data, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.finetuning.over_steps import TITLES
from polychron.figures.geometry import rows
from polychron.reporting.formatting import counted, enumerated, short

STATES = {"raw": "As they are", "centred": "Centred", "mapped": "Mapped"}
"""The states of the panels, and their headings."""

BEFORE = "before"
COLOURS = {"pos": VERMILION, "parsing": ORANGE, "xnli": BLUE, "entities": GREEN}


def before_and_after(forgetting: Any) -> Figure:
    """Draw precision at 1 by layer, of a model and of what it is after fine-tuning, a row of panels for each step.

    Parameters
    ----------
    forgetting : pyarrow.Table
        See `polychron.analysis.pairs.forgetting.beside`.
    """
    title = "Translations found before and after fine-tuning"
    metrics = {f"p_at_1.{kind}.cosine": kind for kind in STATES}
    found = [row for row in forgetting.to_pylist() if row["task"] == "retrieval" and row["metric"] in metrics]
    found = [row for row in found if row["tuned_source"] != JOINT]
    shown = next((name for name in rows.SETS if any(row["split"] == name for row in found)), None)
    here = [row for row in found if row["split"] == shown]
    whole = [row for row in here if math.isfinite(row["before"]) and math.isfinite(row["after"])]
    if not whole:
        return nothing(title, "geometry.states and geometry.scores have none of raw, centred and mapped by cosine")
    means = _means(whole, metrics)
    steps = rows.chosen_steps({key[1] for key in means}, most=4)
    tasks = [task for task in COLOURS if any(key[3] == task for key in means)]
    kinds = [kind for kind in STATES if any(key[0] == kind for key in means)]
    top = max(value for key, value in means.items() if key[1] in steps)
    grid = [alt.hconcat(*(_panel(means, kind, step, tasks, top) for kind in kinds), spacing=24) for step in steps]
    numbers = [line for step in steps for task in tasks for line in _numbers(means, kinds, step, task)]
    key = [Entry("circle", "mean over pairs, halves and seeds", GREY)]
    return Figure(title, alt.vconcat(*grid, spacing=20), _words(here, whole, means, steps), numbers, key)


def _means(found: Sequence[Mapping[str, Any]], metrics: Mapping[str, str]) -> dict[tuple[str, int, int, str], float]:
    """Return the mean over pairs, halves and trainings, by states, step, layer and task, ``before`` among these."""
    values: dict[tuple[str, int, int, str], list[float]] = defaultdict(list)
    seen = set()
    for row in found:
        place = metrics[row["metric"]], row["step"], row["layer"]
        values[*place, row["tuned"]].append(100 * row["after"])
        # the model before is the same for all trainings
        key = (*place, row["source"], row["target"], row["seed"])
        if key not in seen:
            seen.add(key)
            values[*place, BEFORE].append(100 * row["before"])
    return {key: mean(each) for key, each in sorted(values.items())}


def _panel(
    means: Mapping[tuple[str, int, int, str], float], kind: str, step: int, tasks: Sequence[str], top: float
) -> Any:
    names = {BEFORE: BEFORE, **{task: f"after {TITLES[task]}" for task in tasks}}
    points = [
        {"layer": layer, "model": names[what], "value": round(value, 3)}
        for (of, when, layer, what), value in means.items()
        if (of, when) == (kind, step)
    ]
    colours = [GREY, *(COLOURS[task] for task in tasks)]
    base = alt.Chart(data(points)).encode(
        x=alt.X("layer:O", title="Layer", axis=alt.Axis(labelAngle=0, grid=False)),
        y=alt.Y("value:Q", title="P@1 (%)", scale=alt.Scale(domain=[0, max(top, 1)])),
        color=alt.Color("model:N", title="Fine-tuning", scale=alt.Scale(domain=[*names.values()], range=colours)),
        tooltip=["model:N", "layer:O", alt.Tooltip("value:Q", format=".1f", title="P@1 (%)")],
    )
    heading = alt.TitleParams(f"{STATES[kind]}, step {short(step)}", fontSize=12)
    drawn = alt.layer(base.mark_line(strokeWidth=1.8), base.mark_circle(size=32, opacity=1), title=heading)
    return drawn.properties(width=200, height=180)


def _numbers(
    means: Mapping[tuple[str, int, int, str], float], kinds: Sequence[str], step: int, task: str
) -> list[dict[str, str]]:
    """Return for a step and task, at the layer that was best before, what is found before and after."""
    made = []
    for kind in kinds:
        at = {key[2]: value for key, value in means.items() if (key[0], key[1], key[3]) == (kind, step, BEFORE)}
        best = max(at, key=at.__getitem__)
        after = means.get((kind, step, best, task))
        if after is not None:
            made.append(
                {
                    "step": short(step),
                    "fine-tuned for": TITLES[task],
                    "states": STATES[kind].lower(),
                    "before": f"{at[best]:.1f}% (layer {best})",
                    "after": f"{after:.1f}%",
                }
            )
    return made


def _words(
    here: Sequence[Mapping[str, Any]],
    whole: Sequence[Mapping[str, Any]],
    means: Mapping[tuple[str, int, int, str], float],
    steps: Sequence[int],
) -> list[str]:
    """Return the caption: what is drawn, of which trainings, and what is left out."""
    pairs = {(row["source"], row["target"]) for row in whole}
    sources = sorted({row["tuned_source"] for row in whole})
    seeds = {row["tuned_seed"] for row in whole}
    words = [
        "Share of sentences whose translation is the nearest sentence of the other language by cosine (P@1), before "
        f"and after all weights were fine-tuned for a task on {enumerated(sources)}. Mean over "
        f"{counted(len(pairs), 'ordered pair')} of languages, both halves of the sentences, and "
        f"{counted(len(seeds), 'seed')} of fine-tuning. Of the best epoch by dev of the language of training.",
        *rows.panels_of(steps, sorted({key[1] for key in means})),
    ]
    if len(whole) < len(here):
        words.append(f"Left out: {counted(len(here) - len(whole), 'value')} of {len(here):,} that are no numbers.")
    return words
