"""Hypothesis only against scikit-learn."""

import numpy as np
import pytest
from baselines import scored, value
from cells import inference, sentence_pieces

from polychron.probing.baselines import hypothesis_only
from polychron.probing.tasks import nli


def sentence_pairs(number, seed, strength):
    """Draw pairs whose hypothesis has a word of its label with a probability of `strength`."""
    draw = np.random.default_rng(seed)
    labels = ("entailment", "neutral", "contradiction")
    for _ in range(number):
        label = int(draw.integers(3))
        words = [f"w{one}" for one in draw.integers(60, size=draw.integers(2, 8))]
        if draw.random() < strength:
            words.append(f"sign{label}")
        yield "a premise", " ".join(words), labels[label]


def test_hypotheses_as_scikit_learn():
    bayes = pytest.importorskip("sklearn.naive_bayes")
    rows = [("train", *row) for row in sentence_pairs(900, 1, 0.5)]
    rows += [("dev", *row) for row in sentence_pairs(50, 2, 0.5)]
    train, test = inference(rows), inference([("test", *row) for row in sentence_pairs(400, 3, 0.5)])
    vocabulary = {}
    pieces = [sentence_pieces(train, vocabulary), sentence_pieces(test, vocabulary)]
    made = nli.Task("xnli").examples([train, test], pieces)

    def counts(table, number):
        words = [row["hypothesis"].split() for row in table.to_pylist()[:number]]
        return np.array([np.bincount([vocabulary[one] for one in row], minlength=4 + len(vocabulary)) for row in words])

    seen = counts(train, 900)
    known = seen.any(axis=0)
    reference = bayes.MultinomialNB().fit(seen[:, known], made["train"].label)
    expected = reference.predict(counts(test, 400)[:, known])
    found = hypothesis_only.predict(made["train"], made["test"], pieces)
    np.testing.assert_array_equal(found, expected)
    rows = scored(hypothesis_only, [train, test], pieces, made)
    assert value(rows, "hypothesis_only") == np.mean(expected == made["test"].label) > 0.5


def test_hypotheses_without_a_sign_are_guessed():
    rows = [("train", *row) for row in sentence_pairs(900, 4, 0.0)]
    train, test = inference(rows), inference([("test", *row) for row in sentence_pairs(900, 5, 0.0)])
    vocabulary = {}
    pieces = [sentence_pieces(train, vocabulary), sentence_pieces(test, vocabulary)]
    made = nli.Task("xnli").examples([train, test], pieces, splits=["train", "test"])
    assert np.mean(hypothesis_only.predict(made["train"], made["test"], pieces) == made["test"].label) < 0.4
