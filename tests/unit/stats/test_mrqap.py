"""Regressions of values of pairs on several factors, against least squares written out, and their size and power."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from polychron.stats import mrqap

LEVEL = 0.05


def planted(rng, languages=18):
    """Draw values of pairs of which factor ``real`` has a coefficient of 0.5 and ``none`` one of 0.

    All three have effects of languages, so their pairs are dependent, and the factors are correlated.
    """

    def dyads():
        return rng.normal(size=(languages, 1)) + rng.normal(size=languages) + rng.normal(size=(languages, languages))

    real = dyads()
    none = 0.5 * real + dyads()
    return 0.5 * real + dyads(), {"real": real, "none": none}


def naive(y, factors, name):
    """Return the coefficient and its p-value over all permutations, each fitted by least squares with t statistics."""
    n = len(y)
    apart = ~np.eye(n, dtype=bool)

    def ranks(values):
        return stats.zscore(stats.rankdata(values[apart]))

    def fitted(design, outcome):
        weights, *_ = np.linalg.lstsq(design, outcome, rcond=None)
        wrong = outcome - design @ weights
        variance = wrong @ wrong / (len(outcome) - design.shape[1])
        return weights[0], weights[0] / math.sqrt(variance * np.linalg.inv(design.T @ design)[0, 0])

    outcome = ranks(y)
    others = np.column_stack([np.ones(apart.sum()), *(ranks(factors[other]) for other in factors if other != name)])
    tested = ranks(factors[name])
    beta, observed = fitted(np.column_stack([tested, others]), outcome)
    residual = np.zeros((n, n))
    residual[apart] = tested - others @ np.linalg.lstsq(others, tested, rcond=None)[0]
    every = [
        fitted(np.column_stack([residual[np.ix_(order, order)][apart], others]), outcome)[1]
        for order in itertools.permutations(range(n))
    ]
    return beta, np.mean([abs(one) >= abs(observed) - 1e-9 for one in every])


def test_least_squares_written_out_agree():
    y, factors = planted(np.random.default_rng(3), languages=5)
    found = mrqap.regress(y, factors, permutations=999, seed=0)
    for name in factors:
        beta, p = naive(y, factors, name)
        assert found[name].beta == pytest.approx(beta, abs=1e-12) and found[name].p == p


def test_a_missing_pair_changes_little_and_takes_the_other_way_of_counting():
    y, factors = planted(np.random.default_rng(4), languages=12)
    whole = mrqap.regress(y, factors, permutations=199, seed=0)
    y[2, 5] = math.nan
    found = mrqap.regress(y, factors, permutations=199, seed=0)
    for name in factors:
        assert found[name].beta != whole[name].beta
        assert found[name].beta == pytest.approx(whole[name].beta, abs=0.05)
        assert found[name].p == pytest.approx(whole[name].p, abs=0.1)


def rates(simulations, permutations):
    """Return how often the planted factor, the other one, and a test that takes pairs for independent are found."""
    found = np.zeros(3)
    for number in range(simulations):
        y, factors = planted(np.random.default_rng([7, number]))
        tested = mrqap.regress(y, factors, permutations, seed=number)
        apart = ~np.eye(len(y), dtype=bool)
        design = np.column_stack([np.ones(apart.sum()), *(stats.rankdata(factors[name][apart]) for name in factors)])
        outcome = stats.rankdata(y[apart])
        weights, *_ = np.linalg.lstsq(design, outcome, rcond=None)
        freedom = len(outcome) - 3
        wrong = outcome - design @ weights
        error = math.sqrt(wrong @ wrong / freedom * np.linalg.inv(design.T @ design)[2, 2])
        independent = 2 * stats.t.sf(abs(weights[2] / error), freedom)
        found += np.array([tested["real"].p, tested["none"].p, independent]) <= LEVEL
    return found / simulations


def test_size_and_power_over_few_simulations():
    power, size, independent = rates(simulations=150, permutations=99)
    assert 0.01 <= size <= 0.10
    assert power >= 0.8
    assert independent > 0.15


@pytest.mark.check
def test_size_is_four_to_six_percent():
    power, size, independent = rates(simulations=4000, permutations=199)
    assert 0.04 <= size <= 0.06
    assert power >= 0.9
    assert independent > 0.2


def test_what_has_no_coefficient_says_why():
    y, factors = planted(np.random.default_rng(5), languages=6)
    doubled = factors | {"same": np.ones(y.shape), "twice": 2 * factors["real"]}
    found = mrqap.regress(y, doubled, permutations=99, seed=0)
    assert {name: one.note for name, one in found.items()} == {
        "real": "the factor follows from the others",
        "none": None,
        "same": "the factor is the same everywhere",
        "twice": "the factor follows from the others",
    }
    assert math.isnan(found["same"].beta) and math.isnan(found["twice"].p) and math.isfinite(found["none"].p)
    constant = mrqap.regress(np.ones(y.shape), factors, permutations=99, seed=0)
    assert {one.note for one in constant.values()} == {"what is explained is the same everywhere"}
    few = mrqap.regress(y[:3, :3], {name: one[:3, :3] for name, one in factors.items()}, permutations=99, seed=0)
    assert {one.note for one in few.values()} == {"too few pairs for a regression on 2 factors: 6 of 3 languages"}
    nothing = mrqap.regress(np.full(y.shape, math.nan), factors, permutations=99, seed=0)
    assert all(math.isnan(one.beta) and one.note for one in nothing.values())
