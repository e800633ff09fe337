"""A planted treebank, for the tasks of its words."""

import pytest
from cells import words_table

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
def planted():
    """Return a treebank of nine words, whose number, tag and case are written down above."""
    rows = []
    for sentence, (split, words) in enumerate(SENTENCES.items()):
        for index, (form, xpos, feats) in enumerate(words, start=1):
            place = {"split": split, "sentence": sentence, "sent_id": split, "index": index, "head": index - 1}
            rows.append({**place, "form": form, "upos": "X", "deprel": "dep", "xpos": xpos, "feats": feats})
    return words_table(rows)
