"""Each arc is paired with one that is none, drawn evenly, and whatever happens to other sentences."""

import logging

import numpy as np
import pyarrow
import pytest
from cells import labels_of, lookup, pieces_of, treebank

from polychron.probing.tasks import arc_prediction


@pytest.fixture(scope="module")
def table():
    return treebank(300)


def test_negatives_are_balanced_and_no_arcs(table, caplog):
    with caplog.at_level(logging.INFO, "polychron"):
        made = arc_prediction.Task("arc_prediction").examples([table], [pieces_of(table)])
    rows, place = lookup(table)
    lengths = np.bincount(table["sentence"].to_numpy())
    for split, examples in made.items():
        children, others, labels = examples.first, examples.second, labels_of(examples)
        arcs = [
            child
            for child, row in enumerate(rows)
            if row["split"] == split and row["head"] and lengths[row["sentence"]] >= 3
        ]
        assert children[::2].tolist() == children[1::2].tolist() == arcs
        assert labels == [arc_prediction.ARC, arc_prediction.NO_ARC] * len(arcs)
        for child, other, label in zip(children, others, labels, strict=True):
            row = rows[child]
            head = place[row["sentence"], row["head"]]
            assert (other == head) == (label == arc_prediction.ARC)
            assert other != child and rows[other]["sentence"] == row["sentence"]
    skipped = sum(row["head"] != 0 for row in rows if lengths[row["sentence"]] < 3)
    assert skipped and f"{skipped} arcs skipped" in caplog.text


def test_negatives_are_uniform_over_the_other_words():
    """Each word that is neither child nor head is drawn as often as another, over many seeds."""
    table = treebank(1, splits=("test",), seed=5, longest=7)
    rows, place = lookup(table)
    assert len(rows) >= 5
    count = np.zeros((len(rows), len(rows)))
    for seed in range(2000):
        made = arc_prediction.Task("arc_prediction", data_seed=seed).examples(
            [table], [pieces_of(table)], splits=["test"]
        )["test"]
        np.add.at(count, (made.first[1::2], made.second[1::2]), 1)
    for child in range(len(rows)):
        if rows[child]["head"]:
            others = np.delete(count[child], [child, place[0, rows[child]["head"]]])
            expected = 2000 / len(others)
            assert others.sum() == 2000
            assert ((others - expected) ** 2 / expected).sum() < 30  # chi-square, at most 5 degrees of freedom


def test_negatives_stay_when_other_sentences_change(table):
    def negatives(part):
        made = arc_prediction.Task("arc_prediction").examples([part], [pieces_of(part)], splits=["test"])["test"]
        sentence, index = part["sent_id"].to_pylist(), part["index"].to_pylist()
        return [
            (sentence[child], index[child], index[other])
            for child, other in zip(made.first[1::2], made.second[1::2], strict=True)
        ]

    expected = negatives(table)
    keep = np.array(table["split"].to_pylist()) != "train"
    without_train = table.filter(pyarrow.array(keep))
    sentence = without_train["sentence"].to_numpy()
    shifted = without_train.set_column(1, "sentence", pyarrow.array((sentence - sentence[0]).astype(np.int32)))
    assert negatives(shifted) == expected
    dropped = shifted.filter(pyarrow.array(sentence != sentence.max()))
    last = table["sent_id"].to_pylist()[-1]
    assert negatives(dropped) == [one for one in expected if one[0] != last]


def test_negatives_follow_the_data_seed(table):
    one, same, other = (
        arc_prediction.Task("arc_prediction", data_seed=seed).examples([table], [pieces_of(table)])["test"].second
        for seed in (0, 0, 1)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
