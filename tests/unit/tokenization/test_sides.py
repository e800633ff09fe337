"""Pairs of sentences whose two sides are cut by two tokenizers."""

import dataclasses

import numpy as np
import pytest
from tiny import sentences

from polychron.errors import InputError
from polychron.tokenization.sides import joined, readable

LENGTHS = [5, 9, 4, 7]


def of_words(pieces, sentence):
    """Return what a sentence consists of: its pieces, and the spans and statuses of its words."""
    start, stop = pieces.sentence_offsets[sentence : sentence + 2]
    words = slice(*pieces.word_offsets[sentence : sentence + 2])
    return (
        pieces.ids[start:stop].tolist(),
        pieces.first[words].tolist(),
        pieces.stop[words].tolist(),
        pieces.status[words].tolist(),
    )


def longer(pieces):
    """Return the same words, of which each sentence has one piece more at its end."""
    ids = np.insert(pieces.ids, pieces.sentence_offsets[1:] - 1, 77)
    offsets = pieces.sentence_offsets + np.arange(len(pieces.sentence_offsets))
    last = pieces.word_offsets[1:] - 1
    stop = pieces.stop.copy()
    stop[last] += 1
    return dataclasses.replace(pieces, ids=ids, sentence_offsets=offsets, stop=stop)


def test_each_side_is_cut_by_its_own_tokenizer():
    one = sentences(LENGTHS, seed=1, words=2)
    other = longer(one)
    both = joined(one, other)
    assert [of_words(both, place) for place in (0, 1)] == [of_words(one, place) for place in (0, 1)]
    assert [of_words(both, place) for place in (2, 3)] == [of_words(other, place) for place in (2, 3)]
    assert both.lengths.tolist() == [5, 9, 5, 8] and both.vocabulary is None


def test_two_equal_tokenizers_give_the_pieces_of_one():
    one = sentences(LENGTHS, seed=1, words=2)
    both = joined(one, one)
    for field in dataclasses.fields(one):
        np.testing.assert_array_equal(getattr(both, field.name), getattr(one, field.name))


def test_tables_of_other_sentences_are_refused():
    one = sentences(LENGTHS, seed=1, words=2)
    with pytest.raises(InputError, match=r"not of the same pairs of sentences: 4 and 2 sentences"):
        joined(one, sentences(LENGTHS[:2], seed=1, words=2))
    with pytest.raises(InputError, match=r"other numbers of special pieces around a sentence: \(1, 1\) and \(1, 0\)"):
        joined(one, dataclasses.replace(one, edges=(1, 0)))


def test_ids_beyond_a_vocabulary_become_its_last():
    one = sentences([4], seed=1)
    assert readable(one, 3).ids.max() == 2 and (readable(one, 1000).ids == one.ids).all()
