"""Measure how often curves seem to forget, and when they seem to be learned, in simulated worlds whose truth is known.

Each world has 39 checkpoints as the paper, with noise of 0.4 points that all seeds and dev share, and five seeds that
differ by another 0.3 points. Groups of 20 curves are simulated together. Run it from the checkout:
``.venv/bin/python benchmarks/chance.py``.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.random import Generator

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from polychron.analysis import chance, choices, dynamics, settling, uncertainty, worlds  # noqa: E402
from polychron.storage import files  # noqa: E402

GRID = np.array([*range(5_000, 50_001, 5_000), *range(100_000, 1_500_001, 50_000)], float)
SEEDS, TOGETHER, SIMULATIONS = 5, 20, 199
CHECKPOINTS, OWN = 0.004, 0.003

RISE = 0.4 + 0.4 * (1 - np.exp(-GRID / 30e3))


def losing(points: float, start: float) -> np.ndarray:
    """Return a curve that loses points little by little from a step to the last."""
    return RISE - np.interp(GRID, [start, GRID[-1]], [0, points / 100])


FORGETTING: Mapping[str, tuple[np.ndarray, float]] = {
    "flat throughout": (np.full(len(GRID), 0.8), 0.0),
    "rises until 100k, then flat": (RISE, 0.0),
    "rises until 700k, then flat": (0.4 + 0.4 * (1 - np.exp(-GRID / 200e3)), 0.0),
    "rises until 100k, then flat; neighbours correlated by 0.5": (RISE, 0.5),
    "loses 1 point from 100k on": (losing(1, 100e3), 0.0),
    "loses 2 points from 100k on": (losing(2, 100e3), 0.0),
    "loses 2 points from 100k on; neighbours correlated by 0.5": (losing(2, 100e3), 0.5),
    "loses 2 points from 800k on": (losing(2, 800e3), 0.0),
    "loses 2 points from 1.2M on": (losing(2, 1.2e6), 0.0),
    "loses 2 points at once, at 450k": (RISE - 0.02 * (GRID >= 450e3), 0.0),
}
"""The true curve, and the correlation of the noise of neighbouring checkpoints."""


def noise(rng: Generator, number: int, correlation: float) -> np.ndarray:
    """Draw the noise of checkpoints, (number, k)."""
    drawn = rng.normal(size=(number, len(GRID)))
    for at in range(1, len(GRID)):
        drawn[:, at] = correlation * drawn[:, at - 1] + np.sqrt(1 - correlation**2) * drawn[:, at]
    return CHECKPOINTS * drawn


def runs(rng: Generator, truth: np.ndarray, number: int, correlation: float = 0.0) -> list[np.ndarray]:
    """Draw runs on test and on dev, each (number, seeds, k)."""
    shared = truth + noise(rng, number, correlation)[:, None]
    return [shared + OWN * rng.normal(size=(number, SEEDS, len(GRID))) for _ in range(2)]


def forgetting(rng: Generator, groups: int, truth: np.ndarray, correlation: float) -> list[float]:
    """Return the shares of curves that seem to forget: on seeds alone, after the peak, and beyond chance."""
    found = []
    for _ in range(groups):
        test, dev = runs(rng, truth, TOGETHER, correlation)
        means = test.mean(axis=1)
        alone = [uncertainty.forgetting(own)[0].low > 0 for own in test]
        after = [one.low > 0 for one in chance.fall(GRID, means, dev.mean(axis=1))]
        made = worlds.world(GRID, means, np.zeros(TOGETHER))
        lost = np.concatenate([one.max(axis=-1) - one[..., -1] for one in worlds.simulate(made, rng, SIMULATIONS)])
        seen = means.max(axis=1) - means[:, -1]
        beyond = (1 + (lost >= seen).sum(axis=0)) / (1 + SIMULATIONS) <= 0.05
        found.append([np.mean(alone), np.mean(after), beyond.mean()])
    return np.mean(found, axis=0).tolist()


ONSETS: Mapping[str, tuple[np.ndarray, float]] = {
    "98% at 35k, all at 135k": (np.interp(GRID, [0, 35e3, 135e3, 1.5e6], [0.5, 0.98 * 0.8 + 2e-4, 0.8, 0.8]), 0.98),
    "95% at 100k, pace of 30k": (RISE, 0.95),
    "95% at 550k, pace of 200k": (0.3 + 0.5 * (1 - np.exp(-GRID / 200e3)), 0.95),
}
"""The true curve, and the share of its best."""


def onsets(rng: Generator, groups: int, truth: np.ndarray, share: float) -> list[float]:
    """Return mean onsets: the true one, the paper's, by dev with the same and with other noise, and of fitted curves.

    The last number is the share of intervals of the fitted onsets that hold the true one.
    """
    true, _ = dynamics.onset(GRID, truth, share)
    found, by_dev = [], f"onset_{share:g}_by_dev"
    for _ in range(groups):
        test, dev = (some.mean(axis=1) for some in runs(rng, truth, TOGETHER))
        other = truth + noise(rng, TOGETHER, 0.0)
        fitted = settling.settle(GRID, test)
        made = worlds.world(GRID, test, np.zeros(TOGETHER))
        _, low, high = worlds.show(made, GRID, [share], False, rng).fitted[share]
        paper = [dynamics.onset(GRID, curve, share)[0] for curve in test]
        chosen = [
            [choices.of_curve(GRID, curve, by, [share])[0][by_dev] for curve, by in zip(test, some, strict=True)]
            for some in (dev, other)
        ]
        again = GRID[settling.reached(fitted.values, share)]
        found.append([true, *(np.mean(some) for some in (paper, *chosen, again, (low < true) & (true <= high)))])
    return np.mean(found, axis=0).tolist()


def page(groups: int, seed: int = 0) -> str:
    """Simulate all worlds, and write what was found."""
    rng = np.random.default_rng(seed)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "scipy"))
    lines = [
        "# What noisy checkpoints show by chance",
        "",
        f"`benchmarks/chance.py`, {TOGETHER * groups:,} curves of each world, seed {seed}; {versions}. Checkpoints "
        "have noise of 0.4 points that seeds and dev share; seeds differ by another 0.3 points.",
        "",
        "Shares of curves that seem to forget: by the interval over seeds alone, by that of the slope after the peak "
        '("clear" in Table 6), and by best − last with p at most .05 against simulated worlds.',
        "",
        "| world | seeds alone | after the peak | beyond chance |",
        "|---|---|---|---|",
    ]
    for name, (truth, correlation) in FORGETTING.items():
        shares = forgetting(rng, groups, truth, correlation)
        lines.append(f"| {name} | " + " | ".join(f"{share:.1%}" for share in shares) + " |")
    lines += [
        "",
        "Mean onsets, and how often the 95% interval of the fitted one holds the true one.",
        "",
        "| world | true | paper | by dev | by dev with other noise | fitted | interval holds |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, (truth, share) in ONSETS.items():
        *steps, holds = onsets(rng, groups, truth, share)
        lines.append(f"| {name} | " + " | ".join(f"{step / 1000:.0f}k" for step in steps) + f" | {holds:.0%} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Write what was found to a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=50)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/chance.md")
    options = parser.parse_args()
    found = page(options.groups)
    files.write_text(options.output, found)
    print(found)


if __name__ == "__main__":
    main()
