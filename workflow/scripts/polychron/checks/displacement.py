"""How far the weights of a model moved between two checkpoints, layer by layer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.errors import InputError

NUMBERED = re.compile(r"\.(?:layers?|h|blocks?)\.(\d+)\.")
EMBEDDINGS, HEAD = "embeddings", "head"

SLICE = 2**20
"""Numbers that are summed at once."""


def part_of(name: str) -> str:
    """Say which part of a model a tensor belongs to: the embeddings, a layer counted from 1, or what follows them.

    Examples
    --------
    >>> [part_of(f"{name}.bias") for name in ("bert.embeddings.LayerNorm", "gpt_neox.layers.0.mlp.dense", "lm_head")]
    ['embeddings', '1', 'head']
    """
    numbered = NUMBERED.search(f".{name}")
    if numbered:
        return str(int(numbered[1]) + 1)
    return EMBEDDINGS if re.search(r"embed(?!_out)|wte|wpe", name) else HEAD


def measure(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Measure how far the weights moved between two checkpoints, part by part.

    Parameters
    ----------
    before, after : mapping of str to ndarray
        The tensors of an earlier and a later checkpoint of one model.

    Returns
    -------
    list of dict
        For the embeddings, each layer, what follows them, and ``all``: ``part``; ``norm``, the Euclidean norm of the
        later weights; ``distance``, that of the difference; ``relative``, distance over the norm of the earlier
        weights; ``cosine`` between both. A ratio whose divisor is nil is None.

    Raises
    ------
    InputError
        The two have other tensors, or tensors of other shapes.

    Examples
    --------
    From (3, 4), of length 5, to (0, 4), of length 4: 3 apart, and the cosine is 4 x 4 / (5 x 4).

    >>> before, after = ({"encoder.layer.0.bias": np.array(weights)} for weights in ([3.0, 4.0], [0.0, 4.0]))
    >>> found = measure(before, after)[-1]
    >>> found["part"], found["distance"], found["relative"], round(float(found["cosine"]), 6)
    ('all', 3.0, 0.6, 0.8)
    """
    odd = sorted(set(before) ^ set(after)) or [name for name in after if before[name].shape != after[name].shape]
    if odd:
        raise InputError(
            f"two checkpoints of one model differ in {len(odd)} tensors' names or shapes, the first is {odd[0]}",
            remedy="study them as two models",
        )
    sums: dict[str, np.ndarray] = {}
    for name in sorted(after):
        products = _products(before[name].ravel(), after[name].ravel())
        for part in (part_of(name), "all"):
            sums[part] = sums.get(part, np.zeros(4)) + products
    return [_moved(part, *sums[part]) for part in sorted(sums, key=_order)]


def _products(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Give the squared norms of two vectors, their product and the squared norm of their difference, in float64.

    Summed slice by slice by numpy itself: a matrix library would sum in another order on another number of threads.
    """
    sums = np.zeros(4)
    for start in range(0, len(after), SLICE):
        one, other = (array[start : start + SLICE].astype(np.float64) for array in (before, after))
        sums += [(one * one).sum(), (other * other).sum(), (one * other).sum(), np.square(other - one).sum()]
    return sums


def _order(part: str) -> tuple[int, str]:
    places = {EMBEDDINGS: 0, HEAD: 10**6, "all": 10**6 + 1}
    return (int(part) if part.isdecimal() else places[part], part)


def _moved(part: str, one: float, other: float, both: float, apart: float) -> dict[str, Any]:
    return {
        "part": part,
        "norm": math.sqrt(other),
        "distance": math.sqrt(apart),
        "relative": math.sqrt(apart / one) if one else None,
        "cosine": both / math.sqrt(one * other) if one and other else None,
    }
