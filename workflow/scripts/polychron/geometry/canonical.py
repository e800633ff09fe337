"""Canonical correlations: SVCCA (Raghu et al., 2017) and PWCCA (Morcos et al., 2018)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from polychron.geometry import similarity


@dataclass(frozen=True)
class Directions:
    """The directions that are kept of the states of one language.

    Attributes
    ----------
    basis : ndarray of float64, shape (n, k)
        Orthonormal columns: the left singular vectors of the centred states.
    states : ndarray of float64, shape (n, k)
        The states in these directions: the columns times their singular values.
    """

    basis: np.ndarray
    states: np.ndarray


def keep(states: np.ndarray, variance: float, components: int) -> Directions | None:
    """Keep the fewest directions of states that hold a share of their variance, and no more than a number.

    Without a limit, with nearly as many dimensions as sentences, independent states correlate nearly perfectly.

    Parameters
    ----------
    states : ndarray, shape (n, d)
    variance : float
        Between 0 and 1.
    components : int
        The most directions.

    Returns
    -------
    Directions or None
        None if all rows are the same.
    """
    if similarity.is_constant(np.asarray(states)):
        return None
    left, values, _ = np.linalg.svd(similarity.centred(states), full_matrices=False)
    held = np.cumsum(values**2) / np.sum(values**2)
    number = min(int(np.searchsorted(held, variance)) + 1, components, len(values))
    # directions without variance are numerical noise
    number = max(1, min(number, int(np.sum(values > values[0] * len(states) * np.finfo(np.float64).eps))))
    return Directions(left[:, :number], left[:, :number] * values[:number])


def svcca(one: Directions | None, other: Directions | None) -> float:
    """Return the mean canonical correlation of the kept directions.

    Returns
    -------
    float
        From 0 to 1; NaN if one side has no variance.
    """
    if one is None or other is None:
        return math.nan
    return float(np.clip(np.linalg.svd(one.basis.T @ other.basis, compute_uv=False), 0, 1).mean())


def pwcca(one: Directions | None, other: Directions | None) -> float:
    """Return canonical correlations weighted by how much of the states their directions explain, mean of both sides.

    Returns
    -------
    float
        From 0 to 1; NaN if one side has no variance.
    """
    if one is None or other is None:
        return math.nan
    left, correlations, right = np.linalg.svd(one.basis.T @ other.basis, full_matrices=False)
    correlations = np.clip(correlations, 0, 1)
    found = []
    for side, directions in ((one, one.basis @ left), (other, other.basis @ right.T)):
        weights = np.abs(directions.T @ side.states).sum(axis=1)
        found.append(float(weights @ correlations / weights.sum()))
    return sum(found) / 2
