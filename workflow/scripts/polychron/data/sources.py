"""Sources: the table of raw files, with what is known of each: addresses, size, checksum, licence.

A file may be recorded by itself, as a member of an archive, or with all files below a folder. Its path is the one that
it would have if its archive were unpacked beside itself, so that a mirror may hold either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from polychron import paths
from polychron.data import text
from polychron.errors import InputError
from polychron.redaction import credentials

TABLE = paths.DATA / "sources.tsv"
"""The table of sources."""

HEX = frozenset("0123456789abcdef")

SIZE = re.compile("[0-9]{1,18}")


class Source(NamedTuple):
    """A row of the table: a file, and what is known of it.

    Attributes
    ----------
    file : str
        Its path, the same below a mirror and below resources/STUDY. With a ``/`` at its end: all files below it.
    url : str
        Its addresses, separated by spaces, the best first. One without ``://`` is a file beside the table.
    bytes : int or None
        Its size.
    sha256 : str
        In hexadecimal, empty where it is not known.
    archive, member : str
        The file of this table that it is read out of, and its name in there; with ``*`` for anything, the members
        that are joined to it. Of a row for all files below a folder, the folder in the archive.
    dataset, version : str
        What it belongs to.
    licence, note : str
    """

    file: str
    url: str = ""
    bytes: int | None = None
    sha256: str = ""
    archive: str = ""
    member: str = ""
    dataset: str = ""
    version: str = ""
    licence: str = ""
    note: str = ""


def catalogue(path: str | Path = TABLE) -> dict[str, Source]:
    """Read the table of sources, by file.

    Raises
    ------
    InputError
        A row has other columns, a size that is no number, a checksum that is none, an archive that has no row, or a
        file that has two rows.
    """
    known: dict[str, Source] = {}
    lines = text.lines(path)
    for line, content in enumerate(lines if lines[-1] else lines[:-1], start=1):
        row = content.split("\t")
        if line == 1 and row == list(Source._fields):
            continue
        fault = None
        values = dict(zip(Source._fields, row, strict=False))
        if len(row) != len(Source._fields) or line == 1:
            fault = f"expected the columns {', '.join(Source._fields)}"
        elif values["bytes"] and SIZE.fullmatch(values["bytes"]) is None:
            fault = f"the size {text.shown(values['bytes'])} is no number"
        elif values["sha256"] and (len(values["sha256"]) != 64 or set(values["sha256"]) - HEX):
            fault = f"{text.shown(values['sha256'])} is no sha256"
        elif credentials(values["url"]) is not None:
            fault = "an address with a password or token, which belongs into ~/.netrc"
        elif row[0] in known:
            fault = f"{row[0][: text.SHOWN]} has a row above already"
        elif values["archive"] and values["archive"] not in known:
            fault = f"the archive {values['archive'][: text.SHOWN]} has no row above"
        if fault:
            raise InputError(fault, file=path, line=line, remedy="fix the row")
        known[row[0]] = Source(**values | {"bytes": int(values["bytes"]) if values["bytes"] else None})
    return known


def own(path: str) -> str | None:
    """Return the path of a file of the user's own, by which a config names it; None for a file of the sources.

    Examples
    --------
    >>> own("./my/de.conllu"), own("/data/de.conllu"), own("ud/de.conllu")
    ('my/de.conllu', '/data/de.conllu', None)
    """
    return str(Path(path).expanduser()) if path.startswith(("/", "./", "../", "~/")) else None


def lookup(known: Mapping[str, Source], file: str) -> Source:
    """Find what is known of a file: its own row, or that of a folder that contains it; else its name alone.

    Examples
    --------
    >>> known = {"ud/": Source("ud/", archive="ud.tgz", member="ud-2.9/"), "a.txt": Source("a.txt", bytes=3)}
    >>> lookup(known, "a.txt").bytes, lookup(known, "ud/UD_X/x.conllu").member, lookup(known, "b.txt").url
    (3, 'ud-2.9/UD_X/x.conllu', '')
    """
    if file in known:
        return known[file]
    for folder in Path(file).parents:
        row = known.get(f"{folder.as_posix()}/")
        if row is not None:
            return row._replace(file=file, member=row.member + file.removeprefix(row.file), bytes=None, sha256="")
    return Source(file)


def identity(known: Mapping[str, Source], file: str) -> dict[str, Any]:
    """Return what decides a file's content: its checksum; its archive or address only where there is none.

    Examples
    --------
    >>> table = {"a.txt": Source("a.txt", url="https://example.org/a.txt", bytes=3, sha256="ab")}
    >>> identity(table, "a.txt"), identity(table, "b.txt")
    ({'file': 'a.txt', 'bytes': 3, 'sha256': 'ab'}, {'file': 'b.txt', 'url': ''})
    """
    source = lookup(known, file)
    if source.sha256:
        return {"file": file, "bytes": source.bytes, "sha256": source.sha256}
    if source.archive:
        return {"file": file, "archive": identity(known, source.archive), "member": source.member}
    return {"file": file, "url": source.url}


def downloads(known: Mapping[str, Source], files: Iterable[str]) -> list[Source]:
    """List what has to be downloaded for files, each archive once."""
    needed = {source.archive or source.file for source in (lookup(known, file) for file in files)}
    return [lookup(known, file) for file in sorted(needed)]
