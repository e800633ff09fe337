"""How far the weights of a model moved between two checkpoints, layer by layer."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.errors import InputError

NUMBERED = re.compile(r"\.(?:layers?|h|blocks?|attentions|ffns|layer_norm[12]|albert_layer_groups)\.(\d+)\.")
EMBEDDINGS, HEAD = "embeddings", "head"

SLICE = 2**20
"""How many numbers are summed at once."""


def part_of(name: str) -> str:
    """Return the part of a model that a tensor belongs to: the embeddings, a layer counted from 1, or the head.

    Examples
    --------
    >>> [part_of(f"{name}.bias") for name in ("bert.embeddings.LayerNorm", "gpt_neox.layers.0.mlp.dense", "lm_head")]
    ['embeddings', '1', 'head']
    >>> [part_of(f"transformer.{name}.bias") for name in ("attentions.3.q_lin", "layer_norm1.0", "layer_norm_emb")]
    ['4', '1', 'embeddings']
    """
    numbered = NUMBERED.search(f".{name}")
    if numbered:
        return str(int(numbered[1]) + 1)
    return EMBEDDINGS if re.search(r"embed(?!_out)|wte|wpe|layer_norm_emb", name) else HEAD


def measure(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Measure how far the weights moved between two checkpoints, part by part.

    Parameters
    ----------
    before, after : mapping of str to ndarray
        The tensors of an earlier and a later checkpoint of one model.

    Returns
    -------
    list of dict
        A row for the embeddings, each layer, the head, and ``all``. ``part`` is its name; ``norm``, the Euclidean norm
        of the later weights; ``distance``, that of the difference; ``relative``, the distance over the norm of the
        earlier weights; ``cosine``, that between both. A ratio whose divisor is zero is None.

    Raises
    ------
    InputError
        The two differ in the names or shapes of their tensors.

    Examples
    --------
    From (3, 4), of norm 5, to (0, 4), of norm 4: the distance is 3, and the cosine 4 x 4 / (5 x 4).

    >>> before, after = ({"encoder.layer.0.bias": np.array(weights)} for weights in ([3.0, 4.0], [0.0, 4.0]))
    >>> found = measure(before, after)[-1]
    >>> found["part"], found["distance"], found["relative"], round(float(found["cosine"]), 6)
    ('all', 3.0, 0.6, 0.8)
    """
    differing = sorted(set(before) ^ set(after)) or [name for name in after if before[name].shape != after[name].shape]
    if differing:
        raise InputError(
            f"two checkpoints of one model differ in {len(differing)} tensors' names or shapes, the first "
            f"is {differing[0]}",
            remedy="study them as two models",
        )
    sums: dict[str, np.ndarray] = {}
    for name in sorted(after):
        products = _products(before[name].ravel(), after[name].ravel())
        for part in (part_of(name), "all"):
            sums[part] = sums.get(part, np.zeros(4)) + products
    return [_row(part, *sums[part]) for part in sorted(sums, key=_order)]


def _products(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the squared norms of two vectors, their product and the squared norm of their difference, in float64.

    numpy sums slice by slice. A matrix library would sum in another order on another number of threads.
    """
    sums = np.zeros(4)
    for start in range(0, len(after), SLICE):
        one, other = (array[start : start + SLICE].astype(np.float64) for array in (before, after))
        sums += [(one * one).sum(), (other * other).sum(), (one * other).sum(), np.square(other - one).sum()]
    return sums


def _order(part: str) -> tuple[int, str]:
    places = {EMBEDDINGS: 0, HEAD: 10**6, "all": 10**6 + 1}
    return (int(part) if part.isdecimal() else places[part], part)


def _row(part: str, before: float, after: float, product: float, difference: float) -> dict[str, Any]:
    return {
        "part": part,
        "norm": math.sqrt(after),
        "distance": math.sqrt(difference),
        "relative": math.sqrt(difference / before) if before else None,
        "cosine": product / math.sqrt(before * after) if before and after else None,
    }
