"""Tables of scores: their columns, and how they are written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from polychron.storage import files


def score_schema() -> Any:
    """Return the columns of every table of scores, as a `pyarrow.Schema`.

    A row is one number: `metric` of `task`, trained on `source`, measured on `target` in `split`, from `layer` of the
    checkpoint at `step`, by the probe of `seed` (null where nothing is trained); `examples` is its denominator.
    """
    import pyarrow

    return pyarrow.schema(
        [
            ("model", pyarrow.string()),
            ("task", pyarrow.string()),
            ("source", pyarrow.string()),
            ("target", pyarrow.string()),
            ("layer", pyarrow.int32()),
            ("step", pyarrow.int64()),
            ("seed", pyarrow.int32()),
            ("split", pyarrow.string()),
            ("metric", pyarrow.string()),
            ("value", pyarrow.float64()),
            ("examples", pyarrow.int64()),
        ]
    )


def write_scores(path: str | Path, rows: list[dict[str, Any]]) -> None:
    """Write rows of scores (see `score_schema`) as Parquet, in the order given."""
    import pyarrow

    files.write_table(path, pyarrow.Table.from_pylist(rows, schema=score_schema()))
