"""Examples point at the right words, leave out what lies beyond the window, and depend on nothing else."""

import logging

import numpy as np
import pyarrow
import pytest
from cells import inference, one_piece_each, pieces_of, sentence_pieces, treebank, words_table

from polychron.errors import InputError
from polychron.probing.tasks import base

TREEBANK_TASKS = ["pos", "arc_prediction", "arc_classification"]


@pytest.fixture(scope="module")
def table():
    return treebank(300)


def labels_of(examples):
    return [examples.labels[code] for code in examples.label]


def lookup(table):
    """Give the row of a word by its sentence and ID, found the slow way."""
    rows = table.to_pylist()
    return rows, {(row["sentence"], row["index"]): place for place, row in enumerate(rows)}


def test_words_in_order(table):
    made = base.examples("pos", [table], [pieces_of(table)])
    rows = table.to_pylist()
    for split, examples in made.items():
        expected = [place for place, row in enumerate(rows) if row["split"] == split]
        assert examples.first.tolist() == expected
        assert examples.second is None and examples.dataset == 0 and examples.excluded == 0
        assert labels_of(examples) == [rows[place]["upos"] for place in expected]


@pytest.mark.parametrize("labels", ["universal", "full"])
def test_arcs_from_child_to_head(table, labels):
    made = base.examples("arc_classification", [table], [pieces_of(table)], labels=labels)
    rows, place = lookup(table)
    for split, examples in made.items():
        arcs = [(child, row) for child, row in enumerate(rows) if row["split"] == split and row["head"]]
        assert examples.first.tolist() == [child for child, _ in arcs]
        assert examples.second.tolist() == [place[row["sentence"], row["head"]] for _, row in arcs]
        relations = [row["deprel"] for _, row in arcs]
        assert labels_of(examples) == [one.split(":")[0] if labels == "universal" else one for one in relations]
        assert "root" not in labels_of(examples)


def test_heads_by_id_where_numbers_have_gaps():
    """A reader that leaves words out keeps the others' IDs, and heads refer to IDs, never to lines."""
    ids, heads = [1, 3, 4, 7], [3, 0, 7, 3]
    rows = [
        {
            "split": "test",
            "sentence": 0,
            "sent_id": "",
            "index": one,
            "form": "x",
            "upos": "X",
            "head": head,
            "deprel": "d",
        }
        for one, head in zip(ids, heads, strict=True)
    ]
    table = words_table(rows)
    made = base.examples("arc_classification", [table], [pieces_of(table)], splits=["test"])["test"]
    assert made.first.tolist() == [0, 2, 3]
    assert made.second.tolist() == [1, 3, 1]


def test_negatives_are_balanced_and_no_arcs(table, caplog):
    with caplog.at_level(logging.INFO, "polychron"):
        made = base.examples("arc_prediction", [table], [pieces_of(table)])
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
        assert labels == [base.ARC, base.NO_ARC] * len(arcs)
        for child, other, label in zip(children, others, labels, strict=True):
            row = rows[child]
            head = place[row["sentence"], row["head"]]
            assert (other == head) == (label == base.ARC)
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
        made = base.examples("arc_prediction", [table], [pieces_of(table)], splits=["test"], data_seed=seed)["test"]
        np.add.at(count, (made.first[1::2], made.second[1::2]), 1)
    for child in range(len(rows)):
        if rows[child]["head"]:
            others = np.delete(count[child], [child, place[0, rows[child]["head"]]])
            expected = 2000 / len(others)
            assert others.sum() == 2000
            assert ((others - expected) ** 2 / expected).sum() < 30  # chi-square, at most 5 degrees of freedom


def test_negatives_stay_when_other_sentences_change(table):
    def negatives(part):
        made = base.examples("arc_prediction", [part], [pieces_of(part)], splits=["test"])["test"]
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
        base.examples("arc_prediction", [table], [pieces_of(table)], data_seed=seed)["test"].second
        for seed in (0, 0, 1)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", TREEBANK_TASKS)
