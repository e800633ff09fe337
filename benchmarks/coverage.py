"""Measure how often the 95% intervals of the tables and figures hold the truth that a simulation planted.

Every case draws data of the paper's size (five seeds, 39 checkpoints, 15 or 44 languages, 18 sources and targets) whose
truth is known, computes the interval that the study would print, and checks whether it contains the truth.
The Monte Carlo error of a share c is sqrt(c (1 - c) / n). Run it from the checkout:
``.venv/bin/python benchmarks/coverage.py``.
"""

from __future__ import annotations

import argparse
import functools
import importlib.metadata
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.random import Generator

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from polychron.analysis import dynamics, uncertainty  # noqa: E402
from polychron.stats import correlation, dyadic, intervals  # noqa: E402
from polychron.storage import files  # noqa: E402

GRID = np.array([*range(5_000, 50_001, 5_000), *range(100_000, 1_500_001, 50_000)])
SEEDS, PAIRED = 5, 18


class Case(NamedTuple):
    """An interval, and the data to test it on.

    Parameters
    ----------
    interval, of, data : str
        What is measured, the function of the library, and the simulated data.
    holds : callable
        Draws data and returns whether their interval contains the truth.
    """

    interval: str
    of: str
    data: str
    holds: Callable[[Generator], bool]


def seeds(rng: Generator, truth: np.ndarray, noise: float) -> np.ndarray:
    """Draw the runs of a curve."""
    return truth + noise * rng.normal(size=(SEEDS, len(truth)))


def mean(rng: Generator, number: int) -> bool:
    """Average normal values."""
    _, low, high = intervals.mean_interval(rng.normal(0.8, 0.1, number))
    return low <= 0.8 <= high


def proportion(rng: Generator, truth: float, examples: int) -> bool:
    """Score independent test items."""
    low, high = intervals.proportion_interval(rng.binomial(examples, truth) / examples, examples)
    return low <= truth <= high


def forgetting(rng: Generator, lost: float) -> bool:
    """Lose so much from a clearly best checkpoint, or nothing from 39 equal ones."""
    truth = np.full(len(GRID), 0.7)
    if lost:
        truth[12], truth[-1] = 0.8, 0.8 - lost
    found, _ = uncertainty.forgetting(seeds(rng, truth, 0.004))
    return found.low <= lost <= found.high


def onset(rng: Generator, pace: float, noise: float) -> bool:
    """Learn smoothly, with a slow loss: the curve is flat where it reaches 95%."""
    truth = 0.4 + 0.4 * (1 - np.exp(-GRID / pace)) - 0.02 * (GRID / GRID[-1]) ** 2
    step, _ = dynamics.onset(GRID, truth, 0.95)
    found, _ = uncertainty.onset(GRID, seeds(rng, truth, noise), 0.95)
    return found.low < step <= found.high


def languages(rng: Generator, number: int, truth: float) -> bool:
    """Correlate normal values whose Spearman coefficient is known."""
    pearson = 2 * math.sin(math.pi * truth / 6)
    x, noise = rng.normal(size=(2, number))
    rho, _ = correlation.spearman(x, pearson * x + math.sqrt(1 - pearson**2) * noise)
    low, high = correlation.interval(rho, number)
    return low <= truth <= high


def pairs(rng: Generator, number: int, effect: float, node: float) -> tuple[np.ndarray, np.ndarray]:
    """Draw distances of pairs and values that follow them, with languages that are good or bad at either role."""
    place = rng.uniform(size=(number, 2))
    apart = 2 * np.linalg.norm(place[:, None] - place[None], axis=-1)
    giving, taking = rng.normal(size=(2, number))
    return apart, effect * apart + node * np.add.outer(giving, taking) + rng.normal(size=(number, number))


@functools.cache
def true_correlation(effect: float, node: float) -> float:
    """Return Spearman's coefficient of a very large number of pairs."""
    many = ~np.eye(1000, dtype=bool)
    x, y = pairs(np.random.default_rng(0), 1000, effect, node)
    return correlation.spearman(x[many], y[many])[0]


def correlated_pairs(rng: Generator, effect: float, node: float) -> bool:
    """Correlate the values of ordered pairs with their distances."""
    low, high = dyadic.interval(*pairs(rng, PAIRED, effect, node))
    return low <= true_correlation(effect, node) <= high


def mean_of_pairs(rng: Generator, node: float) -> bool:
    """Average the values of ordered pairs."""
    _, low, high = dyadic.mean_interval(pairs(rng, PAIRED, 0.0, node)[1])
    return low <= 0 <= high


CASES = [
    Case(interval, of, data, functools.partial(function, **values))
    for interval, of, function, variants in (
        (
            "mean over seeds or languages",
            "intervals.mean_interval",
            mean,
            {f"{number} normal values": {"number": number} for number in (5, 15, 44)},
        ),
        (
            "accuracy over test items",
            "intervals.proportion_interval",
            proportion,
            {f"{share:.0%} of 1,000 items": {"truth": share, "examples": 1000} for share in (0.55, 0.9, 0.98)},
        ),
        (
            "cross-fitted forgetting",
            "uncertainty.forgetting",
            forgetting,
            {
                "nothing is lost from 39 equal checkpoints": {"lost": 0.0},
                "5 points are lost from a clear best": {"lost": 0.05},
            },
        ),
        (
            "onset at 95%",
            "uncertainty.onset",
            onset,
            {
                f"pace of {pace / 1000:g}k steps, seeds differ by {100 * noise:.1f} points": {
                    "pace": pace,
                    "noise": noise,
                }
                for pace, noise in ((60e3, 0.003), (400e3, 0.003), (200e3, 0.01))
            },
        ),
        (
            "Spearman's rho over languages",
            "correlation.interval",
            languages,
            {
                f"rho = {truth:g}, {number} languages": {"number": number, "truth": truth}
                for number in (15, 44)
                for truth in (0.0, 0.4, 0.75)
            },
        ),
        (
            "Spearman's rho over pairs",
            "dyadic.interval",
            correlated_pairs,
            {
                "18 languages, pairs independent": {"effect": 1.0, "node": 0.0},
                "18 languages, good and bad sources and targets": {"effect": 1.0, "node": 1.0},
            },
        ),
        (
            "mean over pairs",
            "dyadic.mean_interval",
            mean_of_pairs,
            {
                "18 languages, pairs independent": {"node": 0.0},
                "18 languages, good and bad sources and targets": {"node": 1.0},
            },
        ),
    )
    for data, values in variants.items()
]


def coverage(case: Case, simulations: int, seed: int = 0) -> float:
    """Return the share of simulations whose interval contains the truth."""
    rng = np.random.default_rng(seed)
    return sum(case.holds(rng) for _ in range(simulations)) / simulations


def page(shares: list[float], simulations: int) -> str:
    """Write the shares as a table."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy"))
    lines = [
        "# How often 95% intervals hold the truth",
        "",
        f"`benchmarks/coverage.py`, {simulations:,} simulations of each case, seed 0; {versions}.",
        f"The Monte Carlo error of a share near 95% is {100 * math.sqrt(0.95 * 0.05 / simulations):.1f} points.",
        "",
        "| interval | function | simulated data | holds the truth |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {case.interval} | `{case.of}` | {case.data} | {share:.1%} |"
        for case, share in zip(CASES, shares, strict=True)
    ]
    return "\n".join([*lines, ""])


def main() -> None:
    """Simulate all cases, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/coverage.md")
    options = parser.parse_args()
    found = page([coverage(case, options.simulations) for case in CASES], options.simulations)
    files.write_text(options.output, found)
    print(found)


if __name__ == "__main__":
    main()
