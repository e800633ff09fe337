"""The temporary folder in which the jobs of one run leave each other the layers of a forward pass.

The jobs use it by `polychron.features.one_pass`. It is made where jobs of the run read several layers of a dataset that
is not stored, and a GPU is there. It is deleted when the run ends. What a killed run left is deleted by the next.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from polychron.device import CARDS
from polychron.workflow import snakemake_internals as internals

FOLDER, WANTED = "POLYCHRON_LAYERS", "wanted.json"
"""What `polychron.features.one_pass` calls the folder, and the file that says what is read."""

NAME = "polychron-layers-"

RULES = ("train_probe", "train_control", "measure_description_length", "train_alternative")
"""The rules whose jobs compute vectors of whole training sets that are not stored."""

Read = dict[str, dict[str, dict[int, int]]]

_held: list[Any] = []
"""Locks of this process, which end with it."""


def start(workflow: Any, cell: Callable[[Any], Mapping[str, Any]], stored: Callable[[Any], list[bool]]) -> None:
    """Make the folder where this process runs jobs itself, and does not only submit them."""
    if internals.is_job_of_cluster(workflow) or internals.runs_here(workflow):
        share(read(internals.wanted(workflow), cell, stored))


def read(jobs: Iterable[Any], cell: Callable[[Any], Mapping[str, Any]], stored: Callable[[Any], list[bool]]) -> Read:
    """Return which layers of which datasets the jobs of a run compute.

    Parameters
    ----------
    jobs : iterable of `polychron.workflow.snakemake_internals.Wanted`
    cell, stored : callable
        The inputs of a cell by its wildcards, and for each of its datasets whether its features are stored.

    Returns
    -------
    dict
        ``{weights: {pieces: {layer: number of jobs}}}``, only of datasets of which jobs read several layers.
    """
    found: Read = {}
    for job in jobs:
        if job.rule not in RULES:
            continue
        wildcards = SimpleNamespace(**job.wildcards)
        there = stored(wildcards)
        if all(there):
            continue
        given, layer = cell(wildcards), int(wildcards.layer)
        of_weights = found.setdefault(str(given["weights"]), {})
        for path, one in zip(given["pieces"], there, strict=True):
            if not one:
                layers = of_weights.setdefault(str(path), {})
                layers[layer] = layers.get(layer, 0) + 1
    several = {
        weights: {path: layers for path, layers in datasets.items() if len(layers) > 1}
        for weights, datasets in found.items()
    }
    return {weights: datasets for weights, datasets in several.items() if datasets}


def share(found: Read, cards: str = CARDS) -> Path | None:
    """Make the folder of this run, and name it to its jobs; nothing without a GPU or something to share.

    Parameters
    ----------
    found : dict
        What `read` returns.
    cards : str
        A pattern of the files of GPUs.

    Returns
    -------
    Path or None
        The folder, which is deleted when this process ends.
    """
    if not found or not list(Path("/").glob(cards.lstrip("/"))):
        return None
    # what is written to a temporary folder in memory would count as this job's memory
    place = next((one for one in (Path(tempfile.gettempdir()), Path(".snakemake")) if not _in_memory(one)), None)
    if place is None or not place.is_dir():
        return None
    place = place.absolute()
    _sweep(place)
    try:
        folder = Path(tempfile.mkdtemp(prefix=NAME, dir=place))
        _held.append(_lock(folder))
        (folder / WANTED).write_text(json.dumps(found), encoding="utf-8")
    except OSError:  # each job computes its own layer
        return None
    os.environ[FOLDER] = str(folder)
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _in_memory(folder: Path) -> bool:
    """Whether a folder is on a file system in memory."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    kinds = {Path(line.split(" ")[4]): line.partition(" - ")[2].split(" ")[0] for line in lines}
    folder = folder.resolve()
    return next((kinds[one] for one in (folder, *folder.parents) if one in kinds), "") in ("tmpfs", "ramfs")


def _lock(folder: Path) -> Any:
    """Return the lock of a folder of this name; raise OSError where another process has it."""
    file = open(folder / "lock", "w")  # noqa: SIM115 - it is held until the process ends
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def _sweep(place: Path) -> None:
    """Delete the folders of runs that were killed, of this user."""
    for folder in place.glob(f"{NAME}*"):
        with contextlib.suppress(OSError):
            if os.lstat(folder).st_uid == os.getuid() and not folder.is_symlink():
                with _lock(folder):
                    shutil.rmtree(folder, ignore_errors=True)
