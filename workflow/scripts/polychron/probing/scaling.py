"""Standardised input vectors: mean 0 and variance 1 in each dimension of a train split."""

from __future__ import annotations

import numpy as np

from polychron.probing.probes import ROWS, inputs
from polychron.probing.tasks.base import Examples


def standard(train: Examples, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the means of a train split's input vectors, and the inverse of their standard deviations.

    Parameters
    ----------
    train : Examples
        The train split.
    vectors : ndarray of floating point, shape (words, dimension)
        Its word vectors.

    Returns
    -------
    mean, inverse : ndarray of float32, shape (width,) or (seeds, width)
        Of each dimension of the input, computed in float64; for each seed that has examples of its own. The inverse is
        1 where all values are the same.
    """
    if train.per_seed:
        found = zip(*(standard(train.of_seed(seed), vectors) for seed in range(len(train.first))), strict=True)
        return tuple(map(np.stack, found))
    parts = [slice(start, start + ROWS) for start in range(0, len(train), ROWS)]

    def seen(part: slice) -> np.ndarray:
        second = None if train.second is None else train.second[part]
        return inputs(vectors, train.first[part], second).astype(np.float64)

    mean = sum(seen(part).sum(axis=0) for part in parts) / len(train)
    variance = sum(np.square(seen(part) - mean).sum(axis=0) for part in parts) / len(train)
    deviation = np.sqrt(variance)
    # a constant dimension, whose mean may differ from its value in the last bit
    constant = deviation <= 1e-12 * np.maximum(1, np.abs(mean))
    inverse = np.divide(1, deviation, out=np.ones_like(deviation), where=~constant)
    return mean.astype(np.float32), inverse.astype(np.float32)


def unscaled(
    weight: np.ndarray, bias: np.ndarray, mean: np.ndarray, inverse: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights that give for unscaled vectors what the given ones give for scaled vectors.

    Parameters
    ----------
    weight : ndarray, shape (seeds, width, classes)
    bias : ndarray, shape (seeds, classes)
    mean, inverse : ndarray, shape (width,) or (seeds, width)
        See `standard`.

    Returns
    -------
    weight, bias : ndarray of float32
    """
    if mean.ndim == 2:
        seeds = (slice(place, place + 1) for place in range(len(mean)))
        found = (unscaled(weight[one], bias[one], mean[one][0], inverse[one][0]) for one in seeds)
        return tuple(map(np.concatenate, zip(*found, strict=True)))
    scaled = weight.astype(np.float64) * inverse[:, None]
    return scaled.astype(np.float32), (bias - np.einsum("sdc,d->sc", scaled, mean)).astype(np.float32)
