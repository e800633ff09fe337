"""The results of a laboratory over its seeds: means, and the intervals in which they are."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from polychron.analysis.laboratory.ablation import DELTAS, KEY

log = logging.getLogger("polychron")

FEWEST = 3
"""The fewest seeds that have an interval. With two, Student's t has one degree of freedom, and reaches 12.7 standard
errors."""

QUANTITIES = ("value", *DELTAS.values())
"""What is averaged over seeds."""

FEW, NONE = f"fewer than {FEWEST} seeds: no interval", "no value"


def schema() -> Any:
    """Return the columns of the table of intervals, as a `pyarrow.Schema`.

    A row is one `quantity` of a variant: ``value``, ``delta`` or ``delta_same_vocabulary``; see
    `polychron.analysis.laboratory.ablation.schema`. `mean` is over `seeds` models with a finite number, of `models` in
    all, and `low` to `high` is its 95% interval over other seeds. It is null where `note` says why.
    """
    import pyarrow

    text, real = pyarrow.string(), pyarrow.float64()
    kinds = dict.fromkeys(("mean", "low", "high"), real) | dict.fromkeys(("seeds", "models"), pyarrow.int32())
    kinds |= {"layer": pyarrow.int32(), "step": pyarrow.int64()}
    order = ("pair", "variant", *KEY, "quantity", "mean", "low", "high", "seeds", "models", "note")
    return pyarrow.schema([(name, kinds.get(name, text)) for name in order])


def intervals(values: ArrayLike, groups: ArrayLike, level: float = 0.95) -> tuple[NDArray, NDArray, NDArray]:
    """Average the values of each group, with Student's interval where there are at least `FEWEST` of them.

    Parameters
    ----------
    values : array-like (n,)
        Values that are not finite are left out.
    groups : array-like (n,)
        The group of each value, a number from 0.

    Returns
    -------
    mean, reach : ndarray (groups,)
        The interval is mean +- reach, with reach t s / sqrt(n) of n - 1 degrees of freedom. NaN where there is none.
    seeds : ndarray (groups,)
        n.

    Examples
    --------
    Mean 4, standard deviation 2, and t = 4.303 with two degrees of freedom: 4 +- 4.303 x 2 / sqrt(3). Two values have
    no interval.

    >>> mean, reach, seeds = intervals([2.0, 4.0, 6.0, 1.0, 2.0], [0, 0, 0, 1, 1])
    >>> mean.tolist(), reach.round(3).tolist(), seeds.tolist()
    ([4.0, 1.5], [4.968, nan], [3, 2])
    """
    values, groups = np.asarray(values, float), np.asarray(groups)
    number = int(groups.max()) + 1 if len(groups) else 0
    finite = np.isfinite(values)
    values, groups = values[finite], groups[finite]
    seeds = np.bincount(groups, minlength=number)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(groups, values, number) / seeds
        squares = np.bincount(groups, (values - mean[groups]) ** 2, number)
        reach = stats.t.ppf((1 + level) / 2, seeds - 1) * np.sqrt(squares / (seeds - 1) / seeds)
    return mean, np.where(seeds >= FEWEST, reach, np.nan), seeds


def summarise(ablation: Any) -> Any:
    """Average the results of each variant over its seeds.

    Parameters
    ----------
    ablation : pyarrow.Table
        See `polychron.analysis.laboratory.ablation.schema`.

    Returns
    -------
    pyarrow.Table
        See `schema`. A difference that no model of a variant can have has no row.
    """
    import pyarrow

    columns = {name: ablation[name].to_pylist() for name in ("pair", "variant", *KEY)}
    places = [*zip(*columns.values(), strict=True)]
    number = {place: index for index, place in enumerate(dict.fromkeys(places))}
    groups = np.array([number[place] for place in places], np.int64)
    models = np.bincount(groups, minlength=len(number))
    rows = []
    few = 0
    for quantity in QUANTITIES:
        values = ablation[quantity].to_numpy(zero_copy_only=False).astype(float)
        mean, reach, seeds = intervals(values, groups)
        for place, index in number.items():
            if not seeds[index] and quantity != "value":
                continue
            known, wide = np.isfinite(mean[index]), np.isfinite(reach[index])
            few += bool(known and not wide)
            rows.append(
                {
                    **dict(zip(columns, place, strict=True)),
                    "quantity": quantity,
                    "mean": float(mean[index]) if known else None,
                    "low": float(mean[index] - reach[index]) if wide else None,
                    "high": float(mean[index] + reach[index]) if wide else None,
                    "seeds": int(seeds[index]),
                    "models": int(models[index]),
                    "note": None if wide else FEW if known else NONE,
                }
            )
    log.info("%d means over seeds, %d of them of fewer than %d seeds and without an interval", len(rows), few, FEWEST)
    table = pyarrow.Table.from_pylist(rows, schema=schema())
    order = ("pair", "variant", *KEY, "quantity")
    return table.sort_by([(column, "ascending") for column in order]).combine_chunks()
