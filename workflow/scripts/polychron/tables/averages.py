"""Means over languages and over pairs of languages, each with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from polychron.analysis import bits
from polychron.stats import dyadic, intervals

INSIDE, ACROSS = "In-language", "Across languages"

SPLITS = {INSIDE: ["test", "heldout"], ACROSS: ["parallel"]}
"""Where the curves of a setting are measured."""

METRICS = ["accuracy", "bits_per_character"]


def known(
    table: Any, setting: str, quantities: Sequence[str], layer: int, metrics: Sequence[str] = METRICS
) -> pd.DataFrame:
    """Return the rows of a setting that have a value.

    Parameters
    ----------
    table : pyarrow.Table
        See `trajectories.schema` and `uncertainty.schema`.
    setting : str
        `INSIDE`, or `ACROSS`, which leaves out pairs of a language with itself.
    quantities : sequence of str
        The quantities to keep.
    layer : int
        The layer to keep; bits per character are kept wherever they are, see `bits.at_layer`.
    metrics : sequence of str
        The metrics to keep: accuracy and bits per character, if not named.

    Returns
    -------
    pandas.DataFrame
        With the columns and in the order of the table.
    """
    rows = table.to_pandas()
    chosen = rows["quantity"].isin(quantities) & rows["split"].isin(SPLITS[setting]) & rows["metric"].isin(metrics)
    chosen &= bits.at_layer(table, layer) & rows["value"].notna()
    if setting == ACROSS:
        chosen &= rows["source"] != rows["target"]
    return rows[chosen]


def by_pair(rows: pd.DataFrame, task: str, quantity: str) -> pd.DataFrame:
    """Return the rows of a quantity of a task, indexed by source and target; none if there are none."""
    return rows[(rows["task"] == task) & (rows["quantity"] == quantity)].set_index(["source", "target"])


def average(values: pd.Series, setting: str) -> tuple[float, float, float]:
    """Return the mean over languages, or over ordered pairs of different languages, and the ends of its 95% interval.

    Parameters
    ----------
    values : pandas.Series
        Indexed by source and target.
    setting : str
        `INSIDE` or `ACROSS`.

    Returns
    -------
    mean, low, high : float
        NaN without values.

    Examples
    --------
    >>> mean, low, high = average(pd.Series({("en", "en"): 0.8, ("de", "de"): 0.6}), INSIDE)
    >>> round(mean, 6), bool(low < mean < high)
    (0.7, True)
    """
    return intervals.mean_interval(values) if setting == INSIDE else dyadic.mean_interval(matrix(values))


def matrix(values: pd.Series) -> pd.DataFrame:
    """Return values of pairs as a square, from the row's language to the column's; NaN where there is none.

    Examples
    --------
    >>> matrix(pd.Series({("en", "de"): 0.8, ("en", "fi"): 0.6}))
         de  en   fi
    de  NaN NaN  NaN
    en  0.8 NaN  0.6
    fi  NaN NaN  NaN
    """
    square = values.unstack()
    languages = square.index.union(square.columns)
    return square.reindex(index=languages, columns=languages)
