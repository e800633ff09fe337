"""Tracing a study: planted truths come back, and what is missing keeps a row and a reason."""

import numpy as np
import planted
import pytest

from polychron.analysis import gathering, trajectories
from polychron.storage import files

STEPS = [0, 50, 200, 600, 1600]
SHARES = [0.9, 0.95, 0.98]


def traced(rows, reading="minmax"):
    table = trajectories.study(gathering.gather([("planted", planted.table(rows))]), SHARES, reading)
    assert table.schema == trajectories.schema()
    return table.to_pylist()


def find(rows, quantity, **place):
    found = [
        row for row in rows if row["quantity"] == quantity and all(row[name] == value for name, value in place.items())
    ]
    assert len(found) == 1, found
    return found[0]


def values(rows, *quantities, **place):
    return [find(rows, quantity, **place)["value"] for quantity in quantities]


def pos(values, source="en", target=None, steps=STEPS, **more):
    return planted.rows(values, task="pos", source=source, target=target or source, steps=steps, **more)


def test_a_planted_curve():
    rows = traced(pos([0.3, 0.5, 0.72, 0.8, 0.76]))
    close = {"abs": 1e-12}
    assert values(rows, "best", "best_step", "final") == pytest.approx([0.8, 600, 0.76], **close)
    assert values(rows, "forgetting", "relative_forgetting", "untrained") == pytest.approx([0.04, 0.05, 0.3], **close)
    assert values(rows, "onset_0.9", "onset_0.9_lower") == [200, 50]
    assert values(rows, "onset_0.98", "onset_0.98_lower") == [600, 200]
    assert find(rows, "relative", step=1600)["value"] == pytest.approx(0.95, **close)
    best = find(rows, "best")
    assert (best["step"], best["runs"], best["examples"]) == (600, 3, 1000)
    assert best["deviation"] == pytest.approx(0.002)
    noiseless = [row for row in rows if not row["quantity"].endswith("_isotonic")]
    assert len(rows) == len(noiseless) + 3 and all(row["note"] is None for row in noiseless)


def test_dev_chooses_the_step():
    """Dev is best at 200, test at 600; transfer is chosen on dev of the source."""
    dev = pos([0.3, 0.5, 0.9, 0.8, 0.7], split="dev")
    transfer = pos([0.2, 0.4, 0.5, 0.6, 0.7], target="de", split="parallel")
    other = pos([0.2, 0.4, 0.5, 0.6, 0.7], "de", split="parallel")
    rows = traced([*pos([0.3, 0.5, 0.72, 0.8, 0.76]), *dev, *transfer, *other])
    own = {"source": "en", "target": "en"}
    found = values(rows, "best_by_dev", "best_step_by_dev", "forgetting_by_dev", "best", **own)
    assert found == pytest.approx([0.72, 200, -0.04, 0.8])
    assert values(rows, "onset_0.98_by_dev", "onset_0.98_by_dev_lower", "onset_0.98", **own) == [200, 50, 600]
    best = find(rows, "best_by_dev", **own)
    assert (best["step"], best["runs"], best["note"]) == (200, 3, None)
    crossed = {"source": "en", "target": "de"}
    assert values(rows, "best_by_dev", "best_step_by_dev", "forgetting_by_dev", **crossed) == pytest.approx(
        [0.5, 200, -0.2]
    )
    assert values(rows, "onset_0.9_by_dev", "onset_0.9", **crossed) == [200, 1600]
    undecided = find(rows, "best_by_dev", source="de")
    assert (undecided["value"], undecided["note"]) == (None, "no dev scores of the source")


def test_dev_without_a_score_at_a_step_never_chooses_it():
    dev = pos([0.9, 0.8, 0.6, 0.5], split="dev", steps=[0, 50, 200, 1600])
    rows = traced([*pos([0.3, 0.5, 0.72, 0.8, 0.76]), *dev])
    assert values(rows, "best_step_by_dev") == [50]


def test_dev_chooses_the_layer():
    """Layer 1 is best on dev, layer 2 on test; the best layer below the last gains 0.1 by test and loses 0.1 by dev."""
    test = {0: [0.1, 0.3, 0.3], 1: [0.1, 0.5, 0.6], 2: [0.1, 0.8, 0.7], 3: [0.1, 0.6, 0.7]}
    dev = {0: [0.1, 0.3, 0.3], 1: [0.1, 0.7, 0.9], 2: [0.1, 0.8, 0.7], 3: [0.1, 0.6, 0.7]}
    made = []
    for layer in test:
        made += pos(test[layer], layer=layer, steps=[0, 50, 200])
        made += pos(dev[layer], layer=layer, steps=[0, 50, 200], split="dev")
    rows = traced(made)
    assert values(rows, "best_layer", "best_layer_by_dev") == [2, 1]
    assert values(rows, "internal_gain", "internal_gain_by_dev") == pytest.approx([0.1, -0.1])
    assert find(rows, "best_layer_by_dev")["layer"] is None
    without = traced([row for row in made if row["split"] == "test"])
    assert not [row for row in without if "by_dev" in row["quantity"]]


