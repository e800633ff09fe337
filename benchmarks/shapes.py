"""Cells of real size: their examples, which are drawn with labels that follow from them by a linear rule with noise."""

from __future__ import annotations

import sys
from typing import NamedTuple

import numpy as np
from pairing import ROOT

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from polychron.probing import probes
from polychron.probing.tasks.base import Examples

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
