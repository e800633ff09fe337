"""Settled curves: a planted onset is found where noise moves that of the paper's formula."""

import numpy as np
import pytest

from polychron.analysis import choices, dynamics, settling

GRID = np.array([*range(5_000, 50_001, 5_000), *range(100_000, 1_500_001, 50_000)], float)
RISE = 0.4 + 0.4 * (1 - np.exp(-GRID / 60e3))


def test_a_planted_onset_of_35k():
    """Noise of 0.4 points lifts the best of 39 by 0.8 points and moves an onset of 35k to 99k.

    The best step of dev with noise of its own gives 46k, the settled curve 48k; noise that dev shares leaves 94k.
    """
    truth = np.interp(GRID, [0, 35e3, 135e3, 1.5e6], [0.5, 0.98 * 0.8 + 0.0002, 0.8, 0.8])
    assert dynamics.onset(GRID, truth, 0.98)[0] == 35_000
    rng = np.random.default_rng(0)
    curves, own = truth + 0.004 * rng.normal(size=(2, 1000, 39))
    shared = curves + 0.0015 * rng.normal(size=(1000, 39))
    paper = np.mean([dynamics.onset(GRID, curve, 0.98)[0] for curve in curves])
    by_dev, by_shared = (
        np.mean(
            [choices.of_curve(GRID, *pair, [0.98])[0]["onset_0.98_by_dev"] for pair in zip(curves, dev, strict=True)]
        )
        for dev in (own, shared)
    )
    settled = settling.settle(GRID, curves)
    fitted = GRID[settling.reached(settled.values, 0.98)].mean()
    lifts = [100 * (some.max(axis=1) - 0.8).mean() for some in (curves, settled.values)]
    print(f"paper {paper:.0f}, dev {by_dev:.0f}, shared {by_shared:.0f}, fitted {fitted:.0f}; lifts {lifts}")
    assert 85e3 < paper < 110e3 and lifts[0] == pytest.approx(0.8, abs=0.05)
    assert by_dev < 52e3 and fitted < 52e3 and abs(lifts[1]) < 0.06
    assert paper - 10e3 < by_shared < paper
    assert settled.noise.mean() == pytest.approx(0.004, rel=0.1)


def test_a_bend_is_no_noise():
    for noise in (0.0, 0.001):
        curves = RISE + noise * np.random.default_rng(1).normal(size=(200, 39))
        assert settling.settle(GRID, curves).noise.mean() == pytest.approx(noise, abs=0.0002)


def test_lower_is_better():
    curves = RISE + 0.004 * np.random.default_rng(2).normal(size=(20, 39))
    up, down = settling.settle(GRID, curves), settling.settle(GRID, 3 - curves, lower=True)
    assert up.noise.mean() == pytest.approx(down.noise.mean(), rel=0.2)
    bits = settling.settle(GRID, [2 - curves[0]], lower=True).values[0]
    assert (np.diff(bits) <= 0).all()
    assert settling.reached(-bits, 0.9, lower=True) == np.argmax(bits <= bits.min() / 0.9 + 1e-12)


def test_few_checkpoints_tell_no_noise_and_still_give_a_curve():
    found = settling.settle([5, 10, 15], [[0.5, 0.8, 0.7]])
    assert np.isnan(found.noise).all()
    assert found.values.round(9).tolist() == [[0.5, 0.75, 0.75]]
    assert settling.settle([5], [[0.5]]).values.tolist() == [[0.5]]
