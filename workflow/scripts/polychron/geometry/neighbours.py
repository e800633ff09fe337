"""Similarity by single dimensions, and by which sentences are near each other."""

from __future__ import annotations

import math

import numpy as np

from polychron.geometry import similarity


def neuron_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return the mean over dimensions of the absolute correlation of a dimension with itself in the other states.

    It is the average neuron-wise correlation of Del and Fishel (2022), which unlike CKA sees a rotation.

    Parameters
    ----------
    one, other : ndarray, shape (n, d)
        Of the same model.

    Returns
    -------
    float
        From 0 to 1; dimensions without variance on one side are left out; NaN if none is left.
    """
    varies = ~(_constant_columns(one) | _constant_columns(other))
    one, other = similarity.centred(one), similarity.centred(other)
    scale = np.linalg.norm(one, axis=0) * np.linalg.norm(other, axis=0)
    if not varies.any():
        return math.nan
    return float(np.abs((one * other).sum(axis=0)[varies] / scale[varies]).mean())


def _constant_columns(states: np.ndarray) -> np.ndarray:
    """Return which columns are the same in all rows but for rounding: bool, shape (d,)."""
    return np.ptp(states, axis=0) <= similarity.ROUNDING * np.abs(states).max(axis=0)


def nearest(states: np.ndarray, number: int) -> np.ndarray | None:
    """Find the nearest sentences of each sentence by cosine, itself left out.

    Parameters
    ----------
    states : ndarray, shape (n, d)
    number : int
        Below n.

    Returns
    -------
    ndarray of bool, shape (n, n), or None
        ``[i, j]`` is whether j is among the `number` nearest of i; of equally near sentences, those that come first.
        None if all rows are the same.
    """
    states = np.asarray(states, np.float64)
    if similarity.is_constant(states):
        return None
    norms = np.linalg.norm(states, axis=1, keepdims=True)
    unit = states / np.where(norms > 0, norms, 1)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    order = np.argsort(-cosine, axis=1, kind="stable")[:, :number]
    found = np.zeros(cosine.shape, bool)
    np.put_along_axis(found, order, True, axis=1)
    return found


def shared_neighbours(one: np.ndarray | None, other: np.ndarray | None) -> float:
    """Return the mean share of the nearest sentences that are the same on both sides.

    Parameters
    ----------
    one, other : ndarray of bool, shape (n, n), or None
        See `nearest`.

    Returns
    -------
    float
        From 0 to 1; k / (n - 1) by chance, for k neighbours; NaN if one side has no variance.
    """
    if one is None or other is None:
        return math.nan
    return float((one & other).sum() / one.sum())
