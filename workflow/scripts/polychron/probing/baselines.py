"""Baselines: what a task's labels give away without any vector.

Each is learned on the train split and scored on the test split, on the same examples as the probes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing.tasks import base as tasks
from polychron.probing.tasks.base import Examples
from polychron.tokenization.pieces import Pieces


def scores(
    task: str, splits: dict[str, Examples], tables: Sequence[Any], pieces: Sequence[Pieces]
) -> list[dict[str, Any]]:
    """Score the baselines of a task.

    Parameters
    ----------
    task : str
        What is asked.
    splits : dict of str to Examples
        Train and test.
    tables : sequence of pyarrow.Table
        The task's tables of examples.
    pieces : sequence of Pieces
        The pieces of their words or sentences.

    Returns
    -------
    list of dict
        Rows with split, metric, value and examples. ``majority``: the most frequent label. pos: ``word_majority``, the
        most frequent tag of the form (`majority` for a new form), and ``word_majority_ambiguous``, the same on the
        words whose form has two or more tags in the train split. arc_classification: ``pair_majority``, the most
        frequent relation of the child's and head's forms, else of the child's, else of all. xnli:
        ``hypothesis_only``, naive Bayes on the pieces of the hypothesis.
    """
    train, test = splits["train"], splits["test"]
    everywhere = np.ones(len(test), bool)
    predictions = {"majority": (by_keys([], [], train.label, len(test)), everywhere)}
    if task == "pos":
        form = tasks.forms(tables[0])
        word = by_keys([form[train.first]], [form[test.first]], train.label, len(test))
        predictions["word_majority"] = word, everywhere
        predictions["word_majority_ambiguous"] = word, tasks.ambiguous(form, train, test)
    elif task == "arc_classification":
        form = tasks.forms(tables[0])
        keys = [[form[one.first], form[one.first] * (form.max() + 1) + form[one.second]] for one in (train, test)]
        predictions["pair_majority"] = by_keys(*keys, train.label, len(test)), everywhere
    elif task == "xnli":
        predictions["hypothesis_only"] = hypothesis_only(train, test, pieces), everywhere
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


def hypothesis_only(train: Examples, test: Examples, pieces: Sequence[Pieces]) -> np.ndarray:
    """Predict the label of sentence pairs from the hypothesis alone (Poliak et al. 2018).

    Multinomial naive Bayes over the hypothesis's pieces, with one added to each count; pieces that no hypothesis of
    the train split has are passed over.

    Parameters
    ----------
    train, test : Examples
        Pairs of sentences.
    pieces : sequence of Pieces
        The pieces of their datasets, where each sentence is a single word.

    Returns
    -------
    ndarray of int64, shape (len(test),)

    References
    ----------
    .. Poliak, Naradowsky, Haldar, Rudinger, Van Durme: Hypothesis Only Baselines in Natural Language Inference.
       *SEM 2018.

    Examples
    --------
    "no dog" contradicts its premise, "a dog" twice follows from its own; the pieces are no 4, dog 6, a 5. No hypothesis
    has cat 7, so "no cat" is judged by "no" alone, with the counts 1 of 2 and 0 of 4 and three known pieces:
    contradiction 1/3 x 2/5 = 2/15 is more than entailment 2/3 x 1/7 = 2/21. "a dog" has 1/3 x 1/5 x 2/5 = 2/75 and
    2/3 x 3/7 x 3/7 = 6/49.

    >>> ids = np.array([0, 4, 6, 2, 0, 5, 6, 2, 0, 4, 7, 2])
    >>> each = dict(first=np.ones(3, int), stop=np.full(3, 3), status=np.zeros(3, int), word_sentence=np.arange(3))
    >>> sentences = Pieces(ids, np.array([0, 4, 8, 12]), **each, word_offsets=np.arange(4), characters=np.full(3, 5))
    >>> def split(hypotheses, labels):
    ...     rows = np.array(hypotheses)
    ...     return Examples(0, rows, rows, np.array(labels), ("contradiction", "entailment"), 0)
    >>> hypothesis_only(split([0, 1, 1], [0, 1, 1]), split([2, 1], [0, 1]), [sentences])
    array([0, 1])
    """
    vocabulary = 1 + max(int(part.ids.max(initial=0)) for part in pieces)
    classes = len(train.labels)
    ids, sentence = _inner(pieces[train.dataset])
    counts = np.empty((classes, vocabulary))
    for code in range(classes):
        pairs = np.bincount(train.second[train.label == code], minlength=len(pieces[train.dataset].status))
        counts[code] = np.bincount(ids, weights=pairs[sentence], minlength=vocabulary)
    known = counts.any(axis=0)
    prior = np.bincount(train.label, minlength=classes)
    with np.errstate(divide="ignore"):  # a label that the train split lacks is never chosen
        score = np.log(prior / prior.sum())[:, None]
    weight = np.log((counts + 1) / (counts.sum(axis=1, keepdims=True) + known.sum())) * known
    ids, sentence = _inner(pieces[test.dataset])
    number = len(pieces[test.dataset].status)
    sums = np.stack([np.bincount(sentence, weights=row[ids], minlength=number) for row in weight])
    return np.argmax(score + sums[:, test.second], axis=0)


def _inner(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Give the pieces of sentences without ``<s>`` and ``</s>``, and the sentence of each."""
    if len(pieces.status) != len(pieces.lengths):
        raise InputError("a table of pieces whose sentences are not single words", remedy="tokenise again")
    sentence = np.repeat(np.arange(len(pieces.lengths)), pieces.lengths)
    place = np.arange(len(pieces.ids)) - pieces.sentence_offsets[sentence]
    inner = (place >= pieces.first[sentence]) & (place < pieces.stop[sentence])
    return pieces.ids[inner], sentence[inner]
