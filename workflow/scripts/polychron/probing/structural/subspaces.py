"""How far apart the subspaces are in which structural probes of two languages find distances (Chi et al. 2020)."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing.structural.scoring import TASK, Probe

DRAWS = 10
"""Pairs of random subspaces whose mean angle is that of chance."""


def mean_angle(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean principal angle of the spaces that the rows of two maps span.

    Parameters
    ----------
    one, other : ndarray, shapes (k, d) and (m, d)

    Returns
    -------
    float
        In degrees, from 0 to 90.

    Examples
    --------
    >>> round(mean_angle(np.array([[1.0, 0]]), np.array([[1.0, 1]])), 6)
    45.0
    """
    from scipy.linalg import subspace_angles

    angles = subspace_angles(one.T.astype(np.float64), other.T.astype(np.float64))
    return float(np.degrees(angles).mean())


def compare(probes: Mapping[str, Probe], seed: int = 0) -> list[dict[str, Any]]:
    """Compare the structural probes of languages, at one layer of one checkpoint.

    Parameters
    ----------
    probes : mapping of str to Probe
        By language, all with the same seeds and shapes.
    seed : int
        Of the random subspaces.

    Returns
    -------
    list of dict
        Rows of scores, in degrees: ``subspace_angle`` of each pair of languages, once, and seed;
        ``subspace_angle.seeds``, the mean over pairs of seeds of one language, where there are two seeds or more; and
        ``subspace_angle.chance``, of random subspaces. `examples` is the rank.

    Raises
    ------
    InputError
        The probes differ in their seeds or shapes.
    """
    shapes = {(probe.seeds, probe.weight.shape) for probe in probes.values()}
    if len(shapes) > 1:
        raise InputError(
            f"structural probes of other seeds or shapes: {sorted(map(str, shapes))}",
            remedy="run the same command again, so that they are trained alike",
        )
    [(seeds, (_, rank, dimension))] = shapes
    common = {"task": TASK, "split": "train", "examples": rank}
    rows = []
    for source, target in itertools.combinations(sorted(probes), 2):
        pair = {**common, "source": source, "target": target, "metric": "subspace_angle"}
        weights = zip(seeds, probes[source].weight, probes[target].weight, strict=True)
        rows += [{**pair, "seed": number, "value": mean_angle(one, other)} for number, one, other in weights]
    for language in sorted(probes) if len(seeds) > 1 else ():
        angles = [mean_angle(*pair) for pair in itertools.combinations(probes[language].weight, 2)]
        named = {"source": language, "target": language, "metric": "subspace_angle.seeds", "seed": None}
        rows.append({**common, **named, "value": float(np.mean(angles))})
    draw = np.random.default_rng(seed)
    chance = [mean_angle(*draw.normal(size=(2, rank, dimension))) for _ in range(DRAWS)]
    named = {"source": "*", "target": "*", "metric": "subspace_angle.chance", "seed": None}
    return [*rows, {**common, **named, "value": float(np.mean(chance))}]
