"""Contestants in turns on one device, and the times of what runs there."""

from __future__ import annotations

import gc
import json
import statistics
import sys
import time
from collections.abc import Callable, Collection
from typing import Any, NamedTuple

import torch
from pairing import Row


class Place(NamedTuple):
    """Where is measured, and whether all sizes are tiny."""

    device: str
    tiny: bool

    def wait(self) -> None:
        """Wait until all that was launched has ended."""
        if self.device == "cuda":
            torch.cuda.synchronize()


def compared(
    place: Place,
    setting: str,
    runs: dict[str, Callable[[], Any]],
    repetitions: int,
    slow: Collection[str] = (),
    score: Callable[[Any], float] | None = None,
) -> list[Row]:
    """Run all contestants once to warm up and then in turns.

    Slow ones run once, in the first repetition. What they launch is small, so that a warm device is all they need.

    Parameters
    ----------
    place, setting
        Where, and on what.
    runs : dict of str to callable
        The contestants. Each returns its score, or what `score` scores, or None. The first is ours.
    repetitions : int
        Number of times that each is measured.
    slow : collection of str
        Those that run once.
    score : callable, optional
        Scores what a contestant returned, once, after the clock was stopped.
    """
    taken: dict[str, list[float]] = {name: [] for name in runs}
    scores: dict[str, Any] = {}
    for repetition in range(-1, repetitions):
        for name in list(runs)[:: -1 if repetition % 2 else 1]:
            if name in slow and repetition != 0:
                continue
            gc.collect()
            place.wait()
            begin = time.perf_counter()
            found = runs[name]()
            place.wait()
            if repetition >= 0:
                taken[name].append(time.perf_counter() - begin)
            if repetition == 0:
                scores[name] = found if score is None or found is None else score(found)
            del found  # before the next one needs memory
    ours = taken[next(iter(runs))]
    rows = []
    for name, times in taken.items():
        ratio = statistics.median(one / own for one, own in zip(times, ours, strict=False))
        row = {"setting": setting, "name": name, "value": statistics.median(times), "unit": "s", "ratio": ratio}
        rows.append(row | {"least": min(times), "greatest": max(times), "score": scores[name]})
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def seconds(place: Place, run: Callable[[], Any], repetitions: int = 10) -> list[float]:
    """Return the times of a run on the device, after two to warm up."""
    taken = []
    for repetition in range(-2, repetitions):
        if place.device == "cuda":
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            run()
            end.record()
            end.synchronize()
            one = begin.elapsed_time(end) / 1e3
        else:
            start = time.perf_counter()
            run()
            one = time.perf_counter() - start
        if repetition >= 0:
            taken.append(one)
    return taken
