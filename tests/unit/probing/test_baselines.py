"""Baselines against figures that can be counted by hand, a plain loop, and scikit-learn."""

from collections import Counter

import numpy as np
import pytest
from cells import inference, pieces_of, sentence_pieces, treebank, words_table

from polychron.probing import baselines
from polychron.probing.tasks import base


def value(rows, metric):
    return next(row["value"] for row in rows if row["metric"] == metric)


def by_hand(train, test):
    """Predict from (keys, label) pairs, the slow way: the finest key that was seen, ties to the first label."""
    tables = [{} for _ in train[0][0]]
    overall = Counter()
    for keys, label in train:
        overall[label] += 1
        for table, key in zip(tables, keys, strict=True):
            table.setdefault(key, Counter())[label] += 1
    best = [min(counts, key=lambda label: (-counts[label], label)) for counts in [overall]]
    hits = []
    for keys, label in test:
        predicted = best[0]
        for table, key in zip(tables, keys, strict=True):
            if key in table:
                counts = table[key]
                predicted = min(counts, key=lambda one: (-counts[one], one))
        hits.append(predicted == label)
    return np.array(hits)


@pytest.fixture(scope="module")
def table():
    return treebank(400, seed=3)


def test_words(table):
    pieces = [pieces_of(table, range(0, 900, 50))]
    made = base.examples("pos", [table], pieces)
    rows = baselines.scores("pos", made, [table], pieces)
    forms = table["form"].to_pylist()

    def pairs(split):
        one = made[split]
        return [((forms[word],), one.labels[code]) for word, code in zip(one.first, one.label, strict=True)]

    hits = by_hand(pairs("train"), pairs("test"))
    assert value(rows, "word_majority") == hits.mean()
    chosen = base.ambiguous(base.forms(table), made["train"], made["test"])
    assert value(rows, "word_majority_ambiguous") == hits[chosen].mean()
    most, _ = Counter(label for _, label in pairs("train")).most_common(1)[0]
    assert value(rows, "majority") == np.mean([label == most for _, label in pairs("test")])
    assert {row["split"] for row in rows} == {"test"}


def test_pairs_back_off_to_the_child_and_to_all(table):
    pieces = [pieces_of(table)]
    made = base.examples("arc_classification", [table], pieces)
    rows = baselines.scores("arc_classification", made, [table], pieces)
    forms = table["form"].to_pylist()

    def pairs(split):
        one = made[split]
        return [
            ((forms[child], (forms[child], forms[head])), one.labels[code])
            for child, head, code in zip(one.first, one.second, one.label, strict=True)
        ]

    seen = {keys[1] for keys, _ in pairs("train")}
    assert 0 < sum(keys[1] in seen for keys, _ in pairs("test")) < len(made["test"])
    assert value(rows, "pair_majority") == by_hand(pairs("train"), pairs("test")).mean()


def test_arcs_are_even(table):
    pieces = [pieces_of(table)]
    made = base.examples("arc_prediction", [table], pieces)
    rows = baselines.scores("arc_prediction", made, [table], pieces)
    assert [(row["metric"], row["value"]) for row in rows] == [("majority", 0.5)]


def test_a_test_label_that_train_lacks():
    rows = [("train", "a", "X"), ("train", "b", "Y"), ("train", "b", "Y"), ("dev", "a", "X"), ("test", "a", "Z")]
    table = words_table(
        [
            {"split": split, "sentence": place, "sent_id": "", "index": 1, "form": form, "upos": tag, "head": 0}
            | {"deprel": "root"}
            for place, (split, form, tag) in enumerate([*rows, ("test", "new", "Y")])
        ]
    )
    made = base.examples("pos", [table], [pieces_of(table)])
    found = baselines.scores("pos", made, [table], [pieces_of(table)])
    assert value(found, "word_majority") == value(found, "majority") == 0.5
    assert not [row for row in found if row["metric"] == "word_majority_ambiguous"]  # no such word


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
    made = base.examples("xnli", [train, test], pieces)

    def counts(table, number):
        words = [row["hypothesis"].split() for row in table.to_pylist()[:number]]
        return np.array([np.bincount([vocabulary[one] for one in row], minlength=4 + len(vocabulary)) for row in words])

    seen = counts(train, 900)
    known = seen.any(axis=0)
    reference = bayes.MultinomialNB().fit(seen[:, known], made["train"].label)
    expected = reference.predict(counts(test, 400)[:, known])
    found = baselines.hypothesis_only(made["train"], made["test"], pieces)
    np.testing.assert_array_equal(found, expected)
    rows = baselines.scores("xnli", made, [train, test], pieces)
    assert value(rows, "hypothesis_only") == np.mean(expected == made["test"].label) > 0.5


def test_hypotheses_without_a_sign_are_guessed():
    rows = [("train", *row) for row in sentence_pairs(900, 4, 0.0)]
    train, test = inference(rows), inference([("test", *row) for row in sentence_pairs(900, 5, 0.0)])
    vocabulary = {}
    pieces = [sentence_pieces(train, vocabulary), sentence_pieces(test, vocabulary)]
    made = base.examples("xnli", [train, test], pieces, splits=["train", "test"])
    assert np.mean(baselines.hypothesis_only(made["train"], made["test"], pieces) == made["test"].label) < 0.4
