"""Scores with a planted truth: learning curves whose best, onset, forgetting and layers are known beforehand."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow
import yaml

from polychron.storage.scores import score_schema

ROOT = Path(__file__).parents[2]
LEVELS = {"pos": 0.96, "arc_prediction": 0.92, "arc_classification": 0.86, "xnli": 0.62}


def rows(
    values, *, task, source, target, layer=2, split="test", metric="accuracy", steps, seeds=(0, 1, 2), examples=1000
):
    """One curve as rows of scores; its seeds differ by amounts that average to 0."""
    spread = np.linspace(-0.002, 0.002, len(seeds)) if len(seeds) > 1 else [0.0]
    return [
        dict(
            model="planted",
            task=task,
            source=source,
            target=target,
            layer=layer,
            step=step,
            seed=seed,
            split=split,
            metric=metric,
            value=float(value + offset),
            examples=examples,
        )
        for step, value in zip(steps, values, strict=True)
        for seed, offset in zip(seeds, spread, strict=True)
    ]


def table(rows):
    return pyarrow.Table.from_pylist(list(rows), schema=score_schema())


def curve(steps, low, top, tau, loss=0.0):
    """Rise from `low` to about `top` with time constant `tau`; lose `loss` by the last step."""
    steps = np.asarray(steps, float)
    rise = low + (top - low) * (1 - np.exp(-steps / tau))
    return rise - loss * (steps / steps[-1]) ** 2


def study(*, steps, treebanks, parallel, inference, text, final, layers, layerwise, transfers=(), pairs=(), seed=0):
    """A study's scores with curves as smooth as real ones."""
    rng = np.random.default_rng(seed)
    unit = steps[-1] / 40
    all_rows = []
    kin = {language: rng.uniform(0, 1, 2) for language in sorted({*parallel, *inference})}
    for task, level in LEVELS.items():
        languages = inference if task == "xnli" else treebanks
        low = {"pos": 0.7, "arc_prediction": 0.72, "arc_classification": 0.6, "xnli": 0.45}[task]
        for language in languages:
            top, tau = level - rng.gamma(2, 0.015), unit * rng.gamma(2, 0.5 if task != "xnli" else 1.5)
            loss = rng.uniform(0, 0.04)
            depth = layers if language in layerwise.get(task, []) else [final]
            for layer in depth:
                share = layer / final
                values = curve(steps, low, top - 0.05 * abs(share - 0.7), tau * (0.4 + share), loss * share**2)
                all_rows += rows(values, task=task, source=language, target=language, layer=layer, steps=steps)
            all_rows += [
                dict(
                    model="planted", task=task, source=language, target=language, layer=None, step=None, seed=None,
                    split="test", metric="majority", value=low - 0.2, examples=1000,
                )
            ]  # fmt: skip
        among = inference if task == "xnli" else parallel
        for source in among:
            for target in among:
                apart = np.linalg.norm(kin[source] - kin[target])
                top = level - 0.04 - (0.12 if task == "xnli" else 0.5) * apart + rng.normal(0, 0.01)
                values = curve(steps, min(0.3, top - 0.1), top, unit * rng.gamma(2, 3), rng.uniform(0, 0.05))
                all_rows += rows(
                    values, task=task, source=source, target=target, layer=final, split="parallel", steps=steps
                )
    for language in text:
        start, end = rng.uniform(2.5, 4.5), rng.uniform(0.6, 1.6)
        values = end + (start - end) * np.exp(-np.asarray(steps) / (unit * rng.uniform(1, 6)))
        all_rows += rows(
            values, task="bits", source=language, target=language, layer=final, steps=steps, seeds=(None,),
            split="heldout", metric="bits_per_character",
        )  # fmt: skip
    for task, languages in layerwise.items():
        level = LEVELS[task] - 0.1
        for source, target, layer in itertools.product(languages, languages, transfers):
            if layer != final and {source, target} <= {*(inference if task == "xnli" else parallel)}:
                top = level - 0.3 * abs(layer / final - 0.7) + rng.normal(0, 0.01)
                values = curve(steps, 0.3, top, unit * (1 + layer), rng.uniform(0, 0.05))
                all_rows += rows(
                    values, task=task, source=source, target=target, layer=layer, split="parallel", steps=steps
                )
    for (source, target), layer in itertools.product(pairs, transfers):
        top = 0.7 - 0.3 * abs(layer / final - 0.7) + rng.normal(0, 0.01)
        values = curve(steps, 0.2, top, unit * (1 + layer), 0.05 * layer / final)
        all_rows += rows(
            values, task="alignment", source=source, target=target, layer=layer, metric="f1", steps=steps, seeds=(None,)
        )
    return table(all_rows)


def of_config(*files):
    """A study with the axes of the paper's config, or of an overlay on it."""
    config = {}
    for file in files:
        config |= yaml.safe_load((ROOT / file).read_text())
    probing = config["probing"]
    layerwise = {entry["task"]: entry["languages"] for entry in probing["layerwise"]}
    return study(
        steps=config["steps"],
        treebanks=probing["treebank_languages"],
        parallel=probing["transfer"]["treebank_languages"],
        inference=probing["inference_languages"],
        text=config["bits"]["languages"],
        final=config["models"][0]["final_layer"],
        layers=probing["layerwise"][-1]["layers"],
        layerwise=layerwise,
        transfers=config["alignment"]["layers"],
        pairs=config["alignment"]["pairs"],
    )


def toy():
    return of_config("config.yaml", "studies/toy.yaml")


def paper():
    return of_config("config.yaml")


def baselines(task, values, metric):
    """Return the rows of a baseline of a task, from its values by language."""
    place = {"task": task, "metric": metric, "steps": (None,), "seeds": (None,)}
    made = (rows([value], source=one, target=one, **place) for one, value in values.items())
    return [row | {"layer": None} for part in made for row in part]
