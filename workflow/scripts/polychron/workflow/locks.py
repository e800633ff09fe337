"""One run at a time in a folder, and no lock that outlives the run that took it.

Snakemake locks a folder with files that stay behind when it is killed, so that the next call stops until somebody
unlocks. The operating system's own lock ends with its process: who gets it knows that no other run is alive, and may
take Snakemake's files away.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import time
from pathlib import Path
from typing import IO

_held: dict[Path, IO[str]] = {}


def claim(folder: Path) -> str | None:
    """Claim a folder for this process, until it ends, and clear what killed runs left locked.

    Parameters
    ----------
    folder : Path
        Snakemake's own folder, ``.snakemake``; made where it is missing.

    Returns
    -------
    str or None
        None where this process holds the folder now; else who does: process, host, and since when.
    """
    folder = folder.absolute()
    if folder in _held:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    file = open(folder / "polychron.lock", "a+", encoding="utf-8")  # noqa: SIM115 - held until the process ends
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        return holder or "another process"
    shutil.rmtree(folder / "locks", ignore_errors=True)
    file.truncate(0)
    file.write(f"process {os.getpid()} on {platform.node()}, since {time.strftime('%Y-%m-%d %H:%M:%S')}")
    file.flush()
    _held[folder] = file
    return None
