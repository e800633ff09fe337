"""One table of scores from the files of all jobs, and the means over seeds that all later analyses start from."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.storage.scores import score_schema

log = logging.getLogger("polychron")

KEY = ("model", "task", "source", "target", "layer", "step", "seed", "split", "metric")
"""What identifies a score: no two rows of a table agree in all of these."""

NULLABLE = frozenset({"layer", "step", "seed"})
"""Baselines have no layer and step, and what is not trained has no seed."""


def gather(tables: Iterable[tuple[str, Any]]) -> Any:
    """Join tables of scores.

    Parameters
    ----------
    tables : iterable of (str, pyarrow.Table)
        The name of each file and what it holds.

    Returns
    -------
    pyarrow.Table
        All rows, with the columns of `polychron.storage.scores.score_schema`, sorted by `KEY` with nulls last. The
        order of the files and of their rows makes no difference.

    Raises
    ------
    InputError
        A table is empty or damaged, has other columns, or has a null in a column that may not have one; a score is
        given twice; or the tables are of several models.

    Examples
    --------
    >>> import pyarrow
    >>> row = dict(model="m", task="pos", source="en", target="en", split="test", metric="accuracy", value=0.5)
    >>> first, second = ([{**row, "step": step}] for step in (50, 0))
    >>> tables = [pyarrow.Table.from_pylist(rows, schema=score_schema()) for rows in (first, second)]
    >>> gather([("first.parquet", tables[0]), ("second.parquet", tables[1])])["step"].to_pylist()
    [0, 50]
    """
    import pyarrow

    schema = score_schema()
    names, parts = [], []
    for name, table in tables:
        _check(name, table, schema)
        names.append(str(name))
        parts.append(table.cast(schema))
    if not parts:
        raise InputError("no files of scores were given", remedy="name at least one task in the config")
    origins = np.repeat(np.arange(len(parts), dtype=np.int32), [part.num_rows for part in parts])
    whole = pyarrow.concat_tables(parts).combine_chunks()
    _refuse_repeats(whole.append_column("file", pyarrow.array(origins)), names)
    models = whole["model"].unique().to_pylist()
    if len(models) > 1:
        raise InputError(
            f"scores of {len(models)} models: {', '.join(sorted(models))}; expected those of one",
            file=names[origins[_first_other(whole["model"])]],
            remedy="delete the file that is not this model's and run the same command again",
        )
    finite = int(np.isfinite(whole["value"].to_numpy(zero_copy_only=False).astype(float)).sum())
    log.info("%d scores from %d files", whole.num_rows, len(names))
    if finite < whole.num_rows:
        log.warning(
            "%d of %d scores are not finite numbers; they stay in the table", whole.num_rows - finite, whole.num_rows
        )
    return whole.sort_by([(column, "ascending") for column in KEY]).combine_chunks()


def _check(name: str, table: Any, schema: Any) -> None:
    import pyarrow

    try:
        table.validate(full=True)
    except pyarrow.ArrowException as error:
        raise InputError(
            f"a damaged table ({str(error)[:200]})", file=name, remedy="delete it and run the same command again"
        ) from error
    found, expected = ([(field.name, str(field.type)) for field in one] for one in (table.schema, schema))
    if found != expected:
        wrong = ", ".join(f"{column} ({kind})" for column, kind in sorted({*found} ^ {*expected})) or "their order"
        raise InputError(
            f"does not have the columns of a table of scores: {wrong}",
            file=name,
            remedy="delete it and run the same command again",
        )
    if table.num_rows == 0:
        raise InputError("holds no scores", file=name, remedy="delete it and run the same command again")
    for column in KEY:
        if column not in NULLABLE and table[column].null_count:
            raise InputError(
                f"a score without its {column}", file=name, remedy="delete it and run the same command again"
            )


def _refuse_repeats(table: Any, names: list[str]) -> None:
    import pyarrow.compute

    groups = table.group_by(list(KEY), use_threads=False).aggregate(
        [("file", "count"), ("file", "min"), ("file", "max"), ("value", "min"), ("value", "max")]
    )
    repeated = groups.filter(pyarrow.compute.field("file_count") > 1)
    if not repeated.num_rows:
        return
    row = repeated.sort_by([(column, "ascending") for column in KEY]).slice(0, 1).to_pylist()[0]
    first, last = names[row["file_min"]], names[row["file_max"]]
    what = ", ".join(f"{column} {row[column]}" for column in KEY if row[column] is not None)
    values = (
        f"value {row['value_min']}"
        if row["value_min"] == row["value_max"]
        else f"values {row['value_min']} and {row['value_max']}"
    )
    raise InputError(
        f"a score that {'the same file' if first == last else last} has too: {what}, with the {values}"
        f" ({repeated.num_rows} such scores in all)",
        file=first,
        remedy="delete both and run the same command again",
    )


def _first_other(models: Any) -> int:
    codes = models.combine_chunks().dictionary_encode().indices.to_numpy()
    counts = np.bincount(codes)
    return int(np.argmin(counts[codes]))


def without_fine_tuned(scores: Any) -> Any:
    """Return a table of scores without those of fine-tuned models, whose tasks end with ``_tuned``.

    What is computed from curves of probes, such as corrections for the number of tests, is then as it is without them.

    Examples
    --------
    >>> import pyarrow
    >>> without_fine_tuned(pyarrow.table({"task": ["pos", "pos_tuned", "bits"]}))["task"].to_pylist()
    ['pos', 'bits']
    """
    import pyarrow.compute as pc

    return scores.filter(pc.invert(pc.ends_with(scores["task"], "_tuned")))


def means(scores: Any, metrics: Iterable[str], splits: Iterable[str]) -> Any:
    """Average scores over their seeds.

    The paper reports means of five runs. A run without a finite score is left out of the mean, and counted.

    Parameters
    ----------
    scores : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`.
    metrics, splits : iterable of str
        What to keep.

    Returns
    -------
    pyarrow.Table
        One row for each `KEY` without its seed, in that order, with `value` (float64, mean over the finite runs, null
        where there is none), `deviation` (float64, standard deviation of the runs with n - 1, null for fewer than two),
        `runs` and `finite` (int64, number of runs and of finite ones) and `examples` (int64, of the largest run).

    Examples
    --------
    >>> import pyarrow
    >>> row = dict(model="m", task="pos", source="en", target="en", split="test", metric="accuracy", step=5)
    >>> rows = [{**row, "seed": seed, "value": value} for seed, value in enumerate((0.25, 0.75, float("nan")))]
    >>> found = means(pyarrow.Table.from_pylist(rows, schema=score_schema()), ["accuracy"], ["test"])
    >>> found.select(["value", "runs", "finite"]).to_pylist()
    [{'value': 0.5, 'runs': 3, 'finite': 2}]
    """
    import pyarrow
    import pyarrow.compute as pc

    chosen = pc.is_in(scores["metric"], pyarrow.array(list(metrics)))
    chosen = pc.and_(chosen, pc.is_in(scores["split"], pyarrow.array(list(splits))))
    table = scores.filter(chosen)
    key = [column for column in KEY if column != "seed"]
    value = pc.if_else(pc.is_finite(table["value"]), table["value"], pyarrow.scalar(None, pyarrow.float64()))
    table = table.set_column(table.schema.get_field_index("value"), "value", value)
    one_less = pc.VarianceOptions(ddof=1, min_count=2)
    # one thread: sums in the order of the rows, so the same bytes everywhere
    groups = table.group_by(key, use_threads=False).aggregate(
        [
            ("value", "mean"),
            ("value", "stddev", one_less),
            ("value", "count", pc.CountOptions(mode="all")),
            ("value", "count", pc.CountOptions(mode="only_valid")),
            ("examples", "max"),
        ]
    )
    groups = groups.rename_columns([*key, "value", "deviation", "runs", "finite", "examples"])
    return groups.sort_by([(column, "ascending") for column in key]).combine_chunks()
