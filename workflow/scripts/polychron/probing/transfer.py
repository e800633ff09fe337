"""What probes are transferred to: the test examples of all targets of a task, made once and kept in one table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing.tasks.base import Examples


def to_table(names: Sequence[str], splits: Sequence[Examples], vectors: Sequence[int]) -> Any:
    """Return a table with one row for each target.

    Parameters
    ----------
    names : sequence of str
        The targets.
    splits : sequence of Examples
        Their test examples, each of one dataset.
    vectors : sequence of int
        How many vectors the features of each have.

    Returns
    -------
    pyarrow.Table
        ``target``, ``vectors``, ``first``, ``second`` (null where an example is one word), ``label``, ``labels``,
        ``excluded``.
    """
    import pyarrow

    rows = [
        {
            "target": name,
            "vectors": number,
            "first": split.first,
            "second": split.second,
            "label": split.label,
            "labels": list(split.labels),
            "excluded": split.excluded,
        }
        for name, split, number in zip(names, splits, vectors, strict=True)
    ]
    places = pyarrow.list_(pyarrow.int64())
    types = [
        pyarrow.string(),
        pyarrow.int64(),
        places,
        places,
        places,
        pyarrow.list_(pyarrow.string()),
        pyarrow.int64(),
    ]
    return pyarrow.Table.from_pylist(rows, schema=pyarrow.schema(list(zip(rows[0], types, strict=True))))


def from_table(table: Any, names: Iterable[str]) -> tuple[list[Examples], list[int]]:
    """Return some targets of a table: their examples, and how many vectors their features have.

    Raises
    ------
    InputError
        A target is not in the table.
    """
    place = {name: row for row, name in enumerate(table["target"].to_pylist())}
    splits, vectors = [], []
    for name in names:
        if name not in place:
            raise InputError(f"no target {name!r} among {sorted(place)}", remedy="run the same command again")
        row = {column: table[column][place[name]] for column in table.column_names}
        first, second, label = (
            None if not row[column].is_valid else row[column].values.to_numpy().astype(np.int64)
            for column in ("first", "second", "label")
        )
        labels = tuple(row["labels"].as_py())
        splits.append(Examples(0, first, second, label, labels, row["excluded"].as_py()))
        vectors.append(row["vectors"].as_py())
    return splits, vectors


def sized(vectors: Sequence[int], stored: Sequence[bool], tables: Iterable[Any]) -> list[Any]:
    """Return for each target what its features are checked against or made from.

    Parameters
    ----------
    vectors : sequence of int
        How many vectors each has.
    stored : sequence of bool
        Whether its features are a file.
    tables : iterable of pyarrow.Table
        The tables of pieces of the others, in their order.

    Examples
    --------
    >>> sized([5, 7], [True, False], ["pieces of the second"])
    [5, 'pieces of the second']
    """
    waiting = iter(tables)
    return [number if written else next(waiting) for number, written in zip(vectors, stored, strict=True)]
