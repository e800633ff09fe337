"""Slurm jobs that outlive the Snakemake that submitted them: they are found again, so that no cell runs twice at once.

Snakemake keeps a note of each output that is being made, in ``.snakemake/incomplete``, which the job that makes it
takes away; and it submits its jobs with its own folder as their working directory. Who starts Snakemake again in the
same folder can therefore ask Slurm what is still at work there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from polychron.errors import InputError


def noted(folder: str | Path) -> set[str]:
    """Give what Snakemake noted of outputs in the making: the numbers of Slurm jobs, ``""`` where there is none.

    A Slurm job that waits in the queue is noted with its number, one that runs without.

    Parameters
    ----------
    folder : path-like
        Where Snakemake is at work.
    """
    found = set()
    for note in Path(folder, ".snakemake/incomplete").glob("**/*"):
        try:
            found.add(str(json.loads(note.read_text(encoding="utf-8"))["external_jobid"] or ""))
        except (OSError, ValueError, KeyError, TypeError):  # a folder, an empty note, or one that was just taken away
            continue
    return found


def alive(folder: str | Path) -> dict[str, str]:
    """Ask Slurm which jobs that Snakemake submitted from a folder have not ended, and give their states.

    Raises
    ------
    InputError
        There were such jobs, and Slurm does not answer.
    """
    notes = noted(folder)
    if not notes or shutil.which("squeue") is None:
        return {}
    asked = subprocess.run(["squeue", "--me", "--noheader", "--format=%i|%T|%k|%Z"], capture_output=True, text=True)
    if asked.returncode:
        if notes == {""}:  # of a run without Slurm
            return {}
        raise InputError(
            f"jobs of an earlier run may be at work here, and Slurm does not answer: {asked.stderr.strip()}",
            remedy="start again when squeue works",
        )
    found = {}
    for line in asked.stdout.splitlines():
        number, state, comment, place = line.split("|", 3)
        if comment.startswith("rule_") and Path(place).resolve() == Path(folder).resolve():
            found[number] = state
    return found


def settle(folder: str | Path, say: Callable[[str], object], pause: float = 10.0) -> bool:
    """Wait until no Slurm job of an earlier run is at work; those that have not started are taken back.

    Parameters
    ----------
    folder : path-like
        Where Snakemake is at work.
    say : callable
        Where to tell the user why nothing happens.
    pause : float
        Seconds between two questions to Slurm.

    Returns
    -------
    bool
        Whether there were any.

    Raises
    ------
    InputError
        Slurm does not answer.
    """
    left = found = alive(folder)
    waiting = [number for number, state in left.items() if state == "PENDING"]
    if waiting:
        subprocess.run(["scancel", "--state=PENDING", *waiting], check=False)
        say(f"Slurm jobs that an earlier run submitted, and that have not started, are taken back: {' '.join(waiting)}")
    told: set[str] = set()
    while left := alive(folder):
        if set(left) != told:
            told = set(left)
            say(
                f"Slurm jobs of an earlier run are still at work here: {' '.join(sorted(told))}. "
                "Waiting for them, so that nothing is made twice (scancel ends them; what they have finished is kept)."
            )
        time.sleep(pause)
    return bool(found)
