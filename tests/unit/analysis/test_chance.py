"""What chance shows: settled curves are hardly ever called forgotten, and planted losses are."""

import numpy as np
import planted
import pytest

from polychron.analysis import chance, uncertainty

GRID = np.array([*range(5_000, 50_001, 5_000), *range(100_000, 1_500_001, 50_000)])
RISE = 0.4 + 0.4 * (1 - np.exp(-GRID / 30e3))
SEEDS = range(5)


def runs(rng, truth, number=300, shared=0.004, own=0.003):
    """Runs on test and on dev: noise of checkpoints that all of them share, and noise of each."""
    checkpoints = truth + shared * rng.normal(size=(number, 1, len(truth)))
    return [checkpoints + own * rng.normal(size=(number, len(SEEDS), len(truth))) for _ in range(2)]


def clear(test, dev, **more):
    return np.mean([found.low > 0 for found in chance.fall(GRID, test.mean(axis=1), dev.mean(axis=1), **more)])


@pytest.mark.parametrize("truth", [np.full(39, 0.8), RISE, 0.4 + 0.4 * (1 - np.exp(-GRID / 200e3))])
def test_a_settled_curve_is_not_forgotten(truth):
    """Seeds share their checkpoints: on seeds alone, many settled curves look forgotten; after the peak, few do."""
    test, dev = runs(np.random.default_rng(0), truth)
    seeds = np.mean([uncertainty.forgetting(own)[0].low > 0 for own in test])
    found = clear(test, dev)
    print(f"clear: {found:.3f}, by seeds alone {seeds:.3f}")
    assert found <= 0.05
    assert seeds > 0.3


def test_noise_of_neighbouring_checkpoints_may_be_correlated():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(600, 39))
    for at in range(1, 39):
        noise[:, at] = 0.5 * noise[:, at - 1] + np.sqrt(0.75) * noise[:, at]
    curves = RISE + 0.004 * noise
    assert np.mean([found.low > 0 for found in chance.fall(GRID, curves, curves)]) <= 0.07


@pytest.mark.parametrize("start", [100e3, 400e3, 800e3])
def test_planted_forgetting_of_two_points_is_found(start):
    truth = RISE - np.interp(GRID, [start, 1.5e6], [0, 0.02])
    test, dev = runs(np.random.default_rng(2), truth)
    found = chance.fall(GRID, test.mean(axis=1), dev.mean(axis=1))
    print(f"clear: {clear(test, dev):.3f}, median {100 * np.median([one.value for one in found]):.2f} points")
    assert clear(test, dev) > 0.92
    assert np.median([one.value for one in found]) == pytest.approx(0.02, abs=0.006)


def test_bits_rise_where_they_are_forgotten():
    truth = RISE - np.interp(GRID, [400e3, 1.5e6], [0, 0.02])
    curves = truth + 0.004 * np.random.default_rng(3).normal(size=(50, 39))
    up, down = chance.fall(GRID, curves, curves), chance.fall(GRID, 3 - curves, 3 - curves, lower=True)
    assert [one.low for one in down] == pytest.approx([one.low for one in up])


def test_few_checkpoints_and_gaps():
    curve = [0.5, 0.8, 0.79, 0.78, 0.77, 0.76, np.nan, 0.75]
    assert np.isnan(chance.fall(range(8), [curve], [curve])[0].value)
    longer = [*curve, 0.74]
    assert chance.fall(range(9), [longer], [longer])[0].value > 0
    gone = [*longer, np.nan]
    assert np.isnan(chance.fall(range(10), [gone], [gone])[0].value)


# a study


def rows(rng, losses, target=None, split="test", dev=True, shared=0.004, onset=30e3):
    """Curves of languages, each with its own noise of checkpoints, which dev and the seeds share."""
    made = []
    for code, loss in losses.items():
        truth = 0.4 + 0.4 * (1 - np.exp(-GRID / onset)) - np.interp(GRID, [100e3, 1.5e6], [0, loss])
        truth = truth + shared * rng.normal(size=39)
        for part in ("test", "dev") if dev and split == "test" else (split,):
            values = truth + 0.001 * rng.normal(size=39)
            place = {"source": code, "target": target or code}
            made += planted.rows(values, task="pos", **place, steps=GRID.tolist(), seeds=SEEDS, split=part)
    return made


def found(rows, **settings):
    table = chance.study(planted.table(rows), [0.95], **settings)
    assert table.schema == uncertainty.schema()
    return {(row["quantity"], row["source"], row["target"], row["split"]): row for row in table.to_pylist()}


def test_a_study_with_languages_that_forget():
    rng = np.random.default_rng(0)
    settled, losing = [f"a{place}" for place in range(8)], [f"b{place}" for place in range(8)]
    of = found(rows(rng, {**dict.fromkeys(settled, 0.0), **dict.fromkeys(losing, 0.03)}))
    low = {code: of["fall_after_peak", code, code, "test"]["low"] or -1 for code in (*settled, *losing)}
    assert sum(low[code] > 0 for code in settled) <= 1 and all(low[code] > 0 for code in losing)
    p = {code: of["forgetting_p", code, code, "test"]["value"] for code in low}
    assert sum(p[code] < 0.05 for code in settled) <= 1 and all(p[code] < 0.05 for code in losing)
    whole = of["mean_forgetting_p", None, None, "test"]
    assert whole["value"] == 0.001 and whole["note"] == "of 16 curves"
    expected = of["mean_best_by_chance", None, None, "test"]
    print(expected)
    assert expected["value"] == pytest.approx(0.0085, abs=0.002)
    loss = of["cross_fitted_forgetting_by_dev", "b0", "b0", "test"]
    assert loss["over"] == "seeds" and loss["runs"] == 5 and loss["value"] > 0.02
    onset = of["onset_0.95_isotonic", "a0", "a0", "test"]
    assert onset["low"] < 70_000 <= onset["high"] or onset["low"] < 90_000 <= onset["high"]


