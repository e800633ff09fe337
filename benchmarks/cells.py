"""Cells of real size, trained to their end (200,000 words, and XNLI), compared with the bound of their arithmetic.

    .bench/bin/python benchmarks/cells.py OUTPUT.json [threads]

Vectors of 768 values are drawn at random, and labels follow from them by a linear rule with noise, so that training
stops early; five seeds, at most 50 epochs, patience 3. A word has as many arcs as in the treebank of `sample.py`.
The bound (`probes.py`) does the products, gathers and conversions of as many epochs of each seed as were trained,
without dev and test. The loop over resident tensors trains one epoch of XNLI, to compare the accuracy with ours.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from pairing import PREPARED, Row, machine, paired
from probes import SEEDS, Field

from polychron.probing import probes
from polychron.probing.tasks.base import Examples
from polychron.storage import files

DIMENSION, EPOCHS, PATIENCE = 768, 50, 3


class Shape(NamedTuple):
    """A task's size: train, dev and test examples; words that they are drawn from; classes; vectors per example."""

    examples: tuple[int, int, int]
    words: int
    classes: int
    vectors: int


SHAPES = {
    "pos": Shape((200_000, 12_500, 15_700), 228_200, 17, 1),
    "arc_prediction": Shape((383_600, 23_600, 29_900), 228_200, 2, 2),
    "arc_classification": Shape((191_800, 11_800, 15_000), 228_200, 37, 2),
    "xnli": Shape((392_702, 2_490, 5_010), 800_404, 3, 2),
}
"""A treebank of 200,000 train words; XNLI as it is, every sentence a vector."""


def planted(shape: Shape, seed: int = 0) -> tuple[dict[str, Examples], np.ndarray]:
    """Draw vectors, and examples whose labels follow from them with noise."""
    draw = np.random.default_rng(seed)
    vectors = draw.standard_normal((shape.words, DIMENSION), np.float32).astype(np.float16)
    number = sum(shape.examples)
    first = np.arange(number) % shape.words
    second = draw.integers(shape.words, size=number) if shape.vectors == 2 else None
    rule = draw.standard_normal((DIMENSION * (1 if second is None else 3), shape.classes), np.float32)
    label = np.empty(number, np.int64)
    for start in range(0, number, 4096):
        part = slice(start, start + 4096)
        scores = probes.inputs(vectors, first[part], None if second is None else second[part]) @ rule
        label[part] = np.argmax(scores + draw.gumbel(0, scores.std(), scores.shape), axis=1)
    names = tuple(f"{one:02}" for one in range(shape.classes))
    ends = np.cumsum((0, *shape.examples))
    splits = {}
    for split, start, end in zip(("train", "dev", "test"), ends, ends[1:], strict=False):
        part = slice(start, end)
        splits[split] = Examples(0, first[part], None if second is None else second[part], label[part], names, 0)
    return splits, vectors


def measure(name: str, shape: Shape) -> list[Row]:
    """Train a cell to its end, and run the bound; for XNLI, also one epoch of the loop over resident tensors."""
    splits, vectors = planted(shape)
    cell = Field(splits, vectors, EPOCHS, PATIENCE)
    described = (
        f"{name}: {shape.examples[0]} examples, {cell.width} values, {shape.classes} classes, {len(SEEDS)} seeds"
    )
    rows = []
    if name == "xnli":
        once = Field(splits, vectors, 1)
        once.prepare()
        runs = {"polychron": once.ours, "bound": once.bound, "resident tensors": once.resident}
        rows += paired("cells", f"{described}, 1 epoch", runs, 1)
        once.forget()
    # without a warm-up, so that the bound comes after ours and knows how many epochs that took
    found = paired("cells", f"{described}, to the end", {"polychron": cell.ours, "bound": cell.bound}, 1, warm=False)
    operations = 4 * shape.examples[0] * cell.width * shape.classes * cell.passes
    gathered = shape.examples[0] * shape.vectors * DIMENSION * 2 * cell.passes
    note = f"; {cell.passes} epochs of a seed in all, {operations / 1e9:.0f} GFLOP, {gathered / 1e9:.0f} GB of vectors"
    return [*rows, *({**row, "setting": row["setting"] + note} for row in found)]


def main(output: Path, threads: int) -> None:
    """Measure all cells."""
    torch.set_num_threads(threads)
    facts = machine(threads) | PREPARED
    rows = [row for name, shape in SHAPES.items() for row in measure(name, shape)]
    files.write_json(output, {"machine": facts, "rows": rows})


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
