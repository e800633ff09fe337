"""Probes: a step, a few epochs beside what people use, and whole cells beside the least work of as many epochs."""

from __future__ import annotations

import contextlib
import functools
import os
import statistics
from collections.abc import Callable, Iterator
from typing import Any

from cells import EPOCHS, PATIENCE, SHAPES, Shape, planted
from pairing import Row
from probes import BATCH, RATE, SEEDS, Field

from gpu_parts.timing import Place, compared, seconds
from polychron.probing import multi_seed, splits
from polychron.probing.gpu import captured, fused
from polychron.probing.gpu.switch import SWITCH, WAYS

FEW = 3
"""Epochs in which we are compared with others."""

KINDS = {"plain": multi_seed.Stack, "captured": captured.Captured, "fused": fused.Fused}
"""What computes the steps of each way."""


@contextlib.contextmanager
def way(name: str) -> Iterator[None]:
    """Name a way to compute the steps of probes."""
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = name
    try:
        yield
    finally:
        del os.environ[SWITCH]
        if before is not None:
            os.environ[SWITCH] = before


def shapes(place: Place) -> dict[str, Shape]:
    """Return the sizes of the tasks."""
    if not place.tiny:
        return SHAPES
    return {name: SHAPES[name]._replace(examples=(300, 60, 60), words=200) for name in ("pos", "arc_prediction")}


def ours(field: Field, name: str) -> Callable[[], float]:
    """Return a run of a way, which returns the accuracy."""

    def run() -> float:
        with way(name):
            return field.ours()

    return run


def described(name: str, shape: Shape, field: Field) -> str:
    """Describe a task."""
    return f"{name}: {shape.examples[0]} examples, {field.width} values, {field.classes} classes, {len(SEEDS)} seeds"


def steps(place: Place) -> list[Row]:
    """Measure a step of each way: an epoch without dev accuracy, divided by its steps.

    Laying out an epoch's orders is included, and measured by itself besides.
    """
    rows = []
    for name, shape in shapes(place).items():
        field = Field(*planted(shape), FEW, device=place.device)
        train_set, _, classes, _ = splits.prepare(
            *(field.splits["train"], field.splits["dev"], [field.vectors]),
            **{"labels": None, "classes": None, "scaling": "none", "device": place.device},
        )
        for way_name in reversed(WAYS):
            if way_name == "fused" and place.device == "cpu":
                continue  # an interpreter of its kernels takes minutes
            stack = KINDS[way_name](SEEDS, train_set, len(classes), BATCH, RATE)
            runs = {
                "a step": stack.train if way_name == "plain" else functools.partial(stack.train, [True] * len(SEEDS))
            }
            number = -(-shape.examples[0] // BATCH)
            if way_name != "plain":
                runs["laying out its orders, for each step"] = functools.partial(stack.epoch.begin, range(len(SEEDS)))
            for part, run in runs.items():
                taken = [one / number * 1e6 for one in seconds(place, run, 2 if place.tiny else 10)]
                row = {"setting": described(name, shape, field), "name": f"{way_name}: {part}"}
                row |= {"value": statistics.median(taken), "unit": "µs", "ratio": None, "score": None}
                rows.append(row | {"least": min(taken), "greatest": max(taken)})
            if way_name != "plain":
                stack.close()
    return rows


def peers(place: Place) -> list[Row]:
    """Compare a few epochs from arrays on the host to test accuracy, all ways and what people use."""
    rows = []
    for name, shape in shapes(place).items():
        field = Field(*planted(shape), FEW, device=place.device)
        runs: dict[str, Callable[[], Any]] = {f"polychron, {one}": ours(field, one) for one in reversed(WAYS)}
        runs["resident tensors"] = field.resident
        runs["resident tensors, fused Adam"] = functools.partial(field.resident, fused=True)
        slow = {"DataLoader": field.loader}
        with contextlib.suppress(ImportError):
            import neurox  # noqa: F401

            slow["NeuroX"] = field.neurox
        setting = f"{described(name, shape, field)}, {FEW} epochs"
        rows += compared(place, setting, runs | slow, 1 if place.tiny else 3, slow)
    return rows


def whole(place: Place) -> list[Row]:
    """Train and score whole cells, each way, and do the least work of as many epochs."""
    rows = []
    for name, shape in shapes(place).items():
        field = Field(*planted(shape), 4 if place.tiny else EPOCHS, PATIENCE, device=place.device)
        runs: dict[str, Callable[[], Any]] = {f"polychron, {one}": ours(field, one) for one in reversed(WAYS)}
        runs["bound"] = field.bound  # gathers, conversions and products, a seed at a time
        found = compared(place, described(name, shape, field), runs, 1 if place.tiny else 3)
        epochs = min(max(field.kept_epochs) + PATIENCE, field.epochs)
        steps = epochs * -(-shape.examples[0] // BATCH)
        rows += [{**row, "setting": f"{row['setting']}, to the end: {epochs} epochs, {steps} steps"} for row in found]
    return rows
