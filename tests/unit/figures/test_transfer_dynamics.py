"""Figures 6 and 7: sources are in the planted order of their onsets and losses."""

import planted
import pyarrow
import pytest
from drawn import SHARES, STEPS, few, transfer, values

from polychron.analysis import chance, trajectories, uncertainty
from polychron.figures import transfer_dynamics


def test_sources_are_in_order_of_the_mean_onset_of_their_pairs():
    study = few(
        transfer([0.1, 0.5, 0.5, 0.5, 0.5], "fast", "a"),
        transfer([0.1, 0.4, 0.5, 0.5, 0.5], "fast", "b"),
        transfer([0.1, 0.4, 0.4, 0.4, 0.5], "slow", "a"),
        transfer([0.1, 0.4, 0.4, 0.5, 0.5], "slow", "b"),
    )
    figure = transfer_dynamics.onsets(study, ["pos"], 2, 0.98, 150)
    dots = {(row["source"], row["value"]): row["targets"] for row in values(figure) if "targets" in row}
    assert dots == {
        ("fast", 50): "a (after 0, by 50)",
        ("fast", 100): "b (after 50, by 100)",
        ("slow", 200): "b (after 100, by 200)",
        ("slow", 400): "a (after 200, by 400)",
    }
    assert [row["by then"] for row in values(figure) if "by then" in row] == [0, 1, 2, 3, 4]
    means = {row["source"]: row["mean"] for row in values(figure) if "mean" in row}
    assert list(means.items()) == [("fast", 75), ("slow", 300)]
    assert figure.caption[1] == "POS tagging: by 188 steps in the mean of 4 pairs, 50% after 150."
    assert "Dashed line: 150 steps." in figure.caption[0]


def test_onsets_of_pairs_can_show_the_spread_of_the_seeds():
    """A source with a pair whose runs differ has the longer line; it is drawn from the means of its pairs' ends."""
    late = [0.1, 0.1, 0.5, 0.5]
    runs = {("aa", "b"): [[0.1, 0.5, 0.5, 0.5], late], ("aa", "c"): [late] * 2, ("bb", "a"): [late] * 2}
    scores = planted.table(
        row
        for pair, some in runs.items()
        for seed, run in enumerate(some)
        for row in transfer(run, *pair, steps=STEPS[5][1:], seeds=(seed,))
    )
    study, spreads = trajectories.study(scores, SHARES, "minmax"), uncertainty.study(scores, SHARES)
    plain, wide = (transfer_dynamics.onsets(study, ["pos"], 2, 0.9, None, some) for some in (None, spreads))
    ends = {row["source"]: (row["low"], row["high"]) for row in values(wide) if "low" in row}
    assert ends == {"aa": (75, 200), "bb": (100, 200)}
    assert not any("low" in row for row in values(plain))
    assert "95% intervals of 3 pairs, which add the spread" in wide.caption[-1]
    tips = [row["targets"] for row in values(wide) if "targets" in row]
    assert "b (after 100, by 200; with other seeds after 50, by 200)" in ", ".join(tips)
    single = planted.table(row for row in scores.to_pylist() if row["seed"] == 0)
    alone = transfer_dynamics.onsets(study, ["pos"], 2, 0.9, None, uncertainty.study(single, SHARES))
    assert alone.caption[-1] == "No intervals over seeds: no curve has two runs or more."


def test_changes_are_never_positive_and_the_source_that_loses_least_is_on_top():
    study = few(
        transfer([0.1, 0.4, 0.5, 0.5, 0.4], "loser", "a"),
        transfer([0.1, 0.4, 0.5, 0.5, 0.5], "loser", "b"),
        transfer([0.1, 0.4, 0.4, 0.5, 0.5], "keeper", "a"),
        transfer([0.9, 0.4, 0.4, 0.5, 0.1], "keeper", "keeper"),
    )
    figure = transfer_dynamics.changes(study, ["pos"], 2)
    dots = {(row["source"], row["target"]): row["value"] for row in values(figure) if "target" in row}
    assert dots == pytest.approx({("loser", "a"): -10, ("loser", "b"): 0, ("keeper", "a"): 0})
    assert [row["source"] for row in values(figure) if "mean" in row] == ["keeper", "loser"]
    assert "−3.3 points in the mean of 3 pairs, −10.0 points (loser to a) at most; 2 best" in figure.caption[1]


