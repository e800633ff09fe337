"""Which words gold links pair one to one, and which half they are in."""

import logging

import numpy as np

from polychron.geometry import folds
from polychron.geometry.words import links


def test_a_word_with_another_link_is_left_out_on_either_side():
    sure = [[[0, 0], [1, 1], [2, 1]], [[0, 1], [1, 0], [2, 2]]]
    possible = [[], [[0, 1], [1, 0], [2, 2], [2, 3], [4, 0]]]
    # words 1 and 2 share a target; of the second pair, word 2 has a possible link more, and target 0 too
    assert links.one_to_one(sure, possible).tolist() == [[0, 0, 0], [1, 0, 1]]
    assert links.one_to_one([[]], [[]]).shape == (0, 3)


def test_halves_hold_all_words_that_are_kept_and_the_linked_ones_come_first():
    number, length = 30, 4
    sentence = np.repeat(np.arange(2 * number), length)
    kept = np.ones(len(sentence), bool)
    kept[[1, number * length + 7]] = False  # word 1 of the first source sentence, and word 3 of the second target one
    rows = np.array([(pair, word, 3 - word) for pair in range(number) for word in (1, 0)])
    halves, left_out = links.halves(rows, sentence, kept, number)
    # word 3 is the translation of word 0, so a link is lost with each
    assert left_out == 2
    of_pair = folds.of_ids(map(str, range(number)))
    for fold, half in enumerate(halves):
        pairs = np.flatnonzero(of_pair == fold)
        assert half.linked == 2 * len(pairs) - (of_pair[0] == fold) - (of_pair[1] == fold)
        for side, words in ((0, half.source), (1, half.target)):
            expected = [(pair + side * number) * length + word for pair in pairs for word in range(length)]
            assert sorted(words) == [word for word in expected if kept[word]]
        source, target = half.source[: half.linked], half.target[: half.linked]
        assert np.array_equal(source // length + number, target // length)
        assert np.array_equal(source % length, 3 - target % length)


def test_no_link_has_no_words_first():
    halves, left_out = links.halves(np.zeros((0, 3), np.int64), np.array([0, 1]), np.ones(2, bool), 1)
    assert left_out == 0 and [half.linked for half in halves] == [0, 0]
    assert sorted(len(half.source) for half in halves) == [0, 1]


def test_a_limit_chooses_the_same_pairs_and_further_ones_with_a_higher_limit(caplog):
    caplog.set_level(logging.INFO, logger="polychron")
    few, more = links.chosen(100, 20), links.chosen(100, 50)
    assert (few.sum(), more.sum()) == (20, 50) and not (few & ~more).any()
    assert not few[:20].all(), "the first ones of a file may be of one text"
    assert "80 of 100 sentence pairs are not searched: the limit is 20" in caplog.text
    assert links.chosen(100, 100).all() and links.chosen(100, None).all() and links.chosen(0, 5).shape == (0,)


def test_beyond_a_limit_no_word_is_searched_and_none_is_searched_among():
    number, length = 30, 4
    sentence = np.repeat(np.arange(2 * number), length)
    chosen = links.chosen(number, 10)
    rows = np.array([(pair, word, word) for pair in range(number) for word in range(length)])
    halves, left_out = links.halves(rows[chosen[rows[:, 0]]], sentence, chosen[sentence % number], number)
    assert left_out == 0 and sum(half.linked for half in halves) == 10 * length
    for side in ("source", "target"):
        words = np.concatenate([getattr(half, side) for half in halves])
        assert {*(sentence[words] % number)} == {*np.flatnonzero(chosen)}
