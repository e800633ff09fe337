"""Runs of Snakemake that are killed, ended or stopped at random moments, and started again until they are finished."""

import contextlib
import hashlib
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from place import ROOT

PROGRAM = Path(sys.executable).parent / "snakemake"
WAYS = ("everything", "snakemake", "a job", "the starter", "SIGTERM", "SIGINT")
"""What gets SIGKILL; or Snakemake gets SIGTERM, as from a system that shuts down, or all get SIGINT, as from Ctrl-C."""
OF_THE_RUN = ("*.provenance.json", "checkpoint_last.pt")
"""Files that say when, and on what, they were made. Of fairseq's, the converted weights are compared."""
CHECKSUM_OF_ONE = re.compile(rb'("checkpoint_last.pt": {\s*"bytes": \d+,\s*"sha256": )"\w+"')
PATIENCE = 900
"""Seconds after which a run that should have ended hangs."""


@contextlib.contextmanager
def running(folder: Path, *arguments: str, environment=None, orphans=False):
    """Run Snakemake on the checkout in a folder, in a process group that ends with the block.

    With `orphans`, the jobs of a Snakemake that has ended may go on.
    """
    place = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    process = subprocess.Popen(
        # a process in the background of a shell ignores SIGINT, and would hand that on
        ["env", "--default-signal=INT", PROGRAM, *place, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if not orphans or process.poll() is None:
            send(signal.SIGKILL, process)
        process.wait()


def send(number: int, process: subprocess.Popen) -> None:
    """Send a signal to a run's process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def jobs_of(folder: Path) -> list[int]:
    """List the processes of jobs that run in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes()
                at = os.readlink(entry / "cwd")
            except OSError:
                continue
            if at == str(folder) and b"scripts" in command and b"python" in command:
                found.append(int(entry.name))
    return found


def await_end_of_jobs(folder: Path) -> None:
    """Wait until no job runs in a folder: those of a Snakemake that was killed may go on for a while."""
    end = time.monotonic() + PATIENCE
    while jobs_of(folder):
        assert time.monotonic() < end, f"jobs in {folder} hang"
        time.sleep(0.1)


def starters_of(folder: Path) -> list[int]:
    """List the processes that fork jobs, of those whose sockets are in a folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                command = (entry / "cmdline").read_bytes()
                if b"forkserver.py\0" + os.fsencode(folder) in command and os.readlink(entry / "cwd") == "/":
                    found.append(int(entry.name))
    return found


def kill(*processes: int, number: int = signal.SIGKILL) -> None:
    """Send a signal to processes, some of which may have ended."""
    for process in processes:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, number)


def results(folder: Path) -> dict[str, str]:
    """Return the checksum of every result of a folder, but for what says when and on what it was made."""
    found = {}
    for path in sorted(folder.glob("results/**/*")):
        with contextlib.suppress(FileNotFoundError):  # a run may go on meanwhile, and delete it
            if path.is_file() and not any(path.match(pattern) for pattern in OF_THE_RUN):
                content = path.read_bytes()
                if path.suffix == ".json":
                    content = CHECKSUM_OF_ONE.sub(rb"\1", content)
                found[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return found


class Torment:
    """A study that is attacked while it runs.

    Parameters
    ----------
    expected : dict of str to str
        Checksums of the results of an undisturbed run.
    sockets : path-like
        A folder with a short path, for the sockets of a starter of its own.
    seed : int
        Of the attacks and their moments.
    latest : float
        Seconds of a run within which it is attacked.
    """

    def __init__(self, expected: dict[str, str], sockets: Path, seed: int, latest: float) -> None:
        self.expected, self.sockets, self.latest = expected, sockets, latest
        self.draw = random.Random(seed)
        self.made: list[tuple[str, int]] = []
        """Each attack, and how many results there were then."""
        self.pauses = 0
        self.next: list[str] = []

    def attack(self, process: subprocess.Popen, folder: Path) -> None:
        """Attack a run, if it has not ended by then, after a pause of everything or not."""
        if self.draw.random() < 0.25:
            self.pause(process, folder)
        if not self.next:
            self.next = self.draw.sample(WAYS, len(WAYS))
        way = self.next[-1]
        if way == "everything":
            jobs = jobs_of(folder)
            send(signal.SIGKILL, process)
            kill(*jobs)
        elif way == "snakemake":
            kill(process.pid)
        elif way == "SIGTERM":
            kill(process.pid, number=signal.SIGTERM)
        elif way == "SIGINT":
            send(signal.SIGINT, process)
        else:
            of, where = (jobs_of, folder) if way == "a job" else (starters_of, self.sockets)
            while not (victims := of(where)):
                if process.poll() is not None:
                    return
                time.sleep(0.05)
            kill(self.draw.choice(victims))
        self.made.append((self.next.pop(), len(results(folder))))
        if way not in ("a job", "the starter"):  # Snakemake may go on without them
            process.wait(PATIENCE)
        self.check(folder)

    def pause(self, process: subprocess.Popen, folder: Path) -> None:
        """Stop everything for a while, as a laptop that sleeps does."""
        stopped = [*jobs_of(folder), *starters_of(self.sockets)]
        send(signal.SIGSTOP, process)
        kill(*stopped, number=signal.SIGSTOP)
        time.sleep(self.draw.uniform(0, 3))
        kill(*stopped, number=signal.SIGCONT)
        send(signal.SIGCONT, process)
        self.pauses += 1

    def check(self, folder: Path) -> None:
        """Compare what has the name of a result with the undisturbed run."""
        found = results(folder)
        wrong = [path for path, digest in found.items() if digest != self.expected.get(path) and "/." not in path]
        assert not wrong, f"after {self.made[-1]}: {wrong}"

    def finish(self, folder: Path, *arguments: str, attacks: int) -> None:
        """Run a study until it is finished, attacked up to so many times in all."""
        environment = os.environ | {"TMPDIR": str(self.sockets)}
        ended = None
        while ended != 0:
            begun = len(self.made)
            with running(folder, *arguments, environment=environment, orphans=True) as process:
                while len(self.made) < attacks and process.poll() is None:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(self.draw.uniform(0, self.latest))
                    if process.poll() is None:
                        self.attack(process, folder)
                ended = process.wait(PATIENCE)
            assert ended == 0 or len(self.made) > begun, f"a run failed that nothing disturbed, after {self.made[-3:]}"
            if self.draw.random() < 0.5:  # otherwise the next run starts while jobs of this one may still be running
                await_end_of_jobs(folder)
        await_end_of_jobs(folder)
        assert results(folder) == self.expected
        assert not list(folder.glob("results/**/.*")), "nothing is half-written"

    def told(self) -> dict[str, int]:
        """Return how many attacks there were of each kind."""
        return {**Counter(way for way, _ in self.made), "stopped and continued": self.pauses}
