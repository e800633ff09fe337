"""Downloads that another library makes: watched, and ended where they write too much or come to a halt.

Such a library bounds neither what a server sends nor how slowly, so it works in a process that can be ended.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

SLOWEST = 1000
"""Least rate, in bytes a second."""

OVER = 3
"""How often what is expected may be written: attempts that failed, and a library's own cache, count too."""

FREE = 64 << 20
"""Bytes beyond that which do not matter."""

INCOMPLETE = ".incomplete"
"""What the names of files end with that are being downloaded."""


class Ended(Exception):
    """The work has failed or was ended; the message says why."""


def watched(work: Callable[[], str], most: int, patience: float = 600, every: float = 1) -> str:
    """Return what some work returns, which is done in a process of its own.

    Parameters
    ----------
    work : callable
        Takes nothing and returns a text.
    most : int
        Bytes that it is expected to write at most.
    patience : float
        Seconds over which its rate is averaged.
    every : float
        Seconds between two looks at it.

    Returns
    -------
    str

    Raises
    ------
    Ended
        It failed, wrote more than `OVER` times as much and `FREE`, or less than `SLOWEST` bytes a second. Files that
        it was writing are removed.
    """
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(work, sender), daemon=True)
    process.start()
    sender.close()
    limit = OVER * most + FREE
    began, had = time.monotonic(), 0
    try:
        while not receiver.poll(every):
            wrote = _written(process.pid)
            if wrote is None:
                continue
            if wrote > limit:
                raise Ended(f"{wrote:,} bytes were written, where {most:,} are expected")
            if (waited := time.monotonic() - began) >= patience:
                if wrote - had < SLOWEST * waited:
                    raise Ended(f"too slow: {wrote - had:,} bytes in {waited:.0f} s, expected {SLOWEST} a second")
                began, had = time.monotonic(), wrote
        fine, said = receiver.recv()
    except EOFError:
        raise Ended("the process that downloads was killed") from None
    finally:
        _end(process)
    if not fine:
        raise Ended(said)
    return said


def _work(work: Callable[[], str], sender: Connection) -> None:
    try:
        answer = (True, work())
    except Exception as error:  # whatever a library lets through
        answer = (False, next((line for line in str(error).splitlines() if line.strip()), type(error).__name__))
    sender.send(answer)


def _written(process: int) -> int | None:
    """Return how many bytes a process has written, None where the system does not say."""
    try:
        facts = dict(line.split(": ") for line in Path(f"/proc/{process}/io").read_text().splitlines())
        return int(facts["wchar"])
    except (OSError, KeyError, ValueError):
        return None


def _end(process: multiprocessing.Process) -> None:
    """End a process, and remove the files that it has not completed."""
    unfinished = []
    if process.is_alive():
        with contextlib.suppress(OSError):
            names = (os.readlink(place) for place in Path(f"/proc/{process.pid}/fd").iterdir())
            unfinished = [name for name in names if name.endswith(INCOMPLETE)]
        process.join(0.5)
        process.kill()
    process.join()
    for name in unfinished:
        Path(name).unlink(missing_ok=True)
