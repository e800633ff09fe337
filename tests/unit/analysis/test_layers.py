"""Whether layers differ, and the interval of the expected layer: noise has none, and the truth is inside."""

import numpy as np
import planted
import pytest
from scipy import stats

from polychron.analysis import dynamics, gathering, joint, layers, trajectories
from polychron.analysis.layers import Cells

GRID = np.linspace(0, 1, 39)


def drawn(rng, truth, seeds=5, items=3000, spread=0.004):
    """Scores of a true heatmap, with the noise of test items and of seeds."""
    scores = rng.binomial(items, truth) / items if items else truth
    runs = scores + spread * rng.normal(size=(seeds, *truth.shape))
    spread = runs.std(axis=0, ddof=1) if seeds > 1 else np.full(truth.shape, np.nan)
    return Cells(runs.mean(axis=0), spread, np.full(truth.shape, seeds), np.full(truth.shape, items))


def moving(strength):
    """The best of 13 layers moves from 10 to 6, and all of them rise."""
    best = 10 - 4 * GRID
    return 0.7 + 0.2 * (1 - np.exp(-5 * GRID)) - strength * (np.arange(13)[:, None] - best) ** 2


def test_equal_variances_give_the_classical_test():
    """With the same spread in all layers, one step is an analysis of variance."""
    rng = np.random.default_rng(0)
    runs = rng.normal(size=(4, 6))
    # each layer's runs are given the same standard deviation
    runs = (runs - runs.mean(axis=1, keepdims=True)) / runs.std(axis=1, ddof=1, keepdims=True) + rng.normal(size=(4, 1))
    cells = Cells(
        *(part[:, None] for part in (runs.mean(axis=1), runs.std(axis=1, ddof=1), np.full(4, 6), np.zeros(4)))
    )
    assert layers.differ(cells) == pytest.approx([stats.f_oneway(*runs).pvalue])


def test_many_items_alone_give_the_chi_squared_test():
    values = np.array([[0.62], [0.60], [0.65]])
    cells = Cells(values, np.full((3, 1), np.nan), np.ones((3, 1)), np.full((3, 1), 10000))
    counts = np.concatenate([values.T * 10000, (1 - values.T) * 10000])
    assert layers.differ(cells)[0] == pytest.approx(stats.chi2_contingency(counts).pvalue, rel=0.02)


@pytest.mark.parametrize("seeds, items, spread", [(5, 3000, 0.004), (5, 0, 0.01), (1, 1500, 0.0), (3, 3000, 0.02)])
def test_noise_has_no_expected_layer(seeds, items, spread):
    rng = np.random.default_rng(1)
    shown = falls = 0
    for _ in range(60):
        cells = drawn(rng, np.full((13, 39), 0.8), seeds, items, spread)
        found = layers.expected(range(13), cells, "minmax")
        shown += np.isfinite(found.values).any()
        plain = dynamics.expected_layer(range(13), cells.values)
        falls += abs(plain[0] - plain[-1]) > 0.3
    assert shown <= 8  # 5% of 60 are 3; 8 or fewer in 99.6% of cases
    assert falls > 15  # without the test, noise falls


def test_a_layer_that_is_much_noisier_than_the_others_does_not_make_layers_differ():
    rng = np.random.default_rng(2)
    spread = np.full((13, 39), 0.003)
    spread[5] = 0.05
    reported = [layers.flat(drawn(rng, np.full((13, 39), 0.8), spread=spread)).all() for _ in range(60)]
    assert sum(reported) >= 50


def test_layers_that_differ_are_found_at_their_steps_alone():
    truth = np.full((13, 39), 0.8)
    truth[8, 20:] += 0.06
    flat = layers.flat(drawn(np.random.default_rng(3), truth))
    assert flat[:20].sum() >= 19 and not flat[20:].any()


@pytest.mark.parametrize("reading", ["minmax", "minmax_step", "above_chance", "raw"])
def test_the_slopes_are_those_of_finite_differences(reading):
    rng = np.random.default_rng(4)
    values = rng.uniform(0.4, 0.9, size=(4, 3))
    cells = Cells(values, np.full((4, 3), 1e-9), np.full((4, 3), 5), np.zeros((4, 3)))
    depth = [0, 2, 4, 12]
    found = layers.expected(depth, cells, reading, 0.45)
    for layer, step in np.ndindex(values.shape):
        moved = values.copy()
        moved[layer, step] += 1e-7
        change = (dynamics.expected_layer(depth, moved, reading, 0.45) - found.values) / 1e-7
        assert found.slopes[:, layer, step] == pytest.approx(change, abs=1e-4)


def coverage(truth, depth, draws, seed=0, **noise):
    """How often the intervals of the expected layer and of its fall hold the truth."""
    rng = np.random.default_rng(seed)
    true = dynamics.expected_layer(depth, truth)
    held, fell = [], []
    for _ in range(draws):
        cells = drawn(rng, truth, **noise)
        found = layers.expected(depth, cells, "minmax")
        steps, fall, change = layers.expected_intervals(cells, found)
        held += [one.low <= value <= one.high for one, value in zip(steps, true, strict=True) if np.isfinite(one.low)]
        fell += [fall.low <= true[0] - true[-1] <= fall.high] if np.isfinite(fall.low) else []
        known = np.flatnonzero(np.isfinite(found.values))
        assert change.value == pytest.approx(found.values[known[-1]] - found.values[known[0]])
    return np.mean(held), np.mean(fell)


