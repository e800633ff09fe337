"""Uncertainty: planted onsets and losses are inside their intervals as often as these promise."""

import math

import numpy as np
import planted
import pyarrow
import pytest

from polychron.analysis import dynamics, trajectories, uncertainty
from polychron.stats import intervals

GRID = np.array([*range(5_000, 50_001, 5_000), *range(100_000, 1_500_001, 50_000)])
SIMULATIONS = 400


def noisy(rng, truth, seeds=5, noise=0.004):
    return truth + noise * rng.normal(size=(seeds, len(truth)))


# forgetting


def test_nothing_is_forgotten_and_only_the_naive_estimate_says_otherwise():
    """39 equal checkpoints: best - final is hardly ever 0, the cross-fitted loss is 0 on average."""
    rng = np.random.default_rng(0)
    flat = np.full(39, 0.8)
    naive, crossed, holds = [], [], []
    for _ in range(SIMULATIONS):
        runs = noisy(rng, flat)
        naive.append(dynamics.forgetting(runs.mean(axis=0))[0])
        estimate, _ = uncertainty.forgetting(runs)
        crossed.append(estimate.value)
        holds.append(estimate.low <= 0 <= estimate.high)
    error = np.std(crossed) / math.sqrt(SIMULATIONS)
    print(f"naive {np.mean(naive):.5f}, crossed {np.mean(crossed):.5f} +- {error:.5f}, coverage {np.mean(holds):.3f}")
    assert abs(np.mean(crossed)) < 3 * error
    assert min(naive) >= 0 and np.mean(naive) > 10 * error
    assert 0.88 <= np.mean(holds) <= 0.99


def test_a_planted_loss_is_found():
    rng = np.random.default_rng(1)
    truth = np.full(39, 0.7)
    truth[12], truth[-1] = 0.8, 0.75
    found = [uncertainty.forgetting(noisy(rng, truth))[0] for _ in range(SIMULATIONS)]
    holds = np.mean([one.low <= 0.05 <= one.high for one in found])
    print(f"coverage {holds:.3f}")
    assert np.mean([one.value for one in found]) == pytest.approx(0.05, abs=0.001)
    assert 0.91 <= holds <= 0.985
    assert np.mean([one.low > 0 for one in found]) > 0.95


def test_runs_that_agree_lose_what_their_mean_loses():
    runs = np.array([0.4, 0.8, 0.6]) + np.array([[-0.01], [0.0], [0.01]])
    absolute, relative = uncertainty.forgetting(runs)
    assert absolute.value == pytest.approx(0.2)
    assert relative.value == pytest.approx(np.mean([0.2 / 0.79, 0.2 / 0.8, 0.2 / 0.81]))
    absolute, relative = uncertainty.forgetting(1 / runs, lower=True)
    assert absolute.value == pytest.approx(np.mean(1 / runs[:, 2] - 1 / runs[:, 1]))
    assert relative.value == pytest.approx(np.mean(1 - runs[:, 2] / runs[:, 1]))


@pytest.mark.parametrize("runs", [[[0.5, 0.6]], [[0.5, 0.6], [0.5, math.nan]]])
def test_one_run_or_no_last_score_leaves_forgetting_open(runs):
    assert all(math.isnan(estimate.value) for estimate in uncertainty.forgetting(runs))


def test_a_step_that_a_run_lacks_is_never_chosen():
    runs = [[math.nan, 0.7, 0.6], [0.9, 0.7, 0.6]]
    assert uncertainty.forgetting(runs)[0].value == pytest.approx(0.1)


# onset


def rising(at, share=0.95, top=0.8):
    """A curve that comes near the share, passes it at the place `at`, and goes on slowly to its top at the end."""
    shares = np.where(np.arange(39) < at, np.linspace(0.7, share - 0.01, 39), np.linspace(share + 0.01, 1.0, 39))
    return top * shares


@pytest.mark.parametrize("at", [0, 3, 10, 20])
def test_the_interval_holds_a_planted_onset(at):
    rng = np.random.default_rng(at)
    holds, widths = [], []
    for _ in range(150):
        found, _ = uncertainty.onset(GRID, noisy(rng, rising(at), noise=0.006), 0.95)
        holds.append(found.low < GRID[at] <= found.high)
        widths.append(found.high - found.low)
    print(f"onset at {GRID[at]}: coverage {np.mean(holds):.3f}, mean width {np.mean(widths):.0f}")
    assert np.mean(holds) >= 0.93


@pytest.mark.parametrize(("tau", "noise"), [(60e3, 0.003), (400e3, 0.003), (200e3, 0.01)])
def test_the_interval_holds_the_onset_of_a_smooth_curve(tau, noise):
    """Flat curves with noisy seeds are the hardest: the best score is a lucky one, 95% of it reached by chance."""
    rng = np.random.default_rng(5)
    truth = 0.4 + 0.4 * (1 - np.exp(-GRID / tau)) - 0.02 * (GRID / GRID[-1]) ** 2
    step, _ = dynamics.onset(GRID, truth, 0.95)
    found = [uncertainty.onset(GRID, noisy(rng, truth, noise=noise), 0.95)[0] for _ in range(200)]
    holds = np.mean([one.low < step <= one.high for one in found])
    print(f"tau {tau:g}, noise {noise}: coverage {holds:.3f}")
    assert holds >= 0.88


