"""Tables of scores under several settings of the probes: their columns, and how they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from polychron.storage import files
from polychron.storage.scores import score_schema

SETTING = ("scaling", "solver")
"""The columns that tell the settings apart. Tables of a study's own scores do not have them."""


def sensitivity_schema() -> Any:
    """Return the columns of a table of scores under several settings, as a `pyarrow.Schema`.

    They are those of `storage.scores.score_schema`, and those of `SETTING`: how input vectors are scaled, and how
    probes are trained.
    """
    import pyarrow

    return pyarrow.schema([*score_schema(), *((name, pyarrow.string()) for name in SETTING)])


def write_scores(path: str | Path, rows: list[dict[str, Any]]) -> None:
    """Write rows of scores (see `sensitivity_schema`) as Parquet, in the order given."""
    import pyarrow

    files.write_table(path, pyarrow.Table.from_pylist(rows, schema=sensitivity_schema()))