def test_the_onset_of_the_fitted_curve():
    """Noise of 0.01 lifts the best of 12 settled scores, so that 98% of it is reached late; the fitted level is 0.8."""
    steps = [*range(10, 130, 10)]
    rows = traced(pos([0.4, 0.79, 0.79, 0.80, 0.80, 0.79, 0.80, 0.82, 0.80, 0.79, 0.81, 0.80], steps=steps))
    assert values(rows, "onset_0.98", "onset_0.98_isotonic") == [80, 20]
    assert find(rows, "onset_0.98_isotonic")["note"] is None
    few = traced(pos([0.4, 0.7, 0.8], steps=[10, 20, 30]))
    assert find(few, "onset_0.9_isotonic")["note"] == "too few checkpoints to estimate their noise"


def test_bits_per_character():
    rows = traced(
        planted.rows(
            [6.0, 3.0, 1.5, 1.0, 1.25],
            task="bits",
            source="en",
            target="en",
            split="heldout",
            metric="bits_per_character",
            seeds=(None,),
            steps=STEPS,
        )
    )
    assert values(rows, "best", "best_step", "forgetting", "relative_forgetting") == pytest.approx([1, 600, 0.25, 0.2])
    assert values(rows, "onset_0.9", "onset_0.9_lower") == [600, 200]
    assert find(rows, "best")["deviation"] is None


def test_step_0_is_a_control():
    rows = traced(pos([0.9, 0.5, 0.6, 0.7, 0.8]))
    assert values(rows, "best", "best_step", "untrained") == pytest.approx([0.8, 1600, 0.9])
    onset = find(rows, "onset_0.98")
    assert (onset["value"], onset["note"]) == (1600, "the untrained model has reached it")
    assert [row["step"] for row in rows if row["quantity"] == "relative"] == STEPS[1:]


def test_a_missing_step_keeps_its_row():
    rows = traced([*pos([0.3, 0.5, 0.6, 0.7, 0.8]), *pos([0.5, 0.7, 0.8], "de", steps=[50, 600, 1600])])
    for quantity in ("score", "relative"):
        gap = find(rows, quantity, source="de", step=200)
        assert (gap["value"], gap["note"]) == (None, "no score")
    assert find(rows, "best", source="de")["note"] == "1 of 4 steps without a score"
    assert values(rows, "onset_0.9", "onset_0.9_lower", source="de") == [1600, 600]
    assert find(rows, "untrained", source="de")["note"] == "no score"


def test_a_missing_last_step_leaves_forgetting_open():
    rows = traced([*pos([0.3, 0.5, 0.6, 0.7, 0.8]), *pos([0.5, 0.7], "de", steps=[50, 600])])
    for quantity in ("final", "forgetting", "relative_forgetting"):
        row = find(rows, quantity, source="de")
        assert (row["value"], row["note"]) == (None, "no score at the last step")


def test_a_curve_without_a_number_keeps_its_rows_and_says_so():
    nan = float("nan")
    rows = traced([*pos([0.3, 0.5, 0.6, 0.7, 0.8]), *pos([nan] * 5, "de")])
    of_de = [row for row in rows if row["source"] == "de"]
    assert len(of_de) == len(rows) / 2
    assert all(row["value"] is None and row["note"] for row in of_de)
    assert find(rows, "score", source="de", step=50)["note"] == "3 of 3 runs without a finite score"


def test_constant_and_zero_curves_say_so():
    rows = traced([*pos([0.5] * 5, "de"), *pos([0.0] * 5, "en", seeds=(0,))])
    assert (find(rows, "best", source="de")["value"], find(rows, "best", source="de")["note"]) == (
        pytest.approx(0.5),
        "constant",
    )
    assert find(rows, "onset_0.9", source="en")["note"] == "the best score is not positive"


def test_planted_asymmetries():
    pairs = {("en", "de"): 0.7, ("de", "en"): 0.6, ("en", "en"): 0.9, ("en", "fr"): 0.5}
    rows = traced(
        [row for (a, b), top in pairs.items() for row in pos([0.1, 0.2, top, 0.3, 0.3], a, b, split="parallel")]
    )
    assert find(rows, "asymmetry", source="en", target="de")["value"] == pytest.approx(0.1)
    assert find(rows, "asymmetry", source="de", target="en")["value"] == pytest.approx(-0.1)
    alone = find(rows, "asymmetry", source="en", target="fr")
    assert (alone["value"], alone["note"]) == (None, "no score from fr to en")
    assert sum(row["quantity"] == "asymmetry" for row in rows) == 3


