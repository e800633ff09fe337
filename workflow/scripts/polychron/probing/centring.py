"""Transfer with centred targets: the vectors of a target moved to where those of the source are.

In multilingual models each language has a mean of its own, apart from what its sentences mean [1]_. A probe that is
trained in one language and scored in another meets vectors that are moved by the difference of the two means. Here this
difference is taken away. It is learnt from words of the target without their labels, so that such a score is not
zero-shot in the strictest sense.

References
----------
.. [1] Libovický, Rosa, Fraser: On the Language Neutrality of Pre-trained Multilingual Representations. Findings of
   EMNLP 2020.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing import probes
from polychron.probing.tasks.base import Examples, Task

METRIC = "accuracy.centred"
"""What the scores are called."""

BLOCK = 4096
"""Vectors that are read at a time."""


def mean(vectors: np.ndarray, examples: Examples) -> np.ndarray:
    """Return the mean of the vectors that examples are about, each once however many examples it is in.

    Parameters
    ----------
    vectors : ndarray of floating point, shape (words, dimension)
        Of words, or of sentences. One that is 0 throughout belongs to a word without pieces, and is left out.
    examples : Examples
        Examples of these.

    Returns
    -------
    ndarray of float64, shape (dimension,)

    Raises
    ------
    InputError
        The vectors are too few or not finite, or all are left out.

    Examples
    --------
    >>> pairs = Examples(0, np.array([0, 0]), np.array([1, 2]), np.array([0, 0]), ("arc",), 0)
    >>> mean(np.array([[1, 2], [4, 0], [0, 0], [9, 9]], np.float16), pairs)
    array([2.5, 1. ])
    """
    probes.require_rows(examples, len(vectors))
    rows = np.unique(examples.first if examples.second is None else (examples.first, examples.second))
    total, number = np.zeros(vectors.shape[1]), 0
    for start in range(0, len(rows), BLOCK):
        part = rows[start : start + BLOCK]
        block = vectors[part]
        probes.require_finite(block, part)
        total += block.sum(axis=0, dtype=np.float64)
        number += int(block.any(axis=1).sum())
    if not number:
        raise InputError(
            f"none of {len(rows)} words has pieces, so that there is no mean to centre by",
            remedy="look at the tokenizer and the language's file",
        )
    return total / number


def moved(vectors: np.ndarray, examples: Examples, origin: np.ndarray) -> np.ndarray:
    """Move vectors so that the mean of those that examples are about is a given one.

    Parameters
    ----------
    vectors : ndarray of floating point, shape (words, dimension)
        See `mean`. One that is 0 throughout stays so.
    examples : Examples
        Examples of these.
    origin : ndarray of float64, shape (dimension,)
        The mean that they should have.

    Returns
    -------
    ndarray of float64, shape (words, dimension)

    Raises
    ------
    InputError
        The dimensions differ; or see `mean`.
    """
    if vectors.shape[1:] != origin.shape:
        raise InputError(
            f"vectors of {vectors.shape[1]} dimensions, and a source of {len(origin)}",
            remedy="delete the features of both and run the same command again",
        )
    found = vectors.astype(np.float64)
    found[vectors.any(axis=1)] += origin - mean(vectors, examples)
    return found


def scores(
    task: Task, probe: probes.Probe, examples: Examples, vectors: np.ndarray, origin: np.ndarray
) -> list[dict[str, Any]]:
    """Score a cell's probes on another language whose vectors are moved to the mean of the source.

    Of pairs, both vectors are moved before they are multiplied.

    Parameters
    ----------
    task : Task
        What was asked.
    probe : Probe
        Trained on the source.
    examples : Examples
        Test examples of the target.
    vectors : ndarray of floating point, shape (words, dimension)
        The target's.
    origin : ndarray of float64, shape (dimension,)
        The `mean` of the source's train split.

    Returns
    -------
    list of dict
        Rows of split ``parallel``: ``accuracy.centred`` for each seed. How many examples were left out, and whose
        labels the source lacks, is what `polychron.probing.probes.transfer_scores` says of vectors as they are.

    Raises
    ------
    InputError
        See `moved`.
    """
    rows = probes.transfer_scores(task, probe, examples, [moved(vectors, examples, origin)])
    return [row | {"metric": METRIC} for row in rows if row["metric"] == "accuracy"]
