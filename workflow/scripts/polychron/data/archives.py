"""Members of archives: single files read out of a zip or a tar.

Nothing else of the archive is written to disk. A member is written under a name of ours, never under the archive's. An
archive with a name that would lead outside of its folder is refused all the same, and so is a member that is no plain
file, is there twice, or is larger than any source should be.
"""

from __future__ import annotations

import contextlib
import logging
import lzma
import re
import shutil
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from polychron.errors import InputError

logger = logging.getLogger("polychron")

LARGEST = 8 << 30
"""Largest member that is read, in bytes."""

RATIO = 250
"""Largest ratio of a member's size to its compressed size; that of text is about ten."""

FREE = 1 << 24
"""Size in bytes up to which that ratio does not matter."""

AGAIN = "delete the archive, and run the same command again to fetch it once more"


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
        The most bytes that a member may have.

    Returns
    -------
    list of str
        The names of the members that were written.

    Raises
    ------
    InputError
        The file is no archive, is cut short or damaged, holds a name that leads outside, or has no such member; or a
        member is no plain file, is there twice, or is too large.
    """
    pattern = re.compile(".*".join(map(re.escape, wanted.split("*"))), re.DOTALL)
    with contextlib.ExitStack() as stack:
        found: dict[str, IO[bytes]] = {}
        others: list[str] = []
        try:
            for member in stack.enter_context(_opened(archive)):
                name = _inside(member.name, archive)
                if pattern.fullmatch(name) is None:
                    others.append(name)
                    continue
                if name in found:
                    raise InputError(f"{name} is in the archive twice", file=archive, remedy=AGAIN)
                _check(member, archive, largest)
                found[name] = stack.enter_context(tempfile.TemporaryFile(dir=Path(output).parent))
                with member.open() as content:
                    _copy(content, found[name], member, archive)
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error, lzma.LZMAError) as error:
            raise InputError(
                f"no whole archive: it breaks off or is damaged ({error})", file=archive, remedy=AGAIN
            ) from error
        except (RuntimeError, NotImplementedError) as error:  # zipfile: a password, or an unknown compression
            raise InputError(f"{wanted} cannot be read ({error})", file=archive, remedy=AGAIN) from error
        if not found:
            alike = [name for name in others if name.endswith(Path(wanted).suffix)] or others
            raise InputError(
                f"the archive has no {wanted}; it has {', '.join(alike[:8])}{' and others' if len(alike) > 8 else ''}",
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
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as file:
            yield (
                _Member(
                    info.filename.rstrip("/"),
                    stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG) and not info.is_dir(),
                    *(info.file_size, info.compress_size),
                    lambda info=info: file.open(info),
                )
                for info in file.infolist()
            )
    else:
        with tarfile.open(archive) as tar:
            # links count as plain files for isfile(), and are none
            yield (
                _Member(
                    info.name,
                    info.isreg() and not info.issparse(),
                    info.size,
                    None,
                    lambda info=info: tar.extractfile(info),
                )
                for info in tar
            )


def _inside(name: str, archive: str | Path) -> str:
    """Return a member's name without a leading ``./``, and refuse one that leads out of the archive's folder."""
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise InputError(
            f"a member leads outside of the archive: {name!r}", file=archive, remedy="do not use this archive"
        )
    return "/".join(part for part in parts if part not in ("", "."))


def _check(member: _Member, archive: str | Path, largest: int) -> None:
    if not member.plain:
        raise InputError(
            f"{member.name} is no plain file, but a link, a folder or a device",
            file=archive,
            remedy="do not use this archive",
        )
    bound = largest if member.compressed is None else min(largest, max(FREE, RATIO * member.compressed))
    if member.size > bound:
        raise InputError(
            f"{member.name} says that it has {member.size:,} bytes, expected at most {bound:,}",
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
            f"{member.name} says that it has {member.size:,} bytes, and has {found}", file=archive, remedy=AGAIN
        )
