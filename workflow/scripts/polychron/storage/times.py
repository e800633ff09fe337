"""When a path came to have its content, as far as the file system knows."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def arrived(path: str | Path) -> float:
    """Return the latest time at which another content may have come to a path.

    A file may be written, or put there with an older time. One of its folders may have been renamed, or a link on the
    way to it may point elsewhere now: then nothing about the file itself changes.

    Parameters
    ----------
    path : path-like
        A file or folder that exists.

    Returns
    -------
    float
        In seconds since the epoch.

    Raises
    ------
    OSError
        The file does not exist or cannot be reached.

    Notes
    -----
    A file that is added to a folder sets both times of the folder, while a rename sets that of its last change alone.
    A folder that was renamed and then got another file is therefore not seen.
    """
    found = os.stat(path)
    times = [found.st_mtime, found.st_ctime] if not os.path.isdir(path) else []
    for step in _on_the_way(Path(os.path.abspath(path))):
        with contextlib.suppress(OSError):
            status = os.lstat(step)
            if step.is_symlink() or status.st_ctime_ns != status.st_mtime_ns:
                times.append(status.st_ctime)
    return max(times, default=0.0)


def _on_the_way(path: Path) -> Iterator[Path]:
    """Yield a path, its folders, and those that the links among them lead through."""
    pending, seen = [path], set()
    while pending:
        start = pending.pop()
        for step in (start, *start.parents):
            if step in seen:
                break
            seen.add(step)
            yield step
            if step.is_symlink():
                pending.append(Path(os.path.abspath(step.parent / os.readlink(step))))
