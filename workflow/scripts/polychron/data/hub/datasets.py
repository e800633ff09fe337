"""Columns of Parquet files in datasets of Hugging Face, as text: each file pinned by its commit.

The table of sources names such a file by an address of its own::

    hf://datasets/OWNER/NAME@COMMIT/PATH.parquet?columns=premise,hypothesis,label

One column becomes lines of text; several become a table whose columns are separated by tabs. Whole numbers that stand
for labels are written as the names that the dataset gives them.
"""

from __future__ import annotations

import json
import logging
import os
import re
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from polychron.data import fetch as fetching
from polychron.data.fetch import Place
from polychron.data.sources import Source
from polychron.errors import InputError
from polychron.storage import files

logger = logging.getLogger("polychron")

SCHEME = "hf://"
HUB = "https://huggingface.co"
ADDRESS = re.compile(r"hf://datasets/([\w.-]+/[\w.-]+)@([^/@?]+)/([^?]+\.parquet)\?columns=([^&#]+)")
COMMIT = re.compile("[0-9a-f]{40}")
PACKED = (".xz", ".gz", ".bz2", ".zst", ".zip")
"""Endings of names that readers take for compressed files; what is written here is not."""

EXAMPLE = "hf://datasets/OWNER/NAME@COMMIT/PATH.parquet?columns=text"


class Address(NamedTuple):
    """A file of a dataset, and the columns that are read.

    Attributes
    ----------
    repository : str
        ``OWNER/NAME``.
    commit : str
        40 hexadecimal digits.
    path : str
        The file's path in the repository.
    columns : list of str
    """

    repository: str
    commit: str
    path: str
    columns: list[str]

    @property
    def url(self) -> str:
        """The address of the file: on the hub, or at HF_ENDPOINT where that is set."""
        hub = (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")
        return f"{hub}/datasets/{self.repository}/resolve/{self.commit}/{urllib.parse.quote(self.path)}"


def is_address(url: str) -> bool:
    """Whether a text is, or is meant to be, the address of a file of a dataset."""
    return url.startswith(SCHEME)


def address(source: Source) -> Address:
    """Return what the address of a source says.

    Raises
    ------
    InputError
        It is none, names a branch or tag, which may move, or the source has a name that readers would unpack.

    Examples
    --------
    >>> found = address(Source("a.txt", "hf://datasets/me/texts@" + "0" * 40 + "/de/a.parquet?columns=text"))
    >>> found.repository, found.path, found.columns
    ('me/texts', 'de/a.parquet', ['text'])
    """
    match = ADDRESS.fullmatch(source.url)
    if match is None:
        raise InputError(
            f"{source.url} names no columns of a Parquet file", file=source.file, remedy=f"write {EXAMPLE}"
        )
    repository, commit, path, columns = match.groups()
    if COMMIT.fullmatch(commit) is None:
        raise InputError(
            f"{source.url}: {commit!r} may stand for other files tomorrow",
            file=source.file,
            remedy="write the commit, 40 digits, which the page of the dataset's files shows under History",
        )
    if source.file.endswith(PACKED):
        raise InputError(
            f"{source.file}: what is read from columns is not compressed",
            remedy="take the ending off the name of the file",
        )
    return Address(repository, commit, urllib.parse.unquote(path), urllib.parse.unquote(columns).split(","))


def fetch(source: Source, output: str | Path, place: Place) -> None:
    """Download the Parquet file of a source, and write its columns.

    Parameters
    ----------
    source : Source
        Its size and checksum, where they are recorded, are those of what is written.
    output : path-like
        Where that goes. The Parquet file is beside it meanwhile.
    place : Place
        How patient downloads are. In its folder of files fetched by hand, the Parquet file has the name of the source
        with ``.parquet`` at its end.

    Raises
    ------
    InputError
        See `address` and `polychron.data.fetch.fetch`; the file is no Parquet file, lacks a column, or a column is
        neither text nor labels with names; a value of several columns is missing.
    """
    of = address(source)
    table = Path(f"{output}.parquet")
    try:
        fetching.fetch(Source(f"{source.file}.parquet", of.url), table, place, {})
        with files.whole(output) as temporary:
            with open(temporary, "w", encoding="utf-8", newline="\n") as file:
                file.writelines(f"{line}\n" for line in lines(table, of.columns, of.url))
            fetching.check(temporary, source, of.url, "correct the row of the file in workflow/data/sources.tsv")
    finally:
        table.unlink(missing_ok=True)


def lines(path: str | Path, columns: list[str], origin: str) -> Iterator[str]:
    """Yield the rows of a Parquet file as lines.

    Parameters
    ----------
    path : path-like
    columns : list of str
        The columns that are read, in this order. Of one, a line break in a text ends a line, and missing or blank
        texts are left out and counted in the log. Of several, tabs and line breaks in a text become spaces.
    origin : str
        Where the file came from, for messages.

    Raises
    ------
    InputError
        See `fetch`.
    """
    import pyarrow
    import pyarrow.parquet

    remedy = "look at the dataset's page, and correct the row of the file in workflow/data/sources.tsv"
    try:
        opened = pyarrow.parquet.ParquetFile(path)
        schema = opened.schema_arrow
        if missing := [name for name in columns if name not in schema.names]:
            found = f"no column {missing[0]!r}, there are {', '.join(schema.names)}"
            raise InputError(found, file=origin, remedy=remedy)
        as_text = [_reader(schema, name, origin, remedy) for name in columns]
        row = blank = 0
        for batch in opened.iter_batches(columns=columns):
            for values in zip(*(batch[name].to_pylist() for name in columns), strict=True):
                row += 1
                if len(columns) == 1:
                    text = "" if values[0] is None else as_text[0](values[0])
                    blank += not text.strip()
                    yield from (line for line in re.split(r"\r\n|\r|\n", text) if line.strip())
                elif None in values:
                    lacking = columns[values.index(None)]
                    raise InputError(f"row {row} has no {lacking!r}", file=origin, remedy=remedy)
                else:
                    yield "\t".join(
                        re.sub(r"[\t\r\n]+", " ", read(value)) for read, value in zip(as_text, values, strict=True)
                    )
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"no readable Parquet file ({error})", file=origin, remedy="run the same command again"
        ) from error
    if blank:
        logger.warning("%s: %d of %d rows have no text, and are left out", origin, blank, row)


def _reader(schema: Any, column: str, origin: str, remedy: str) -> Callable[[Any], str]:
    """Return the function that makes text of a column's values."""
    import pyarrow

    kind = schema.field(column).type
    if pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind):
        return str
    names = _labels(schema, column)
    if pyarrow.types.is_integer(kind) and names:

        def name(value: int) -> str:
            if not 0 <= value < len(names):
                raise InputError(
                    f"{column} is {value}, and has the names {', '.join(names)}", file=origin, remedy=remedy
                )
            return names[value]

        return name
    raise InputError(f"{column} is {kind}: neither text nor labels with names", file=origin, remedy=remedy)


def _labels(schema: Any, column: str) -> list[str]:
    """Return the names of a column's labels, which Hugging Face's library writes into the file; none without them."""
    try:
        said = json.loads((schema.metadata or {})[b"huggingface"])
        names = said["info"]["features"][column]["names"]
    except (KeyError, TypeError, ValueError):
        return []
    return [str(name) for name in names] if isinstance(names, list) else []