def test_changes_can_be_cross_fitted():
    """Each of three runs is best at another step: the best mean is noise, and the runs left out lose nothing."""
    steps = STEPS[5][1:]
    table = planted.table(
        row | {"value": 0.5 + 0.03 * ((row["step"], row["seed"]) in ((50, 0), (100, 1), (200, 2)))}
        for row in transfer([0.5] * 4, "a", "b", steps=steps)
    )
    study, spreads = trajectories.study(table, SHARES, "minmax"), uncertainty.study(table, SHARES)
    plain, fitted = transfer_dynamics.changes(study, ["pos"], 2), transfer_dynamics.changes(study, ["pos"], 2, spreads)
    ((loss,), (left,)) = ([row["value"] for row in values(one) if "target" in row] for one in (plain, fitted))
    assert loss == pytest.approx(-1) and abs(left) < 1e-9
    assert "Cross-fitted: the best checkpoint is chosen on all runs but one" in fitted.caption[0]
    assert "some loss is to be expected everywhere" in plain.caption[0]
    dev = [{**row, "target": "a", "split": "dev", "value": 0.5 + (row["step"] == 200)} for row in table.to_pylist()]
    both = planted.table([*table.to_pylist(), *dev])
    study = trajectories.study(both, SHARES, "minmax")
    spreads = pyarrow.concat_tables([uncertainty.study(both, SHARES), chance.study(both, SHARES)])
    honest = transfer_dynamics.changes(study, ["pos"], 2, spreads)
    assert [row["value"] for row in values(honest) if "target" in row] == pytest.approx([-1])
    assert "chosen on dev of the source, by all runs but one" in honest.caption[0]
    alone = planted.table(row for row in table.to_pylist() if row["seed"] == 0)
    study, spreads = trajectories.study(alone, SHARES, "minmax"), uncertainty.study(alone, SHARES)
    said = transfer_dynamics.changes(study, ["pos"], 2, spreads).caption[0]
    assert said == "Nothing to draw: no transfer with two runs or more to cross-fit."


def fitted(rows, tasks):
    """Figure 7 of some rows, cross-fitted."""
    table = planted.table(rows)
    spreads = pyarrow.concat_tables([uncertainty.study(table, SHARES), chance.study(table, SHARES)])
    return transfer_dynamics.changes(trajectories.study(table, SHARES, "minmax"), tasks, 2, spreads)


def with_dev(rows):
    """Rows of transfer, and dev scores of the source that are best at step 200."""
    dev = [{**row, "target": "a", "split": "dev", "value": 0.5 + (row["step"] == 200)} for row in rows]
    return [*rows, *dev]


def test_each_task_is_cross_fitted_by_what_it_has():
    """One task has dev scores and the other none: both have runs, and both are drawn."""
    tops = {"pos": 0.6, "xnli": 0.7}
    known, unknown = (
        transfer([0.4, 0.5, top, 0.5], "a", "b", task=task, steps=STEPS[5][1:]) for task, top in tops.items()
    )
    figure = fitted([*with_dev(known), *unknown], ["pos", "xnli", "arc_prediction"])
    changes = [row["value"] for row in values(figure) if "target" in row]
    assert changes == pytest.approx([-10, -20])
    assert "on top. Cross-fitted (POS tagging): the best checkpoint is chosen on dev of the source" in figure.caption[0]
    assert "Cross-fitted (XNLI): the best checkpoint is chosen on all runs but one" in figure.caption[0]
    (lacking,) = (said for said in figure.caption if "not shown" in said)
    assert lacking.endswith("and not shown: Arc prediction.")


def test_a_single_run_is_not_said_to_be_chosen_by_others():
    steps = STEPS[5][1:]
    rows = transfer([0.4, 0.5, 0.6, 0.5], "a", "b", steps=steps, seeds=(0,))
    figure = fitted(with_dev(rows), ["pos"])
    assert [row["value"] for row in values(figure) if "target" in row] == pytest.approx([-10])
    assert "Chosen on dev: there is one run; its dev scores" in figure.caption[0]
    assert "all runs but one" not in " ".join(figure.caption)
    single = transfer([0.4, 0.5, 0.6, 0.5], "a", "b", task="xnli", steps=steps, seeds=(0,))
    both = fitted([*with_dev(rows), *single], ["pos", "xnli"])
    assert (
        "Without two runs, or one and its dev scores, up to the last checkpoint, and not shown: XNLI." in both.caption
    )
