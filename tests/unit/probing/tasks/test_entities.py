"""Named entities as labels of words: examples by hand, and splits without a name."""

import numpy as np
import pyarrow
import pytest
from cells import labels_of, one_piece_each

from polychron.errors import InputError
from polychron.probing.tasks import entities
from polychron.tokenization.pieces import BEYOND

TASK = entities.Task("entities")


def table(**splits):
    """Return a table of words from sentences of form/label, by split."""
    rows = []
    for split, sentences in splits.items():
        for words in sentences:
            number = rows[-1]["sentence"] + 1 if rows else 0
            for index, word in enumerate(words.split(), start=1):
                form, label = word.split("/")
                rows.append({"split": split, "sentence": number, "index": index, "form": form, "entity": label})
    return pyarrow.Table.from_pylist(rows)


def lengths(made):
    return np.bincount(made["sentence"].to_numpy()).tolist()


NAMES = {
    "train": ["Ana/B-PER Sá/I-PER foi/O", "a/O Faro/B-LOC"],
    "dev": ["Sá/B-PER"],
    "test": ["NASA/B-ORG a/O Ana/B-PER"],
}


def test_words_and_labels_in_order():
    words = table(**NAMES)
    status = np.zeros(words.num_rows)
    status[4] = BEYOND
    made = TASK.examples([words], [one_piece_each(lengths(words), status)])
    assert made["train"].first.tolist() == [0, 1, 2, 3] and made["train"].excluded == 1
    assert labels_of(made["train"]) == ["B-PER", "I-PER", "O", "O"]
    assert labels_of(made["dev"]) == ["B-PER"]
    assert labels_of(made["test"]) == ["B-ORG", "O", "B-PER"]
    assert made["test"].labels == ("B-LOC", "B-ORG", "B-PER", "I-PER", "O")
    assert TASK.subsets([words], made) == {}, "no form of the train split has two labels"
    aimed = TASK.targets(words, one_piece_each(lengths(words)))
    assert labels_of(aimed) == labels_of(made["test"]) and TASK.unseen


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_a_split_without_a_name_is_refused(split):
    words = table(**{**NAMES, split: ["foi/O a/O"]})
    with pytest.raises(InputError) as stopped:
        TASK.examples([words], [one_piece_each(lengths(words))], file="pt.parquet")
    said = f"pt.parquet: entities: no word of the split '{split}' is in a name. Next: look at the labels"
    assert str(stopped.value).startswith(said)


def test_a_target_without_words_or_names_is_refused():
    words = table(**{**NAMES, "test": ["foi/O"]})
    with pytest.raises(InputError, match=r"de\.parquet: .* 'test' is in a name"):
        TASK.targets(words, one_piece_each(lengths(words)), file="de.parquet")
    words = table(train=NAMES["train"])
    with pytest.raises(InputError, match="the split 'test' has no examples"):
        TASK.targets(words, one_piece_each(lengths(words)))
