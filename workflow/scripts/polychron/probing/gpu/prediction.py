"""Predictions of probes where it is quickest: on a GPU where there is one, else by `probes.predict`.

What needs torch is imported only where there is a card, so that scoring on a CPU starts in half a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from polychron import device
from polychron.probing import probes
from polychron.probing.gpu.switch import named
from polychron.probing.probes import Probe
from polychron.probing.tasks.base import Examples


def on_gpu() -> bool:
    """Return whether there is a card to compute on, and the environment does not name the plain way (`steps`)."""
    if named() == "plain" or not any(Path("/").glob(device.CARDS.lstrip("/"))):
        return False
    return device.choose() == "cuda"


def predict(probe: Probe, vectors: Any, examples: Examples) -> np.ndarray:
    """Predict the class of each example.

    Parameters
    ----------
    probe : Probe
        The weights of all seeds.
    vectors : ndarray or tensor, shape (words, dimension)
        Word vectors; a tensor is one of `polychron.probing.gpu.uploads.resident`, and computed with where it is.
    examples : Examples
        Rows of them.

    Returns
    -------
    ndarray of int64, shape (seeds, examples)
        Positions in ``probe.classes``.

    Raises
    ------
    InputError
        As `polychron.probing.probes.predict`.
    """
    if isinstance(vectors, np.ndarray):
        return probes.predict(probe, vectors, examples)
    from polychron.probing.gpu import resident

    return resident.predict(probe, vectors, examples)


def of_targets(probe: Probe, features: Sequence[np.ndarray], splits: Sequence[Examples]) -> list[np.ndarray]:
    """Predict the classes of the examples of several targets.

    On a GPU the vectors of all targets are one tensor there, and all examples are predicted together.

    Parameters
    ----------
    probe : Probe
        The weights of all seeds.
    features : sequence of ndarray, each of shape (words, dimension)
        The word vectors of each target.
    splits : sequence of Examples
        The examples of each, none of them for one seed alone.

    Returns
    -------
    list of ndarray of int64, each of shape (seeds, examples)

    Raises
    ------
    InputError
        As `polychron.probing.probes.predict`.
    """
    if not on_gpu():
        return [probes.predict(probe, vectors, one) for vectors, one in zip(features, splits, strict=True)]
    from polychron.probing.gpu import resident

    return resident.together(probe, features, splits, "cuda")
