"""Named entities as spans: exact boundaries and kind, counted over sentences.

The labels that a probe predicts for the words of a sentence, each by itself, need not be a sequence that IOB2 allows.
They are repaired first, as Wu et al. [1]_ did, and the repaired ones are scored as seqeval scores them [2]_.

References
----------
.. [1] Wu, Conneau, Li, Zettlemoyer, Stoyanov: Emerging Cross-lingual Structure in Pretrained Language Models. ACL 2020.
.. [2] Nakayama: seqeval, a Python framework for sequence labeling evaluation. 2018.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from polychron.probing.probes import Probe, Row, predict
from polychron.probing.tasks.base import Examples

OUTSIDE = "O"

METRIC = "span_f1"


class Span(NamedTuple):
    """A name: the place of its first word, the place after its last word, and its kind."""

    start: int
    stop: int
    kind: str


class Found(NamedTuple):
    """How many spans there are, how many were predicted, and how many of these are right in boundaries and kind."""

    right: int
    predicted: int
    gold: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; NaN where no span is there and none is predicted."""
        return 2 * self.right / (self.predicted + self.gold) if self.predicted + self.gold else float("nan")


def spans(labels: Sequence[str]) -> list[Span]:
    """Return the names of a sentence, whether its labels are a sequence that IOB2 allows or not.

    A name begins with B, or with an I that follows O or begins the sentence. It goes on as long as I follows, of
    whatever kind. Its kind is that of its last word.

    Parameters
    ----------
    labels : sequence of str
        ``O``, ``B-KIND`` or ``I-KIND`` for each word.

    Examples
    --------
    >>> spans(["B-PER", "I-PER", "O", "I-LOC"])
    [Span(start=0, stop=2, kind='PER'), Span(start=3, stop=4, kind='LOC')]
    >>> spans(["B-PER", "I-LOC", "I-ORG"])
    [Span(start=0, stop=3, kind='ORG')]
    """
    found: list[Span] = []
    start = -1
    for place, label in enumerate([*labels, OUTSIDE]):
        if start >= 0 and not label.startswith("I"):
            found.append(Span(start, place, labels[place - 1][2:]))
            start = -1
        if label != OUTSIDE and start < 0:
            start = place
    return found


def repair(labels: Sequence[str]) -> list[str]:
    """Return the labels of a sentence as a sequence that IOB2 allows.

    A lone ``I-X`` becomes ``B-X``, and ``B-X I-Y I-Z`` becomes ``B-Z I-Z I-Z``.

    Examples
    --------
    >>> repair(["I-LOC", "O", "B-PER", "I-LOC", "I-ORG"])
    ['B-LOC', 'O', 'B-ORG', 'I-ORG', 'I-ORG']
    """
    made = [OUTSIDE] * len(labels)
    for start, stop, kind in spans(labels):
        made[start:stop] = [f"B-{kind}", *[f"I-{kind}"] * (stop - start - 1)]
    return made


def compare(gold: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]) -> Found:
    """Count the spans of sentences, those that are predicted, and those that are both.

    Parameters
    ----------
    gold, predicted : iterable of sequence of str
        The labels of each sentence's words.

    Returns
    -------
    Found

    Examples
    --------
    >>> compare([["B-PER", "I-PER", "O", "B-LOC"]], [["B-PER", "I-PER", "O", "B-ORG"]])
    Found(right=1, predicted=2, gold=2)
    """
    right = said = there = 0
    for wanted, given in zip(gold, predicted, strict=True):
        one, other = set(spans(wanted)), set(spans(given))
        right, said, there = right + len(one & other), said + len(other), there + len(one)
    return Found(right, said, there)


def scores(
    probe: Probe, features: Sequence[np.ndarray], examples: Examples, sentence: np.ndarray, split: str
) -> Iterator[Row]:
    """Score the probes of a task of named entities by spans.

    Words beyond the window are no examples. A name is compared as far as its words are within the window.

    Parameters
    ----------
    probe : Probe
        With the labels of IOB2 as classes.
    features : sequence of ndarray
        One array per dataset.
    examples : Examples
        Words of one split, in the order of the text.
    sentence : ndarray of int, shape (examples,)
        The sentence that each of them is in.
    split : str
        What the split is called.

    Yields
    ------
    dict
        Split, the metric ``span_f1``, seed, value and examples, which are the names that are there.
    """
    bounds = np.flatnonzero(np.diff(sentence)) + 1
    gold = _cut([examples.labels[label] for label in examples.label], bounds)
    for seed, codes in zip(probe.seeds, predict(probe, features[examples.dataset], examples), strict=True):
        found = compare(gold, _cut([probe.classes[code] for code in codes], bounds))
        yield {"split": split, "metric": METRIC, "seed": seed, "value": found.f1, "examples": found.gold}


def _cut(labels: list[Any], bounds: np.ndarray) -> list[list[Any]]:
    """Cut a list at places."""
    places = [0, *bounds.tolist(), len(labels)]
    return [labels[start:stop] for start, stop in itertools.pairwise(places)]
