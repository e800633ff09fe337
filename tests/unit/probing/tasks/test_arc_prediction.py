"""Each arc is paired with one that is none, drawn evenly, and whatever happens to other sentences."""

import logging

import numpy as np
import pyarrow
import pytest
from cells import labels_of, lookup, pieces_of, treebank, words_table

from polychron.errors import InputError
from polychron.probing.baselines import base, distance
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


def made(table, pieces=None, **settings):
    task = arc_prediction.Task("arc_prediction", **settings)
    return task.examples([table], [pieces or pieces_of(table)])


def near(sentences=150, seed=0):
    """A treebank whose heads are the word before or after in four of five cases."""
    draw = np.random.default_rng(seed)
    rows = []
    for sentence in range(sentences):
        length = int(draw.integers(4, 16))
        # the root is the first word: a head before its child makes no circle
        heads = [0, *(word - 1 if draw.random() < 0.8 else draw.integers(1, word) for word in range(2, length + 1))]
        split = ("train", "train", "dev", "test")[sentence % 4]
        for word, head in enumerate(heads, start=1):
            row = {"split": split, "sentence": sentence, "sent_id": f"s{sentence}", "index": word, "head": int(head)}
            rows.append({**row, "form": f"w{draw.integers(40)}", "upos": str(draw.choice(["A", "B"]))})
    return words_table(rows)


def by_distance(table, metric="distance", **settings):
    splits = made(table, **settings)
    rows = base.scores(distance.predictions([table], [pieces_of(table)], splits), splits["test"])
    return next(row["value"] for row in rows if row["metric"] == metric)


def test_matched_negatives_are_no_arcs_at_the_distance_of_an_arc(table, caplog):
    with caplog.at_level(logging.INFO, "polychron"):
        splits = made(table, negatives="distance_matched")
    rows, place = lookup(table)
    arcs = {(word, place[row["sentence"], row["head"]]) for word, row in enumerate(rows) if row["head"]}
    number = 0
    for one in splits.values():
        pairs = list(zip(one.first.tolist(), one.second.tolist(), strict=True))
        assert labels_of(one) == [arc_prediction.ARC, arc_prediction.NO_ARC] * (len(pairs) // 2)
        assert {*pairs[::2]} <= arcs and not {*pairs[1::2]} & arcs
        number += len(pairs) // 2
        for (child, head), (word, other) in zip(pairs[::2], pairs[1::2], strict=True):
            assert other - word == head - child and rows[word]["head"]
            assert rows[word]["sentence"] == rows[other]["sentence"] == rows[child]["sentence"]
    # the arcs that were skipped are those for which there is nothing to draw
    free = [
        any(
            rows[word]["head"] and word + head - child in range(len(rows)) and (word, word + head - child) not in arcs
            and rows[word + head - child]["sentence"] == rows[word]["sentence"] == rows[child]["sentence"]
            for word in range(len(rows))
        )
        for child, head in arcs
    ]  # fmt: skip
    assert number == sum(free) < len(arcs)
    assert f"{len(arcs) - number} arcs skipped, their sentences have no other pair" in caplog.text


def test_distance_says_nothing_of_matched_negatives_and_much_of_uniform_ones():
    table = near()
    assert by_distance(table, negatives="distance_matched") == 0.5
    assert by_distance(table) > 0.7
    assert by_distance(table, "distance_upos", negatives="distance_matched") < 0.6


def test_matched_negatives_are_uniform_over_the_pairs_at_their_distance():
    """Heads 0 1 1 1 1 1: of the arc of the second word, at -1, four other pairs are as near."""
    place = {"split": "test", "sentence": 0, "sent_id": "s", "form": "w", "upos": "X"}
    table = words_table([{**place, "index": 1 + word, "head": int(word > 0)} for word in range(6)])
    count = np.zeros(6)
    for seed in range(1000):
        task = arc_prediction.Task("arcs", data_seed=seed, negatives="distance_matched")
        one = task.examples([table], [pieces_of(table)], splits=["test"])["test"]
        # the last word alone is five words from its head
        assert one.first[::2].tolist() == [1, 2, 3, 4]
        count[one.first[1]] += 1
    assert not count[:2].any()
    assert ((count[2:] - 250) ** 2 / 250).sum() < 20  # chi-square, 3 degrees of freedom


def test_matched_negatives_stay_within_the_window(table):
    beyond = range(0, table.num_rows, 5)
    pieces = pieces_of(table, beyond=beyond)
    for one in made(table, pieces, negatives="distance_matched").values():
        assert not np.isin([one.first, one.second], beyond).any()
        assert one.excluded > 0


def test_without_a_pair_to_draw_the_next_step_is_said():
    place = {"split": "train", "sentence": 0, "sent_id": "s", "form": "w", "upos": "X"}
    table = words_table([{**place, "index": 1 + word, "head": word} for word in range(4)])
    with pytest.raises(InputError, match="no sentence of the split 'train' has an arc and two other words") as caught:
        made(table, negatives="distance_matched")
    assert "set probing.negatives to uniform" in str(caught.value)


@pytest.mark.parametrize("negatives", arc_prediction.NEGATIVES)
def test_each_seed_draws_its_negatives_of_train_and_dev_and_none_those_of_test(table, negatives):
    settings = {"negatives": negatives, "negatives_per_seed": True}
    task, pieces = arc_prediction.Task("arcs", **settings), [pieces_of(table)]
    splits = task.examples([table], pieces, seeds=(4, 9))
    alone = task.examples([table], pieces, seeds=(9,))
    shared = made(table, negatives=negatives)
    assert splits["test"].second.tolist() == shared["test"].second.tolist()
    for split in ("train", "dev"):
        own, one = splits[split], shared[split]
        assert own.first.shape == own.second.shape == (2, len(one))
        assert own.label.tolist() == one.label.tolist()
        assert (own.first[:, ::2] == one.first[::2]).all() and (own.second[:, ::2] == one.second[::2]).all()
        drawn = [*own.second[:, 1::2].tolist(), one.second[1::2].tolist()]
        assert drawn[0] != drawn[1] and drawn[1] != drawn[2] and drawn[0] != drawn[2]
        assert alone[split].second[0].tolist() == own.second[1].tolist()
        assert len(own.of_seed(1).subset(slice(0, 5))) == 5


def test_without_being_asked_all_seeds_share_one_draw(table):
    task, pieces = arc_prediction.Task("arcs"), [pieces_of(table)]
    one, other = (task.examples([table], pieces, seeds=seeds)["train"] for seeds in ((), (4, 9)))
    assert not other.per_seed and one.second.tolist() == other.second.tolist()
