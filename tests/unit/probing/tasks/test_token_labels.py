"""Words and what a column says of them: parts of speech, tags of the treebank's own."""

import logging

import pyarrow
import pytest
from cells import labels_of, pieces_of, treebank, words_table

from polychron.errors import InputError
from polychron.probing.tasks import base, token_labels


@pytest.fixture(scope="module")
def table():
    return treebank(300)


def asked(table, **options):
    return token_labels.Task("asked", **options).examples([table], [pieces_of(table)])


def test_words_in_order(table):
    made = token_labels.Task("pos").examples([table], [pieces_of(table)])
    rows = table.to_pylist()
    for split, examples in made.items():
        expected = [place for place, row in enumerate(rows) if row["split"] == split]
        assert examples.first.tolist() == expected
        assert examples.second is None and examples.dataset == 0 and examples.excluded == 0
        assert labels_of(examples) == [rows[place]["upos"] for place in expected]


def test_words_without_pieces_stay(table):
    """A word without pieces has a zero vector and a label (reading A9)."""
    pieces = pieces_of(table)
    pieces.status[:50] = 2
    assert len(token_labels.Task("pos").examples([table], [pieces])["train"]) == len(
        token_labels.Task("pos").examples([table], [pieces_of(table)])["train"]
    )


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
    made = token_labels.Task("pos").examples([table], [pieces_of(table)], splits=["train", "test"])
    assert token_labels.ambiguous(base.forms(table), made["train"], made["test"]).tolist() == [True, False, False]


def test_tags_of_the_treebank_keep_their_colon(planted):
    """A colon parts a relation from its subtype, and is a tag of the Penn Treebank."""
    made = asked(planted, column="xpos")
    assert labels_of(made["train"]) == ["NNS", "VBP", ":", "NN"]
    assert token_labels.Task("asked", column="xpos").comparable(":") == ":"


def test_a_treebank_without_the_column(planted):
    """The message names the language's table, the column, and the key that takes the language out."""
    bare = planted.set_column(8, "xpos", pyarrow.nulls(9, pyarrow.string()))
    with pytest.raises(InputError) as caught:
        token_labels.Task("asked", column="xpos").examples([bare], [pieces_of(bare)], file="treebank/zh.parquet")
    message = str(caught.value)
    assert message.startswith("treebank/zh.parquet: asked: no word of the split 'train' has XPOS")
    assert "probing.token_labels.asked.languages" in message


def test_words_without_a_label_as_one(planted, caplog):
    """They are counted; where no word of a split has a label, all would be one class, and the message says so."""
    number = planted["feats"]
    sparse = planted.set_column(8, "xpos", number)
    with caplog.at_level(logging.INFO, "polychron"):
        made = asked(sparse, column="xpos", missing="label")
    assert labels_of(made["train"]).count("_") == 1
    assert f"asked: {number.null_count} of 9 words have no label and are labelled _" in caplog.text
    bare = planted.set_column(8, "xpos", pyarrow.nulls(9, pyarrow.string()))
    with pytest.raises(InputError, match="no word of the split 'train' has XPOS"):
        asked(bare, column="xpos", missing="label")


def test_relations_are_compared_without_their_subtypes(planted):
    """Reading A6, as for arc classification: a cell has the labels of probing.labels, transfer universal ones."""
    subtypes = pyarrow.array(["nsubj:pass", "obj", "punct", "root"] + ["dep"] * 4 + ["nsubj:pass"])
    table = planted.set_column(planted.column_names.index("deprel"), "deprel", subtypes)
    universal = asked(table, column="deprel", labels="universal")
    assert labels_of(universal["train"]) == ["nsubj", "obj", "punct", "root"]
    full = token_labels.Task("asked", column="deprel", labels="full")
    assert labels_of(full.examples([table], [pieces_of(table)])["train"])[0] == "nsubj:pass"
    assert labels_of(full.targets(table, pieces_of(table)))[-1] == "nsubj" == full.comparable("nsubj:pass")
