"""Arcs point from a child to its head, found by ID."""

import pyarrow
import pytest
from cells import pieces_of, treebank, words_table

from polychron.errors import InputError
from polychron.probing.tasks import arc_classification, arc_prediction, arcs


def test_heads_by_id_where_numbers_have_gaps():
    """A reader that leaves words out keeps the others' IDs, and heads refer to IDs, never to lines."""
    ids, heads = [1, 3, 4, 7], [3, 0, 7, 3]
    word = {"split": "test", "sentence": 0, "sent_id": "", "form": "x", "upos": "X", "deprel": "d"}
    table = words_table([{**word, "index": one, "head": head} for one, head in zip(ids, heads, strict=True)])
    child, head = arcs.children_and_heads(table)
    assert child.tolist() == [0, 2, 3]
    assert head.tolist() == [1, 3, 1]
    made = arc_classification.Task("arcs").examples([table], [pieces_of(table)], splits=["test"])["test"]
    assert (made.first.tolist(), made.second.tolist()) == (child.tolist(), head.tolist())


@pytest.mark.parametrize("module", [arc_classification, arc_prediction])
def test_a_head_outside_its_sentence(module):
    table = treebank(300)
    head = table["head"].to_numpy().copy()
    head[10] = 99
    bad = table.set_column(6, "head", pyarrow.array(head))
    with pytest.raises(InputError, match="has the head 99, which is not in the sentence"):
        module.Task("arcs").examples([bad], [pieces_of(bad)])


def test_words_out_of_order():
    table = treebank(300)
    index = table["index"].to_numpy().copy()
    index[index == 2] = 1
    bad = table.set_column(3, "index", pyarrow.array(index))
    with pytest.raises(InputError, match="does not come after the word before it"):
        arcs.children_and_heads(bad)
