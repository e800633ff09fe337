"""Uncertainty of what a curve of scores says, given the runs behind it: one row of scores for each seed.

The seeds of a curve share their checkpoints and their test set. Their spread is that of training the probe, and the
intervals over seeds are about that alone: they do not cover what another run of pretraining would have given.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polychron.analysis.dynamics import ROUNDING
from polychron.analysis.trajectories import LOWER, OVER, PLACE, SPLITS
from polychron.stats import intervals
from polychron.stats.intervals import Estimate

log = logging.getLogger("polychron")

NO_SHARE = "F1 is over {}, not a share of the test items"
"""Why there is no interval over items, of F1 over what `trajectories.OVER` says."""


def forgetting(runs: ArrayLike, lower: bool = False, level: float = 0.95) -> tuple[Estimate, Estimate]:
    """Measure what is lost from the best step to the last, on runs that did not choose the best step.

    best - final is never negative, because the best of 39 noisy checkpoints is partly the luckiest one. So each run is
    left out in turn. The others choose the best step, by their mean, and the run that was left out measures the loss
    since then: p(chosen) - p(last). The estimate is the mean over runs (cross-fitting; Chernozhukov et al. 2018;
    leave-one-out as in Stone 1974). Where nothing is forgotten and only seeds differ, it is as often negative as
    positive. Where something is forgotten, it is the loss since the *chosen* step, on average at most the loss since
    the true best one. Noise of a checkpoint is the same for all seeds, so it counts as a loss: see
    `polychron.analysis.chance`.

    Parameters
    ----------
    runs : array-like (seeds, k)
        Scores of each run at each step, the last step last. NaN where there is none.
    lower : bool
        Whether lower scores are better.

    Returns
    -------
    absolute, relative : Estimate
        Mean over runs of the loss in the score's own unit, and of the loss as a share of the run's score at the chosen
        step (of its last score where lower is better). The interval is Student's over runs. NaN for fewer than two
        runs, or where a run lacks the last step. Steps that a run lacks are never chosen.

    Examples
    --------
    Without the first run, the means are 0.79, 0.81 and 0.775: the second step is chosen, and the first run lost 0.78 -
    0.76 since. Without the second they are 0.79, 0.785 and 0.765, and it lost 0.80 - 0.78 since the first step. The
    third lost 0.79 - 0.77 since the second. The best of all means minus the last is 0.8 - 0.77 = 0.03.

    >>> runs = [[0.80, 0.78, 0.76], [0.80, 0.83, 0.78], [0.78, 0.79, 0.77]]
    >>> absolute, relative = forgetting(runs)
    >>> round(absolute.value, 6), round(relative.value, 6)
    (0.02, 0.025319)
    """
    runs = np.asarray(runs, float)
    seeds = len(runs)
    if seeds < 2 or not np.isfinite(runs[:, -1]).all():
        return Estimate(math.nan), Estimate(math.nan)
    runs = runs[:, np.isfinite(runs).all(axis=0)]
    others = (runs.sum(axis=0) - runs) * (-1 if lower else 1)
    chosen = np.argmax(others >= others.max(axis=1, keepdims=True) - ROUNDING, axis=1)
    at, last = runs[np.arange(seeds), chosen], runs[:, -1]
    losses, whole = (last - at, last) if lower else (at - last, at)
    absolute = Estimate(*intervals.mean_interval(losses, level))
    if not (whole > 0).all():
        return absolute, Estimate(math.nan)
    return absolute, Estimate(*intervals.mean_interval(losses / whole, level))


def onset(
    steps: ArrayLike, runs: ArrayLike, share: float, lower: bool = False, level: float = 0.95, seed: int = 0
) -> tuple[Estimate, NDArray[np.float64]]:
    """Find the step to x% of the best score, and the interval that it is in.

    Two things are uncertain. First, the grid of checkpoints: the onset is somewhere between the checkpoint before and
    the one that reached x%. Second, another set of seeds would have given another mean curve. So the runs are resampled
    with replacement (bootstrap; Efron and Tibshirani 1993). Each of the (2n - 1 over n) possible resamples is taken
    once, with its multinomial weight, where there are at most `intervals.RESAMPLES`. Resamples of n runs vary too
    little, so their deviations from the mean curve are multiplied by sqrt(n / (n - 1)). The interval reaches from a
    percentile of the lower ends of the resamples' onsets to one of the upper ends. By simulation on the paper's grid it
    holds the onset of the noiseless curve in 92 to 100% of cases with five seeds, but in only 77% with three seeds that
    differ by a whole point: noise raises the best score, and with it the score that counts as x%.

    Parameters
    ----------
    steps : array-like (k,)
        In increasing order; trained steps alone.
    runs : array-like (seeds, k)
        Scores of each run; a step at which a run has none is left out.
    share : float
        x as a fraction.
    seed : int
        Seed of the draw, where resamples are drawn.

    Returns
    -------
    onset : Estimate
        The step of the mean curve, as in `dynamics.onset`; it is in (low, high].
    spread : ndarray (seeds,)
        The onset of each run's own curve.

    Examples
    --------
    95% of 0.8 is 0.76. The mean curve and the first run reach it at 10; the second run, with 0.75 there, at 15.

    >>> found, spread = onset([5, 10, 15], [[0.5, 0.80, 0.80], [0.5, 0.75, 0.80]], 0.95)
    >>> found, spread.tolist()
    (Estimate(value=10.0, low=5.0, high=15.0), [10.0, 15.0])
    """
    steps, runs = np.asarray(steps, float), np.asarray(runs, float)
    complete = np.isfinite(runs).all(axis=0) if len(runs) else np.zeros(len(steps), bool)
    steps, runs = steps[complete], runs[:, complete]
    if not len(steps):
        return Estimate(math.nan), np.full(len(runs), math.nan)
    mean = runs.mean(axis=0)
    value, before = (float(found[0]) for found in _onsets(steps, mean[None], share, lower))
    spread, _ = _onsets(steps, runs, share, lower)
    counts, weights = intervals.resamples(len(runs), seed)
    stretch = math.sqrt(len(runs) / (len(runs) - 1)) if len(runs) > 1 else 1.0
    curves = mean + stretch * (counts @ runs / len(runs) - mean)
    ends, starts = _onsets(steps, curves, share, lower)
    if not np.isfinite(ends).all():
        return Estimate(value, before, value), spread
    tail = (1 - level) / 2
    return Estimate(
        value, intervals.quantile(starts, weights, tail), intervals.quantile(ends, weights, 1 - tail)
    ), spread


def _onsets(
    steps: NDArray[np.float64], curves: NDArray[np.float64], share: float, lower: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the onset of each curve (rows) and the step before it; NaN where the best is not positive."""
    top = curves.min(axis=1, keepdims=True) if lower else curves.max(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = top / curves if lower else curves / top
    first = np.argmax(relative >= share - ROUNDING, axis=1)
    usable = top[:, 0] > 0
    before = np.concatenate([[0.0], steps])
    return np.where(usable, steps[first], math.nan), np.where(usable, before[first], math.nan)


def schema() -> Any:
    """Return the columns of a table of intervals, as a `pyarrow.Schema`.

    A row is the 95% interval from `low` to `high` of one quantity of a curve, `over` other seeds or other test items,
    or both; `runs` is the number of seeds. `step` is null for a quantity of no single step. The other columns are those
    of trajectories.
    """
    import pyarrow

    text, real = pyarrow.string(), pyarrow.float64()
    kinds = dict.fromkeys((*PLACE, "quantity", "over", "note"), text) | dict.fromkeys(("value", "low", "high"), real)
    kinds |= {"layer": pyarrow.int32(), "step": pyarrow.int64(), "runs": pyarrow.int64()}
    order = (*PLACE, "quantity", "step", "over", "value", "low", "high", "runs", "note")
    return pyarrow.schema([(name, kinds[name]) for name in order])


def study(scores: Any, shares: Sequence[float]) -> Any:
    """Estimate the intervals of all curves of a study, over seeds or over test items; for both, see `joint.study`.

    Quantities: ``final``, over seeds (Student's t) and over test items (Wilson; not of F1, which is no share of them);
    ``cross_fitted_forgetting`` and ``cross_fitted_relative_forgetting``, see `forgetting`; ``onset_X`` for each share
    X, see `onset`, whose interval is open below; ``onset_X_of_runs``, the mean of the runs' own onsets, from the
    earliest to the latest.

    Parameters
    ----------
    scores : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`.
    shares : sequence of float
        The shares of the best score whose onsets are computed.

    Returns
    -------
    pyarrow.Table
        See `schema`. What cannot be computed keeps its row, without a number and with a note. Step 0 is left out.
    """
    import pyarrow

    rows = [row for curve in curves(scores) for row in _of_curve(*curve, shares)]
    log.info("%d intervals", len(rows))
    return pyarrow.Table.from_pylist(rows, schema=schema())


def curves(scores: Any, splits: Sequence[str] = SPLITS) -> Iterator[tuple[dict[str, Any], NDArray, NDArray, int]]:
    """Yield the runs behind each curve, in some splits.

    Yields
    ------
    place : dict
        The curve, by the names of `trajectories.PLACE`.
    steps : ndarray (k,)
        The trained steps of the study, in increasing order.
    runs : ndarray (seeds, k)
        Scores, NaN where there is no finite one. Scores without a seed are one run.
    examples : int
        Number of test items at the last step.
    """
    import pyarrow
    import pyarrow.compute as pc

    chosen = pc.is_in(scores["metric"], pyarrow.array(list(LOWER)))
    chosen = pc.and_(chosen, pc.is_in(scores["split"], pyarrow.array(list(splits))))
    table = scores.filter(pc.and_kleene(chosen, pc.greater(scores["step"], 0)))
    if not table.num_rows:
        return
    codes, names = zip(*(_encoded(table[column]) for column in PLACE), strict=True)
    steps, step = np.unique(table["step"].to_numpy(), return_inverse=True)
    seed, _ = _encoded(table["seed"])
    values = table["value"].to_numpy(zero_copy_only=False).astype(float)
    values[~np.isfinite(values)] = math.nan
    examples = table["examples"].fill_null(0).to_numpy()
    places, curve = np.unique(np.stack(codes), axis=1, return_inverse=True)
    order = np.argsort(curve, kind="stable")
    bounds = np.searchsorted(curve[order], np.arange(places.shape[1] + 1))
    for number, place in enumerate(places.T):
        mine = order[bounds[number] : bounds[number + 1]]
        _, run = np.unique(seed[mine], return_inverse=True)
        runs = np.full((run.max() + 1, len(steps)), math.nan)
        runs[run, step[mine]] = values[mine]
        named = {column: known[code] for column, known, code in zip(PLACE, names, place, strict=True)}
        yield named, steps, runs, int(examples[mine][step[mine] == step[mine].max()].max())


def _encoded(column: Any) -> tuple[NDArray[np.int64], list[Any]]:
    """Number the values of a column in their order, null as the last one."""
    encoded = column.combine_chunks().dictionary_encode(null_encoding="encode")
    known = encoded.dictionary.to_pylist()
    ordered = sorted(known, key=lambda value: (value is None, value))
    rank = np.array([ordered.index(value) for value in known], np.int64)
    return rank[encoded.indices.to_numpy(zero_copy_only=False)], ordered


def _of_curve(
    place: dict[str, Any], steps: NDArray, runs: NDArray, examples: int, shares: Sequence[float]
) -> Iterator[dict[str, Any]]:
    lower = LOWER[place["metric"]]
    seeds = len(runs)
    single = "one run" if seeds == 1 else ""

    def row(quantity: str, found: Estimate, why: str, over: str = "seeds") -> dict[str, Any]:
        known = {name: number if math.isfinite(number) else None for name, number in vars(found).items()}
        lacking = not all(math.isfinite(number) for number in vars(found).values())
        return {**place, "quantity": quantity, "over": over, **known, "runs": seeds, "note": why if lacking else None}

    last = "" if np.isfinite(runs[:, -1]).all() else "a run without a score at the last step"
    final = Estimate(*intervals.mean_interval(runs[:, -1]))
    yield row("final", final, single or last)
    if not lower:
        over = OVER.get(place["metric"])
        share = over is None
        known = share and examples > 0 and 0 <= final.value <= 1
        ends = intervals.proportion_interval(final.value, examples) if known else ()
        why = last or ("number of test items unknown" if share else NO_SHARE.format(over))
        yield row("final", Estimate(final.value, *ends), why, over="items")
    absolute, relative = forgetting(runs, lower)
    why = single or last or "a score that is not positive"
    yield row("cross_fitted_forgetting", absolute, why)
    yield row("cross_fitted_relative_forgetting", relative, why)
    for share in shares:
        found, spread = onset(steps, runs, share, lower)
        why = "no step with scores of all runs, or the best is not positive"
        yield row(f"onset_{share:g}", found, why)
        ends = (spread.mean(), spread.min(), spread.max()) if len(spread) else (math.nan,)
        yield row(f"onset_{share:g}_of_runs", Estimate(*map(float, ends)), why)