def test_coverage_of_the_expected_layer():
    held, fell = coverage(moving(0.003), range(13), 60)
    assert 0.91 <= held <= 0.98 and 0.86 <= fell <= 1
    # without the noise of items, they would not hold it
    rng, true = np.random.default_rng(0), dynamics.expected_layer(range(13), moving(0.003))
    narrow = []
    for _ in range(30):
        cells = drawn(rng, moving(0.003))._replace(examples=np.zeros((13, 39)))
        found = layers.expected(range(13), cells, "minmax")
        narrow += [
            one.low <= value <= one.high
            for one, value in zip(layers.expected_intervals(cells, found)[0], true, strict=True)
        ]
    assert np.mean(narrow) < 0.6


@pytest.mark.check
@pytest.mark.parametrize(
    "truth, depth",
    [(moving(0.003), range(13)), (np.array([[0.5, 0.8, 0.9], [0.6, 0.9, 0.95], [0.7, 0.8, 0.8]]), range(3))],
)
@pytest.mark.parametrize("noise", [(5, 3000, 0.003), (5, 3000, 0.02), (5, 0, 0.004), (3, 3000, 0.003), (2, 1500, 0.01)])
def test_coverage_as_the_docstring_says(truth, depth, noise):
    held, fell = coverage(truth, depth, 1000, **dict(zip(("seeds", "items", "spread"), noise, strict=True)))
    assert 0.935 <= held <= 0.965 and 0.93 <= fell <= 0.97


@pytest.mark.check
@pytest.mark.parametrize("shape", [(13, 39), (3, 3)])
@pytest.mark.parametrize("noise", [(5, 3000, 0.003), (5, 0, 0.004), (3, 0, 0.02), (2, 300, 0.02), (1, 3000, 0)])
def test_the_share_of_flat_heatmaps_with_an_expected_layer(shape, noise):
    rng = np.random.default_rng(5)
    shown = [not layers.flat(drawn(rng, np.full(shape, 0.8), *noise)).all() for _ in range(1000)]
    assert 0.02 <= np.mean(shown) <= 0.075


def test_nothing_is_said_without_scores_or_noise():
    known, none = np.array([[0.5, 0.5], [0.7, np.nan]]), np.full((2, 2), np.nan)
    assert np.isnan(layers.differ(Cells(known, none, np.ones((2, 2)), none))).all()
    found = layers.expected([0, 1], Cells(known, none, np.ones((2, 2)), none), "minmax")
    assert found.values.tolist() == pytest.approx([1.0, np.nan], nan_ok=True)
    steps, fall, change = layers.expected_intervals(Cells(known, none, np.ones((2, 2)), none), found)
    assert steps[0].value == 1.0 and np.isnan([steps[0].low, fall.value, change.value]).all()
    # the same scores everywhere are flat, also without noise; other ones are not
    exact = np.array([[0.5, 0.5], [0.5, 0.7]])
    assert layers.flat(Cells(exact, 0 * exact, 0 * exact + 5, none)).tolist() == [True, False]


def scored(values, layer, task="xnli", seeds=(0, 1, 2), **more):
    return planted.rows(
        values, task=task, source="en", target="en", layer=layer, steps=[0, 50, 100], seeds=seeds, **more
    )


def test_a_study_has_no_expected_layer_where_it_is_flat():
    """Step 50 is flat: 0.80 and 0.801 on 1,000 items. At step 100 the layers differ."""
    rows = [*scored([0.5, 0.80, 0.80], 0), *scored([0.9, 0.801, 0.90], 2)]
    table = gathering.gather([("planted", planted.table(rows))])
    traced = {(row["quantity"], row["step"]): row for row in trajectories.study(table, [], "minmax").to_pylist()}
    assert traced["expected_layer", 50]["value"] is None and traced["expected_layer", 100]["value"] == pytest.approx(2)
    assert traced["expected_layer", 50]["note"] == "flat: layers do not differ (p = 0.96)"
    assert traced["expected_layer_fall", None]["note"] == "step 50: flat: layers do not differ (p = 0.96)"
    p = [traced["layers_differ", step]["value"] for step in (0, 50, 100)]
    assert p[0] < 0.01 and p[1] > 0.9 and p[2] < 0.01
    found = {(row["quantity"], row["step"]): row for row in joint.study(table, "minmax").to_pylist()}
    assert found["expected_layer", 50]["low"] is None and found["expected_layer", 50]["note"].startswith("flat")
    last = found["expected_layer", 100]
    assert last["low"] < last["value"] < last["high"] and last["over"] == "seeds and items"
    assert found["expected_layer_change", 100]["note"] == "fewer than two steps have an expected layer"


def test_the_items_of_alignment_are_half_of_its_links():
    """F1 of 0.60 and 0.64: with 150 sentences the layers do not differ, with 8,000 links they do.

    Links of words beyond the window are no items: nothing is scored on them.
    """
    rows = [row for layer, f1 in ((0, 0.60), (2, 0.64)) for row in scored(
        [0.3, 0.3, f1], layer, "alignment", (None,), metric="f1", examples=150)]  # fmt: skip
    links, cut = ([row for layer in (0, 2) for row in scored(
        [beyond] * 3, layer, "alignment", (None,), metric="excluded_links", examples=8000)]
        for beyond in (0, 7700))  # fmt: skip

    def p(*parts):
        found = trajectories.study(planted.table([row for part in parts for row in part]), [], "minmax").to_pylist()
        return next(row["value"] for row in found if (row["quantity"], row["step"]) == ("layers_differ", 100))

    assert p(rows) > 0.5 and p(rows, links) < 0.01
    assert p(rows, cut) == pytest.approx(p(rows))
