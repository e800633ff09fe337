"""One run at a time in a folder, and no lock that outlives the run that took it.

Snakemake locks a folder with files that stay behind when it is killed, so that the next call stops until somebody
unlocks. The operating system's own lock ends with its process: who gets it knows that no other run is alive, and may
delete Snakemake's files.
"""

from __future__ import annotations

import os
import platform
import shutil
import time
from pathlib import Path

from filelock import FileLock, Timeout

_held: dict[Path, FileLock] = {}
"""Kept until the process ends, for a lock that nothing refers to is released."""


def claim(folder: Path) -> str | None:
    """Claim a folder for this process, until it ends, and clear what killed runs left locked.

    Parameters
    ----------
    folder : Path
        Snakemake's own folder, ``.snakemake``; made where it is missing.

    Returns
    -------
    str or None
        None where this process holds the folder now; otherwise who does: process, host, and since when.
    """
    folder = folder.absolute()
    if folder in _held:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    lock, holder = FileLock(folder / "polychron.lock"), folder / "polychron.holder"
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return (holder.read_text(encoding="utf-8") if holder.is_file() else "") or "another process"
    shutil.rmtree(folder / "locks", ignore_errors=True)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    holder.write_text(f"process {os.getpid()} on {platform.node()}, since {since}", encoding="utf-8")
    _held[folder] = lock
    return None
