"""Probes: a step, a few epochs beside what people use, and whole cells beside a bound of as many epochs.

Our times begin with arrays of float16 on the host. What the others train on, float32 matrices on the host and on the
card, is made before the clock starts. All times end with test accuracy, as a cell does.
"""

from __future__ import annotations

import contextlib
import functools
import os
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import torch
from pairing import Row
from probes import BATCH, RATE, SEEDS, Field
from shapes import DIMENSION, EPOCHS, PATIENCE, SHAPES, Shape, planted

from gpu_parts import bounds
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


def tasks(place: Place) -> tuple[str, ...]:
    """Return the tasks that are measured."""
    return tuple(SHAPES)[:2] if place.tiny else tuple(SHAPES)


def sized(place: Place, task: str) -> Shape:
    """Return the size of a task."""
    return SHAPES[task]._replace(examples=(300, 60, 60), words=200) if place.tiny else SHAPES[task]


def ours(field: Field, name: str) -> Callable[[], float]:
    """Return a run of a way, which returns the accuracy."""

    def run() -> float:
        with way(name):
            return field.ours()

    return run


def described(name: str, shape: Shape, field: Field) -> str:
    """Describe a task."""
    return f"{name}: {shape.examples[0]} examples, {field.width} values, {field.classes} classes, {len(SEEDS)} seeds"


def steps(place: Place, task: str) -> Iterator[list[Row]]:
    """Measure a step of each way: an epoch without dev accuracy, divided by its steps.

    Laying out an epoch's orders is included, and measured by itself besides.
    """
    shape, rows = sized(place, task), []
    field = Field(*planted(shape), FEW, device=place.device)
    train_set, _, classes, _ = splits.prepare(
        *(field.splits["train"], field.splits["dev"], [field.vectors]),
        **{"labels": None, "classes": None, "scaling": "none", "device": place.device},
    )
    for way_name in reversed(WAYS):
        if way_name == "fused" and place.device == "cpu":
            continue  # an interpreter of its kernels takes minutes
        stack = KINDS[way_name](SEEDS, train_set, len(classes), BATCH, RATE)
        runs = {"a step": stack.train if way_name == "plain" else functools.partial(stack.train, [True] * len(SEEDS))}
        number = -(-shape.examples[0] // BATCH)
        if way_name != "plain":
            runs["laying out its orders, for each step"] = functools.partial(stack.epoch.begin, range(len(SEEDS)))
        for part, run in runs.items():
            taken = [one / number * 1e6 for one in seconds(place, run, 2 if place.tiny else 10)]
            row = {"setting": described(task, shape, field), "name": f"{way_name}: {part}"}
            row |= {"value": statistics.median(taken), "unit": "µs", "ratio": None, "score": None}
            rows.append(row | {"least": min(taken), "greatest": max(taken)})
        if way_name != "plain":
            stack.close()
    yield rows


def peers(place: Place, task: str) -> Iterator[list[Row]]:
    """Compare a few epochs to test accuracy, all ways and what people use."""
    shape = sized(place, task)
    field = Field(*planted(shape), FEW, device=place.device)
    field.prepare()
    runs: dict[str, Callable[[], Any]] = {f"polychron, {one}": ours(field, one) for one in reversed(WAYS)}
    runs["resident tensors"] = field.resident
    runs["resident tensors, fused Adam"] = functools.partial(field.resident, fused=True)
    slow = {"DataLoader": field.loader}
    with contextlib.suppress(ImportError):
        import neurox  # noqa: F401

        slow["NeuroX"] = field.neurox
    setting = f"{described(task, shape, field)}, {FEW} epochs"
    yield compared(place, setting, runs | slow, 1 if place.tiny else 3, slow)


LOOP = "a loop of the same products, a seed at a time"
"""What is no bound on a GPU, where Python launches each product of each seed."""


def whole(place: Place, task: str) -> Iterator[list[Row]]:
    """Train and score whole cells, each way, beside a loop of as many products and a bound by what the card can do."""
    shape = sized(place, task)
    field = Field(*planted(shape), 4 if place.tiny else EPOCHS, PATIENCE, device=place.device)
    runs: dict[str, Callable[[], Any]] = {f"polychron, {one}": ours(field, one) for one in reversed(WAYS)}
    runs[LOOP] = field.bound
    rows = compared(place, described(task, shape, field), runs, 1 if place.tiny else 3)
    least = bound(place, shape, field)
    row = {"name": "bound", "value": least, "unit": "s", "ratio": least / rows[0]["value"], "score": None}
    rows.append({"setting": rows[0]["setting"], **row, "least": least, "greatest": least})
    epochs = min(max(field.kept_epochs) + PATIENCE, field.epochs)
    steps = epochs * -(-shape.examples[0] // BATCH)
    yield [{**row, "setting": f"{row['setting']}, to the end: {epochs} epochs, {steps} steps"} for row in rows]


def bound(place: Place, shape: Shape, field: Field) -> float:
    """Return the least seconds for a cell's epochs, at the rates that are measured here.

    Each seed reads each of its vectors once in an epoch, as fast as a gather reads and writes. Meanwhile two products
    are computed, as fast as a large one of float32 numbers, or of three TF32 parts. Dev, test and Adam are left out.
    """
    read = field.passes * shape.examples[0] * shape.vectors * DIMENSION * field.vectors.itemsize / 1e12
    products = 4 * field.passes * shape.examples[0] * field.width * field.classes / 1e12
    rate = max(bounds.peak(place, torch.float32), bounds.peak(place, torch.float32, tf32=True) / 3)
    return max(read / statistics.median(bounds.gathers(place)), products / rate)
