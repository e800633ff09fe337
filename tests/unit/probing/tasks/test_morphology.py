"""The value of an attribute of FEATS as a label."""

import logging
import re

import pyarrow
import pytest
from cells import labels_of, pieces_of

from polychron.errors import InputError
from polychron.probing.tasks import morphology, token_labels


def asked(table, attribute, **options):
    return morphology.Task("asked", attribute=attribute, **options).examples([table], [pieces_of(table)])


def test_an_attribute_of_the_features(planted, caplog):
    """Words without it are no examples, keep their rows, and are counted."""
    with caplog.at_level(logging.INFO, "polychron"):
        made = asked(planted, "Number")
    assert made["train"].first.tolist() == [0, 1, 3]
    assert labels_of(made["train"]) == ["Plur", "Plur", "Sing"]
    assert made["dev"].first.tolist() == [4] and labels_of(made["dev"]) == ["Sing"]
    assert made["test"].first.tolist() == [7, 8] and labels_of(made["test"]) == ["Sing", "Sing"]
    assert {one.labels for one in made.values()} == {("Plur", "Sing")}
    assert {one.excluded for one in made.values()} == {0}
    assert "asked: 3 of 9 words have no label and are left out" in caplog.text


def test_words_without_the_attribute_as_a_label(planted):
    made = asked(planted, "Number", missing="label")
    assert made["train"].first.tolist() == [0, 1, 2, 3]
    assert labels_of(made["train"]) == ["Plur", "Plur", "_", "Sing"]
    assert labels_of(made["test"]) == ["_", "Sing", "Sing"]


def test_several_values_are_one_label(planted):
    made = morphology.Task("case", attribute="Case")
    made = made.examples([planted], [pieces_of(planted)], splits=["dev"])
    assert labels_of(made["dev"]) == ["Acc,Dat"]


def test_words_beyond_the_window_are_counted_among_those_with_a_label(planted):
    task = morphology.Task("asked", attribute="Number")
    made = task.examples([planted], [pieces_of(planted, [1, 2])])["train"]
    assert made.first.tolist() == [0, 3] and made.excluded == 1


def test_ambiguous_forms_by_their_own_labels(planted):
    """ "run" is singular and plural in the train split; "dog" is not in it."""
    task = morphology.Task("asked", attribute="Number")
    made = task.examples([planted], [pieces_of(planted)])
    assert {name: mask.tolist() for name, mask in task.subsets([planted], made).items()} == {
        "accuracy_ambiguous": [True, False]
    }
    tags = token_labels.Task("asked", column="upos")
    assert tags.subsets([planted], tags.examples([planted], [pieces_of(planted)])) == {}


def test_a_treebank_without_the_attribute(planted):
    """The message names the language's table, the attribute, and the key that takes the language out."""
    task = morphology.Task("asked", attribute="Tense")
    with pytest.raises(InputError) as caught:
        task.examples([planted], [pieces_of(planted)], file="treebank/zh.parquet")
    message = str(caught.value)
    assert message.startswith("treebank/zh.parquet: asked: no word of the split 'dev' has Tense in FEATS")
    assert "probing.token_labels.asked.languages" in message


@pytest.mark.parametrize(("attribute", "meant"), [("number", "Number"), ("Nummer", "Number"), ("Case", None)])
def test_an_attribute_by_another_name_is_suggested(planted, attribute, meant):
    """Also where words without it are a label: all of them would be one class, and every score 1."""
    feats = [text and text.replace("Case=Acc,Dat|", "") for text in planted["feats"].to_pylist()]
    table = planted.set_column(planted.column_names.index("feats"), "feats", pyarrow.array(feats, pyarrow.string()))
    for missing in ("exclude", "label"):
        with pytest.raises(InputError) as caught:
            asked(table, attribute, missing=missing)
        message = str(caught.value)
        assert "which has Mood, Number, Tense, VerbForm" in message
        assert (f"write '{meant}', or" in message) == (meant is not None)


@pytest.mark.parametrize("value", ["Number", "=Sing", "Number=", "Number=Sing|Number=Plur", "Number=Sing||Case=Nom"])
def test_features_that_cannot_be_read_are_refused_by_the_task_that_asks_for_them(value):
    """A treebank with such a value is read for other tasks; the order of attributes does not matter."""
    with pytest.raises(InputError, match=rf"FEATS is {re.escape(repr(value))}, expected Name=Value pairs"):
        morphology.attribute_of(pyarrow.chunked_array([["Number=Sing", value]]), "Number")
    sorted_, unsorted = pyarrow.chunked_array([["A=b|Number=Sing"]]), pyarrow.chunked_array([["Number=Sing|A=b"]])
    assert morphology.attribute_of(sorted_, "Number") == morphology.attribute_of(unsorted, "Number")
