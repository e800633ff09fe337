"""Slopes with a moving-block bootstrap: the slope is scipy's, and the interval holds the planted one."""

import numpy as np
import pytest
from scipy import stats

from polychron.stats import blocks

X = np.arange(30.0)


def correlated(rng, number, correlation):
    noise = rng.normal(size=(number, len(X)))
    for at in range(1, len(X)):
        noise[:, at] = correlation * noise[:, at - 1] + np.sqrt(1 - correlation**2) * noise[:, at]
    return noise


def test_the_slope_is_that_of_least_squares():
    curves = np.random.default_rng(0).normal(size=(5, 30))
    slope, _ = blocks.slopes(X, curves)
    assert slope == pytest.approx([stats.linregress(X, curve).slope for curve in curves])


@pytest.mark.parametrize(("correlation", "least"), [(0.0, 0.94), (0.5, 0.86)])
def test_the_interval_holds_the_slope(correlation, least):
    curves = 0.1 * X + correlated(np.random.default_rng(1), 2000, correlation)
    slope, reach = blocks.slopes(X, curves)
    holds = np.mean(np.abs(slope - 0.1) <= reach)
    naive = np.mean(
        [abs(one.slope - 0.1) <= 2.05 * one.stderr for one in (stats.linregress(X, c) for c in curves[:500])]
    )
    print(f"correlation {correlation}: {holds:.3f}, without blocks {naive:.3f}")
    assert least <= holds <= 0.99
    assert correlation == 0 or naive < holds - 0.05


def test_the_same_draw_for_every_row_and_every_time():
    curve = np.random.default_rng(2).normal(size=30)
    _, reach = blocks.slopes(X, [curve, 2 * curve, curve])
    assert reach == pytest.approx(reach[0] * np.array([1, 2, 1]))
    assert blocks.slopes(X, [curve])[1][0] == pytest.approx(reach[0], rel=1e-12)
    assert blocks.slopes(X, [curve], seed=1)[1][0] != pytest.approx(reach[0], rel=1e-6)


def test_few_values_have_no_interval():
    slope, reach = blocks.slopes(range(4), np.ones((2, 4)))
    assert np.isnan(slope).all() and np.isnan(reach).all()
