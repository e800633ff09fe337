"""Slurm jobs that outlive the Snakemake process that submitted them.

They are found again, so that no cell runs twice at the same time. Snakemake keeps a note of each output that is being
made in ``.snakemake/incomplete``; the job deletes the note when it is done. The working directory of a submitted job is
that of Snakemake. So a new run in the same folder can ask Slurm which jobs are still running there.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from polychron.errors import InputError

ASKS = {
    "squeue": ["squeue", "--me", "--noheader"],
    "sacct": ["sacct", "--allocations", "--noheader", "--starttime=now"],
}
"""How Slurm is asked whether it answers, by what the states of jobs are asked with."""

LONGEST = 60.0
"""Seconds that Slurm may take for it."""


def check(status: str, longest: float = LONGEST) -> None:
    """Check that jobs can be submitted here, before anything is planned.

    Parameters
    ----------
    status : {"squeue", "sacct"}
        What the states of jobs are asked with.
    longest : float
        Seconds after which Slurm does not answer.

    Raises
    ------
    InputError
        A command of Slurm is not installed, or Slurm does not answer.
    """
    here = "run where jobs are submitted to the cluster, or on this machine alone (-c all in place of --profile)"
    if lacking := [name for name in ("sbatch", status) if shutil.which(name) is None]:
        raise InputError(f"the profile submits jobs to Slurm, and {' and '.join(lacking)} cannot be found", remedy=here)
    try:
        asked = subprocess.run(ASKS[status], capture_output=True, text=True, timeout=longest)
        said = asked.stderr.strip().splitlines()[-1:] if asked.returncode else None
    except subprocess.TimeoutExpired:
        said = [f"no answer within {longest:g} s"]
    if said is not None:
        other = "; if the cluster keeps no accounts: status: squeue in the profile" if status == "sacct" else ""
        raise InputError(
            f"Slurm does not answer `{' '.join(ASKS[status])}`: {''.join(said) or 'it says nothing'}",
            remedy=f"start again when it does{other}, or {here}",
        )


def noted(folder: str | Path) -> set[str]:
    """Return what Snakemake noted of unfinished outputs: the numbers of Slurm jobs, ``""`` where there is none.

    The note of a job in the queue has its number; that of a running job has none.

    Parameters
    ----------
    folder : path-like
        The folder in which Snakemake runs.
    """
    found = set()
    for note in Path(folder, ".snakemake/incomplete").glob("**/*"):
        try:
            found.add(str(json.loads(note.read_text(encoding="utf-8"))["external_jobid"] or ""))
        except (OSError, ValueError, KeyError, TypeError):  # a folder, an empty note, or one that was just taken away
            continue
    return found


def alive(folder: str | Path, longest: float = LONGEST) -> dict[str, str]:
    """Ask Slurm which jobs that Snakemake submitted from a folder have not ended, and return their states by number.

    Raises
    ------
    InputError
        There may be such jobs, and Slurm does not answer.
    """
    notes = noted(folder)
    if not notes or shutil.which("squeue") is None:
        return {}
    asks = ["squeue", "--me", "--noheader", "--format=%i|%T|%k|%Z"]
    try:
        asked = subprocess.run(asks, capture_output=True, text=True, timeout=longest)
        said = asked.stderr.strip() if asked.returncode else None
    except subprocess.TimeoutExpired:
        said = f"no answer within {longest:g} s"
    if said is not None:
        if notes == {""}:  # notes of a run without Slurm
            return {}
        raise InputError(
            f"jobs of an earlier run may be running here, and Slurm does not answer: {said}",
            remedy="start again when squeue works",
        )
    found = {}
    for line in asked.stdout.splitlines():
        if line.count("|") < 3:  # part of a comment of several lines, or a notice of the site's
            continue
        number, state, comment, place = line.split("|", 3)
        if comment.startswith("rule_") and Path(place).resolve() == Path(folder).resolve():
            found[number] = state
    return found


def settle(folder: str | Path, say: Callable[[str], object], holder: str | None = None, pause: float = 10.0) -> bool:
    """Wait until no Slurm job of an earlier run is running; those that have not started are cancelled.

    The jobs of a run that is still at work are left alone: it is this run that stops.

    Parameters
    ----------
    folder : path-like
        The folder in which Snakemake runs.
    say : callable
        Called with a message for the user, who would not know otherwise what is being waited for.
    holder : str, optional
        Another run that is at work in the folder, as `polychron.workflow.locks.claim` names it.
    pause : float
        Seconds between two queries of Slurm.

    Returns
    -------
    bool
        Whether there were such jobs.

    Raises
    ------
    InputError
        Another run is at work in the folder, or Slurm does not answer.
    """
    if holder:
        raise InputError(
            f"another run is at work in this folder: {holder}", remedy="wait for it, or look at it with snakemake -n"
        )
    left = found = alive(folder)
    waiting = [number for number, state in left.items() if state == "PENDING"]
    if waiting:
        subprocess.run(["scancel", "--state=PENDING", *waiting], check=False)
        say(f"Slurm jobs that an earlier run submitted, and that have not started, are cancelled: {' '.join(waiting)}")
    told: set[str] = set()
    while left := alive(folder):
        if set(left) != told:
            told = set(left)
            say(
                f"Slurm jobs of an earlier run are still running here: {' '.join(sorted(told))}. "
                "Waiting for them, so that nothing is made twice (scancel ends them; what they have finished is kept)."
            )
        time.sleep(pause)
    return bool(found)
