"""Coefficients are those of least squares, and the test has its size."""

import numpy as np
import pytest
from scipy import stats

from polychron.stats import semipartial


def test_coefficients_are_those_of_least_squares_and_p_is_near_that_of_t():
    rng = np.random.default_rng(3)
    one, other, unlike = rng.normal(size=(3, 40))
    other += one
    y = 0.5 * one + unlike
    found = semipartial.regress(y, {"one": one, "other": other}, 1999, seed=0)
    ranks = [(stats.rankdata(values) - 20.5) / np.std(stats.rankdata(values)) for values in (one, other, y)]
    x = np.column_stack([np.ones(40), *ranks[:2]])
    beta = np.linalg.lstsq(x, ranks[2], rcond=None)[0]
    rest = ranks[2] - x @ beta
    errors = np.sqrt(np.diag(np.linalg.inv(x.T @ x)) * (rest @ rest) / 37)
    for place, name in ((1, "one"), (2, "other")):
        assert found[name].beta == pytest.approx(beta[place])
        assert found[name].p == pytest.approx(2 * stats.t.sf(abs(beta[place] / errors[place]), 37), abs=0.03)


def test_a_factor_without_effect_is_found_as_often_as_p_says():
    rng = np.random.default_rng(0)
    reached = []
    for seed in range(300):
        size, noise, unlike = rng.normal(size=(3, 14))
        found = semipartial.regress(size + unlike, {"size": size, "other": size + noise}, 99, seed)
        reached.append((found["other"].p <= 0.05, found["size"].p <= 0.05))
    null, real = np.mean(reached, axis=0)
    assert 0.02 < null < 0.09 and real > 0.4


def test_what_has_no_coefficient_says_why():
    rng = np.random.default_rng(0)
    one, y = rng.normal(size=(2, 9))
    found = semipartial.regress(y, {"one": one, "same": np.ones(9), "twice": one}, 99, seed=0)
    assert {name: of.note for name, of in found.items()} == {
        "one": "the factor follows from the others",
        "same": "the factor is the same everywhere",
        "twice": "the factor follows from the others",
    }
    assert (
        semipartial.regress(np.ones(9), {"one": one}, 99, 0)["one"].note == "what is explained is the same everywhere"
    )
    y[3:] = np.nan
    assert (
        semipartial.regress(y, {"one": one}, 99, 0)["one"].note == "too few languages for a regression on 1 factors: 3"
    )
