"""What all baselines share: the most frequent label, and how predictions are scored.

A baseline is learned on the train split and scored on the test split, on the same examples as the probes. The module of
a lexical baseline has a function `predictions`, which takes the tables of examples, the pieces and the examples by
split, and returns predictions and the examples that they are scored on, by the name of the metric.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.probing.tasks.base import Examples

Predictions = dict[str, tuple[np.ndarray, np.ndarray]]
"""By metric the predicted labels, int of shape (test examples,), and whether each is scored, bool of the same shape."""


def majority(splits: Mapping[str, Examples]) -> Predictions:
    """Predict the most frequent label of the train split everywhere: ``majority``."""
    number = len(splits["test"])
    return {"majority": (by_keys([], [], splits["train"].label, number), np.ones(number, bool))}


def scores(predictions: Predictions, test: Examples) -> list[dict[str, Any]]:
    """Score predictions on the test split.

    Returns
    -------
    list of dict
        Rows with split, metric, value (the accuracy) and examples. A metric that no example is scored on has no row.
    """
    return [
        {
            "split": "test",
            "metric": metric,
            "value": float((predicted == test.label)[chosen].mean()),
            "examples": int(chosen.sum()),
        }
        for metric, (predicted, chosen) in predictions.items()
        if chosen.any()
    ]


def by_keys(known: Sequence[np.ndarray], asked: Sequence[np.ndarray], label: np.ndarray, number: int) -> np.ndarray:
    """Predict the most frequent label of the finest key that was seen, or of all.

    Parameters
    ----------
    known : sequence of ndarray of int, each of shape (n,)
        Keys of the labelled examples, from coarse to fine.
    asked : sequence of ndarray of int, each of shape (number,)
        The same keys of those that are asked.
    label : ndarray of int, shape (n,)
        Labels, not negative; of equally frequent ones the smallest is taken.
    number : int
        How many are asked.

    Returns
    -------
    ndarray of int64, shape (number,)

    Examples
    --------
    >>> by_keys([np.array([7, 7, 7, 8])], [np.array([8, 7, 9])], np.array([1, 1, 0, 0]), 3)
    array([0, 1, 0])
    """
    predicted = np.full(number, np.bincount(label).argmax(), np.int64)
    labels = label.max() + 1
    for keys, wanted in zip(known, asked, strict=True):
        pairs, counts = np.unique(keys * labels + label, return_counts=True)
        best = np.lexsort((pairs % labels, -counts, pairs // labels))
        key, first = np.unique((pairs // labels)[best], return_index=True)
        place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        seen = key[place] == wanted
        predicted[seen] = (pairs % labels)[best][first][place[seen]]
    return predicted
