"""Minimum description length of labels given vectors, by online coding [1]_.

The train split is sent in blocks. The first is sent without a model, at log2(classes) bits an example. Each further one
is sent with the probabilities of a probe that was trained on all blocks before it, so that a task that a probe learns
from few examples has a short code. Bits per example and compression tell tasks apart that accuracy does not.

References
----------
.. [1] Voita, Titov: Information-Theoretic Probing with Minimum Description Length. EMNLP 2020.
"""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from polychron.probing.probes import ROWS, Probe, inputs
from polychron.probing.tasks.base import Examples

logger = logging.getLogger("polychron")

SHARES = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.0625, 0.125, 0.25, 0.5, 1.0)
"""Where the blocks end, as shares of the train split."""


def blocks(examples: int) -> list[int]:
    """Return the numbers of examples at which the blocks end, the last all of them.

    Examples
    --------
    >>> blocks(1000)
    [1, 2, 4, 8, 16, 32, 62, 125, 250, 500, 1000]
    >>> blocks(20)
    [1, 2, 5, 10, 20]
    """
    return sorted({round(share * examples) for share in SHARES} - {0})


def measure(
    fit: Callable[..., Probe],
    train: Examples,
    dev: Examples,
    features: Sequence[np.ndarray],
    *,
    data_seed: int,
    **settings: Any,
) -> list[dict[str, Any]]:
    """Measure the description length of a cell's train labels.

    Parameters
    ----------
    fit : callable
        What trains probes: `training.fit` or `logistic_regression.fit`.
    train, dev : Examples
        Splits of one task; training is stopped early by dev.
    features : sequence of ndarray, each of shape (words, dimension)
        One array of word vectors for each dataset.
    data_seed : int
        Seed of the order in which the examples are sent, the same for all seeds of probes.
    **settings
        Those of ``fit``.

    Returns
    -------
    list of dict
        Split (train), metric, seed, value and examples. ``description_length`` is in bits per example, and
        ``compression`` how many times shorter that is than log2(classes), which is 1 where nothing is learned. Of one
        label, which needs no bits, there is no compression.
    """
    classes = tuple(train.labels[code] for code in np.unique(train.label))
    if len(classes) < 2:
        logger.warning("every example has the label %r, which needs no bits: there is no compression", classes[0])
        rows = [{"split": "train", "metric": "description_length", "seed": seed} for seed in settings["seeds"]]
        return [{**row, "value": 0.0, "examples": len(train)} for row in rows]
    order = np.random.default_rng(data_seed).permutation(len(train))
    ends = blocks(len(train))
    seeds = settings["seeds"]
    bits = np.full(len(seeds), ends[0] * math.log2(len(classes)))
    for start, stop in itertools.pairwise(ends):
        # Within a block, examples are in the order of the file, as in a cell.
        fitted = fit(train.subset(np.sort(order[:start])), dev, features, classes=classes, **settings)
        bits += code_length(fitted, train.subset(np.sort(order[start:stop])), features)
        logger.info("examples %d to %d sent: %s bits per example so far", start + 1, stop, np.round(bits / stop, 3))
    uniform = len(train) * math.log2(len(classes))
    return [
        {"split": "train", "metric": metric, "seed": seed, "value": float(value), "examples": len(train)}
        for seed, length in zip(seeds, bits, strict=True)
        for metric, value in (("description_length", length / len(train)), ("compression", uniform / length))
    ]


def code_length(probe: Probe, examples: Examples, features: Sequence[np.ndarray]) -> np.ndarray:
    """Return the bits that the labels of examples take with the probabilities of a probe: float64, shape (seeds,)."""
    vectors = features[examples.dataset]
    position = {name: place for place, name in enumerate(probe.classes)}
    label = np.array([position.get(name, -1) for name in examples.labels])[examples.label]
    bits = np.zeros(len(probe.seeds))
    for start in range(0, len(examples), ROWS):
        part = slice(start, start + ROWS)
        for seed in range(len(probe.seeds)):
            if seed == 0 or examples.per_seed:
                one = examples.of_seed(seed).subset(part)
                seen = inputs(vectors, one.first, one.second)
            logits = (seen @ probe.weight[seed] + probe.bias[seed]).astype(np.float64)
            logits -= logits.max(axis=1, keepdims=True)
            chosen = np.take_along_axis(logits, label[part, None], axis=1)[:, 0]
            bits[seed] += np.sum(np.log(np.exp(logits).sum(axis=1)) - chosen) / math.log(2)
    return bits
