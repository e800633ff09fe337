"""The arithmetic of one curve: planted onsets, losses and layers are found again."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polychron.analysis.dynamics import asymmetry, best, expected_layer, forgetting, onset, relative

GRID = np.array([*range(5_000, 50_001, 5_000), *range(100_000, 1_500_001, 50_000)])


def planted(top, share_before, at, share_at, peak, loss):
    """A curve that first has `share_at` of its best at place `at`, its best at `peak`, and loses `loss` by the end."""
    values = np.full(len(GRID), top * share_before)
    values[at:] = top * share_at
    values[peak] = top
    values[-1] = top - loss
    return values


@pytest.mark.parametrize("share", [0.9, 0.95, 0.98])
@pytest.mark.parametrize("at", [0, 1, 9, 10, 38])
@pytest.mark.parametrize("top", [0.6, 0.81, 0.9637, 1.0])
def test_planted_onset(share, at, top):
    values = planted(top, share - 1e-6, at, share, 38, 0.0)
    if at == 38:
        values[:] = top * (share - 1e-6)
        values[-1] = top
    step, after = onset(GRID, values, share)
    assert step == GRID[at]
    assert after == (GRID[at - 1] if at else 0)


def test_a_share_met_exactly_counts_in_spite_of_rounding():
    assert 0.5035 / 0.53 < 0.95
    assert onset([1, 2], [0.5035, 0.53], 0.95) == (1.0, 0.0)


def test_onset_is_the_first_checkpoint_even_where_the_curve_falls_again():
    assert onset([1, 2, 3, 4], [0.5, 0.96, 0.7, 1.0], 0.95) == (2.0, 1.0)


def test_no_interpolation_between_checkpoints():
    assert onset([5_000, 1_500_000], [0.94, 1.0], 0.95) == (1_500_000.0, 5_000.0)


def test_missing_steps_widen_the_interval():
    assert onset([1, 2, 3, 4], [0.5, np.nan, 0.96, 1.0], 0.95) == (3.0, 1.0)
    assert onset([1, 2, 3], [np.nan, 0.96, 1.0], 0.95) == (2.0, 0.0)


def test_planted_forgetting():
    values = planted(0.8, 0.5, 4, 0.99, 12, 0.06)
    assert best(GRID, values) == (0.8, GRID[12])
    absolute, share = forgetting(values)
    assert absolute == pytest.approx(0.06, abs=1e-15)
    assert share == pytest.approx(0.06 / 0.8, abs=1e-15)


def test_bits_per_character_are_better_when_lower():
    values = [3.2, 1.6, 0.8, 1.0]
    assert best([1, 2, 3, 4], values, lower=True) == (0.8, 3.0)
    assert relative(values, lower=True).tolist() == [0.25, 0.5, 1.0, 0.8]
    assert onset([1, 2, 3, 4], values, 0.5, lower=True) == (2.0, 1.0)
    absolute, share = forgetting(values, lower=True)
    assert (absolute, share) == pytest.approx((0.2, 0.2), abs=1e-15)


def test_planted_asymmetry():
    assert asymmetry([0.2, 0.9, 0.3], [0.7, 0.1, 0.2]) == pytest.approx(0.2)
    assert asymmetry([2.0, 0.5], [0.7, 0.9], lower=True) == pytest.approx(0.2)
    assert math.isnan(asymmetry([0.2], [np.nan]))


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_a_curve_without_scores_has_no_trajectory(values):
    steps = np.arange(len(values))
    assert all(map(math.isnan, best(steps, values)))
    assert all(map(math.isnan, onset(steps, values, 0.9)))
    assert np.isnan(relative(values)).all()


def test_a_best_of_nil_has_no_relative_performance():
    assert np.isnan(relative([0.0, 0.0])).all()
    assert math.isnan(onset([1, 2], [0.0, 0.0], 0.9)[0])


def test_a_constant_curve_is_at_its_best_from_the_first_step():
    assert best([1, 2, 3], [0.5] * 3) == (0.5, 1.0)
    assert onset([1, 2, 3], [0.5] * 3, 0.98) == (1.0, 0.0)
    assert forgetting([0.5] * 3) == (0.0, 0.0)


def test_no_score_at_the_last_step_leaves_forgetting_open():
    assert all(map(math.isnan, forgetting([0.5, 0.8, np.nan])))


@settings(deadline=None)
@given(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=39), st.floats(0.05, 1.0), st.booleans())
def test_what_holds_for_every_curve(values, share, lower):
    steps = GRID[: len(values)]
    top, top_step = best(steps, values, lower)
    step, after = onset(steps, values, share, lower)
    assert after < step <= top_step
    assert relative(values, lower).max() == 1.0
    absolute, loss = forgetting(values, lower)
    assert absolute >= 0 and 0 <= loss < 1
    scaled = [value * 0.5 for value in values]
    assert onset(steps, scaled, share, lower) == (step, after)
    assert top == (min(values) if lower else max(values))


# the expected layer

LAYERS = [0, 2, 4, 6, 8, 10, 12]


def heatmap(profiles, low=0.4, high=0.9):
    """Scores whose min-max weights are the columns of `profiles`, given that 0 and 1 occur in it."""
    return low + (high - low) * np.asarray(profiles, float).T


def test_planted_expected_layers():
    one_hot = np.eye(len(LAYERS))
    assert expected_layer(LAYERS, heatmap(one_hot)).tolist() == LAYERS
    halves = [[0, 0, 0, 0, 0, 1, 1], [0, 1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0.5]]
    assert expected_layer(LAYERS, heatmap(halves)) == pytest.approx([11, 3, 4], abs=1e-12)


def test_readings_of_the_expected_layer_differ_as_defined():
    values = np.array([[0.4, 0.6], [0.6, 0.6], [0.8, 0.5]])
    layers = [0, 1, 2]
    assert expected_layer(layers, values, "minmax") == pytest.approx([(0.2 + 2 * 0.4) / 0.6, (0.2 + 2 * 0.1) / 0.5])
    assert expected_layer(layers, values, "minmax_step") == pytest.approx([(0.2 + 2 * 0.4) / 0.6, 0.1 / 0.2])
    assert expected_layer(layers, values, "above_chance", 0.5) == pytest.approx([(0.1 + 2 * 0.3) / 0.4, 0.1 / 0.2])
    assert expected_layer(layers, values, "raw") == pytest.approx([(0.6 + 2 * 0.8) / 1.8, (0.6 + 2 * 0.5) / 1.7])
    with pytest.raises(ValueError, match="best_guess"):
        expected_layer(layers, values, "best_guess")


@pytest.mark.parametrize("reading", ["minmax", "minmax_step"])
def test_a_constant_heatmap_has_no_expected_layer(reading):
    assert np.isnan(expected_layer([0, 1], np.full((2, 3), 0.5), reading)).all()


def test_the_expected_layer_needs_every_layer():
    values = np.array([[0.4, np.nan, 0.5], [0.6, 0.7, 0.5]])
    found = expected_layer([0, 1], values)
    assert np.isnan(found[1]) and np.isfinite(found[[0, 2]]).all()
    assert np.isnan(expected_layer([0, 1], values, "above_chance")).all()


@settings(deadline=None)
@given(st.lists(st.lists(st.floats(0, 1, width=16), min_size=3, max_size=3), min_size=2, max_size=6))
def test_the_expected_layer_lies_among_the_layers_and_scale_cancels(columns):
    values = np.array(columns).T
    for reading in ("minmax", "minmax_step", "raw"):
        found = expected_layer([0, 6, 12], values, reading)
        finite = found[np.isfinite(found)]
        assert ((finite >= 0) & (finite <= 12 + 1e-9)).all()
    assert expected_layer([0, 6, 12], values * 0.5) == pytest.approx(expected_layer([0, 6, 12], values), nan_ok=True)
