import math

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from polychron.geometry import neighbours


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def test_the_nearest_are_those_of_scikit_learn():
    states = draw(0, 50, 6)
    found = neighbours.nearest(states, 5)
    expected = NearestNeighbors(n_neighbors=5, metric="cosine").fit(states).kneighbors(return_distance=False)
    assert [set(np.flatnonzero(row)) for row in found] == [set(row) for row in expected]


def test_shared_neighbours_of_the_same_and_of_independent_states():
    states = draw(0, 400, 20)
    rotated = states @ np.linalg.qr(draw(1, 20, 20))[0]
    assert neighbours.shared_neighbours(*(neighbours.nearest(one, 10) for one in (states, rotated))) == 1
    other = neighbours.shared_neighbours(*(neighbours.nearest(one, 10) for one in (states, draw(2, 400, 20))))
    assert other == pytest.approx(10 / 399, abs=0.01)
    assert neighbours.nearest(np.ones((20, 3)), 5) is None
    assert math.isnan(neighbours.shared_neighbours(None, neighbours.nearest(states, 10)))


def test_neurons_correlate_one_by_one():
    one = draw(0, 200, 3)
    other = np.column_stack([-2 * one[:, 0] + 5, draw(1, 200), np.full(200, 4.0)])
    expected = (1 + abs(np.corrcoef(one[:, 1], other[:, 1])[0, 1])) / 2
    assert neighbours.neuron_correlation(one, other) == pytest.approx(expected, abs=1e-12)
    assert math.isnan(neighbours.neuron_correlation(one, np.ones((200, 3))))


def test_columns_that_differ_by_rounding_alone_do_not_correlate():
    one, other = (np.column_stack([draw(seed, 300), np.full(300, 0.1) + 1e-17]) for seed in (0, 1))
    assert neighbours.neuron_correlation(one, other) == pytest.approx(
        abs(np.corrcoef(one[:, 0], other[:, 0])[0, 1]), abs=1e-12
    )


def test_neurons_see_a_rotation():
    states = draw(0, 300, 30)
    assert neighbours.neuron_correlation(states, states @ np.linalg.qr(draw(1, 30, 30))[0]) < 0.3
