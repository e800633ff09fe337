"""Hypothesis only: naive Bayes on the pieces of the hypothesis (Poliak et al. 2018)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing.baselines.base import Predictions
from polychron.probing.tasks.base import Examples
from polychron.tokenization.pieces import Pieces


def predictions(tables: Sequence[Any], pieces: Sequence[Pieces], splits: Mapping[str, Examples]) -> Predictions:
    """Predict the labels of sentence pairs from their hypotheses: ``hypothesis_only``."""
    test = splits["test"]
    return {"hypothesis_only": (predict(splits["train"], test, pieces), np.ones(len(test), bool))}


def predict(train: Examples, test: Examples, pieces: Sequence[Pieces]) -> np.ndarray:
    """Predict the label of sentence pairs from the hypothesis alone (Poliak et al. 2018).

    Multinomial naive Bayes over the hypothesis's pieces, with one added to each count; pieces that no hypothesis of
    the train split has are ignored.

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
    >>> predict(split([0, 1, 1], [0, 1, 1]), split([2, 1], [0, 1]), [sentences])
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
    """Return the pieces of sentences without ``<s>`` and ``</s>``, and the sentence of each."""
    if len(pieces.status) != len(pieces.lengths):
        raise InputError("a table of pieces whose sentences are not single words", remedy="tokenise again")
    sentence = np.repeat(np.arange(len(pieces.lengths)), pieces.lengths)
    place = np.arange(len(pieces.ids)) - pieces.sentence_offsets[sentence]
    inner = (place >= pieces.first[sentence]) & (place < pieces.stop[sentence])
    return pieces.ids[inner], sentence[inner]
