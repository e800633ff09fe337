"""Raw files: where they are looked for, how they are fetched, and how they are checked.

A file gets its name once it has been checked. What is cut short, replaced, or a web page in place of data never has a
name under which it could be read.
"""

from __future__ import annotations

import logging
import shutil
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from polychron.data import archives, download, transfer
from polychron.data.download import PATIENT, Policy
from polychron.data.sources import TABLE, Source, catalogue, identity, lookup
from polychron.errors import InputError
from polychron.storage import files
from polychron.storage.files import checksum

logger = logging.getLogger("polychron")

PADDING = 1 << 20
"""Most bytes of padding after an xz stream, in which the stream's end is looked for."""

WEB_PAGE = (b"<!doctype html", b"<html", b"<head", b"<?xml version")


class Place(NamedTuple):
    """Where files may be found. It has no influence on what they are.

    Attributes
    ----------
    mirror : str or None
        A folder, or the address of one, that is asked in place of the network.
    by_hand : str or None
        A folder with files that were fetched by hand, which is searched first.
    policy : Policy
        How patient downloads are.
    """

    mirror: str | None = None
    by_hand: str | None = None
    policy: Policy = PATIENT

    @property
    def folders(self) -> list[Path]:
        """The folders, in the order in which they are searched."""
        names = [self.by_hand, None if self.is_address else self.mirror]
        return [Path(name).expanduser() for name in names if name]

    @property
    def is_address(self) -> bool:
        """Whether the mirror is an address."""
        return self.mirror is not None and "://" in self.mirror


def on_mirror(place: Place, file: str) -> str:
    """Return the address of a file on a mirror; a ``#``, ``?`` or space in its name stays part of the name.

    Examples
    --------
    >>> on_mirror(Place("https://example.org/data/"), "a b/c#1.txt")
    'https://example.org/data/a%20b/c%231.txt'
    """
    return f"{place.mirror.rstrip('/')}/{urllib.parse.quote(file, safe='/:')}"


def place(mirror: str | None, by_hand: str | None, downloads: Mapping[str, Any]) -> Place:
    """Return where files may be found, from the values of a config; `downloads` are those of `Policy` by name."""
    return Place(mirror, by_hand, Policy(**downloads))


def fetch(file: str | Source, output: str | Path, place: Place, known: Mapping[str, Source] | None = None) -> None:
    """Get a file, check it, and only then give it its name.

    It is looked for in the folder of files fetched by hand, in the mirror, in its archive (which is looked for in the
    same way, and kept below the same folder as `output`), and at its addresses.

    Parameters
    ----------
    file : str or Source
        The file, as the config names it, or what is known of one that is in no table.
    output : path-like
        Where it goes.
    place : Place
        Where it may be found.
    known : mapping of str to Source, optional
        The table of sources.

    Raises
    ------
    InputError
        The file is nowhere, cannot be downloaded, or is not what is recorded.
    """
    known = catalogue() if known is None else known
    source = lookup(known, file) if isinstance(file, str) else file
    folder = Path(str(output).removesuffix(source.file))
    origin: str | Path | None = None
    with files.whole(output) as temporary:
        here = _local(source, place)
        if here is not None:
            origin = here
            shutil.copyfile(here, temporary)
            check(temporary, source, here, "put the recorded version there")
        elif source.archive:
            archive = _archive(source, folder, place, known)
            names = archives.extract(archive, source.member, temporary)
            check(temporary, source, archive, archives.AGAIN)
            origin = f"{archive} ({', '.join(names[:3])}{' and others' if len(names) > 3 else ''})"
        else:
            with download.alone(output):
                origin = _download(source, output, temporary, place)
    size = Path(output).stat().st_size
    if source.sha256:
        logger.info("%s: %d bytes from %s, as recorded", source.file, size, origin)
    else:
        message = "%s: %d bytes from %s; no checksum is recorded, its sha256 is %s"
        logger.info(message, source.file, size, origin, checksum(output))


def beginning(
    file: str, read: Callable[[Iterator[bytes]], Any], place: Place, known: Mapping[str, Source] | None = None
) -> Any:
    """Read as much of a file's beginning as is needed, and download no more of it.

    Parameters
    ----------
    file : str
        The file, as the config names it.
    read : callable
        Takes the file's pieces and stops when it has enough. What it returns is returned.
    place : Place
        Where the file may be found.
    known : mapping of str to Source, optional
        The table of sources.

    Raises
    ------
    InputError
        The file is nowhere, or cannot be read.
    """
    source = lookup(catalogue() if known is None else known, file)
    here = _local(source, place)
    if here is not None:
        with open(here, "rb") as opened:
            return read(iter(lambda: opened.read(transfer.CHUNK), b""))
    failures = []
    for url in _addresses(source, place):
        try:
            return download.begin(url, read, place.policy, source.bytes)
        except download.Failed as error:
            failures.append(f"{url}: {error}")
    raise InputError(f"cannot be fetched: {'; '.join(failures)}", file=source.file, remedy=_by_hand(source, place))


