"""The committed page of what chance shows: of the present worlds, and in agreement with simulations of another seed."""

import importlib.util
import math
import re

import numpy as np
import pytest

GROUPS = 3


@pytest.fixture(scope="module")
def benchmark(root):
    where = importlib.util.spec_from_file_location("chance_of_checkpoints", root / "benchmarks/chance.py")
    module = importlib.util.module_from_spec(where)
    where.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reported(root):
    text = (root / "benchmarks/results/chance.md").read_text(encoding="utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    return {
        name: [float(re.sub("[%k]", "", number)) for number in numbers] for name, *numbers in rows if name != "world"
    }


def test_settled_curves_are_seldom_clear_and_losses_of_two_points_nearly_always(benchmark, reported):
    assert [*reported] == [*benchmark.FORGETTING, *benchmark.ONSETS]
    still = [name for name in benchmark.FORGETTING if "then flat" in name or "throughout" in name]
    assert len(still) == 4 and all(reported[name][1] <= 5 for name in still)
    assert all(reported[name][0] > 50 for name in still)
    assert all(reported[f"loses 2 points from {start} on"][1] > 95 for start in ("100k", "800k"))


def test_few_simulations_agree_with_the_page(benchmark, reported):
    rng = np.random.default_rng(1)
    for name, (truth, correlation) in benchmark.FORGETTING.items():
        found = benchmark.forgetting(rng, GROUPS, truth, correlation)
        for share, known in zip(found, reported[name], strict=True):
            known /= 100
            number = GROUPS * benchmark.TOGETHER
            assert abs(share - known) <= 4 * math.sqrt(known * (1 - known) / number) + 2 / number, (name, found)
    name, (truth, share) = next(iter(benchmark.ONSETS.items()))
    true, paper, _, other, fitted, _ = benchmark.onsets(rng, GROUPS, truth, share)
    assert true == 1000 * reported[name][0]
    assert fitted < paper - 25e3 and other < paper - 25e3
