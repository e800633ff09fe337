"""Worlds in which nothing is forgotten: the noise that was planted comes back, and chance shows what it shows."""

import numpy as np
import pytest

from polychron.analysis import worlds

GRID = np.array([*range(5_000, 50_001, 5_000), *range(100_000, 1_500_001, 50_000)], float)
RISE = 0.4 + 0.4 * (1 - np.exp(-GRID / 60e3))
NONE = np.zeros(30)


def planted(rng, number, correlation, shared, size=0.004):
    """Noise with a part that all curves share, correlated from one checkpoint to the next."""
    noise = np.sqrt(1 - shared) * rng.normal(size=(number, 39)) + np.sqrt(shared) * rng.normal(size=39)
    for at in range(1, 39):
        noise[:, at] = correlation * noise[:, at - 1] + np.sqrt(1 - correlation**2) * noise[:, at]
    return size * noise


@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize(("correlation", "shared"), [(0.0, 0.0), (0.0, 0.5), (0.5, 0.0), (0.5, 0.5)])
@pytest.mark.parametrize("loss", [0.0, 0.02])
def test_the_noise_is_found(correlation, shared, loss, lower):
    rng = np.random.default_rng(0)
    truth = RISE - loss * GRID / GRID[-1]
    found = []
    for _ in range(20):
        curves = truth + planted(rng, 30, correlation, shared)
        made = worlds.world(GRID, -curves + 3 if lower else curves, NONE, lower)
        found.append((made.noise.mean(), made.correlation, made.shared))
        assert not made.by_seeds
    noise, neighbours, common = np.mean(found, axis=0)
    print(f"noise {noise:.4f}, correlation {neighbours:.2f}, shared {common:.2f}")
    assert noise == pytest.approx(0.004, rel=0.35)
    assert neighbours == pytest.approx(correlation, abs=0.15)
    assert common == pytest.approx(shared, abs=0.12)


def test_simulations_have_the_noise_of_their_world():
    made = worlds.World(np.tile(RISE, (3, 1)), np.array([0.001, 0.002, 0.004]), 0.4, 0.3, False)
    drawn = np.concatenate([*worlds.simulate(made, np.random.default_rng(0), 3000)]) - RISE
    assert drawn.shape == (3000, 3, 39)
    assert drawn.std(axis=(0, 2)) == pytest.approx(made.noise, rel=0.03)
    scaled = drawn / made.noise[:, None]
    assert (scaled[:, :, 1:] * scaled[:, :, :-1]).mean() == pytest.approx(0.4, abs=0.02)
    assert (scaled[:, 0] * scaled[:, 2]).mean() == pytest.approx(0.3, abs=0.02)


def test_in_worlds_without_forgetting_p_is_small_as_often_as_it_promises():
    rng = np.random.default_rng(3)
    small = {0.0: [], 0.02: []}
    for loss, found in small.items():
        for _ in range(8):
            curves = RISE - loss * np.interp(GRID, [200e3, 1.5e6], [0, 1]) + planted(rng, 30, 0, 0)
            made = worlds.world(GRID, curves, NONE)
            lost = np.concatenate([one.max(axis=-1) - one[..., -1] for one in worlds.simulate(made, rng, 199)])
            found.append((1 + (lost >= curves.max(axis=1) - curves[:, -1]).sum(axis=0)) / 200 <= 0.05)
    shares = {loss: np.mean(found) for loss, found in small.items()}
    print(shares)
    assert shares[0.0] <= 0.08 and shares[0.02] > 0.75


def test_gaps_few_checkpoints_and_curves_that_settle_late():
    curves = RISE + planted(np.random.default_rng(4), 3, 0, 0)
    curves[1, [5, 38]] = np.nan
    curves[2] = np.linspace(0.1, 0.9, 39)
    made = worlds.world(GRID, curves, NONE[:3])
    assert (made.values[1, [5, 38]] == -np.inf).all() and np.isfinite(made.values[[0, 2]]).all()
    assert np.isfinite(made.noise).all()
    few = worlds.world(GRID[:3], curves[:2, :3], np.array([0.01, np.nan]))
    assert few.by_seeds and few.noise[0] == 0.01 and np.isnan(few.noise[1])
    empty = worlds.world(GRID[:3], np.full((1, 3), np.nan), NONE[:1])
    assert (empty.values == -np.inf).all() and empty.by_seeds
