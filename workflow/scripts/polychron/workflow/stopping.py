"""What ends at once when Snakemake is asked to stop: downloads, which go on in the next run from where they were."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

DOWNLOADS = ("fetch_source", "fetch_heldout", "fetch_checkpoint", "fetch_vocabulary")
"""The scripts that download."""


def end_by_sigterm(scripts: Collection[str] = DOWNLOADS) -> None:
    """End running scripts when this process gets SIGTERM; call it when Snakemake has set its handler of the signal.

    Snakemake's handler is called first. It lets jobs that run go on to their end, and starts no others. Processes are
    found in ``/proc``; where there is none, nothing is ended.

    Parameters
    ----------
    scripts : collection of str, optional
        The names of the scripts, without ``.py``.
    """
    waiting = signal.getsignal(signal.SIGTERM)

    def end(*arguments: Any) -> None:
        if callable(waiting):
            waiting(*arguments)
        for process in running(scripts):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)

    with contextlib.suppress(ValueError):  # not in the main thread, where Snakemake sets no handler either
        signal.signal(signal.SIGTERM, end)


def running(scripts: Collection[str]) -> list[int]:
    """Return the processes below this one that run one of some scripts of Snakemake."""
    parents = dict(_parents())
    found = []
    for process in parents:
        above = process
        while above and above != os.getpid():
            above = parents.get(above, 0)
        if above and any(word.endswith(tuple(f".{name}.py" for name in scripts)) for word in _words(process)):
            found.append(process)
    return sorted(found)


def _parents() -> Iterator[tuple[int, int]]:
    """Yield each process and its parent."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            yield int(file.parent.name), int(file.read_text(errors="replace").rpartition(")")[2].split()[1])


def _words(process: int) -> list[str]:
    """Return the command line of a process; none if it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []
