"""A lock that allows one run at a time in a folder, and that ends with the run.

Snakemake locks a folder with files that remain when it is killed, so that the next call stops until the user unlocks
the folder. A lock of the operating system is released when its process ends: a run that gets it knows that no other
run is alive, and may delete Snakemake's files.
"""

from __future__ import annotations

import os
import platform
import shutil
import time
from pathlib import Path

from filelock import FileLock, Timeout

from polychron.errors import InputError

_held: dict[Path, FileLock] = {}
"""Kept until the process ends, because a lock that nothing refers to is released."""


def claim(folder: Path) -> str | None:
    """Lock a folder until this process ends, and delete the locks that killed runs left behind.

    Parameters
    ----------
    folder : Path
        Snakemake's own folder, ``.snakemake``. It is created if it is missing.

    Returns
    -------
    str or None
        None if this process holds the lock now. Otherwise the process that does, its host, and since when.

    Raises
    ------
    InputError
        The folder or a file in it cannot be written to.
    """
    folder = folder.absolute()
    if folder in _held:
        return None
    try:
        return _claim(folder)
    except OSError as error:
        raise InputError(
            f"cannot be locked ({error})", file=folder, remedy="see that it is a folder that you may write to"
        ) from error


def _claim(folder: Path) -> str | None:
    folder.mkdir(parents=True, exist_ok=True)
    lock, holder = FileLock(folder / "polychron.lock"), folder / "polychron.holder"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return (holder.read_text(encoding="utf-8", errors="replace") if holder.is_file() else "") or "another process"
    shutil.rmtree(folder / "locks", ignore_errors=True)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    holder.write_text(f"process {os.getpid()} on {platform.node()}, since {since}", encoding="utf-8")
    _held[folder] = lock
    return None