def test_without_noise_only_the_grid_is_uncertain():
    runs = np.tile(rising(10), (5, 1))
    found, spread = uncertainty.onset(GRID, runs, 0.95)
    assert (found.value, found.low, found.high) == (100_000, 50_000, 100_000)
    assert spread.tolist() == [100_000] * 5
    assert (found.value, found.low) == dynamics.onset(GRID, runs[0], 0.95)


def test_more_noise_widens_the_interval():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(5, 39))
    found = [uncertainty.onset(GRID, rising(20) + size * noise, 0.95)[0] for size in (0.0005, 0.05)]
    assert found[0].high - found[0].low < found[1].high - found[1].low


def test_lower_is_better_and_a_curve_without_scores_has_no_onset():
    found, _ = uncertainty.onset([1, 2, 3], [[4.0, 2.0, 1.9]], 0.95, lower=True)
    assert (found.value, found.low, found.high) == (2.0, 1.0, 2.0)
    found, spread = uncertainty.onset([1, 2], [[math.nan, 0.5], [0.5, math.nan]], 0.95)
    assert math.isnan(found.value) and np.isnan(spread).all()
    assert math.isnan(uncertainty.onset([1, 2], [[0.0, 0.0]], 0.95)[0].value)


# the table of a study


def test_the_intervals_of_a_study_are_those_of_its_curves():
    steps = [0, 10, 20, 30]
    rows = planted.rows([0.1, 0.5, 0.8, 0.7], task="pos", source="en", target="en", steps=steps)
    rows += planted.rows([3, 2, 1, 1.5], task="bits", source="en", target="en", steps=steps, seeds=(None,),
                         split="heldout", metric="bits_per_character")  # fmt: skip
    rows += planted.rows([0.1, 0.5, 0.8, 0.7], task="alignment", source="en", target="de", steps=steps, seeds=(None,),
                         metric="f1", examples=150)  # fmt: skip
    found = uncertainty.study(planted.table(rows), [0.95])
    assert found.schema == uncertainty.schema()
    of = {(row["task"], row["quantity"], row["over"]): row for row in found.to_pylist()}
    assert of["pos", "onset_0.95", "seeds"]["value"] == 20 and of["pos", "onset_0.95", "seeds"]["low"] == 10
    assert of["pos", "cross_fitted_forgetting", "seeds"]["value"] == pytest.approx(0.1)
    assert of["pos", "final", "seeds"]["value"] == pytest.approx(0.7)
    assert of["pos", "final", "items"]["low"] == pytest.approx(intervals.proportion_interval(0.7, 1000)[0])
    assert of["bits", "cross_fitted_forgetting", "seeds"]["note"] == "one run"
    assert of["bits", "onset_0.95", "seeds"]["value"] == 20
    assert ("bits", "final", "items") not in of
    # 150 sentence pairs have many more links
    aligned = of["alignment", "final", "items"]
    assert aligned["value"] == 0.7 and aligned["low"] is None and aligned["note"].startswith("F1 is over links")
    for row in found.to_pylist():
        assert (row["note"] is not None) == (None in (row["value"], row["low"], row["high"]))


def test_f1_of_names_has_an_interval_over_seeds_alone():
    of = {"task": "entities", "source": "pt", "target": "pt", "steps": [0, 10, 20, 30, 40], "examples": 500}
    rows = planted.rows([0.1, 0.2, 0.3, 0.4, 0.4], metric="span_f1", **of)
    found = uncertainty.study(planted.table(rows), [0.95]).to_pylist()
    final = {row["over"]: row for row in found if row["quantity"] == "final"}
    assert final["seeds"]["low"] < final["seeds"]["value"] == pytest.approx(0.4)
    assert final["items"]["low"] is None and final["items"]["note"].startswith("F1 is over names, not a share")


def test_gaps_and_order_make_no_difference_to_the_runs():
    rows = planted.rows([0.5, 0.8, 0.7], task="pos", source="en", target="en", steps=[10, 20, 30])
    rows += planted.rows([0.5, 0.8], task="pos", source="de", target="de", steps=[10, 30], seeds=(0, 1))
    forward = uncertainty.study(planted.table(rows), [0.9])
    assert forward == uncertainty.study(planted.table(rows[::-1]), [0.9])
    curves = {place["source"]: runs for place, _, runs, _ in uncertainty.curves(planted.table(rows))}
    assert curves["de"].shape == (2, 3) and np.isnan(curves["de"][:, 1]).all()
    empty = planted.table(rows).slice(0, 0)
    assert uncertainty.study(empty, [0.9]).num_rows == 0


def test_the_onset_of_the_mean_is_that_of_the_trajectory():
    scores = planted.toy()
    traced = trajectories.study(scores, [0.95], "minmax")
    place = [*trajectories.PLACE]
    by_curve = {
        tuple(row[name] for name in place): row["value"] for row in trajectories.select(traced, quantity="onset_0.95")
    }
    found = trajectories.select(uncertainty.study(scores, [0.95]), quantity="onset_0.95")
    assert len(found) == len(by_curve) and isinstance(scores, pyarrow.Table)
    for row in found:
        assert row["value"] == by_curve[tuple(row[name] for name in place)]
        assert row["low"] < row["value"] <= row["high"]
