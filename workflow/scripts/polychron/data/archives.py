"""Members of archives: single files read out of a zip or a tar.

Nothing else of the archive is written to disk. A member is written under a name of ours, never under the archive's. An
archive with a name that would lead outside of its folder is refused all the same, as is one that expands too far or has
something behind its end, and a member that is no plain file, is there twice, or is larger than any source should be.
"""

from __future__ import annotations

import contextlib
import itertools
import logging
import re
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from polychron.data import streams
from polychron.data.streams import RATIO
from polychron.data.text import shown
from polychron.errors import InputError

logger = logging.getLogger("polychron")

LARGEST = 8 << 30
"""Most bytes that are read, of all members that are wanted."""

FREE = 1 << 24
"""Size of a member in bytes up to which the ratio to its compressed size does not matter."""

HEADER = 1 << 24
"""Largest header of a tar, in bytes, and most bytes that are read from one at a time."""

MEMBERS = 1_000_000
"""Most members of a tar."""

BLOCK = 512
"""Size of a tar's headers, and of the zeros that are its end."""

OTHERS = {b"\x28\xb5\x2f\xfd": "zstd", b"7z\xbc\xaf": "7z", b"Rar!": "rar"}
"""What other archives begin with."""

END = b"PK\5\6"
"""What the last record of a zip begins with; it has 22 bytes and a comment."""

UNPACK = "do not use this archive; if you know what it is, unpack it and put the file itself in its place"

DAMAGED = (
    *(tarfile.TarError, zipfile.BadZipFile, streams.Damaged, zlib.error, struct.error),
    *(EOFError, OSError, ValueError, OverflowError, MemoryError),
)
"""What the readers of archives raise where one is damaged."""

AGAIN = "move the archive away, and run the same command again to fetch it once more, or put a whole one in its place"


class _Member(NamedTuple):
    name: str
    plain: bool
    size: int
    compressed: int | None
    open: Callable[[], IO[bytes]]


def extract(archive: str | Path, wanted: str, output: str | Path, *, largest: int = LARGEST) -> list[str]:
    """Write a member of an archive to a file; several are joined in the natural order of their names.

    Parameters
    ----------
    archive : path-like
        A zip, or a tar, compressed with gzip, bzip2 or xz or not at all. A tar is read to its end.
    wanted : str
        The member's name, or a pattern in which ``*`` stands for anything.
    output : path-like
        Where to write.
    largest : int
        The most bytes that the members may have together.

    Returns
    -------
    list of str
        The names of the members that were written.

    Raises
    ------
    InputError
        The file is no archive, is cut short or damaged, expands too far, is followed by something else, holds a name
        that leads outside, or has no such member; or a member is no plain file, is there twice, or is too large.
    """
    pattern = re.compile(".*".join(map(re.escape, wanted.split("*"))), re.DOTALL)
    with contextlib.ExitStack() as stack:
        found: dict[str, IO[bytes]] = {}
        others: list[str] = []
        left = largest
        try:
            for member in stack.enter_context(_opened(archive)):
                name = _inside(member.name, archive)
                if pattern.fullmatch(name) is None:
                    others.append(name)
                    continue
                if name in found:
                    raise InputError(f"{_said(name)} is in the archive twice", file=archive, remedy=AGAIN)
                _check(member, archive, left)
                left -= member.size
                found[name] = stack.enter_context(tempfile.TemporaryFile(dir=Path(output).parent))
                with member.open() as content:
                    _copy(content, found[name], member, archive)
        except (RuntimeError, NotImplementedError) as error:  # zipfile: a password, or an unknown compression
            raise InputError(f"{wanted} cannot be read ({error})", file=archive, remedy=AGAIN) from error
        except DAMAGED as error:
            if isinstance(error, OSError) and error.errno:  # of the disk, not of what is read
                raise
            raise InputError(
                f"no whole archive: it breaks off or is damaged ({error})", file=archive, remedy=AGAIN
            ) from error
        if not found:
            alike = [name for name in others if name.endswith(Path(wanted).suffix)] or others
            names = f"{', '.join(map(_said, alike[:8]))}{' and others' if len(alike) > 8 else ''}" or "nothing"
            raise InputError(
                f"the archive has no {wanted}; it has {names}",
                file=archive,
                remedy="compare it with the columns archive and member of workflow/data/sources.tsv",
            )
        names = sorted(found, key=_natural)
        with open(output, "wb") as joined:
            for name in names:
                found[name].seek(0)
                shutil.copyfileobj(found[name], joined, 1 << 20)
    return names


