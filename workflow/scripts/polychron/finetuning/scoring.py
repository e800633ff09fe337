"""Scores of a fine-tuned model: what is right of its predictions, and whether its training came to anything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from polychron.finetuning import attachment
from polychron.finetuning.splits import Split
from polychron.probing import spans

MAIN = {"xnli": "accuracy", "pos": "accuracy", "entities": spans.METRIC, "parsing": "las"}
"""The metric of each task by which epochs are compared, and which figures show."""

MARGIN = 0.02
"""How far a training must lift the score on dev above what is reached without a model; otherwise it has collapsed."""


def of(task: str, predicted: Sequence[np.ndarray], split: Split) -> dict[str, tuple[float, int]]:
    """Return the scores of predictions, the main one first, with the number of examples of each.

    Parameters
    ----------
    task : str
        One of `polychron.finetuning.recipes.TASKS`.
    predicted : sequence of ndarray of int64, each of shape (examples,)
        Classes; of a parser heads, and relations.
    split : Split
        With the classes as its first labels; others count as errors.
    """
    if task == "parsing":
        return attachment.count(*predicted, split.head, split.label, split.punctuation).scores
    accuracy = {"accuracy": (float((predicted[0] == split.label).mean()), len(split))}
    if task != "entities":
        return accuracy
    gold, found = (
        _sentences([split.labels[code] for code in codes], split.offsets) for codes in (split.label, predicted[0])
    )
    compared = spans.compare(gold, found)
    return {spans.METRIC: (compared.f1, compared.gold), **accuracy}


def _sentences(labels: list[str], offsets: np.ndarray) -> list[list[str]]:
    return [labels[start:stop] for start, stop in itertools.pairwise(offsets.tolist())]


def without_model(task: str, train: Split, split: Split) -> float:
    """Return the main score of what needs no model: the most frequent label of train.

    Of trees, each word depends on the one before it, or the one after it, whichever is better. Of named entities,
    none is found.
    """
    if task == "entities":
        return 0.0
    common = np.full(len(split), np.bincount(train.label).argmax())
    if task != "parsing":
        return float((common == split.label).mean())
    place = np.arange(len(split)) - np.repeat(split.offsets[:-1], np.diff(split.offsets))
    last = np.repeat(np.diff(split.offsets), np.diff(split.offsets)) - 1
    chains = (place, np.where(place == last, 0, place + 2))
    return max(
        attachment.count(heads, common, split.head, split.label, split.punctuation).scores["las"][0] for heads in chains
    )


def rows(scores: dict[str, tuple[float, int]], split: str, seed: int) -> Iterator[dict[str, Any]]:
    """Yield a row of each score."""
    for metric, (value, examples) in scores.items():
        yield {"split": split, "metric": metric, "seed": seed, "value": value, "examples": examples}
