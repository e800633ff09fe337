"""Run a tool of fairseq in its own process, by ``fairseq_launcher.py``."""

from __future__ import annotations

import collections
import contextlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

logger = logging.getLogger("polychron")

LAUNCHER = Path(__file__).with_name("fairseq_launcher.py")
PREFIX = ".fairseq-"


@contextlib.contextmanager
def workplace(folder: str | Path, prefix: str = PREFIX) -> Iterator[Path]:
    """Make an empty folder inside `folder` for fairseq to write in, and remove it afterwards.

    What a killed job left under the same prefix is removed first. This is safe: no other job of the workflow writes to
    the same folder, and fairseq is killed together with the job that started it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{prefix}*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder) as work:
        yield Path(work)


class FairseqError(RuntimeError):
    """fairseq failed, or did something else than it should."""


def over_nodes(nodes: int, processes: int) -> list[str]:
    """Return the command that starts a process on all nodes of the current Slurm job.

    Parameters
    ----------
    nodes : int
        Number of nodes. On one node no command is needed, because fairseq starts its own processes.
    processes : int
        Processes on each node: one for each GPU, or one without a GPU.

    Returns
    -------
    list of str
        Empty for one node.

    Examples
    --------
    >>> over_nodes(1, 8), over_nodes(8, 8)[:4]
    ([], ['srun', '--nodes=8', '--ntasks=64', '--ntasks-per-node=8'])
    """
    if nodes == 1:
        return []
    counts = [f"--nodes={nodes}", f"--ntasks={nodes * processes}", f"--ntasks-per-node={processes}"]
    # the first process that fails ends all others, which would wait for it forever
    return ["srun", *counts, "--cpu-bind=none", "--kill-on-bad-exit=1"]


def run(tool: str, arguments: Sequence[str], *, nodes: int = 1, processes: int = 1) -> None:
    """Run a tool of fairseq on one thread, and log its output line by line while it runs.

    Parameters
    ----------
    tool : str
        ``train``, ``initialize``, ``forward`` or ``preprocess``.
    arguments : sequence of str
        Its arguments.
    nodes, processes : int
        As in `over_nodes`.

    Raises
    ------
    FairseqError
        The tool failed; the message ends with the last lines of its output.
    """
    # without -P, modules in the launcher's folder would hide installed packages of the same name
    command = [*over_nodes(nodes, processes), sys.executable, "-P", str(LAUNCHER), tool, *arguments]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1", "PYTHONHASHSEED": "0"}
    logger.info("fairseq %s %s", tool, " ".join(arguments))
    last: collections.deque[str] = collections.deque(maxlen=20)
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        try:
            for line in process.stdout:
                last.append(line.rstrip())
                logger.info("fairseq: %s", line.rstrip())
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        raise FairseqError(f"fairseq {tool} failed with code {process.returncode}; it wrote last:\n" + "\n".join(last))
