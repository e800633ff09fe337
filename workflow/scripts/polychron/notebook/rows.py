"""Rows of a table that have given values, as a frame of pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polychron.errors import InputError

if TYPE_CHECKING:
    import pandas
    import pyarrow

SHOWN = 12
"""How many of the values of a column a message lists."""


def select(table: pyarrow.Table, where: Mapping[str, Any], file: str | Path) -> pyarrow.Table:
    """Return the rows of a table that have some values.

    Parameters
    ----------
    table : pyarrow.Table
    where : mapping of str to object
        For a column, a value or a list of values; None is a missing value.
    file : path-like
        The file that the table was read from, for messages.

    Raises
    ------
    InputError
        There is no such column, or no row of the whole table has one of the values.
    """
    import pyarrow.compute as pc

    kept = None
    for column, values in where.items():
        if column not in table.column_names:
            raise InputError(f"no column {column!r}", file=file, remedy=f"take one of {', '.join(table.column_names)}")
        values = list(values) if isinstance(values, Iterable) and not isinstance(values, str) else [values]
        found = pc.is_in(table[column], value_set=_as_column(table, column, values, file))
        kept = found if kept is None else pc.and_(kept, found)
    return table if kept is None else table.filter(kept)


def _as_column(table: pyarrow.Table, column: str, values: list[Any], file: str | Path) -> pyarrow.Array:
    """Return values in the type of a column, each of which some row has."""
    import pyarrow as pa

    known = table[column].unique().to_pylist()
    found = [[one for one in known if one == value] for value in values]
    for value, equal in zip(values, found, strict=True):
        if not equal:
            listed = sorted(known, key=lambda one: (one is None, one))
            more = f" and {len(listed) - SHOWN:,} more" if len(listed) > SHOWN else ""
            raise InputError(
                f"no row has {column}={value!r}",
                file=file,
                remedy=f"take one of {', '.join(map(repr, listed[:SHOWN]))}{more}",
            )
    return pa.array([equal[0] for equal in found], type=table.schema.field(column).type)


def frame(table: pyarrow.Table) -> pandas.DataFrame:
    """Return a table as a frame whose columns of integers are nullable."""
    import pandas
    import pyarrow as pa

    nullable = {pa.int32(): pandas.Int32Dtype(), pa.int64(): pandas.Int64Dtype()}
    return table.to_pandas(types_mapper=nullable.get)
