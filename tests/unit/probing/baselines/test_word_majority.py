"""Word majority against a plain loop."""

from collections import Counter

import numpy as np
import pytest
from baselines import by_hand, scored, value
from cells import pieces_of, treebank, words_table

from polychron.probing.baselines import word_majority
from polychron.probing.tasks import base as tasks
from polychron.probing.tasks import token_labels

POS = token_labels.Task("pos")


@pytest.fixture(scope="module")
def table():
    return treebank(400, seed=3)


def test_words(table):
    pieces = [pieces_of(table, range(0, 900, 50))]
    made = POS.examples([table], pieces)
    rows = scored(word_majority, [table], pieces, made)
    forms = table["form"].to_pylist()

    def pairs(split):
        one = made[split]
        return [((forms[word],), one.labels[code]) for word, code in zip(one.first, one.label, strict=True)]

    hits = by_hand(pairs("train"), pairs("test"))
    assert value(rows, "word_majority") == hits.mean()
    chosen = token_labels.ambiguous(tasks.forms(table), made["train"], made["test"])
    assert value(rows, "word_majority_ambiguous") == hits[chosen].mean()
    most, _ = Counter(label for _, label in pairs("train")).most_common(1)[0]
    assert value(rows, "majority") == np.mean([label == most for _, label in pairs("test")])
    assert {row["split"] for row in rows} == {"test"}


def test_a_test_label_that_train_lacks():
    rows = [("train", "a", "X"), ("train", "b", "Y"), ("train", "b", "Y"), ("dev", "a", "X"), ("test", "a", "Z")]
    table = words_table(
        [
            {"split": split, "sentence": place, "sent_id": "", "index": 1, "form": form, "upos": tag, "head": 0}
            | {"deprel": "root"}
            for place, (split, form, tag) in enumerate([*rows, ("test", "new", "Y")])
        ]
    )
    made = POS.examples([table], [pieces_of(table)])
    found = scored(word_majority, [table], [pieces_of(table)], made)
    assert value(found, "word_majority") == value(found, "majority") == 0.5
    assert not [row for row in found if row["metric"] == "word_majority_ambiguous"]  # no such word
