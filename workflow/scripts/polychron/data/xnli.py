"""Natural language inference: rows of premise, hypothesis and label, as the releases of XNLI write them.

The tables are tab-separated and nothing in them is quoted: a quotation mark belongs to the text.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from polychron.data import text
from polychron.data.faults import Fault, refuse
from polychron.errors import InputError

logger = logging.getLogger("polychron")

LABELS = ("entailment", "neutral", "contradiction")
"""The three labels of XNLI."""

SPELLINGS = {label: label for label in LABELS} | {"contradictory": "contradiction"}
"""Labels as they are written: XNLI-MT says ``contradictory``."""

HEADERS = {
    "xnli": {"language": "language", "premise": "sentence1", "hypothesis": "sentence2", "label": "gold_label"},
    "xnli-mt": {"premise": "premise", "hypothesis": "hypo", "label": "label"},
}
"""Names of the columns, of the formats that have a header. XNLI-1.0 holds all languages in one table."""


class Pair(NamedTuple):
    """A row of inference data."""

    premise: str
    hypothesis: str
    label: str


def read(
    path: str | Path,
    *,
    layout: str,
    language: str | None = None,
    rows: tuple[int, int] | None = None,
    fault: Fault = refuse,
) -> list[Pair]:
    """Read the pairs of one split.

    Parameters
    ----------
    path : path-like
        The file.
    layout : {"xnli", "xnli-mt", "tsv"}
        XNLI-1.0's table of all languages, XNLI-MT-1.0's table of one, or premise, hypothesis and label without a
        header.
    language : str, optional
        The language whose rows are read; of the layout ``xnli`` alone.
    rows : (int, int), optional
        The first row and the row after the last, counted from 0 in the language's rows; all by default.
    fault : callable, optional
        Takes the fault of a row. Where it raises nothing, the row is left out.

    Returns
    -------
    list of Pair
        In file order.

    Raises
    ------
    InputError
        A row has another number of columns, an unknown label or an empty sentence; the language has no row; the
        selection is empty or goes past the end.
    """
    pairs, refused = [], []

    def noted(error: InputError) -> None:
        refused.append(error)
        fault(error)

    for number, fields in _rows(path, layout, noted):
        if layout == "xnli" and fields["language"] != language:
            continue
        label = SPELLINGS.get(fields["label"])
        if label is None:
            noted(
                InputError(
                    f"the label {text.shown(fields['label'])}, expected one of {', '.join(SPELLINGS)}",
                    file=path,
                    line=number,
                    remedy="fetch the file again; if it is your own, fix or remove this row",
                )
            )
            continue
        if not fields["premise"].strip() or not fields["hypothesis"].strip():
            noted(
                InputError(
                    "an empty sentence",
                    file=path,
                    line=number,
                    remedy="fix or remove this row, or fetch the file again",
                )
            )
            continue
        pairs.append(Pair(fields["premise"], fields["hypothesis"], label))
    if refused:
        return pairs
    if not pairs:
        where = f" in the language {language!r}" if layout == "xnli" else ""
        raise InputError(f"the split is empty: no row{where}", file=path, remedy="fetch it again, or look at its path")
    first, stop = rows or (0, len(pairs))
    if not first < stop <= len(pairs):
        raise InputError(
            f"the rows {first} to {stop} are asked for, and there are {len(pairs)}",
            file=path,
            remedy="correct the key rows of files.inference in the config",
        )
    chosen = pairs[first:stop]
    counts = Counter(pair.label for pair in chosen)
    logger.info("%s: %d rows (%s)", path, len(chosen), ", ".join(f"{counts[label]} {label}" for label in LABELS))
    return chosen


def table(splits: dict[str, list[Pair]]) -> Any:
    """Make one table of the pairs of all splits.

    Parameters
    ----------
    splits : dict of str to list of Pair
        Pairs by split, in the order of the table's rows.

    Returns
    -------
    pyarrow.Table
        A row for each pair: `split`, `premise`, `hypothesis`, `label`, all strings.
    """
    import pyarrow

    names = [split for split, pairs in splits.items() for _ in pairs]
    together = [pair for pairs in splits.values() for pair in pairs]
    columns = {"split": names} | {name: [getattr(pair, name) for pair in together] for name in Pair._fields}
    return pyarrow.table({name: pyarrow.array(values, pyarrow.string()) for name, values in columns.items()})


def holds(table: Any, split: str, pairs: Sequence[Pair]) -> bool:
    """Return whether the rows of a split are these pairs.

    Parameters
    ----------
    table : pyarrow.Table
        From `table`.
    split : str
    pairs : sequence of Pair
        In order.

    Examples
    --------
    >>> pairs = [Pair("a", "b", "neutral"), Pair("c", "d", "neutral")]
    >>> holds(table({"test": pairs}), "test", pairs), holds(table({"test": pairs}), "test", pairs[:1])
    (True, False)
    """
    rows = (row for row in table.to_pylist() if row["split"] == split)
    return [Pair(*(row[name] for name in Pair._fields)) for row in rows] == list(pairs)


def _rows(path: str | Path, layout: str, fault: Fault) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each row's line number and the fields that are read."""
    lines = text.lines(path, fault=fault)
    if not lines[-1]:
        lines.pop()
    if layout == "tsv":
        names, first = {"premise": 0, "hypothesis": 1, "label": 2}, 0
        width = 3
    else:
        header = lines[0].split("\t")
        missing = [name for name in HEADERS[layout].values() if name not in header]
        if missing:
            raise InputError(
                f"the header lacks the columns {', '.join(missing)} of the format {layout!r}",
                file=path,
                line=1,
                remedy="fetch the file again, or correct the key format of files.inference in the config",
            )
        names, first = {name: header.index(column) for name, column in HEADERS[layout].items()}, 1
        width = len(header)
    for number, line in enumerate(lines[first:], start=first + 1):
        fields = line.split("\t")
        if len(fields) != width:
            fault(
                InputError(
                    f"{len(fields)} columns, expected {width} separated by tabs",
                    file=path,
                    line=number,
                    remedy="fetch the file again, or correct the key format of files.inference in the config",
                )
            )
            continue
        yield number, {name: fields[place] for name, place in names.items()}
