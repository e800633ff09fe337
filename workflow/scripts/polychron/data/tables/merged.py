"""The rows of all tables of sources: those of the project, and of the tables that a config names in ``sources``.

Such a table has the columns of the project's, and is valid by itself: an archive has its row above that of its members.
A row that is in two tables has to say the same in both of what decides the file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from polychron.data import sources, text
from polychron.data.sources import Source
from polychron.errors import InputError

DECIDING = {"url": "address", "bytes": "size", "sha256": "checksum", "archive": "archive", "member": "member"}
"""The columns that say which file it is and where it comes from, and what messages call them."""

PROJECT = "workflow/data/sources.tsv"
"""What messages call the project's table."""


class Row(NamedTuple):
    """A row of a table of sources.

    Attributes
    ----------
    source : Source
        What it says.
    table : Path
        The table.
    line : int
        Its line, counted from 1.
    """

    source: Source
    table: Path
    line: int


def rows(tables: Iterable[str] = ()) -> dict[str, Row]:
    """Read the project's table and others, by file.

    Parameters
    ----------
    tables : iterable of str
        Paths of tables, as a config names them in ``sources``. Where a row is in several tables, the first one counts.

    Raises
    ------
    InputError
        A table is not there, has a fault (see `polychron.data.sources.catalogue`) or a file twice, or a file is another
        one in a table before.
    """
    found = {row.source.file: row for row in _numbered(sources.TABLE, sources.catalogue())}
    for name in tables:
        table = Path(sources.own(name) or name)
        if not os.path.isfile(table):
            raise InputError(f"sources: {name} is not there", remedy="put it there, or correct sources in the config")
        _refuse_twice(table)
        for row in _numbered(table, sources.catalogue(table)):
            before = found.setdefault(row.source.file, row)
            if other := _other(before.source, row.source):
                raise InputError(
                    f"{row.source.file[: text.SHOWN]} has another {other} in {before.table}:{before.line}",
                    file=table,
                    line=row.line,
                    remedy="name the file otherwise, here and in files of the config, or take this row out",
                )
    return found


def known(tables: Iterable[str] = ()) -> dict[str, Source]:
    """Return what is known of each file, from all tables; parameters and errors are those of `rows`."""
    return {file: row.source for file, row in rows(tables).items()}


def added(found: Mapping[str, Row]) -> list[Row]:
    """Return the rows that are not of the project's table, in their order."""
    return [row for row in found.values() if row.table != sources.TABLE]


def written(found: Iterable[Row]) -> str:
    r"""Return rows as the text of a table; empty if there are none.

    Examples
    --------
    >>> made = written([Row(Source("a.txt", "https://example.org/a.txt", bytes=3), Path("mine.tsv"), 2)])
    >>> made.split("\n")[1].split("\t")[:3]
    ['a.txt', 'https://example.org/a.txt', '3']
    """
    lines = [["" if value is None else str(value) for value in row.source] for row in found]
    return "".join("\t".join(line) + "\n" for line in [[*Source._fields], *lines]) if lines else ""


def remedy_of(error: InputError, row: Row) -> str | None:
    """Return the remedy of an error, with the table and line of a row in place of the project's table."""
    return error.remedy and error.remedy.replace(PROJECT, f"{row.table}, line {row.line}")


@contextlib.contextmanager
def naming(found: Mapping[str, Row], file: str) -> Iterator[None]:
    """Name the row of a file, or of a folder that contains it, in errors whose remedy is to correct that row."""
    try:
        yield
    except InputError as error:
        names = [file, *(f"{folder.as_posix()}/" for folder in Path(file).parents)]
        row = next((found[name] for name in names if name in found), None)
        if row is None or row.table == sources.TABLE:
            raise
        raise InputError(error.what, file=error.file, line=error.line, remedy=remedy_of(error, row)) from error


def _other(before: Source, source: Source) -> str:
    """Return what decides a file and is not the same in two rows; empty where all is."""
    return " and ".join(said for part, said in DECIDING.items() if getattr(before, part) != getattr(source, part))


def _numbered(table: Path, of: Mapping[str, Source]) -> Iterator[Row]:
    """Yield the rows of a table that has been read: a line of names, and each line after it is a row."""
    for line, source in enumerate(of.values(), start=2):
        yield Row(source, table, line)


def _refuse_twice(table: Path) -> None:
    """Refuse a table with two rows of a file."""
    first: dict[str, int] = {}
    for line, content in enumerate(text.lines(table), start=1):
        file = content.partition("\t")[0]
        if file and first.setdefault(file, line) != line:
            raise InputError(
                f"{file[: text.SHOWN]} has a row in {table}:{first[file]} already",
                file=table,
                line=line,
                remedy="take one of the two rows out",
            )
