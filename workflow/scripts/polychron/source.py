"""Raw files: where each comes from, how it is fetched, and how it is known to be whole and the right one.

A table under version control records address, size and sha256. A file gets its name once it has been checked: what is
cut short, replaced, or a web page in place of data, never lies where it could be read.
"""

from __future__ import annotations

import csv
import logging
import shutil
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from polychron import store
from polychron.error import InputError
from polychron.provenance import checksum

logger = logging.getLogger("polychron")

TABLE = Path(__file__).parents[2] / "sources.tsv"
"""The table of sources."""

RETRIES = 3
"""Attempts after the first, where the network fails."""

WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<?xml version")


class Source(NamedTuple):
    """A row of the table: a file, and what is known of it.

    Attributes
    ----------
    file : str
        Its path, the same below a mirror and below resources/STUDY.
    url : str
        Its address, empty where there is none for this very file.
    bytes : int or None
        Its size.
    sha256 : str
        In hexadecimal, empty where it is not known.
    licence, note : str
    """

    file: str
    url: str = ""
    bytes: int | None = None
    sha256: str = ""
    licence: str = ""
    note: str = ""

    def identity(self) -> dict[str, str | int | None]:
        """Give what decides the file's content: its checksum; its address only where there is none.

        Examples
        --------
        >>> Source("a.txt", url="https://example.org/a.txt", bytes=3, sha256="ab").identity()
        {'file': 'a.txt', 'bytes': 3, 'sha256': 'ab'}
        >>> Source("a.txt", url="https://example.org/a.txt").identity()
        {'file': 'a.txt', 'url': 'https://example.org/a.txt'}
        """
        if self.sha256:
            return {"file": self.file, "bytes": self.bytes, "sha256": self.sha256}
        return {"file": self.file, "url": self.url}


def catalogue(path: str | Path = TABLE) -> dict[str, Source]:
    """Read the table of sources, by file.

    Raises
    ------
    InputError
        A row has other columns, a size that is no number, a checksum that is none, or a file that stands in two rows.
    """
    known: dict[str, Source] = {}
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        for line, row in enumerate(rows, start=1):
            if line == 1 and row == list(Source._fields):
                continue
            fault = None
            if len(row) != len(Source._fields) or line == 1:
                fault = f"expected the columns {', '.join(Source._fields)}"
            elif row[2] and not row[2].isdecimal():
                fault = f"the size {row[2]!r} is no number"
            elif row[3] and (len(row[3]) != 64 or set(row[3]) - set("0123456789abcdef")):
                fault = f"{row[3]!r} is no sha256"
            elif row[0] in known:
                fault = f"{row[0]} stands in a row above already"
            if fault:
                raise InputError(fault, file=path, line=line, remedy="mend the row")
            name, url, size, sha256, licence, note = row
            known[name] = Source(name, url, int(size) if size else None, sha256, licence, note)
    return known


def fetch(source: Source, output: str | Path, *, mirror: str | Path | None = None) -> None:
    """Fetch a file, check it, and only then give it its name.

    Parameters
    ----------
    source : Source
        What is known of it.
    output : path-like
        Where it goes.
    mirror : path-like, optional
        A folder that is read in place of the network.

    Raises
    ------
    InputError
        The file is not in the mirror, has no known address, cannot be fetched, or is not what is recorded.
    """
    by_hand = f"put it at FOLDER/{source.file}, and run the same command with --config mirror=FOLDER"
    if source.note:
        by_hand += f" ({source.note})"
    with store.whole(output) as temporary:
        if mirror is not None:
            origin = _copy(Path(mirror).expanduser(), temporary, source)
            check(temporary, source, origin, "put the recorded version into the mirror")
        elif source.url:
            origin = source.url
            _download(source, temporary, f"fetch the file by hand from {source.url}, {by_hand}")
            check(temporary, source, origin, f"try again later, or fetch the file by hand from {source.url}, {by_hand}")
        else:
            raise InputError("no address is recorded for this file", file=source.file, remedy=f"get it, {by_hand}")
    size = Path(output).stat().st_size
    if source.sha256:
        logger.info("%s: %d bytes from %s, as recorded", source.file, size, origin)
    else:
        logger.info(
            "%s: %d bytes from %s; no checksum is recorded, its sha256 is %s",
            *(source.file, size, origin, checksum(output)),
        )


def check(path: str | Path, source: Source, origin: str | Path, remedy: str) -> None:
    """Check a file against what is recorded, and for what no source should be.

    Parameters
    ----------
    path : path-like
        The file as it was fetched.
    source : Source
        What is recorded of it. Without a checksum, an empty file, a web page and an .xz file without its end are
        refused all the same.
    origin : str or path-like
        Where it came from, for the message.
    remedy : str
        What to do next.

    Raises
    ------
    InputError
        It is another file.
    """
    path = Path(path)
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(512)
        file.seek(max(0, size - 512))
        tail = file.read().rstrip(b"\0")  # an .xz stream may be padded
    if not size:
        what = "an empty file"
    elif head.lstrip().lower().startswith(WEB_PAGE) and not source.file.endswith((".html", ".xml")):
        what = f"a web page of {size} bytes in place of the file"
    elif source.bytes is not None and size != source.bytes:
        cut = ": it was cut short" if size < source.bytes else ""
        what = f"{size} bytes, expected {source.bytes}{cut}"
    elif source.sha256 and (found := checksum(path)) != source.sha256:
        what = f"another content than recorded: sha256 {found}, expected {source.sha256}"
    elif source.file.endswith(".xz") and not (head.startswith(b"\xfd7zXZ\0") and tail.endswith(b"YZ")):
        what = f"no whole xz file ({size} bytes): it was cut short, or is something else"
    else:
        return
    raise InputError(f"{source.file}: {what}", file=origin, remedy=remedy)


def _copy(mirror: Path, output: Path, source: Source) -> Path:
    """Copy a file from a mirror; give its place there."""
    origin = mirror / source.file
    if not origin.is_file():
        found = "the mirror does not have this file" if mirror.is_dir() else f"the mirror {mirror} is no folder"
        address = f" from {source.url}" if source.url else ""
        note = f" ({source.note})" if source.note else ""
        raise InputError(found, file=origin, remedy=f"put it there{address}{note}, or run without mirror= to download")
    shutil.copyfile(origin, output)
    return origin


def _download(source: Source, output: Path, remedy: str) -> None:
    """Download over HTTP, with retries, and with a progress bar on a terminal."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    with tempfile.TemporaryDirectory(prefix=f".{output.name}.", dir=output.parent) as folder:
        # The checksum is checked by `check`, which also says what came in place of the file.
        box = pooch.create(
            folder, base_url="", registry={"file": None}, urls={"file": source.url}, retry_if_failed=RETRIES
        )
        try:
            box.fetch("file", downloader=pooch.HTTPDownloader(progressbar=sys.stderr.isatty()))
        except (OSError, ValueError) as error:  # what requests raises is an OSError
            raise InputError(f"{source.file} cannot be fetched: {error}", file=source.url, remedy=remedy) from error
        (Path(folder) / "file").replace(output)
