"""Intervals of means and proportions hold a planted truth as often as they promise; resamples are all there are."""

import numpy as np
import pytest
from scipy import stats

from polychron.stats import intervals


def test_many_seeds_are_drawn_and_the_draw_is_the_same_again():
    counts, weights = intervals.resamples(9, 0)
    assert counts.shape == (intervals.RESAMPLES, 9)
    assert (counts.sum(axis=1) == 9).all() and weights.sum() == pytest.approx(1)
    assert (counts == intervals.resamples(9, 0)[0]).all()
    exact, weights = intervals.resamples(5, 0)
    assert len(exact) == 126 and weights.sum() == pytest.approx(1)


def test_coverage_of_means_and_proportions():
    rng = np.random.default_rng(2)
    ends = [intervals.mean_interval(rng.normal(0.8, 0.1, 5)) for _ in range(2000)]
    assert np.mean([low <= 0.8 <= high for _, low, high in ends]) == pytest.approx(0.95, abs=0.02)
    ends = [intervals.proportion_interval(hits / 200, 200) for hits in rng.binomial(200, 0.97, 2000)]
    assert np.mean([low <= 0.97 <= high for low, high in ends]) == pytest.approx(0.95, abs=0.025)
    assert intervals.proportion_interval(1.0, 10)[1] == pytest.approx(1.0)


def test_a_sum_of_two_variances_has_the_degrees_of_freedom_of_welch():
    rng = np.random.default_rng(3)
    one, other = rng.normal(0, 1, 5), rng.normal(1, 4, 9)
    variances = [one.var(ddof=1) / 5, other.var(ddof=1) / 9]
    total, freedom = intervals.satterthwaite(variances, [4, 8])
    reference = stats.ttest_ind(one, other, equal_var=False)
    assert freedom == pytest.approx(reference.df)
    low, high = reference.confidence_interval(0.95)
    assert intervals.student(total, freedom) == pytest.approx((high - low) / 2)
