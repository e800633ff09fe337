"""Sentences that stand in several rows."""

import numpy as np

from polychron.tokenization.sentences import unique_sentences


def test_each_sentence_is_listed_once_in_order_of_appearance():
    premises, hypotheses = ["a", "a", "c", "b"], ["b", "a", "d", "c"]
    sentences, premise, hypothesis = unique_sentences(premises, hypotheses)
    assert sentences == ["a", "b", "c", "d"]
    assert [sentences[place] for place in premise] == premises
    assert [sentences[place] for place in hypothesis] == hypotheses
    assert premise.dtype == np.int64
    assert premise.flags["C_CONTIGUOUS"]
