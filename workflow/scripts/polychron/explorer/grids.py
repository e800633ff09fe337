"""Scores as grids of pairs, layers and steps, averaged over runs."""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

MEASURE = ("task", "metric", "split")
"""What identifies a measure."""

PLACE = ("source", "target", "layer", "step")
"""What identifies a value of a measure; each may be missing, as the step of a baseline is."""

SPREAD = 3
"""The fewest runs whose standard deviation is kept: geometry has two halves, which are no sample of anything."""


@dataclass(frozen=True)
class Grid:
    """The values of a measure of a model.

    Parameters
    ----------
    model, task, metric, split : str
    pairs : list of tuple of str or None
        Source and target, sorted.
    layers, steps : list of int or None
        Ascending; None where the measure has none.
    means : ndarray of float64, shape (pairs, layers, steps)
        Means over runs: seeds, or halves of a set of sentences. NaN where nothing was measured.
    runs : ndarray of float64
        Of how many values each is the mean, of the same shape. NaN where nothing was measured.
    deviations : ndarray of float64 or None
        Standard deviations over runs (n - 1), of the same shape. None where no place has `SPREAD` runs.
    not_finite : int
        Values that are no numbers. They are in no mean.
    """

    model: str
    task: str
    metric: str
    split: str
    pairs: list[tuple[str | None, str | None]]
    layers: list[int | None]
    steps: list[int | None]
    means: np.ndarray
    runs: np.ndarray
    deviations: np.ndarray | None
    not_finite: int


def of_table(table: Any, weighted: Container[str] = ()) -> list[Grid]:
    """Return the grids of a table of scores, by model, task, metric and split.

    Parameters
    ----------
    table : pyarrow.Table
        See `polychron.storage.scores.score_schema`.
    weighted : container of str
        The tasks whose runs count by their examples, as in `polychron.analysis.pairs.geometry_trajectories`: the halves
        of a set of sentences need not be of the same size. Runs of others are seeds, which count alike.

    Returns
    -------
    list of Grid
        A measure none of whose values is a number has none.
    """
    import pyarrow.compute

    finite = pyarrow.compute.is_finite(table["value"]).fill_null(False)
    keys = ["model", *MEASURE]
    counts = table.append_column("wrong", pyarrow.compute.invert(finite).cast("int64"))
    counts = counts.group_by(keys, use_threads=False).aggregate([("wrong", "sum")]).to_pylist()
    wrong = {tuple(row[key] for key in keys): row["wrong_sum"] for row in counts}
    table = table.filter(finite)
    products = pyarrow.compute.multiply(table["value"], table["examples"].cast("float64"))
    deviation = pyarrow.compute.VarianceOptions(ddof=1)
    asked = [("value", "mean"), ("value", "stddev", deviation), ("value", "count")]
    asked += [("product", "sum"), *(("examples", what) for what in ("sum", "min", "max"))]
    means = (
        table.append_column("product", products)
        .group_by([*keys, *PLACE], use_threads=False)
        .aggregate(asked)
        .sort_by([(key, "ascending") for key in keys])
    )
    found = []
    for start, end in _runs_of(means, keys):
        part = means.slice(start, end - start)
        name = tuple(part[key][0].as_py() for key in keys)
        found.append(_grid(name, part, wrong[name], name[1] in weighted))
    return found


def _runs_of(table: Any, keys: Iterable[str]) -> list[tuple[int, int]]:
    """Return where the rows of each group of a sorted table start and end."""
    changes = np.zeros(max(table.num_rows - 1, 0), dtype=bool)
    for key in keys:
        codes = table[key].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
        changes |= codes[1:] != codes[:-1]
    bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), table.num_rows]
    return [(start, end) for start, end in itertools.pairwise(bounds) if start < end]


def _means(part: Any, weighted: bool) -> np.ndarray:
    """Return the means of places; of the same number of examples the plain mean, without the rounding of products."""
    plain = part["value_mean"].to_numpy()
    # NaN where no number of examples is known
    names = ("product_sum", "examples_sum", "examples_min", "examples_max")
    products, examples, least, most = (part[name].to_numpy(zero_copy_only=False).astype(float) for name in names)
    apart = (most > least) & weighted
    return np.divide(products, examples, out=plain.copy(), where=apart)


def _grid(name: tuple[str, ...], part: Any, wrong: int, weighted: bool) -> Grid:
    columns = {key: part[key].to_pylist() for key in PLACE}
    pairs, layers, steps = (
        _sorted(values)
        for values in (zip(columns["source"], columns["target"], strict=True), columns["layer"], columns["step"])
    )
    shape = len(pairs), len(layers), len(steps)
    at = tuple(
        np.array([places[value] for value in values])
        for places, values in (
            ({pair: place for place, pair in enumerate(pairs)}, zip(columns["source"], columns["target"], strict=True)),
            ({layer: place for place, layer in enumerate(layers)}, columns["layer"]),
            ({step: place for place, step in enumerate(steps)}, columns["step"]),
        )
    )
    number = part["value_count"].to_numpy()
    means, runs = np.full((2, *shape), np.nan)
    means[at], runs[at] = _means(part, weighted), number
    deviations = None
    if number.max() >= SPREAD:
        deviations = np.full(shape, np.nan)
        spread = part["value_stddev"].to_numpy(zero_copy_only=False).astype(float)
        deviations[at] = np.where(number >= SPREAD, spread, np.nan)
    return Grid(*name, pairs, layers, steps, means, runs, deviations, wrong)


def _sorted(values: Iterable[Any]) -> list[Any]:
    """Return distinct values, sorted, those that are missing first."""

    def key(value: Any) -> Any:
        parts = value if isinstance(value, tuple) else (value,)
        return [(part is not None, part) for part in parts]

    return sorted(set(values), key=key)


def chosen(grids: Iterable[Grid], order: Iterable[str], most: int) -> tuple[list[Grid], list[str]]:
    """Return the grids that a page has room for, and the measures that it leaves out.

    Parameters
    ----------
    grids : iterable of Grid
    order : iterable of str
        Metrics in the order in which they are taken; others follow, small grids first.
    most : int
        The most places, with a value or without, that all grids may have together.

    Returns
    -------
    chosen : list of Grid
        In the order in which the grids came. A measure is in for all models or for none.
    left_out : list of str
        Such as ``retrieval p_at_5.raw.cosine``.
    """
    grids = list(grids)
    rank = {metric: place for place, metric in enumerate(order)}
    measures: dict[tuple[str, ...], list[Grid]] = {}
    for grid in grids:
        measures.setdefault((grid.task, grid.metric, grid.split), []).append(grid)
    sizes = {measure: sum(part.means.size for part in parts) for measure, parts in measures.items()}
    taken, room = set(), most
    for measure, size in sorted(sizes.items(), key=lambda item: (rank.get(item[0][1], len(rank)), item[1], item[0])):
        if size <= room:
            taken.add(measure)
            room -= size
    left = sorted(f"{task} {metric} ({split})" for task, metric, split in measures.keys() - taken)
    return [grid for grid in grids if (grid.task, grid.metric, grid.split) in taken], left
