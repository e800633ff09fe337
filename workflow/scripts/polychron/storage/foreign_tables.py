"""Tables of geometry that were gathered elsewhere, read without trust: their columns, their names and their size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from polychron.errors import InputError
from polychron.storage import files

REMEDY = "copy it again from the results that the scores are from, or take it out, and no geometry is drawn"

NAME = re.compile(r"[\w .,*+/()'’:;%-]{0,300}")
"""What texts of such tables look like: nothing that acts in a page, a caption or a drawing."""


def read(path: str | Path, columns: Any, model: str | None = None) -> Any:
    """Read a table that another study, machine or program made.

    Parameters
    ----------
    path : path-like
        A Parquet file.
    columns : pyarrow.Schema
        The columns that it must have, in any order, with these types.
    model : str, optional
        The model that all rows must be of.

    Returns
    -------
    pyarrow.Table
        Its rows in their order, with these columns.

    Raises
    ------
    InputError
        The file is no such table, is empty, or has a text that no table of polychron has.
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
    return table