def layers(weights, **more):
    """Rows whose min-max weights at layers 0, 1, 2 are the columns of `weights`, at trained steps."""
    heat = 0.5 + 0.4 * np.array(weights, float)
    return [row for layer, line in enumerate(heat) for row in pos([0.55, *line], layer=layer, seeds=(0,), **more)]


def test_planted_expected_layers():
    rows = traced(layers([[0, 0, 0, 1], [0, 0.5, 1, 0], [1, 0.5, 0, 0]]))
    expected = [find(rows, "expected_layer", step=step)["value"] for step in STEPS[1:]]
    assert expected == pytest.approx([2, 1.5, 1, 0], abs=1e-12)
    assert values(rows, "expected_layer_fall", "expected_layer_fall_from_peak") == pytest.approx([2, 2])
    assert find(rows, "expected_layer", step=50)["layer"] is None


def test_the_gain_of_internal_layers():
    rows = traced(layers([[0, 0, 0, 0.25], [0, 0.5, 1, 0], [0.75, 0.5, 0, 0]]))
    assert values(rows, "internal_gain") == pytest.approx([0.1])


def test_expected_layer_above_chance_needs_a_baseline():
    rows = layers([[0, 0, 0, 1], [0, 0.5, 1, 0], [1, 0.5, 0, 0]])
    bare = traced(rows, "above_chance")
    assert find(bare, "expected_layer", step=50)["note"] == "no majority baseline"
    majority = {**rows[0], "layer": None, "step": None, "seed": None, "metric": "majority", "value": 0.5}
    assert find(traced([*rows, majority], "above_chance"), "expected_layer", step=200)["value"] == pytest.approx(1.5)


def test_chance_is_subtracted_from_accuracy_alone():
    """Chance of 0.5 is the accuracy of the majority class: F1 of names and ambiguous words have another."""
    weights = [[0, 0, 0, 1], [0, 0.5, 1, 0], [1, 0.5, 0, 0]]
    metrics = ("accuracy", "accuracy_ambiguous", "span_f1")
    rows = [row for metric in metrics for row in layers(weights, metric=metric)]
    majority = {**rows[0], "layer": None, "step": None, "seed": None, "metric": "majority", "value": 0.5}
    found = traced([*rows, majority], "above_chance")
    assert find(found, "expected_layer", step=200, metric="accuracy")["value"] == pytest.approx(1.5)
    for metric in metrics[1:]:
        row = find(found, "expected_layer", step=200, metric=metric)
        assert (row["value"], row["note"]) == (None, f"no majority baseline of {metric}")
    for metric in metrics:
        by_range = find(traced([*rows, majority]), "expected_layer", step=200, metric=metric)
        assert by_range["value"] == pytest.approx(1.5)


def test_a_layer_without_a_score_is_named():
    rows = [
        row for row in layers([[0, 0, 0, 1], [0, 0.5, 1, 0], [1, 0.5, 0, 0]]) if (row["layer"], row["step"]) != (1, 50)
    ]
    gap = find(traced(rows), "expected_layer", step=50)
    assert (gap["value"], gap["note"]) == (None, "no score at layer 1")


def test_what_is_no_curve_is_left_out():
    control = pos([0.3] * 5, metric="word_type_accuracy")
    dev = pos([0.3] * 5, split="dev", metric="accuracy_ambiguous")
    excluded = pos([3.0] * 5, metric="excluded")
    assert len(traced([*pos([0.3, 0.5, 0.6, 0.7, 0.8]), *control, *dev, *excluded])) == len(
        traced(pos([0.3, 0.5, 0.6, 0.7, 0.8]))
    )


def test_a_study_of_untrained_models_alone():
    rows = traced(pos([0.4], steps=[0]))
    assert values(rows, "untrained", "best") == pytest.approx([0.4, None])


def test_the_paper_s_grid_and_the_same_bytes_twice(tmp_path):
    for name in ("first", "second"):
        files.write_table(tmp_path / name, trajectories.study(planted.paper(), SHARES, "minmax"))
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    table = files.read_table(tmp_path / "first").to_pylist()
    # All pairs at the final layer; those of four languages at six inner layers, in two tasks.
    assert sum(row["quantity"] == "asymmetry" for row in table) == 3 * 306 + 210 + 2 * 6 * 12
    assert sum(row["quantity"] == "best" and row["task"] == "bits" for row in table) == 94
    # Eight in-language, four languages by four in two tasks, six pairs of aligned words.
    assert sum(row["quantity"] == "expected_layer_fall" for row in table) == 8 + 2 * 16 + 6
