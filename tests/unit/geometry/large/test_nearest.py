import math

import numpy as np

from polychron.geometry import neighbours
from polychron.geometry.large import nearest


def test_neighbours_are_those_of_one_matrix(monkeypatch):
    monkeypatch.setattr(nearest, "BLOCK", 32)
    states = np.random.default_rng(0).normal(size=(2, 100, 6))
    states[:, 40:50] = states[:, :10]  # equally near
    found, expected = ([module.nearest(one, 7) for one in states] for module in (nearest, neighbours))
    for ours, theirs in zip(found, expected, strict=True):
        assert [sorted(row) for row in ours] == [[*np.flatnonzero(row)] for row in theirs]
    share = nearest.shared_neighbours(*found)
    assert math.isclose(share, neighbours.shared_neighbours(*expected)) and 0 < share < 0.5


def test_states_that_are_all_the_same_have_no_neighbours():
    assert nearest.nearest(np.ones((20, 3)), 5) is None
    assert math.isnan(nearest.shared_neighbours(None, np.zeros((20, 5), int)))
