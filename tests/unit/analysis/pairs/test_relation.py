"""Two values of pairs, alone and given a third: planted relations, and the same numbers by other formulas."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from polychron.analysis.pairs.relation import related
from polychron.stats import dyadic

NAMES = [f"l{number}" for number in range(9)]
PAIRS = list(itertools.permutations(NAMES, 2))


def drawn(seed):
    return dict(zip(PAIRS, np.random.default_rng(seed).normal(size=len(PAIRS)).tolist(), strict=True))


def matrix(values):
    return [[values.get((a, b), math.nan) for b in NAMES] for a in NAMES]


def test_the_coefficients_are_those_of_scipy_and_of_residuals_of_ranks():
    x, given = drawn(0), drawn(1)
    y = {pair: x[pair] + 2 * given[pair] for pair in PAIRS}
    found = related(x, y, given, 199, 3)
    ranks = [stats.rankdata([of[pair] for pair in PAIRS]) for of in (x, y, given)]
    assert found.pairs == 72
    assert found.rho == pytest.approx(stats.spearmanr([x[pair] for pair in PAIRS], [y[pair] for pair in PAIRS])[0])
    assert found.p == dyadic.permutation_p(matrix(x), matrix(y), 199, 3)
    left = [ranks[place] - np.polyval(np.polyfit(ranks[2], ranks[place], 1), ranks[2]) for place in (0, 1)]
    assert found.partial == pytest.approx(np.corrcoef(*left)[0, 1])
    assert found.partial > found.rho and found.partial_p <= found.p


def test_what_the_third_explains_leaves_nothing():
    given = drawn(1)
    noise = drawn(2), drawn(3)
    x, y = ({pair: given[pair] + 0.5 * of[pair] for pair in PAIRS} for of in noise)
    found = related(x, y, given, 199, 0)
    assert found.rho > 0.6 and found.p < 0.05
    assert abs(found.partial) < 0.25 and found.partial_p > 0.05


def test_pairs_that_lack_a_value_are_left_out():
    x, y, given = drawn(0), drawn(1), drawn(2)
    some = {pair: value for pair, value in y.items() if "l8" not in pair}
    near = {pair: value for pair, value in given.items() if pair[0] != "l0"}
    found, same = related(x, some, near, 99, 0), related(x, some | {("l1", "l1"): 5.0}, near, 99, 0)
    assert found == same and found.pairs == 56
    known = [pair for pair in some if pair in near]
    ranks = [stats.rankdata([of[pair] for pair in known]) for of in (x, y, given)]
    r = np.corrcoef(ranks)
    expected = (r[0, 1] - r[0, 2] * r[1, 2]) / math.sqrt((1 - r[0, 2] ** 2) * (1 - r[1, 2] ** 2))
    assert found.partial == pytest.approx(expected)


def test_nothing_is_found_where_there_is_nothing():
    x = drawn(0)
    assert related({}, {}, {}, 9, 0)[0] == 0
    for found in (related(x, dict.fromkeys(PAIRS, 1.0), x, 9, 0), related({PAIRS[0]: 1.0}, x, x, 9, 0)):
        assert all(math.isnan(value) for value in found[1:])
    without = related(x, drawn(1), {}, 9, 0)
    assert math.isfinite(without.p) and math.isnan(without.partial) and math.isnan(without.partial_p)
    # given itself, nothing is left of x
    assert math.isnan(related(x, drawn(1), x, 9, 0).partial)
