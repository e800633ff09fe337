"""Scores in blocks equal those of whole tables."""

import numpy as np
import pytest

from polychron.geometry import retrieval
from polychron.geometry.words import scores

LINKED = 30


def states():
    draw = np.random.default_rng(0)
    one, other = draw.normal(size=(50, 6)), draw.normal(size=(40, 6))
    other[:LINKED] += one[:LINKED]
    one[3] = other[5] = other[37] = 0  # no direction
    other[9] = other[38] = one[9]  # a tie
    return one, other


@pytest.mark.parametrize("block", [1, 77, 10**6])
@pytest.mark.parametrize("score", ["cosine", "csls", "margin", "euclidean"])
def test_blocks_equal_the_whole_table(monkeypatch, block, score):
    monkeypatch.setattr(scores, "SCORES", block)
    one, other = states()
    cosines = retrieval.cosine(one, other)
    whole = {
        "cosine": cosines,
        "csls": retrieval.csls(cosines, 10),
        "margin": retrieval.margin(cosines, 4),
        "euclidean": retrieval.euclidean(one, other),
    }[score]
    sides = scores.sides(one, other, 10)
    for ways, table in ((sides, whole[:LINKED]), (sides[::-1], whole.T[:LINKED])):
        found = scores.found(*ways, LINKED, [score], {"csls": 10, "margin": 4})[score]
        assert 0.2 < found["first"].mean() < 1
        np.testing.assert_array_equal(found["first"], retrieval.first_right(table))
        if score == "cosine":
            np.testing.assert_array_equal(found["rank"], retrieval.ranks(table))
            assert ways is not sides or found["first"][9] == 0.5


def test_fewer_words_than_neighbours_are_all_taken():
    one, other = states()
    few, many = scores.sides(one[:4], other, 10)
    assert few.nearest.shape == (4, 10) and many.nearest.shape == (40, 4)
    np.testing.assert_allclose(many.mean(10), retrieval.cosine(one[:4], other).mean(axis=0))
