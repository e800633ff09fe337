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

import torch
from pairing import PREPARED, Row, machine, paired
from probes import SEEDS, Field
from shapes import DIMENSION, EPOCHS, PATIENCE, SHAPES, Shape, planted

from polychron.storage import files


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
