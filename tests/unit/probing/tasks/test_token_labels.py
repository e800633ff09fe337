"""Words and what a column says of them: parts of speech, a morphological attribute, tags of the treebank's own."""

import logging

import pyarrow
import pytest
from cells import labels_of, pieces_of, treebank, words_table

from polychron.errors import InputError
from polychron.probing.tasks import base, token_labels

SENTENCES = {
    "train": [
        ("dogs", "NNS", "Number=Plur"),
        ("run", "VBP", "Mood=Ind|Number=Plur|Tense=Pres"),
        (":", ":", None),
        ("run", "NN", "Number=Sing"),
    ],
    "dev": [("dog", "NN", "Case=Acc,Dat|Number=Sing"), (".", ".", None)],
    "test": [("run", "VB", "VerbForm=Inf"), ("run", "NN", "Number=Sing"), ("dog", "NN", "Number=Sing")],
}


@pytest.fixture(scope="module")
def table():
    return treebank(300)


@pytest.fixture(scope="module")
def planted():
    """Return a treebank of nine words, whose number, tag and case are written down above."""
    rows = []
    for sentence, (split, words) in enumerate(SENTENCES.items()):
        for index, (form, xpos, feats) in enumerate(words, start=1):
            place = {"split": split, "sentence": sentence, "sent_id": split, "index": index, "head": index - 1}
            rows.append({**place, "form": form, "upos": "X", "deprel": "dep", "xpos": xpos, "feats": feats})
    return words_table(rows)


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


def test_an_attribute_of_the_features(planted, caplog):
    """Words without it are no examples, keep their rows, and are counted."""
    with caplog.at_level(logging.INFO, "polychron"):
        made = asked(planted, column="feats", attribute="Number")
    assert made["train"].first.tolist() == [0, 1, 3]
    assert labels_of(made["train"]) == ["Plur", "Plur", "Sing"]
    assert made["dev"].first.tolist() == [4] and labels_of(made["dev"]) == ["Sing"]
    assert made["test"].first.tolist() == [7, 8] and labels_of(made["test"]) == ["Sing", "Sing"]
    assert {one.labels for one in made.values()} == {("Plur", "Sing")}
    assert {one.excluded for one in made.values()} == {0}
    assert "asked: 3 of 9 words have no label and are left out" in caplog.text


def test_words_without_the_attribute_as_a_label(planted):
    made = asked(planted, column="feats", attribute="Number", missing="label")
    assert made["train"].first.tolist() == [0, 1, 2, 3]
    assert labels_of(made["train"]) == ["Plur", "Plur", "_", "Sing"]
    assert labels_of(made["test"]) == ["_", "Sing", "Sing"]


def test_several_values_are_one_label(planted):
    made = token_labels.Task("case", column="feats", attribute="Case")
    made = made.examples([planted], [pieces_of(planted)], splits=["dev"])
    assert labels_of(made["dev"]) == ["Acc,Dat"]


def test_tags_of_the_treebank_keep_their_colon(planted):
    """A colon parts a relation from its subtype, and is a tag of the Penn Treebank."""
    made = asked(planted, column="xpos")
    assert labels_of(made["train"]) == ["NNS", "VBP", ":", "NN"]
    assert token_labels.Task("asked", column="xpos").comparable(":") == ":"


def test_words_beyond_the_window_are_counted_among_those_with_a_label(planted):
    task = token_labels.Task("asked", column="feats", attribute="Number")
    made = task.examples([planted], [pieces_of(planted, [1, 2])])["train"]
    assert made.first.tolist() == [0, 3] and made.excluded == 1


def test_ambiguous_forms_by_their_own_labels(planted):
    """ "run" is singular and plural in the train split; "dog" is not in it."""
    task = token_labels.Task("asked", column="feats", attribute="Number")
    made = task.examples([planted], [pieces_of(planted)])
    assert {name: mask.tolist() for name, mask in task.subsets([planted], made).items()} == {
        "accuracy_ambiguous": [True, False]
    }
    tags = token_labels.Task("asked", column="upos")
    assert tags.subsets([planted], tags.examples([planted], [pieces_of(planted)])) == {}


@pytest.mark.parametrize(
    ("options", "what"),
    [({"column": "feats", "attribute": "Tense"}, "Tense in FEATS"), ({"column": "xpos"}, "XPOS")],
)
def test_a_treebank_without_the_column(planted, options, what):
    """The message names the language's table, the attribute, and the key that takes the language out."""
    bare = planted.set_column(8, "xpos", pyarrow.nulls(9, pyarrow.string()))
    with pytest.raises(InputError) as caught:
        token_labels.Task("asked", **options).examples([bare], [pieces_of(bare)], file="treebank/zh.parquet")
    said = str(caught.value)
    split = "dev" if "attribute" in options else "train"
    assert said.startswith(f"treebank/zh.parquet: asked: no word of the split '{split}' has {what}")
    assert "probing.token_labels.asked.languages" in said
