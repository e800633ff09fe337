"""Factors of pairs of languages, worked out by hand, and against counts of Python's own."""

import collections
import logging

import numpy as np
import pytest

from polychron.analysis.pairs import factors
from polychron.tokenization.pieces import KEPT, Pieces

VOCABULARY = 10


def cut(*sentences):
    """Make pieces of sentences of words of pieces, each between <s> = 0 and </s> = 2."""
    ids, first, stop, word_sentence, offsets, words = [], [], [], [], [0], [0]
    for number, sentence in enumerate(sentences):
        place = 1
        for word in sentence:
            first.append(place)
            place += len(word)
            stop.append(place)
            word_sentence.append(number)
        ids += [0, *(piece for word in sentence for piece in word), 2]
        offsets.append(len(ids))
        words.append(len(first))
    return Pieces(
        *(np.array(values) for values in (ids, offsets, first, stop)),
        np.full(len(first), KEPT, np.int8),
        np.array(word_sentence, np.int32),
        np.array(words),
        np.zeros(len(sentences), np.int32),
    )


ONE = cut([[4], [5, 6]], [[4], [4]], [[9, 9, 9]])
OTHER = cut([[4, 7], [5, 5]], [[8]], [[3]])
BOTH = np.array([0, 1])


def known(pieces, **facts):
    return factors.Language(*factors.counted(pieces, BOTH, VOCABULARY), **facts)


def test_pieces_are_counted_without_special_ones_and_without_other_sentences():
    counts, words = factors.counted(ONE, BOTH, VOCABULARY)
    assert dict(enumerate(counts)) == dict.fromkeys(range(VOCABULARY), 0) | {4: 3, 5: 1, 6: 1}
    assert words == 4 and counts.dtype == np.int64


def test_factors_by_hand():
    pair = {"a": known(ONE, script="LATIN", order="SVO"), "b": known(OTHER, script="LATIN", order="SOV")}
    found = factors.of_pairs(pair)
    assert tuple(found) == factors.FACTORS
    # {4, 5, 6} and {4, 5, 7, 8}; of 5 pieces each, min(3, 1) + min(1, 2) are shared
    expected = {
        "piece_overlap": (2 / 5, 2 / 5),
        "piece_share": (2 / 5, 2 / 5),
        "same_script": (1, 1),
        "same_order": (0, 0),
        "fertility_difference": (5 / 3 - 5 / 4, 5 / 3 - 5 / 4),
        "premium_ratio": (1, 1),
    }
    for name, (there, back) in expected.items():
        assert found[name][0, 1] == pytest.approx(there) and found[name][1, 0] == pytest.approx(back), name
        assert np.isnan(np.diag(found[name])).all()
    assert np.isnan(found["same_family"]).all()


def test_premium_is_of_the_target_for_the_same_sentences():
    found = factors.of_pairs({"a": known(ONE), "b": known(cut([[4]], [[5]]))})
    assert found["premium_ratio"][0, 1] == 2 / 5 and found["premium_ratio"][1, 0] == 5 / 2


def test_the_table_has_a_row_for_each_factor_and_ordered_pair():
    rows = factors.table("toy", {"a": known(ONE), "b": known(cut([[4]], [[5]]))}).to_pylist()
    assert len(rows) == 2 * len(factors.FACTORS)
    of_premium = {(row["source"], row["target"]): row["value"] for row in rows if row["factor"] == "premium_ratio"}
    assert of_premium == {("a", "b"): 2 / 5, ("b", "a"): 5 / 2}
    assert {row["value"] for row in rows if row["factor"] == "same_script"} == {None}


def test_counts_of_python_agree():
    rng = np.random.default_rng(0)
    texts = [[[list(rng.integers(3, 9, 3)) for _ in range(4)] for _ in range(2)] for _ in range(2)]
    (first, second) = (
        collections.Counter(int(piece) for sentence in sentences for word in sentence for piece in word)
        for sentences in texts
    )
    found = factors.of_pairs({name: known(cut(*sentences)) for name, sentences in zip("ab", texts, strict=True)})
    assert found["piece_overlap"][0, 1] == len({*first} & {*second}) / len({*first} | {*second})
    assert found["piece_share"][0, 1] == pytest.approx((first & second).total() / first.total())


def test_a_copy_shares_all_and_strangers_nothing():
    found = factors.of_pairs({"a": known(ONE), "copy": known(ONE), "b": known(cut([[3]], [[8]]))})
    assert [found[name][0, 1] for name in ("piece_overlap", "piece_share", "fertility_difference")] == [1, 1, 0]
    assert [found[name][0, 2] for name in ("piece_overlap", "piece_share")] == [0, 0]


def test_a_language_without_pieces_or_facts_has_no_value_and_is_named(caplog):
    with caplog.at_level(logging.WARNING):
        found = factors.of_pairs({"a": known(ONE, script="LATIN"), "empty": known(cut([], []))})
    assert all(np.isnan(found[name]).all() for name in factors.FACTORS)
    assert "no script of empty" in caplog.text and "no family of a, empty" in caplog.text


def test_every_language_of_the_table_is_there_once_with_an_order_that_is_known():
    lines = factors.RELATIONS.read_text(encoding="utf-8").splitlines()[2:]
    rows = [line.split("\t") for line in lines]
    assert len({row[0] for row in rows}) == len(rows) >= 40
    assert {row[1] for row in rows} == {"SVO", "SOV", "VSO"}
    assert all(factors.related(language) == (order, family) for language, order, family in rows)
