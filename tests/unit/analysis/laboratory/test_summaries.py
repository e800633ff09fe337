"""Means over seeds, and intervals compared with scipy's."""

import numpy as np
import pytest
from scipy import stats

from polychron.analysis.laboratory import ablation, summaries
from polychron.analysis.laboratory.ablation import Model

PLACE = {"task": "pos", "metric": "accuracy", "states": "raw", "source": "a", "target": "b", "split": "test"}


def table(**variants):
    """Return a table of ablation of variants with one score for each of their seeds, 1 and on; None for no score."""
    known = {**PLACE, "layer": 1, "step": 5, "runs": 1}
    rows = [
        {**Model("a/b", variant, seed)._asdict(), **known, "value": value}
        for variant, values in variants.items()
        for seed, value in enumerate(values, start=1)
    ]
    return ablation.compare(rows, {name: {"default": "default", "same_vocabulary": None} for name in variants})


def found(of, variant, quantity="value"):
    return next(row for row in of.to_pylist() if (row["variant"], row["quantity"]) == (variant, quantity))


@pytest.mark.parametrize("number", [3, 5, 12])
def test_an_interval_is_students(number):
    values = np.random.default_rng(number).normal(0.5, 0.1, number)
    row = found(summaries.summarise(table(default=values.tolist())), "default")
    expected = stats.t.interval(0.95, number - 1, values.mean(), stats.sem(values))
    assert (row["low"], row["high"]) == pytest.approx(expected, abs=1e-12)
    assert row["mean"] == pytest.approx(values.mean()) and row["seeds"] == row["models"] == number
    assert row["note"] is None


def test_the_interval_of_a_difference_is_that_of_the_paired_test():
    random = np.random.default_rng(1)
    default, apart = random.normal(0.7, 0.1, 4), random.normal(0.5, 0.1, 4)
    row = found(summaries.summarise(table(default=default, apart=apart)), "apart", "delta")
    expected = stats.ttest_rel(apart, default).confidence_interval()
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_two_seeds_have_no_interval_and_it_says_so():
    made = summaries.summarise(table(default=[0.5, 0.7], apart=[0.1, 0.2]))
    for row in made.to_pylist():
        assert row["low"] is row["high"] is None and row["note"] == summaries.FEW and row["seeds"] == 2
    assert found(made, "apart", "delta")["mean"] == pytest.approx(-0.45)


def test_a_seed_without_a_score_is_in_no_mean_and_counted():
    made = summaries.summarise(table(default=[0.5, 0.6, 0.7, None], apart=[0.1, None, None, None], lost=[None]))
    row = found(made, "default")
    assert (row["seeds"], row["models"]) == (3, 4) and row["mean"] == pytest.approx(0.6) and row["low"] is not None
    assert found(made, "apart", "delta")["seeds"] == 1 and found(made, "apart", "delta")["note"] == summaries.FEW
    assert found(made, "lost")["mean"] is None and found(made, "lost")["note"] == summaries.NONE
    assert [row["quantity"] for row in made.to_pylist() if row["variant"] == "lost"] == ["value"]


def test_seeds_that_agree_have_an_interval_of_no_width():
    row = found(summaries.summarise(table(default=[0.5, 0.5, 0.5])), "default")
    assert row["low"] == row["mean"] == row["high"] == 0.5 and row["note"] is None
