"""Whether the rows that a config adds to the table of sources have names and addresses that can be used.

Those of the project's table are tested with the project. A fault of a user's own is told before anything is fetched, of
every row, with its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from polychron.data import text
from polychron.data.derived import joins
from polychron.data.hub import datasets
from polychron.data.sources import own
from polychron.data.tables import merged
from polychron.data.tables.merged import Row
from polychron.errors import InputError

WEB = re.compile(r"https?://[^/\s]+/\S*", re.IGNORECASE)


def check(rows: Iterable[Row]) -> None:
    """Check the names and addresses of rows.

    Parameters
    ----------
    rows : iterable of Row

    Raises
    ------
    InputError
        A name leads out of the study's folder, or an address is none; with the table and line of the row.
    """
    for row in rows:
        try:
            _check(row)
        except InputError as error:
            remedy = merged.remedy_of(error, row)
            raise InputError(error.what, file=row.table, line=row.line, remedy=remedy) from error


def plain(name: str) -> bool:
    """Whether the name of a file stays below a folder, and is spelt in one way.

    Examples
    --------
    >>> [plain(name) for name in ("hub/de.txt", "ud/", "", "./a", "/a", "~/a", "a/../../b", "a//b")]
    [True, True, False, False, False, False, False, False]
    """
    path = PurePosixPath(name)
    return not own(name) and ".." not in path.parts and name.removesuffix("/") == str(path)


def _check(row: Row) -> None:
    source = row.source
    names = [source.file, *([source.archive] if source.archive else [])]
    if joins.is_address(source.url):
        names += joins.join_of(source).parts
    elif datasets.is_address(source.url):
        datasets.address(source)
    else:
        for url in source.url.split():
            if WEB.fullmatch(url) is None:
                raise InputError(
                    f"{text.shown(url)} is no address of a file",
                    remedy=f"write https://…, {datasets.EXAMPLE} or {joins.EXAMPLE}; a file of your own needs no row: "
                    "name it in files, by a path that begins with ./",
                )
    for name in names:
        if not plain(name):
            raise InputError(
                f"{text.shown(name)} is no name of a source",
                remedy="write a path below the study's folder, such as texts/de.txt, and name that in files",
            )
