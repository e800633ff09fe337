"""Curves: scores over the steps of pretraining, by where they were measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Curve(NamedTuple):
    """A score over steps.

    Parameters
    ----------
    steps : ndarray (k,)
        Steps of a trained model, increasing.
    values : ndarray (k,)
        Mean over seeds, as a fraction or in bits.
    lower : bool
        Whether lower is better.
    chance : float
        Score of the majority class; NaN where unknown.
    error : ndarray (k,) or None
        Standard error of the mean over seeds.
    """

    steps: NDArray
    values: NDArray
    lower: bool = False
    chance: float = np.nan
    error: NDArray | None = None


Place = tuple[str, str, str, int, bool]
"""Task, source, target, layer, and whether it was measured in transfer."""

BY_SENTENCE = "bits_by_sentence"
"""The name under which curves of bits per character averaged over sentences are stored (A20)."""


@dataclass(frozen=True)
class Curves:
    """All curves of a model.

    Parameters
    ----------
    steps : ndarray (k,)
        Steps of the trained model, increasing.
    values : mapping of (task, source, target, layer, transfer) to ndarray (k,)
        Means over seeds.
    final : int
        The final layer.
    errors : mapping, optional
        Standard errors of the values, by the same places.
    chances : mapping of (task, target) to float, optional
        Scores of the majority class.
    runs : mapping of (task, language) to ndarray (seeds, k), optional
        The runs behind the in-language values at the final layer.
    seeds : mapping of Place to int, optional
        The least number of runs that a value is the mean of.
    flat : set of (task, source, target, transfer, step), optional
        Where the layers do not differ beyond noise, so that no layer is expected; see `analysis.layers.differ`.
    """

    steps: NDArray
    values: Mapping[Place, NDArray]
    final: int
    errors: Mapping[Place, NDArray] = field(default_factory=dict)
    chances: Mapping[tuple[str, str], float] = field(default_factory=dict)
    runs: Mapping[tuple[str, str], NDArray] = field(default_factory=dict)
    seeds: Mapping[Place, int] = field(default_factory=dict)
    flat: frozenset[tuple[str, str, str, bool, int]] = frozenset()

    def of(self, place: Place, columns: NDArray) -> Curve:
        """Return the curve at a place, for some of the steps."""
        task, _, target, *_ = place
        error = self.errors.get(place)
        return Curve(
            self.steps[columns],
            self.values[place][columns],
            task in ("bits", BY_SENTENCE),
            self.chances.get((task, target), np.nan),
            None if error is None else error[columns],
        )
