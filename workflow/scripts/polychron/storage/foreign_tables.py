"""Tables of geometry that were gathered elsewhere, read without trust: their columns, names, keys and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from polychron.errors import InputError
from polychron.storage import files

REMEDY = "copy it again from the results that the scores are from, or take it out, and no geometry is drawn"

NAME = re.compile(r"[\w .,*+/()'’:;%-]{0,300}")
"""What texts of such tables look like: nothing that acts in a page, a caption or a drawing."""


def read(
    path: str | Path,
    columns: Any,
    model: str | None = None,
    key: Sequence[str] = (),
    nullable: frozenset[str] = frozenset(),
    final_layer: int | None = None,
) -> Any:
    """Read a table that another study, machine or program made.

    Parameters
    ----------
    path : path-like
        A Parquet file.
    columns : pyarrow.Schema
        The columns that it must have, in any order, with these types.
    model : str, optional
        The model that all rows must be of.
    key : sequence of str
        The columns in all of which no two rows agree.
    nullable : frozenset of str
        Those of them that may have a null.
    final_layer : int, optional
        The last layer of the model.

    Returns
    -------
    pyarrow.Table
        Its rows in their order, with these columns.

    Raises
    ------
    InputError
        The file is no such table, is empty, or has a text, a null, an infinite number, a layer or two rows of the same
        key that no table of polychron has.
    """
    import pyarrow

    try:
        table = files.read_table(path)
        table.validate(full=True)
        table = table.select(columns.names)
    except (InputError, pyarrow.ArrowException, ValueError, KeyError) as error:
        raise InputError("no table with the columns that it should have", file=path, remedy=REMEDY) from error
    if not table.schema.equals(columns) or not table.num_rows:
        what = "has no rows" if table.schema.equals(columns) else "has columns of other types than it should"
        raise InputError(what, file=path, remedy=REMEDY)
    for field in columns:
        if not pyarrow.types.is_string(field.type):
            continue
        for text in table[field.name].unique().to_pylist():
            strange = text is not None and not NAME.fullmatch(text)
            if strange or (field.name == "model" and model not in (None, text)):
                shown = repr(text) if len(repr(text)) <= 60 else f"{text[:50]!r}..."
                expected = f"{model}, the model that the folder is named after" if not strange else "a plain name"
                raise InputError(f"column {field.name}: {shown}, expected {expected}", file=path, remedy=REMEDY)
    for what in _faults(table, key, nullable, final_layer):
        raise InputError(what, file=path, remedy=REMEDY)
    return table


def _faults(table: Any, key: Sequence[str], nullable: frozenset[str], final_layer: int | None) -> Iterator[str]:
    """Return what is wrong with the rows of a table whose columns are right."""
    import pyarrow
    import pyarrow.compute as pc

    for column in key:
        if column not in nullable and table[column].null_count:
            yield f"column {column}: a row has none"
    for field in table.schema:
        if pyarrow.types.is_floating(field.type) and pc.any(pc.is_inf(table[field.name])).as_py():
            yield f"column {field.name}: infinite, expected a number"
    if final_layer is not None:
        layers = table["layer"].drop_null().to_pylist()
        for layer in (layer for layer in layers if not 0 <= layer <= final_layer):
            yield f"column layer: {layer}, expected 0 to {final_layer}, the layers of the model (models.final_layer)"
    if key and table.num_rows > table.group_by([*key]).aggregate([]).num_rows:
        yield f"two rows have the same {', '.join(key)}"