def test_nothing_is_forgotten_on_average_in_a_settled_study():
    rng = np.random.default_rng(1)
    ps = [found(rows(rng, dict.fromkeys("abcdefgh", 0.0)))["mean_forgetting_p", None, None, "test"]["value"]
          for _ in range(4)]  # fmt: skip
    assert min(ps) > 0.02


@pytest.mark.parametrize(("onset", "late"), [(30e3, False), (90e3, True)])
def test_transfer_is_later_only_if_it_is(onset, late):
    """Noise of one point on transfer delays its onsets; that alone is not later."""
    rng = np.random.default_rng(4)
    codes = "abcdef"
    made = rows(rng, dict.fromkeys(codes, 0.0))
    for target in codes:
        sources = dict.fromkeys((code for code in codes if code != target), 0.0)
        made += rows(rng, sources, target=target, split="parallel", shared=0.01, onset=onset)
    of = found(made)
    later = of["mean_onset_0.95_later_p", None, None, "parallel"]["value"]
    delay = of["mean_onset_0.95_later_by_chance", None, None, "parallel"]["value"]
    print(later, delay)
    assert (later < 0.05) is late and delay > 0
    # the source's dev chooses the step
    assert ("cross_fitted_forgetting_by_dev", "a", "b", "parallel") in of


def test_the_same_again_in_any_order_and_another_seed():
    made = rows(np.random.default_rng(5), {"a": 0.0, "b": 0.01})
    assert found(made) == found(made[::-1])
    assert found(made) != found(made, seed=1)
    alone = found([row for row in made if row["source"] == "a"])
    for quantity in ("fall_after_peak", "cross_fitted_forgetting_by_dev"):
        assert alone[quantity, "a", "a", "test"] == found(made)[quantity, "a", "a", "test"]


def test_few_checkpoints_have_the_noise_of_the_seeds_and_no_p():
    made = planted.rows([0.1, 0.5, 0.8, 0.7], task="pos", source="en", target="en", steps=[0, 10, 20, 30])
    made += planted.rows([3, 2, 1, 1.5], task="bits", source="en", target="en", steps=[0, 10, 20, 30], seeds=(None,),
                         split="heldout", metric="bits_per_character")  # fmt: skip
    of = found(made)
    few = "too few checkpoints to estimate their noise"
    assert of["forgetting_by_chance", "en", "en", "test"]["note"] == f"{few}: that of the seeds alone"
    assert of["forgetting_by_chance", "en", "en", "test"]["value"] is not None
    for key in (("forgetting_p", "en", "en", "test"), ("mean_forgetting_p", None, None, "test")):
        assert of[key]["value"] is None and few in of[key]["note"]
    assert of["forgetting_by_chance", "en", "en", "heldout"]["value"] is None
    assert of["onset_0.95_isotonic", "en", "en", "heldout"]["value"] == 20
    assert ("cross_fitted_forgetting_by_dev", "en", "en", "test") not in of
    assert ("mean_forgetting_p", None, None, "heldout") not in of


def test_runs_that_dev_lacks_are_named():
    made = rows(np.random.default_rng(6), {"a": 0.0, "b": 0.0})
    made = [row for row in made if not (row["source"] == "b" and row["split"] == "dev" and row["seed"] == 4)]
    of = found(made)
    row = of["cross_fitted_forgetting_by_dev", "b", "b", "test"]
    assert row["value"] is None and row["note"] == "no dev scores of the same runs of the source"
    assert of["cross_fitted_forgetting_by_dev", "a", "a", "test"]["note"] is None


def test_curves_without_a_last_score_are_left_out_of_the_mean_loss():
    made = rows(np.random.default_rng(7), {"a": 0.03, "b": 0.03})
    made = [row for row in made if not (row["source"] == "b" and row["step"] == GRID[-1])]
    of = found(made)
    for quantity in ("forgetting_by_chance", "forgetting_p"):
        row = of[quantity, "b", "b", "test"]
        assert row["value"] is None and row["note"] == "no score at the last step"
    alone = of["mean_forgetting_by_chance", None, None, "test"]["value"]
    assert alone == pytest.approx(of["forgetting_by_chance", "a", "a", "test"]["value"])
    assert of["fall_after_peak", "b", "b", "test"]["value"] is None
    assert of["onset_0.95_by_chance", "b", "b", "test"]["value"] is not None


def test_no_scores():
    assert chance.study(planted.table([]), [0.95]).num_rows == 0
    zero = planted.rows([0.0] * 4, task="pos", source="a", target="a", steps=[0, 10, 20, 30])
    assert {row["value"] for row in chance.study(planted.table(zero), [0.95]).to_pylist()} == {None}
