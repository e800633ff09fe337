"""Distances in trees, and what is left out."""

import numpy as np
import pytest
from cells import one_piece_each, pieces_of, treebank, words_table

from polychron.errors import InputError
from polychron.probing.structural import trees
from polychron.tokenization.pieces import BEYOND


def words(split, sentence, heads, upos=None):
    tags = upos or ["NOUN"] * len(heads)
    return [
        {"split": split, "sentence": sentence, "index": place, "form": "w", "head": head, "upos": tag, "deprel": "x"}
        for place, (head, tag) in enumerate(zip(heads, tags, strict=True), start=1)
    ]


def test_distances_are_numbers_of_arcs():
    table = words_table(words("test", 0, [2, 0, 2, 3], ["NOUN", "VERB", "NOUN", "PUNCT"]))
    found = trees.of_split(table, one_piece_each([4]), "test")
    assert found.distances[0].tolist() == [[0, 1, 2, 3], [1, 0, 1, 2], [2, 1, 0, 1], [3, 2, 1, 0]]
    assert found.counted[0].tolist() == [True, True, True, False] and found.rows[0].tolist() == [0, 1, 2, 3]


def test_distances_equal_those_of_networkx():
    networkx = pytest.importorskip("networkx")
    table = treebank(60)
    found = trees.of_split(table, pieces_of(table), "train")
    rows = table.to_pylist()
    for sentence, between in zip(found.rows, found.distances, strict=True):
        graph = networkx.Graph()
        for row in sentence:
            if rows[row]["head"]:
                graph.add_edge(rows[row]["index"], rows[row]["head"])
        lengths = dict(networkx.all_pairs_shortest_path_length(graph))
        number = len(sentence)
        expected = [[lengths[one][other] for other in range(1, number + 1)] for one in range(1, number + 1)]
        assert between.tolist() == expected


def test_short_sentences_and_those_beyond_the_window_are_left_out_and_counted():
    sentences = ("train", [0, 1, 1]), ("test", [0, 1]), ("test", [0, 1, 1]), ("test", [0, 1, 1])
    table = words_table([row for place, (split, heads) in enumerate(sentences) for row in words(split, place, heads)])
    status = np.zeros(11, np.int8)
    status[7] = BEYOND
    found = trees.of_split(table, one_piece_each([3, 2, 3, 3], status), "test")
    assert len(found) == 1 and found.excluded == 2 and found.rows[0].tolist() == [8, 9, 10]
    status[10] = BEYOND
    with pytest.raises(InputError, match=r"a\.parquet: no sentence of the split 'test' has 3 words or more"):
        trees.of_split(table, one_piece_each([3, 2, 3, 3], status), "test", file="a.parquet")


@pytest.mark.parametrize("heads", [[0, 0, 1], [0, 3, 2], [2, 1, 0]])
def test_arcs_that_are_no_tree_are_refused(heads):
    table = words_table(words("test", 7, heads))
    with pytest.raises(InputError, match="the arcs of sentence 7 are not one tree"):
        trees.of_split(table, one_piece_each([3]), "test")


def test_pieces_of_another_table_are_refused():
    table = words_table(words("test", 0, [0, 1, 1]))
    with pytest.raises(InputError, match="3 rows of examples, and the table of pieces has 4"):
        trees.of_split(table, one_piece_each([4]), "test")
