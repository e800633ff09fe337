"""Disks that are full or read-only: reported as such, and before the work where that can be seen."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from polychron.errors import InputError

REFUSED = re.compile(
    r"No space left on device|Disk quota exceeded|Read-only file system"
    r"|\d+ requested and \d+ written"  # NumPy's words for a file that could not be written to its end
    r"|inline_container\.cc:\d+\] \. unexpected pos"  # torch's
)
"""What the operating system says of a disk that cannot be written to, and what libraries make of it."""


def _existing(path: str | Path) -> Path:
    path = Path(path).absolute()
    return next(folder for folder in (path, *path.parents) if folder.is_dir())


def _refused(path: str | Path) -> InputError:
    folder = _existing(path)
    mount = next(place for place in (folder, *folder.parents) if place.is_mount())
    usage = shutil.disk_usage(folder)
    return InputError(
        f"the disk that is mounted at {mount} cannot be written to: without this file {usage.free / 1e6:,.1f} MB of "
        f"its {usage.total / 1e6:,.1f} MB are free (or there is a quota, or it is read-only)",
        file=path,
        remedy="free some space there, and run the same command again",
    )


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


def check(path: str | Path) -> None:
    """Refuse to begin a file that cannot be written.

    Raises
    ------
    InputError
        Its folder cannot be written to, or its disk is full.
    """
    folder = _existing(path)
    if not os.access(folder, os.W_OK) or shutil.disk_usage(folder).free == 0:
        raise _refused(path)
