import numpy as np
import pytest
from scipy import linalg

from polychron.geometry import mapping


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def test_procrustes_is_that_of_scipy():
    source, target = draw(0, 80, 10), draw(1, 80, 10)
    expected, _ = linalg.orthogonal_procrustes(source, target)
    np.testing.assert_allclose(mapping.procrustes(source, target), expected, atol=1e-10)
    np.testing.assert_allclose(mapping.procrustes(target, source), expected.T, atol=1e-10)


def test_a_rotation_is_found_again_and_states_of_another_width_can_be_mapped():
    source, rotation = draw(0, 80, 10), np.linalg.qr(draw(1, 10, 10))[0]
    np.testing.assert_allclose(mapping.procrustes(source, source @ rotation), rotation, atol=1e-10)
    wide = np.linalg.qr(draw(2, 14, 10))[0].T
    np.testing.assert_allclose(source @ mapping.procrustes(source, source @ wide), source @ wide, atol=1e-10)


def test_what_is_learnt_is_of_the_fitted_half():
    fit, test = draw(0, 50, 4) * 3 + 7, draw(1, 30, 4)
    np.testing.assert_allclose(mapping.centre(fit, test), test - fit.mean(0))
    np.testing.assert_allclose(mapping.standardise(fit, test), (test - fit.mean(0)) / fit.std(0))
    assert np.isfinite(mapping.standardise(np.ones((50, 4)), test)).all()
    # the tested half has no mean of its own subtracted
    alone = mapping.normalise(fit, test[:1], 5)[1]
    np.testing.assert_allclose(alone, mapping.normalise(fit, test, 5)[1][:1], atol=1e-12)


def test_normalised_states_have_unit_length_and_nearly_no_mean():
    fit, _ = mapping.normalise(draw(0, 400, 6) + 2, draw(1, 5, 6), 5)
    np.testing.assert_allclose(np.linalg.norm(fit, axis=1), 1)
    assert np.abs(fit.mean(0)).max() < 0.01
    assert mapping.unit(np.zeros((2, 3))).tolist() == np.zeros((2, 3)).tolist()


def test_iterative_normalisation_is_what_zhang_writes():
    states = draw(0, 40, 5) + 1
    expected = states.copy()
    for _ in range(3):
        expected /= np.sqrt((expected**2).sum(1))[:, None]
        expected -= expected.mean(0)
    expected /= np.sqrt((expected**2).sum(1))[:, None]
    assert mapping.normalise(states, states, 3)[1] == pytest.approx(expected, abs=1e-12)
