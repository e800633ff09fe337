"""The sentences of tables of examples."""

import numpy as np
import pyarrow
import pytest

from polychron.tokenization.sentences import sentences_of, unique_sentences


def test_each_sentence_is_listed_once_in_order_of_appearance():
    premises, hypotheses = ["a", "a", "c", "b"], ["b", "a", "d", "c"]
    sentences, premise, hypothesis = unique_sentences(premises, hypotheses)
    assert sentences == ["a", "b", "c", "d"]
    assert [sentences[place] for place in premise] == premises
    assert [sentences[place] for place in hypothesis] == hypotheses
    assert premise.dtype == np.int64
    assert premise.flags["C_CONTIGUOUS"]


def words_of(kind, columns):
    sentences, whole = sentences_of(kind, pyarrow.table(columns))
    return [list(words) for words in sentences], whole


def test_sentences_of_each_kind():
    treebank = {"sentence": pyarrow.array([0, 0, 1, 2, 2], pyarrow.int32()), "form": ["a", "b", "c", "d", "e"]}
    assert words_of("treebank", treebank) == ([["a", "b"], ["c"], ["d", "e"]], False)
    assert words_of("parallel", treebank) == ([["a", "b"], ["c"], ["d", "e"]], False)
    assert words_of("heldout", {"sentence": ["a b", "c"]}) == ([["a b"], ["c"]], True)
    bitext = {"source": [["a", "b"], ["c"]], "target": [["x"], ["y", "z"]]}
    assert words_of("bitext", bitext) == ([["a", "b"], ["c"], ["x"], ["y", "z"]], False)


@pytest.mark.parametrize("kind", ["inference", "inference_test"])
def test_sentences_of_inference_are_unique_and_in_order(kind):
    pairs = {"premise": ["p q", "p q", "r"], "hypothesis": ["h", "r", "h"]}
    assert words_of(kind, pairs) == ([["p q"], ["h"], ["r"]], True)
