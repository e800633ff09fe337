"""A lock that allows one run at a time in a folder, and that ends with the run.

Snakemake locks a folder with files that remain when it is killed, so that the next call stops until the user unlocks
the folder. A lock of the operating system is released when its process ends: a run that gets it, before it has written
Snakemake's files itself, knows that no other run is alive, and may delete them. Calls that start nothing do without it,
so that no run has to start without it beside them.
"""

from __future__ import annotations

import os
import platform
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock, Timeout

from polychron.errors import InputError

LOOKS = {
    *("--summary", "--detailed-summary", "--report", "--lint"),
    *("--dag", "--rulegraph", "--filegraph", "--d3dag"),
}
"""Options with which Snakemake starts nothing, beside that of a dry run. Where one is written otherwise, the call is
taken for a run."""

_held: dict[Path, FileLock] = {}
"""Kept until the process ends, because a lock that nothing refers to is released."""


def only_looks(words: Sequence[str], dry: bool) -> bool:
    """Whether a call starts no job that writes a result: it is a dry run, or asks for the plan or a listing.

    A run that does so all the same has to `claim` its folder before it starts one.

    Parameters
    ----------
    words : sequence of str
        The command line.
    dry : bool
        Whether it is a dry run; flags may be joined (``-pn``), and a profile may say so.

    Examples
    --------
    >>> only_looks(["snakemake", "-pn", "scores"], True), only_looks(["snakemake", "-c", "1", "--", "plan"], False)
    (True, True)
    >>> only_looks(["snakemake", "-c", "1", "--config", "note=--summary", "--", "scores"], False)
    False
    """
    options = words[: words.index("--")] if "--" in words else words
    return dry or "plan" in words or any(word in LOOKS for word in options)


def begin(folder: Path, words: Sequence[str], dry: bool, warn: Callable[[str], object]) -> None:
    """Lock a folder for a call of Snakemake, and delete the locks that killed runs left behind.

    A call that only looks locks and deletes nothing. One that does not get the lock is warned: it has to `claim` the
    folder before it starts jobs. A module of another workflow may not come to that, and has the warning alone.

    Parameters
    ----------
    folder : Path
        As in `claim`.
    words, dry
        As in `only_looks`.
    warn : callable
        Is told who holds the lock.

    Raises
    ------
    InputError
        The folder or a file in it cannot be written to.
    """
    if not only_looks(words, dry) and (holder := claim(folder, clear=True)):
        warn(f"Another run is at work in this folder: {holder}. Wait for it, or look at it with snakemake -n.")


def claim(folder: Path, *, clear: bool = False, patience: float = 0.0) -> str | None:
    """Lock a folder until this process ends.

    Parameters
    ----------
    folder : Path
        Snakemake's own folder, ``.snakemake``. It is created if it is missing.
    clear : bool, optional
        Delete the locks that killed runs left behind. Only while this run has written none itself.
    patience : float, optional
        Seconds that the lock is waited for.

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
        return _claim(folder, clear, patience)
    except OSError as error:
        raise InputError(
            f"cannot be locked ({error})", file=folder, remedy="see that it is a folder that you may write to"
        ) from error


def _claim(folder: Path, clear: bool, patience: float) -> str | None:
    folder.mkdir(parents=True, exist_ok=True)
    lock, holder = FileLock(folder / "polychron.lock"), folder / "polychron.holder"
    try:
        lock.acquire(timeout=patience)
    except Timeout:
        return (holder.read_text(encoding="utf-8", errors="replace") if holder.is_file() else "") or "another process"
    if clear:
        shutil.rmtree(folder / "locks", ignore_errors=True)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    holder.write_text(f"process {os.getpid()} on {platform.node()}, since {since}", encoding="utf-8")
    _held[folder] = lock
    return None
