"""Canonical correlations against scikit-learn, and on states of which they are known."""

import math

import numpy as np
import pytest

from polychron.geometry import canonical


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def both(one, other, variance=1.0, components=100):
    sides = [canonical.keep(states, variance, components) for states in (one, other)]
    return canonical.svcca(*sides), canonical.pwcca(*sides)


def test_correlations_are_those_of_scikit_learn():
    from sklearn.cross_decomposition import CCA

    one, other = draw(0, 80, 5), draw(1, 80, 5)
    other[:, :3] += 2 * one[:, :3]
    fitted = CCA(n_components=5, max_iter=10000, tol=1e-12).fit(one, other)
    pairs = zip(*(scores.T for scores in fitted.transform(one, other)), strict=True)
    expected = np.mean([abs(np.corrcoef(x, y)[0, 1]) for x, y in pairs])
    assert both(one, other)[0] == pytest.approx(expected, abs=1e-4)


def test_weights_are_those_that_morcos_writes():
    one, other = draw(0, 50, 4), draw(1, 50, 4)
    other[:, 0] += 3 * one[:, 0]
    x, y = one - one.mean(0), other - other.mean(0)
    bases = [np.linalg.qr(side)[0] for side in (x, y)]
    left, rho, right = np.linalg.svd(bases[0].T @ bases[1])
    expected = []
    for side, directions in ((x, bases[0] @ left), (y, bases[1] @ right.T)):
        # in the basis of the singular vectors, as the kept columns are
        u, s, _ = np.linalg.svd(side, full_matrices=False)
        weights = [sum(abs(h @ column) for column in (u * s).T) for h in directions.T]
        expected.append(np.dot(weights, rho) / sum(weights))
    assert both(one, other)[1] == pytest.approx(np.mean(expected), abs=1e-12)


def test_any_invertible_map_leaves_states_the_same():
    states = draw(0, 100, 8)
    assert both(states, states @ draw(1, 8, 8) + 4) == pytest.approx((1, 1), abs=1e-9)


def test_without_a_limit_independent_states_correlate():
    one, other = draw(0, 400, 300), draw(1, 400, 300)
    assert both(one, other, components=300)[0] > 0.7
    assert both(one, other, components=40)[0] < 0.35


def test_directions_are_the_fewest_that_hold_the_variance():
    states = draw(0, 200, 3) * [10, 1, 0.01]
    assert canonical.keep(states, 0.9, 100).basis.shape == (200, 1)
    assert canonical.keep(states, 0.9999, 100).basis.shape == (200, 2)
    assert canonical.keep(states, 1.0, 2).basis.shape == (200, 2)
    # a constant column holds none, and is no direction
    assert canonical.keep(np.hstack([states, np.ones((200, 1))]), 1.0, 100).basis.shape == (200, 3)


def test_constant_states_have_no_directions():
    assert canonical.keep(np.ones((20, 3)), 0.99, 10) is None
    assert all(map(math.isnan, both(draw(0, 20, 3), np.ones((20, 3)))))
