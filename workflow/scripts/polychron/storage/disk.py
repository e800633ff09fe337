"""Disks that are full or read-only: reported as such, and before the work where that can be seen."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from polychron.errors import InputError

REFUSED = re.compile(
    r"No space left on device|Disk quota exceeded|Read-only file system"
    r"|\d+ requested and \d+ written"  # NumPy's words for a file that could not be written to its end
    r"|inline_container\.cc:\d+\] \. unexpected pos"  # torch's
)
"""What the operating system says of a disk that cannot be written to, and what libraries make of it."""

FEW = 16
"""Free inodes that are told: some were free again when the files of a job that failed had been deleted."""

ROOM = 1 << 16
"""Bytes that a folder of Snakemake's own files or of logs needs at least."""


def _existing(path: str | Path) -> Path:
    path = Path(path).absolute()
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def free(path: str | Path) -> int:
    """Return the bytes that are free on the disk of a file or folder."""
    return shutil.disk_usage(_existing(path)).free


def _refused(path: str | Path, room: int = 1) -> InputError:
    folder = _existing(path)
    mounts = _mounts()
    mount = next(place for place in (folder, *folder.parents) if str(place) in mounts or place.is_mount())
    facts = os.statvfs(folder)
    free, size = facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize
    remedy = "free some space there"
    if facts.f_flag & os.ST_RDONLY:
        reason, remedy = "it is mounted read-only", "mount it for writing, or run in another folder"
    elif not os.access(folder, os.W_OK):
        reason, remedy = (
            f"this user may not write in {folder}",
            "look at the owner and the mode of that folder (ls -ld)",
        )
    elif _without_inodes(facts):
        reason = (
            f"{facts.f_favail:,} of its {facts.f_files:,} inodes are free, so no more files fit, though "
            f"{free / 1e6:,.1f} MB are"
        )
        remedy = "move or pack folders of many small files there (df -i, du --inodes)"
    elif room > 1 and free < room:
        reason = f"{room / 1e6:,.1f} MB are needed, and {free / 1e6:,.1f} MB of its {size / 1e6:,.1f} MB are free"
    else:
        reason = (
            f"without this file {free / 1e6:,.1f} MB of its {size / 1e6:,.1f} MB are free (or there is a quota, or it "
            "is read-only)"
        )
    return InputError(
        f"the disk that is mounted at {mount} cannot be written to: {reason}",
        file=path,
        remedy=f"{remedy}, and run the same command again",
    )


def _mounts() -> set[str]:
    """Return where disks are mounted, other folders in their place among them, which `Path.is_mount` does not see."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return set()
    return {line.split(" ")[4] for line in lines}


def _without_inodes(facts: os.statvfs_result) -> bool:
    """Whether a disk has (nearly) no inodes left; some file systems have no such number, and say 0 of 0."""
    return facts.f_favail < FEW and facts.f_files > 0


def fault(error: BaseException, path: str | Path) -> InputError | None:
    """Return the message for an error that comes from a disk, or None for any other.

    Parameters
    ----------
    error : BaseException
        What a job ended with.
    path : path-like
        The file that the job was to write.
    """
    return _refused(path) if REFUSED.search(str(error)) else None


def check(path: str | Path, room: int = 1) -> None:
    """Refuse to begin a file that cannot be written.

    Parameters
    ----------
    path : path-like
        The file, or its folder.
    room : int
        Bytes that must be free.

    Raises
    ------
    InputError
        Its folder cannot be written to, or its disk is full.
    """
    folder = _existing(path)
    facts = os.statvfs(folder)
    out_of_inodes = facts.f_files > 0 and facts.f_favail == 0
    if not os.access(folder, os.W_OK) or facts.f_bavail * facts.f_frsize < room or out_of_inodes:
        raise _refused(path, room)


def tell(paths: Iterable[str | Path]) -> None:
    """Print which of some folders cannot be written to any more, each disk once."""
    told = set()
    for path in paths:
        device = os.stat(_existing(path)).st_dev
        if device in told:
            continue
        try:
            check(path, ROOM)
        except InputError as error:
            print(error, file=sys.stderr, flush=True)
            told.add(device)
