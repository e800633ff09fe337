"""Intervals: for each curve of a study, how far its numbers could be other ones, with other seeds or test items."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polychron.analysis.trajectories import LOWER, PLACE, SPLITS
from polychron.stats import intervals
from polychron.stats.intervals import Estimate

log = logging.getLogger("polychron")


def schema() -> Any:
    """Give the columns of a table of intervals, as a `pyarrow.Schema`.

    A row is the 95% interval from `low` to `high` of one quantity of a curve, `over` other seeds or other test items;
    `runs` is the number of seeds. The other columns are those of trajectories.
    """
    import pyarrow

    text, real = pyarrow.string(), pyarrow.float64()
    kinds = dict.fromkeys((*PLACE, "quantity", "over", "note"), text) | dict.fromkeys(("value", "low", "high"), real)
    kinds |= {"layer": pyarrow.int32(), "runs": pyarrow.int64()}
    order = (*PLACE, "quantity", "over", "value", "low", "high", "runs", "note")
    return pyarrow.schema([(name, kinds[name]) for name in order])


def study(scores: Any, shares: Sequence[float]) -> Any:
    """Estimate the intervals of all curves of a study.

    Quantities: ``final``, over seeds (Student's t) and over test items (Wilson); ``cross_fitted_forgetting`` and
    ``cross_fitted_relative_forgetting``, see `intervals.forgetting`; ``onset_X`` for each share X, see
    `intervals.onset`, whose interval is open below; ``onset_X_of_runs``, the mean of the runs' own onsets, from the
    earliest to the latest.

    Parameters
    ----------
    scores : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`.
    shares : sequence of float
        The shares of the best score whose onset is asked for.

    Returns
    -------
    pyarrow.Table
        See `schema`. What a curve does not give keeps its row, without a number and with a note. Step 0 is left out.
    """
    import pyarrow

    rows = [row for curve in curves(scores) for row in _of_curve(*curve, shares)]
    log.info("%d intervals", len(rows))
    return pyarrow.Table.from_pylist(rows, schema=schema())


def curves(scores: Any) -> Iterator[tuple[dict[str, Any], NDArray, NDArray, int]]:
    """Give the runs behind each curve.

    Yields
    ------
    place : dict
        The curve, by the names of `trajectories.PLACE`.
    steps : ndarray (k,)
        The trained steps of the study, in increasing order.
    runs : ndarray (seeds, k)
        Scores, NaN where there is none that is finite. What has no seed is one run.
    examples : int
        Number of test items at the last step.
    """
    import pyarrow
    import pyarrow.compute as pc

    chosen = pc.is_in(scores["metric"], pyarrow.array(list(LOWER)))
    chosen = pc.and_(chosen, pc.is_in(scores["split"], pyarrow.array(list(SPLITS))))
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
        known = examples > 0 and 0 <= final.value <= 1
        ends = intervals.proportion_interval(final.value, examples) if known else ()
        yield row("final", Estimate(final.value, *ends), last or "number of test items unknown", over="items")
    absolute, relative = intervals.forgetting(runs, lower)
    why = single or last or "a score that is not positive"
    yield row("cross_fitted_forgetting", absolute, why)
    yield row("cross_fitted_relative_forgetting", relative, why)
    for share in shares:
        found, spread = intervals.onset(steps, runs, share, lower)
        why = "no step with scores of all runs, or the best is not positive"
        yield row(f"onset_{share:g}", found, why)
        ends = (spread.mean(), spread.min(), spread.max()) if len(spread) else (math.nan,)
        yield row(f"onset_{share:g}_of_runs", Estimate(*map(float, ends)), why)
