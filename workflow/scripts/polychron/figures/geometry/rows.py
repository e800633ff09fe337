"""Rows of the table of geometry, as the figures read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from polychron.reporting.formatting import counted, short

PANELS = 6
"""The most steps that have a panel each."""

PLACE = ("split", "source", "target", "layer", "step", "metric")
"""What identifies a value."""

SETS = {
    "parallel": "the parallel test sentences",
    "inference_parallel": "the sentences of inference data",
    "tatoeba": "pairs of sentences of Tatoeba",
}
"""What sets of sentences are called in captions. Of several, figures show the first of these."""


def of(table: Any, task: str, metrics: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of a task and some metrics, those without a number left out.

    Parameters
    ----------
    table : pyarrow.Table
        See `scores.score_schema`.
    task : str
    metrics : iterable of str

    Returns
    -------
    list of dict
        Rows with split, source, target, layer, step, metric, value and examples. Values over several seeds, such as the
        halves of retrieval, are averaged, each weighted by its examples as in
        `polychron.analysis.pairs.geometry_trajectories`, and their examples added.
    """
    import pyarrow
    import pyarrow.compute

    chosen = _chosen(table, task, metrics)
    chosen = chosen.filter(pyarrow.compute.is_finite(chosen["value"]))
    weights = chosen["examples"].cast(pyarrow.float64())
    chosen = chosen.append_column("weighted", pyarrow.compute.multiply(chosen["value"], weights))
    asked = [("value", "mean"), ("weighted", "sum"), ("examples", "sum"), ("examples", "count_distinct")]
    sums = chosen.group_by(list(PLACE), use_threads=False).aggregate(asked)
    alike = pyarrow.compute.less_equal(sums["examples_count_distinct"], 1)
    mean = pyarrow.compute.divide(sums["weighted_sum"], sums["examples_sum"].cast(pyarrow.float64()))
    # of the same number of examples it is the plain mean, without the rounding of the products
    values = pyarrow.compute.if_else(alike, sums["value_mean"], mean)
    columns = [*(sums[name] for name in PLACE), values, sums["examples_sum"]]
    return pyarrow.table(columns, names=[*PLACE, "value", "examples"]).to_pylist()


def _chosen(table: Any, task: str, metrics: Iterable[str]) -> Any:
    """Return the rows of a task and some metrics, before they become Python's: the whole table may have millions."""
    import pyarrow
    import pyarrow.compute

    of_task = pyarrow.compute.equal(table["task"], task)
    wanted = pyarrow.compute.is_in(table["metric"], value_set=pyarrow.array(list(metrics), pyarrow.string()))
    chosen = table.filter(pyarrow.compute.and_(of_task, wanted))
    sets = _sets(chosen)
    return chosen.filter(pyarrow.compute.equal(chosen["split"], sets[0])) if len(sets) > 1 else chosen


def _sets(table: Any) -> list[str]:
    """Return the sets of sentences that rows are of, the one that is shown first."""
    there = {*table["split"].unique().to_pylist()}
    return [name for name in SETS if name in there]


def others(table: Any, task: str) -> list[str]:
    """Return what a caption says of the sets of sentences that a task has rows of and a figure does not show."""
    import pyarrow.compute

    names = [SETS[name] for name in _sets(table.filter(pyarrow.compute.equal(table["task"], task)))[1:]]
    return [f"Other sets are not shown: {' and '.join(names)}."] if names else []


def chosen_steps(steps: Iterable[int], most: int = PANELS) -> list[int]:
    """Return steps to show, the first and the last among them, evenly spread over the checkpoints.

    Examples
    --------
    >>> chosen_steps([0, 10, 20, 30, 40, 50, 60], most=4)
    [0, 20, 40, 60]
    >>> chosen_steps([0, 800])
    [0, 800]
    """
    every = sorted(set(steps))
    if len(every) <= most:
        return every
    return [every[round(place * (len(every) - 1) / (most - 1))] for place in range(most)]


def left_out(table: Any, task: str, metrics: Iterable[str]) -> list[str]:
    """Return what a caption says of the set and its sentences, of values that are no numbers, and of other sets."""
    import pyarrow.compute

    chosen = _chosen(table, task, metrics)
    if not chosen.num_rows:
        return []
    without = chosen.num_rows - pyarrow.compute.sum(pyarrow.compute.is_finite(chosen["value"])).as_py()
    numbers = pyarrow.compute.min_max(chosen["examples"]).as_py()
    low, high = (f"{numbers[end]:,}" for end in ("min", "max"))
    sets = " and ".join(SETS[name] for name in sorted(chosen["split"].unique().to_pylist()))
    said = [
        f"Of {sets}. Each value rests on {low if low == high else f'{low} to {high}'} sentences that are whole in all "
        "languages; those that the window cuts are out."
    ]
    if without:
        said.append(f"Left out: {counted(without, 'value')} of {chosen.num_rows:,} that are no numbers.")
    return said + others(table, task)


def panels_of(shown: Sequence[int], every: Sequence[int]) -> list[str]:
    """Return what a caption says of the steps that have a panel, if not all have one."""
    if len(shown) == len(every):
        return []
    return [f"Shown: {len(shown)} of {counted(len(every), 'step')}, {', '.join(map(short, shown))}."]
