"""The most frequent label at a distance, and at a distance with parts of speech."""

from collections import Counter

import numpy as np
import pyarrow
from cells import pieces_of, treebank

from polychron.probing.baselines import base, distance
from polychron.probing.tasks import arc_classification, arc_prediction
from polychron.probing.tasks.base import Examples


def plain(train, test, keys):
    """The same by dictionaries, from the finest key to none."""
    found = []
    for asked in test:
        for depth in range(keys, -1, -1):
            counts = Counter()
            for example in train:
                if example[:depth] == asked[:depth]:
                    counts[example[-1]] += 1
            if counts:
                most = max(counts.values())
                found.append(min(label for label, count in counts.items() if count == most))
                break
    return found


def test_equal_to_counting_by_hand():
    table = treebank(60)
    tags = table["upos"].to_pylist()
    for task in (arc_prediction.Task("arc_prediction"), arc_classification.Task("arcs")):
        splits = task.examples([table], [pieces_of(table)])

        def rows(split, splits=splits):
            one = splits[split]
            return [
                (second - first, (tags[first], tags[second]), int(label))
                for first, second, label in zip(one.first, one.second, one.label, strict=True)
            ]

        found = distance.predictions([table], [], splits)
        for metric, keys in (("distance", 1), ("distance_upos", 2)):
            assert found[metric][0].tolist() == plain(rows("train"), rows("test"), keys)
            assert found[metric][1].all()


def test_a_planted_rule_of_order_and_tags_is_found():
    """A word is the head of the one before it, unless both are nouns: distance answers 3 in 4, with tags all."""
    draw = np.random.default_rng(0)
    number = 4000
    table = pyarrow.table({"upos": draw.choice(["NOUN", "VERB"], 2 * number)})
    tags = np.array(table["upos"].to_pylist())
    first = np.arange(0, 2 * number, 2)
    flip = draw.random(number) < 0.5
    one, other = np.where(flip, first + 1, first), np.where(flip, first, first + 1)
    label = ((other > one) & ~((tags[one] == "NOUN") & (tags[other] == "NOUN"))).astype(int)
    splits = {
        split: Examples(0, one[part], other[part], label[part], ("no arc", "arc"), 0)
        for split, part in (("train", slice(0, 2000)), ("test", slice(2000, number)))
    }
    scores = {
        row["metric"]: row["value"] for row in base.scores(distance.predictions([table], [], splits), splits["test"])
    }
    assert scores["distance_upos"] == 1
    assert abs(scores["distance"] - 0.875) < 0.03


def test_a_distance_that_train_lacks_is_given_the_most_frequent_label():
    table = pyarrow.table({"upos": ["X"] * 10})
    train = Examples(0, np.array([0, 0, 0]), np.array([1, 1, 2]), np.array([1, 1, 0]), ("a", "b"), 0)
    test = Examples(0, np.array([0, 5, 9]), np.array([2, 0, 0]), np.array([0, 1, 1]), ("a", "b"), 0)
    found = distance.predictions([table], [], {"train": train, "test": test})
    assert found["distance"][0].tolist() == [0, 1, 1]
