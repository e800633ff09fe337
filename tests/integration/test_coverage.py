"""The committed table of coverages: of the present intervals, and in agreement with simulations of another seed."""

import importlib.util
import math
import re

import pytest

SIMULATIONS = 60


@pytest.fixture(scope="module")
def benchmark(root):
    where = importlib.util.spec_from_file_location("coverage_of_intervals", root / "benchmarks/coverage.py")
    module = importlib.util.module_from_spec(where)
    where.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reported(root):
    text = (root / "benchmarks/results/coverage.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| `(.+?)` \| (.+?) \| ([\d.]+)% \|$", text, re.M)
    return {(interval, of, data): float(share) / 100 for interval, of, data, share in rows}


def test_all_intervals_are_reported_and_none_is_far_below_95_percent(benchmark, reported):
    assert [*reported] == [(case.interval, case.of, case.data) for case in benchmark.CASES]
    assert all(share >= 0.88 for share in reported.values()), reported


def test_few_simulations_agree_with_the_report(benchmark, reported):
    for case in benchmark.CASES:
        share = reported[case.interval, case.of, case.data]
        found = benchmark.coverage(case, SIMULATIONS, seed=1)
        reach = 3.5 * math.sqrt(share * (1 - share) / SIMULATIONS) + 1 / SIMULATIONS
        assert abs(found - share) <= reach, (case, found, share)


def test_an_interval_that_is_too_narrow_is_noticed(benchmark, monkeypatch):
    """Intervals of half the width fail the test above, though four of five of a mean's still contain the truth."""
    case = benchmark.CASES[2]
    whole = benchmark.intervals.mean_interval

    def halved(values):
        mean, low, high = whole(values)
        return mean, (mean + low) / 2, (mean + high) / 2

    monkeypatch.setattr(benchmark.intervals, "mean_interval", halved)
    assert benchmark.coverage(case, SIMULATIONS, seed=1) < 0.95 - 3.5 * math.sqrt(0.95 * 0.05 / SIMULATIONS)