def check(path: str | Path, source: Source, origin: str | Path, remedy: str) -> None:
    """Compare a file with what is recorded, and check that it is data at all.

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
        The file is another one.
    """
    path = Path(path)
    size = path.stat().st_size
    with open(path, "rb") as file:
        head = file.read(512)
        file.seek(max(0, size - PADDING))
        tail = file.read().rstrip(b"\0")  # an .xz stream may be padded
    if not size:
        what = "an empty file"
    elif head.lstrip().lower().startswith(WEB_PAGE) and not source.file.endswith((".html", ".xml", ".wa")):
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


def _local(source: Source, place: Place) -> Path | None:
    """Return the path of a file that is in one of the folders, or beside the table."""
    beside = [TABLE.parent / url for url in source.url.split() if "://" not in url]
    return next(
        (path for path in (*(folder / source.file for folder in place.folders), *beside) if path.is_file()), None
    )


def at_hand(file: str | Source, place: Place, known: Mapping[str, Source] | None = None) -> Path | None:
    """Return the file that a copy would be made of; None for what is downloaded, in an archive, or nowhere."""
    known = catalogue() if known is None and isinstance(file, str) else known
    return _local(lookup(known, file) if isinstance(file, str) else file, place)


def _archive(source: Source, folder: Path, place: Place, known: Mapping[str, Source]) -> Path:
    """Return the archive of a member, fetched if need be. Jobs that want the same one wait for each other."""
    archive = known[source.archive]
    here = _local(archive, place)
    if here is not None:
        check(here, archive, here, "put the recorded version there")
        return here
    kept, row = folder / archive.file, identity(known, archive.file)
    if not _is_kept(kept, archive, row):
        with download.alone(kept):
            if not _is_kept(kept, archive, row):
                _download(archive, kept, kept, place)
                if not archive.sha256:
                    files.write_json(_row_of(kept), row)
    return kept


def _is_kept(kept: Path, archive: Source, row: dict[str, Any]) -> bool:
    """Whether an archive that an earlier job kept is the one that is recorded now."""
    if not kept.is_file():
        return False
    try:
        check(kept, archive, kept, "")
        return bool(archive.sha256) or not _row_of(kept).is_file() or files.read_json(_row_of(kept)) == row
    except (InputError, ValueError):
        return False


def _row_of(kept: Path) -> Path:
    """Return where the row of a kept archive is: without a checksum, only its address tells one from another."""
    return kept.with_name(f"{kept.name}.source.json")


def _download(source: Source, name: str | Path, output: str | Path, place: Place) -> str:
    """Download a file from the first of its addresses that has what is recorded, and return that address.

    Until it is checked, the file is beside `name`, where the next attempt continues it. Then it becomes `output`.
    """
    failures = []
    for url in _addresses(source, place):
        try:
            download.fetch(url, name, place.policy, source.bytes, bool(source.sha256))
            check(download.part_of(name), source, url, "")
        except download.Failed as error:
            failures.append(f"{url}: {error}")
        except InputError as error:
            if error.remedy:  # the disk is full: not the fault of the address
                raise
            failures.append(f"{url}: {error.what}")
            download.drop(name)
        else:
            download.take(name, output)
            return url
    raise InputError(
        f"cannot be fetched: {'; '.join(failures)}",
        file=source.file,
        remedy=f"try again later, or {_by_hand(source, place)}",
    )


def _addresses(source: Source, place: Place) -> list[str]:
    """Return the addresses of a file.

    Raises
    ------
    InputError
        It has none.
    """
    if place.is_address:
        return [on_mirror(place, source.file)]
    if place.mirror:
        folder = place.folders[-1]
        found = "the mirror does not have this file" if folder.is_dir() else f"the mirror {folder} is no folder"
        address = f" from {source.url}" if source.url else ""
        note = f" ({source.note})" if source.note else ""
        raise InputError(
            found, file=folder / source.file, remedy=f"put it there{address}{note}, or run without mirror= to download"
        )
    addresses = [url for url in source.url.split() if "://" in url]
    if not addresses:
        raise InputError("no address is recorded for this file", file=source.file, remedy=_by_hand(source, place))
    return addresses


def _by_hand(source: Source, place: Place) -> str:
    address = f" from {source.url}" if source.url else ""
    note = f" ({source.note})" if source.note else ""
    folder = place.by_hand or "FOLDER"
    again = "" if place.by_hand else " with --config by_hand=FOLDER"
    return f"fetch it by hand{address}{note}, put it at {folder}/{source.file}, and run the same command again{again}"
