"""Measure contestants in turns and save the results: what the benchmarks share."""

from __future__ import annotations

import gc
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("torch", "numpy", "transformers", "scikit-learn", "neurox", "simalign")

PREPARED = {"matrices of the others": "made before the clock"}
"""A fact of the results of probes and cells. Without it, each run made these matrices within its time."""

Row = dict[str, Any]


def paired(
    subject: str, setting: str, runs: dict[str, Callable[[], float | None]], repetitions: int, *, warm: bool = True
) -> list[Row]:
    """Run all contestants once in each repetition, in the opposite order every other time.

    Parameters
    ----------
    subject, setting : str
        What is measured, and on what.
    runs : dict of str to callable
        What is timed, by name; each returns a score, or None. The first is ours.
    repetitions : int
        Number of times that each is measured.
    warm : bool
        Whether all run once before the measurement.

    Returns
    -------
    list of dict
        For each: median, least and greatest processor `seconds`, over all threads; `ratio` and `wall_ratio`, the median
        over repetitions of its processor seconds and wall time divided by ours; `score`, the median of its scores. With
        one thread, processor seconds are the wall time of an idle core.
    """
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    scores: dict[str, list[float | None]] = {name: [] for name in runs}
    for repetition in range(-1 if warm else 0, repetitions):
        for name in list(runs)[:: -1 if repetition % 2 else 1]:
            gc.collect()
            begin = time.process_time(), time.perf_counter()
            score = runs[name]()
            end = time.process_time(), time.perf_counter()
            if repetition >= 0:
                taken[name].append((end[0] - begin[0], end[1] - begin[1]))
                scores[name].append(score)
    ours = taken[next(iter(runs))]
    rows = []
    for name, times in taken.items():
        seconds = [one for one, _ in times]
        ratio, wall_ratio = (
            statistics.median(one[clock] / own[clock] for one, own in zip(times, ours, strict=True)) for clock in (0, 1)
        )
        rows.append(
            {
                "subject": subject,
                "setting": setting,
                "name": name,
                "seconds": statistics.median(seconds),
                "least": min(seconds),
                "greatest": max(seconds),
                "ratio": ratio,
                "wall_ratio": wall_ratio,
                "score": None if None in scores[name] else statistics.median(scores[name]),
            }
        )
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def least(run: Callable[[], Any], repetitions: int = 5) -> float:
    """Return the least processor seconds of several runs, for bounds."""
    taken = []
    for _ in range(repetitions + 1):
        begin = time.process_time()
        run()
        taken.append(time.process_time() - begin)
    return min(taken)


def machine(threads: int, packages: Iterable[str] = PACKAGES) -> dict[str, Any]:
    """Name the hardware, the versions and the commit."""
    import torch

    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    git = ["git", "-C", str(ROOT)]
    commit = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    # what a run has found so far is written before it ends, and changes nothing of what is measured
    changed = [*git, "status", "--porcelain", "--untracked-files=no", ":!benchmarks/results"]
    dirty = "-dirty" if subprocess.run(changed, capture_output=True, text=True).stdout else ""
    versions = {}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not installed"
    return {
        "processor": names[0] if names else platform.machine(),
        "processors": os.cpu_count(),
        "accelerator": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
        "threads": threads,
        "load at the start": round(os.getloadavg()[0], 1),
        "python": platform.python_version(),
        **versions,
        "commit": f"{commit}{dirty}" if commit else "unknown",
        "date": time.strftime("%Y-%m-%d"),
    }
