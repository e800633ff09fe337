"""Anchors are counted by hand, are none without common entries, and all in the same text."""

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.tokenization import anchors


def test_shares_are_those_of_the_definition():
    random = np.random.default_rng(1)
    texts = [random.integers(0, 40, 200) for _ in range(2)]
    texts = [np.where(text % (3 + side) == 0, 0, text) for side, text in enumerate(texts)]
    found = anchors.measure(*(np.bincount(text, minlength=41) for text in texts))
    kept = [[number for number in text.tolist() if number >= 4] for text in texts]
    types = [set(text) for text in kept]
    assert found["anchor_types"] == len(types[0] & types[1]) / len(types[0] | types[1])
    for side in (0, 1):
        share = sum(number in types[1 - side] for number in kept[side]) / len(kept[side])
        assert found["anchor_tokens"][side] == pytest.approx(share, rel=1e-12)
    assert 0 < found["anchor_types"] < 1


def test_no_common_entry_is_no_anchor_and_special_ones_do_not_count():
    first, second = np.array([5, 0, 5, 3, 7, 0, 2]), np.array([5, 0, 5, 3, 0, 1, 2])
    assert anchors.measure(first, second) == {"anchor_types": 0.0, "anchor_tokens": [0.0, 0.0]}
    assert anchors.measure(first, first) == {"anchor_types": 1.0, "anchor_tokens": [1.0, 1.0]}


def test_texts_that_cannot_be_compared_are_an_input_error():
    with pytest.raises(InputError, match="vocabularies of 7 and 6 ids"):
        anchors.measure(np.ones(7), np.ones(6))
    with pytest.raises(InputError, match="a text has no piece"):
        anchors.measure(np.ones(7), np.array([9, 9, 9, 9, 0, 0, 9]))
