"""Scores of members of an ensemble, as those of the ensemble."""

from __future__ import annotations

from typing import Any


def owned(table: Any, model: str) -> Any:
    """Return a table of scores with the name of a model in place of its own.

    Parameters
    ----------
    table : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`.
    model : str
        The ensemble.

    Examples
    --------
    >>> import pyarrow
    >>> owned(pyarrow.table({"model": ["one", "one"], "value": [0.5, 1.0]}), "both")["model"].to_pylist()
    ['both', 'both']
    """
    import pyarrow

    if "model" not in table.column_names:
        return table  # refused when it is gathered
    place = table.column_names.index("model")
    field = table.schema.field(place)
    return table.set_column(place, field, pyarrow.array([model] * table.num_rows, field.type))