def _natural(name: str) -> list[tuple[int, str]]:
    """Order names as people do: ``test.2`` before ``test.10``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", name)]


@contextlib.contextmanager
def _opened(archive: str | Path) -> Iterator[Iterator[_Member]]:
    with open(archive, "rb") as file:
        if file.read(4) in (b"PK\3\4", END):
            _refuse_junk_of_zip(archive, file)
            with zipfile.ZipFile(file) as opened:
                yield map(partial(_member_of_zip, opened, archive), opened.infolist())
        else:
            file.seek(0)
            yield _members_of_tar(_Tar(archive, file), archive)


def _member_of_zip(file: zipfile.ZipFile, archive: str | Path, info: zipfile.ZipInfo) -> _Member:
    def opened() -> IO[bytes]:
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):  # zipfile reads others without a bound
            raise NotImplementedError("a compression other than deflate")
        return file.open(info)

    plain = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG) and not info.is_dir()
    return _Member(info.filename.rstrip("/"), plain, info.file_size, info.compress_size, opened)


def _refuse_junk_of_zip(archive: str | Path, file: IO[bytes]) -> None:
    size = file.seek(0, 2)
    start = file.seek(max(0, size - (1 << 16) - 22))
    tail = file.read()
    found = tail.rfind(END)
    if found >= 0 and len(tail) >= found + 22:
        behind = size - (start + found + 22 + int.from_bytes(tail[found + 20 : found + 22], "little"))
        if behind > 0:
            raise _junk(archive, behind)
    file.seek(0)


def _members_of_tar(stream: _Tar, archive: str | Path) -> Iterator[_Member]:
    """Yield the members of a tar, and read on to its end, where the checksum of a compressed one is."""
    with tarfile.TarFile(fileobj=stream) as tar:
        for number, info in enumerate(tar):
            if number == MEMBERS:
                raise InputError(f"the archive has more than {MEMBERS:,} members", file=archive, remedy=UNPACK)
            # links count as plain files for isfile(), and are none
            plain = info.isreg() and not info.issparse()
            yield _Member(info.name, plain, info.size, None, partial(tar.extractfile, info))
            tar.members.clear()  # they are kept otherwise
    if stream.plain and len(stream.last) < BLOCK:
        raise tarfile.ReadError("its end is missing")
    behind = len(stream.last.strip(b"\0")) + sum(len(rest.strip(b"\0")) for rest in stream.rest())
    if behind:
        raise _junk(archive, behind)


class _Tar:
    """The bytes of a tar from its beginning to its end, decompressed; the file object that tarfile reads."""

    def __init__(self, archive: str | Path, file: IO[bytes]) -> None:
        self._archive, self._place, self._buffer = archive, 0, memoryview(b"")
        pieces = iter(lambda: file.read(1 << 16), b"")
        start = next(pieces, b"")
        kind = next((kind for magic, kind in streams.MAGIC.items() if start.startswith(magic)), None)
        if other := OTHERS.get(start[:4]):
            raise InputError(f"an archive of {other}, which is not read", file=archive, remedy=UNPACK)
        self.plain, self.last = kind is None, b""
        pieces = itertools.chain([start], pieces)
        self._pieces = pieces if kind is None else streams.decompressed(pieces, kind)

    def tell(self) -> int:
        return self._place

    def seek(self, place: int) -> int:
        if place < self._place:
            raise tarfile.ReadError("headers out of order")
        while place > self._place and self.read(min(place - self._place, 1 << 16)):
            pass
        return self._place

    def read(self, size: int) -> bytes:
        if size > HEADER:
            raise InputError(f"a header of {size:,} bytes", file=self._archive, remedy=UNPACK)
        parts, left = [], size
        while left:
            self._buffer = self._buffer or memoryview(next(self._pieces, b""))
            if not self._buffer:
                break
            part, self._buffer = self._buffer[:left], self._buffer[left:]
            parts.append(part)
            left -= len(part)
        found = b"".join(parts)
        if size == BLOCK:
            self.last = found  # in the end, what tarfile took for the end
        self._place += len(found)
        return found

    def rest(self) -> Iterator[bytes]:
        """Yield what has not been read."""
        yield bytes(self._buffer)
        yield from self._pieces


def _junk(archive: str | Path, size: int) -> InputError:
    return InputError(f"{size:,} bytes behind the end of the archive", file=archive, remedy=UNPACK)


def _said(name: str) -> str:
    """Return a member's name as a message shows it: printable, and not too long."""
    return shown(name).strip("'\"")


def _inside(name: str, archive: str | Path) -> str:
    """Return a member's name without a leading ``./``, and refuse one that leads out of the archive's folder."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise InputError(
            f"a member leads outside of the archive: {shown(name)}", file=archive, remedy="do not use this archive"
        )
    return "/".join(part for part in parts if part not in ("", "."))


def _check(member: _Member, archive: str | Path, largest: int) -> None:
    if not member.plain:
        raise InputError(
            f"{_said(member.name)} is no plain file, but a link, a folder or a device",
            file=archive,
            remedy="do not use this archive",
        )
    bound = largest if member.compressed is None else min(largest, max(FREE, RATIO * member.compressed))
    if member.size > bound:
        raise InputError(
            f"{_said(member.name)} says that it has {member.size:,} bytes, expected at most {bound:,}",
            file=archive,
            remedy="do not use this archive",
        )


def _copy(content: IO[bytes], output: IO[bytes], member: _Member, archive: str | Path) -> None:
    """Copy a member, and refuse one that has more or fewer bytes than the archive says."""
    left = member.size
    while chunk := content.read(min(1 << 20, left + 1)):
        left -= len(chunk)
        if left < 0:
            break
        output.write(chunk)
    if left:
        found = f"{member.size - left:,}" if left > 0 else "more"
        raise InputError(
            f"{_said(member.name)} says that it has {member.size:,} bytes, and has {found}", file=archive, remedy=AGAIN
        )
