"""fairseq's tools, each in a process of its own, started by ``fairseq_launcher.py``."""

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
    """Give an empty folder inside `folder` for fairseq to write in; it is gone afterwards.

    What a killed job left there under the same prefix goes first: no other job of the workflow writes to the same
    place, and fairseq dies with the job that started it.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob(f"{prefix}*"):
        shutil.rmtree(left)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=folder) as work:
        yield Path(work)


class FairseqError(RuntimeError):
    """fairseq failed, or did something else than it was asked to."""


def over_nodes(nodes: int, processes: int) -> list[str]:
    """Give the command that starts a process many times over the nodes of the Slurm job that it is started in.

    Parameters
    ----------
    nodes : int
        Number of nodes; on a single one fairseq starts its own processes, and nothing is needed.
    processes : int
        Processes on each node: one for each GPU, or one where there is none.

    Examples
    --------
    >>> over_nodes(1, 8), over_nodes(8, 8)[:4]
    ([], ['srun', '--nodes=8', '--ntasks=64', '--ntasks-per-node=8'])
    """
    if nodes == 1:
        return []
    counts = [f"--nodes={nodes}", f"--ntasks={nodes * processes}", f"--ntasks-per-node={processes}"]
    # the first that fails ends all the others, which would wait for it for ever
    return ["srun", *counts, "--cpu-bind=none", "--kill-on-bad-exit=1"]


def run(tool: str, arguments: Sequence[str], *, nodes: int = 1, processes: int = 1) -> None:
    """Run a tool of fairseq, on one thread; what it says goes to the log line by line while it runs.

    Parameters
    ----------
    tool : str
        ``train``, ``initialize``, ``forward`` or ``preprocess``.
    arguments : sequence of str
        Its command line.
    nodes, processes : int
        As in `over_nodes`.

    Raises
    ------
    FairseqError
        It failed; the message ends with the last lines that it wrote.
    """
    # -P: without it, the launcher's folder would come first, and its modules would be taken for other packages'
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