def test_words_beyond_the_window_are_left_out_and_counted(table, name):
    """No example of any split touches such a word, and excluded + kept is what there would be without a window."""
    beyond = set(np.random.default_rng(2).choice(table.num_rows, 60, replace=False).tolist())
    long = base.examples(name, [table], [pieces_of(table)])
    cut = base.examples(name, [table], [pieces_of(table, beyond)])
    for split in cut:
        examples = cut[split]
        touched = set(examples.first) | set(() if examples.second is None else examples.second)
        assert not touched & beyond
        assert examples.excluded > 0
        assert len(examples) + examples.excluded == len(long[split])
        if name == "arc_prediction":
            assert np.mean(labels_of(examples) == np.array(base.ARC)) == 0.5


def test_words_without_pieces_stay(table):
    """A word without pieces has a zero vector and a label (reading A9)."""
    pieces = pieces_of(table)
    pieces.status[:50] = 2
    assert len(base.examples("pos", [table], [pieces])["train"]) == len(
        base.examples("pos", [table], [pieces_of(table)])["train"]
    )


def test_sentence_pairs_of_two_datasets():
    rows = [
        ("train", "a b", "c", "entailment"),
        ("train", "c", "a b", "neutral"),
        ("train", "d", "d", "contradiction"),
        ("dev", "a b", "d", "neutral"),
    ]
    train = inference(rows)
    test = inference([("test", "x", "c", "contradiction"), ("test", "c", "y", "entailment")])
    vocabulary = {}
    pieces = [sentence_pieces(train, vocabulary), sentence_pieces(test, vocabulary)]
    made = base.examples("xnli", [train, test], pieces)
    assert {split: one.dataset for split, one in made.items()} == {"train": 0, "dev": 0, "test": 1}
    assert made["train"].first.tolist() == [0, 1, 2] and made["train"].second.tolist() == [1, 0, 2]
    assert made["dev"].first.tolist() == [0] and made["dev"].second.tolist() == [2]
    assert made["test"].first.tolist() == [0, 1] and made["test"].second.tolist() == [1, 2]
    assert labels_of(made["test"]) == ["contradiction", "entailment"]
    assert len({one.labels for one in made.values()}) == 1


def test_ambiguous_words_by_the_train_split():
    tags = {
        "train": [("run", "NOUN"), ("run", "VERB"), ("dog", "NOUN")],
        "test": [("run", "X"), ("dog", "X"), ("new", "X")],
    }
    rows = [
        {
            "split": split,
            "sentence": place,
            "sent_id": "",
            "index": 1,
            "form": form,
            "upos": tag,
            "head": 0,
            "deprel": "root",
        }
        for place, (split, form, tag) in enumerate((split, *word) for split, words in tags.items() for word in words)
    ]
    table = words_table(rows)
    made = base.examples("pos", [table], [pieces_of(table)], splits=["train", "test"])
    assert base.ambiguous(base.forms(table), made["train"], made["test"]).tolist() == [True, False, False]


@pytest.mark.parametrize("name", TREEBANK_TASKS)
def test_an_empty_split(name):
    table = treebank(20, splits=("train", "test"))
    with pytest.raises(InputError, match=f"{name}: the split 'dev' has no examples"):
        base.examples(name, [table], [pieces_of(table)])


def test_a_split_wholly_beyond_the_window(table):
    beyond = np.flatnonzero(np.array(table["split"].to_pylist()) == "dev")
    with pytest.raises(InputError, match="the split 'dev' has no examples"):
        base.examples("pos", [table], [pieces_of(table, beyond)])


def test_a_table_and_pieces_that_do_not_fit(table):
    with pytest.raises(InputError, match=f"{table.num_rows} rows of examples, .* has 3"):
        base.examples("pos", [table], [one_piece_each([1, 2])])


def test_a_head_outside_its_sentence(table):
    head = table["head"].to_numpy().copy()
    head[10] = 99
    bad = table.set_column(6, "head", pyarrow.array(head))
    with pytest.raises(InputError, match="has the head 99, which is not in the sentence"):
        base.examples("arc_classification", [bad], [pieces_of(bad)])


def test_slices_and_chunks_of_tables(table):
    whole = base.examples("arc_prediction", [table], [pieces_of(table)])
    chunked = pyarrow.concat_tables([table.slice(0, 100), table.slice(100)])
    again = base.examples("arc_prediction", [chunked], [pieces_of(chunked)])
    assert all(np.array_equal(whole[split].second, again[split].second) for split in whole)
