"""The two tables behind a plan: sizes and rates, each with its source."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import NamedTuple

from polychron import paths
from polychron.errors import InputError


class Size(NamedTuple):
    """A size: how much there is of something, in which unit, and according to which source."""

    number: float
    unit: str
    source: str


class Rate(NamedTuple):
    """Seconds that something takes on a V100 and on one core, and the source of these numbers."""

    gpu: float
    core: float
    source: str


def _table(path: Path, columns: tuple[str, ...]) -> dict[str, list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for line, row in enumerate(rows, start=1):
        if len(row) != len(columns) or (line == 1 and row != list(columns)):
            raise InputError(f"expected the columns {', '.join(columns)}", file=path, line=line, remedy="fix the row")
    return {row[0]: row[1:] for row in rows[1:]}


def sizes(path: str | Path = paths.DATA / "sizes.tsv") -> dict[str, Size]:
    """Read the table of sizes, by name."""
    rows = _table(Path(path), ("name", *Size._fields))
    return {name: Size(float(number), unit, source) for name, (number, unit, source) in rows.items()}


def rates(path: str | Path = paths.DATA / "rates.tsv") -> dict[str, Rate]:
    """Read the table of rates, by name."""
    rows = _table(Path(path), ("name", "gpu", "core", "unit", "source"))
    return {name: Rate(float(gpu), float(core), source) for name, (gpu, core, _, source) in rows.items()}
