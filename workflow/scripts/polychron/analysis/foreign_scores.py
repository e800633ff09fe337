"""Scores that were gathered elsewhere, read without trust: all that a table may hold is listed here.

Other programs write the same table with other types (pandas, polars): those are converted. Anything else that differs
is refused by file, column and row. The file may be the only copy, so no message says to delete it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from polychron.analysis.gathering import KEY, NULLABLE
from polychron.errors import InputError
from polychron.storage import files
from polychron.storage.scores import score_schema

log = logging.getLogger("polychron")

REMEDY = "correct a copy of the table, keep this one, and name the folder of the copy: --config scores=FOLDER"

NAMES = {
    "model": re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}"),
    "task": re.compile(r"[a-z][a-z0-9_]{0,99}"),
    "source": re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,12}){0,6}|\*"),
    "target": re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,12}){0,6}|\*"),
}
"""What names look like, as in the schema of the config; ``*`` is several languages together."""

SPLITS = ("train", "dev", "test", "parallel", "heldout")

BASELINES = (
    "majority",
    "word_majority",
    "word_majority_ambiguous",
    "pair_majority",
    "pair_majority_ambiguous",
    "hypothesis_only",
    "distance",
    "distance_upos",
)
"""Metrics without a layer and step."""

PROBED = (
    *("accuracy", "accuracy_ambiguous", "word_type_accuracy", "shuffled_accuracy", "description_length", "compression"),
    *("unseen", "excluded", "kept_epoch", "span_f1", *BASELINES),
)
TUNED = (
    *("accuracy", "span_f1", "las", "uas", "las_without_punctuation"),
    *(f"{name}_oracle" for name in ("accuracy", "span_f1", "las", "uas", "las_without_punctuation")),
    *("excluded", "kept_epoch", "collapsed"),
)
INTRINSIC = {
    "bits": ("bits_per_character", "bits_per_character_of_sentences"),
    "alignment": (
        *(f"{name}{method}" for method in ("", ".argmax", ".match") for name in ("f1", "precision", "recall", "aer")),
        *("excluded", "excluded_links"),
    ),
}
"""The metrics of tasks that are probed, of those that models are fine-tuned for, and of those without training."""

EARLIER = {"control_accuracy": "shuffled_accuracy"}
"""Names that metrics had in scores of earlier versions."""

COUNTS = ("excluded", "excluded_links", "kept_epoch", "description_length", "compression")
NO_CURVES = (*BASELINES, "excluded_links", "bits_per_character_of_sentences")
"""What is looked up as a number: where its value is missing, it is as if it had not been measured."""

HIGHEST_BITS = 1e6
"""Bits per character above which a table holds something else: the largest vocabularies need about 18 for a piece."""

WHOLE = 2**53
"""The first whole number after which not all are exact as floating-point numbers, in which steps are drawn."""


def read(path: str | Path, *, model: str, tasks: Iterable[str], final_layer: int) -> Any:
    """Read a table of scores that another study, machine or program gathered.

    Parameters
    ----------
    path : path-like
        A Parquet file.
    model : str
        The model that the scores must be of.
    tasks : iterable of str
        The tasks that are known, besides those of `INTRINSIC`.
    final_layer : int
        The last layer of the model.

    Returns
    -------
    pyarrow.Table
        The rows in their order, with the columns of `polychron.storage.scores.score_schema`. Further columns are left
        out. NaN is a missing value: it stays in the table, but for the rows of `NO_CURVES`, which are left out.

    Raises
    ------
    InputError
        The file is no table of scores, or has a value that no score has; the message names the column and row, counted
        from 1.
    """
    import pyarrow

    try:
        table = files.read_table(path)
        table.validate(full=True)
    except (InputError, pyarrow.ArrowException, ValueError) as error:
        reason = str(error.__cause__ or error)
        if twice := re.search(r"Multiple matches for FieldRef\.Name\((\w+)\)", reason):
            raise InputError(f"has the column {twice[1]!r} more than once", file=path, remedy=REMEDY) from error
        reason = "".join(sign if sign.isprintable() else " " for sign in reason)[:200].strip()
        what = f"no readable Parquet table ({reason})"
        raise InputError(what, file=path, remedy="copy it again from where it was gathered") from error
    if not table.num_rows:
        raise InputError("holds no scores", file=path, remedy="copy it again from where it was gathered")
    schema = score_schema()
    found = table.column_names
    for name in schema.names:
        if name not in found:
            raise InputError(f"lacks the column {name!r} of a table of scores", file=path, remedy=REMEDY)
    if further := sorted({_shown(name) for name in found if name not in schema.names}):
        log.warning("%s: columns that are not of a table of scores are left out: %s", path, ", ".join(further))
    columns = {field.name: _converted(path, table[field.name], field) for field in schema}
    columns["metric"] = _renamed(columns["metric"])
    checked = _Checked(path, columns)
    checked.names(model, {*tasks, *INTRINSIC})
    checked.numbers(final_layer)
    checked.values()
    checked.repeats()
    return _without_missing(path, pyarrow.table(checked.columns, schema=schema))


def _without_missing(path: str | Path, table: Any) -> Any:
    """Return a table without the rows of `NO_CURVES` that have no value."""
    import pyarrow
    import pyarrow.compute as pc

    empty = pc.and_(pc.is_null(table["value"]), pc.is_in(table["metric"], pyarrow.array(NO_CURVES)))
    if number := pc.sum(empty).as_py():
        log.warning("%s: %d rows of %s have no value and are left out", path, number, ", ".join(_metrics(table, empty)))
    return table.filter(pc.invert(empty))


def _metrics(table: Any, chosen: Any) -> list[str]:
    return sorted(table["metric"].filter(chosen).unique().to_pylist())


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _renamed(metrics: Any) -> Any:
    """Return the names of metrics with those of today in place of earlier ones."""
    import pyarrow
    import pyarrow.compute as pc

    for name, today in EARLIER.items():
        metrics = pc.if_else(pc.fill_null(pc.equal(metrics, name), False), pyarrow.scalar(today), metrics)
    return metrics


def _converted(path: str | Path, column: Any, field: Any) -> Any:
    """Return a column in the type that it has in a table of scores."""
    import pyarrow
    import pyarrow.compute as pc
    from pyarrow import types

    column = column.combine_chunks()
    kind = column.type
    if types.is_dictionary(kind):
        kind, column = kind.value_type, column.cast(kind.value_type)
    texts = types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)
    numbers = types.is_integer(kind) or types.is_floating(kind)
    if not (types.is_null(kind) or (texts if types.is_string(field.type) else numbers)):
        expected = "text" if types.is_string(field.type) else "numbers"
        raise InputError(f"column {field.name}: has the type {kind}, expected {expected}", file=path, remedy=REMEDY)
    if types.is_floating(kind):
        column = column.cast(pyarrow.float64())
        column = pc.if_else(pc.is_nan(column), pyarrow.scalar(None, pyarrow.float64()), column)
    try:
        return column.cast(field.type, safe=not types.is_floating(field.type))
    except pyarrow.ArrowInvalid as error:
        lowest, beyond = (-(2**31), 2**31) if field.type.bit_width == 32 else (-(2**63), 2**63)
        for row, value in enumerate(column.to_pylist(), start=1):
            if value is not None and not (lowest <= value < beyond and value == int(value)):
                raise _fault(path, field.name, row, value, "a whole number of a usual size") from error
        raise


def _fault(path: str | Path, column: str, row: int, value: Any, expected: str) -> InputError:
    return InputError(f"row {row}, column {column}: {_shown(value)}, expected {expected}", file=path, remedy=REMEDY)


class _Checked:
    """The columns of a table in their types, and one check after the other."""

    def __init__(self, path: str | Path, columns: dict[str, Any]) -> None:
        self.path, self.columns = path, columns

    def refuse(self, column: str, wrong: Any, expected: str) -> None:
        """Refuse the first row of a column at which a mask is true."""
        import pyarrow.compute as pc

        row = pc.index(pc.fill_null(wrong, False), True).as_py()
        if row >= 0:
            raise _fault(self.path, column, row + 1, self.columns[column][row].as_py(), expected)

    def among(self, column: str, known: Iterable[str]) -> Any:
        """Return where a column has one of some names."""
        import pyarrow
        import pyarrow.compute as pc

        return pc.is_in(self.columns[column], pyarrow.array(sorted(known), pyarrow.string()))

    def names(self, model: str, tasks: set[str]) -> None:
        """Check every column of names."""
        import pyarrow.compute as pc

        for column in KEY:
            if column not in NULLABLE:
                self.refuse(column, pc.is_null(self.columns[column]), "a name")
        for column, pattern in NAMES.items():
            wrong = [name for name in self.columns[column].unique().to_pylist() if not pattern.fullmatch(name)]
            what = "a language code" if column in ("source", "target") else f"the name of a {column}"
            self.refuse(column, self.among(column, wrong), f"{what}, such as {self.example(column)}")
        other = pc.not_equal(self.columns["model"], model)
        self.refuse("model", other, f"{model}, the model that the folder is named after")
        for column, known in (("task", tasks), ("split", SPLITS)):
            self.refuse(column, pc.invert(self.among(column, known)), f"one of {', '.join(sorted(known))}")
        for task in tasks:
            known = INTRINSIC.get(task, TUNED if task.endswith("_tuned") else PROBED)
            wrong = pc.and_(self.among("task", [task]), pc.invert(self.among("metric", known)))
            self.refuse("metric", wrong, f"one of {', '.join(known)} for the task {task}")
        self.transfer(tasks)

    def transfer(self, tasks: set[str]) -> None:
        """Refuse transfer that is in a split of scores in one language, where it would count as one more language."""
        import pyarrow.compute as pc

        inside = [task for task in tasks if task != "alignment" and not task.endswith("_tuned")]
        crossing = pc.not_equal(self.columns["source"], self.columns["target"])
        wrong = pc.and_(pc.and_(self.among("task", inside), self.among("split", ("dev", "test", "heldout"))), crossing)
        self.refuse("split", wrong, "parallel, the split of transfer, for the source and the target differ")

    @staticmethod
    def example(column: str) -> str:
        """Return a name that a column may have."""
        return {"model": "xlmr-replica", "task": "pos"}.get(column, "de or zh-Hans")

    def numbers(self, final_layer: int) -> None:
        """Check every column of whole numbers."""
        import pyarrow.compute as pc

        for column, last, what in (
            ("layer", final_layer, f"0 to {final_layer}, the layers of the model (models.final_layer)"),
            ("step", WHOLE - 1, "a step, 0 or above"),
            ("seed", 2**31 - 1, "a seed, 0 or above"),
            ("examples", WHOLE - 1, "a number of examples"),
        ):
            numbers = self.columns[column]
            self.refuse(column, pc.or_(pc.less(numbers, 0), pc.greater(numbers, last)), what)
        measured = pc.invert(self.among("metric", BASELINES))
        for column in ("layer", "step"):
            self.refuse(column, pc.and_(pc.is_null(self.columns[column]), measured), f"a {column}: it is no baseline")
        empty = pc.and_(pc.is_valid(self.columns["value"]), pc.equal(self.columns["examples"], 0))
        self.refuse("examples", empty, "1 or more, for there is a score")

    def values(self) -> None:
        """Check the scores themselves."""
        import pyarrow.compute as pc

        value, bits = self.columns["value"], self.among("task", ["bits"])
        counts = self.among("metric", COUNTS)
        below = pc.less(value, 0)
        self.refuse("value", pc.and_(bits, pc.or_(below, pc.greater(value, HIGHEST_BITS))), "bits, 0 or above")
        self.refuse("value", pc.and_(counts, pc.or_(below, pc.greater_equal(value, WHOLE))), "a number, 0 or above")
        shares = pc.invert(pc.or_(bits, counts))
        # a sum of shares may miss 1 by its rounding
        outside = pc.or_(pc.less(value, -1e-9), pc.greater(value, 1 + 1e-9))
        self.refuse("value", pc.and_(shares, outside), "a share from 0 to 1, and not percent")

    def repeats(self) -> None:
        """Refuse rows that are the same score."""
        import pyarrow
        import pyarrow.compute as pc

        rows = pyarrow.table({**{name: self.columns[name] for name in KEY}, "row": range(len(self.columns["value"]))})
        groups = rows.group_by(list(KEY), use_threads=False).aggregate(
            [("row", "count"), ("row", "min"), ("row", "max")]
        )
        again = groups.filter(pc.greater(groups["row_count"], 1)).sort_by("row_min")
        if again.num_rows:
            one = again.slice(0, 1).to_pylist()[0]
            what = ", ".join(f"{name} {one[name]}" for name in KEY if one[name] is not None)
            raise InputError(
                f"rows {one['row_min'] + 1} and {one['row_max'] + 1} are the same score: {what}"
                f" ({again.num_rows} such scores in all)",
                file=self.path,
                remedy=REMEDY,
            )
