"""A Slurm of several nodes on one host, with pretend V100s, started and taken away by a test."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from polychron import provenance

NODES = [f"node{number}" for number in range(1, 9)]
GPUS = 8
ETC = Path("/etc/slurm")
"""Where the configuration has to lie: Snakemake's job steps drop the variable that would name another place."""

CONFIGURATION = Path(__file__).with_name("slurm.conf").read_text(encoding="utf-8")
PROGRAMS = ["slurmctld", "slurmd", "munged", "squeue", "sbatch"]


def hindrance() -> str | None:
    """Say why there can be no pretend cluster here, or give None."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"Slurm is not here: no {', '.join(missing)} (apt install slurmctld slurmd slurm-client munge)"
    if os.geteuid():
        return "a pretend cluster is started by root alone: its configuration has to lie in /etc/slurm"
    there = ETC / "slurm.conf"
    if there.exists() and not there.read_text(encoding="utf-8").startswith(CONFIGURATION.splitlines()[0]):
        return f"this host has a Slurm of its own: {there}"
    return None


def run(*command: str) -> str:
    """Run a program to its end and give what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
    return done.stdout


def processes() -> Iterator[tuple[int, bytes, bytes]]:
    """Give every process of this host: its number, its command line, its environment."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                yield int(entry.name), (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()


def workers(folder: Path, script: str) -> list[int]:
    """List the processes of a script's jobs that are at work in a folder."""
    found = []
    for number, command, _ in processes():
        with contextlib.suppress(OSError):
            if script.encode() in command and os.readlink(f"/proc/{number}/cwd") == str(folder):
                found.append(number)
    return found


def job_of(process: int) -> str:
    """Give the Slurm job that a process belongs to."""
    environment = Path(f"/proc/{process}/environ").read_bytes()
    return re.search(rb"(?:^|\0)SLURM_JOB_ID=(\d+)\0", environment)[1].decode()


def until(true, seconds: float = 60.0):
    """Wait until a function gives something, and give it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.1)
    raise TimeoutError(f"not within {seconds} seconds: {true.__name__}")


class Run:
    """A program that goes on while the test does; what it says goes to a file."""

    def __init__(self, command: list[str], folder: Path, output: Path):
        self.output = output
        with open(output, "wb") as file:
            self.process = subprocess.Popen(
                command, cwd=folder, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def end(self, seconds: float = 1800) -> str:
        """Wait until it has ended well, and give what it said."""
        code = self.process.wait(seconds)
        assert code == 0, self.said()[-4000:]
        return self.said()

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Cluster:
    """The pretend cluster: what a test asks of it and does to it."""

    def __init__(self, folder: Path):
        self.folder = folder

    def start(self) -> None:
        self.folder.chmod(0o711)
        munge = self.folder / "munge"
        munge.mkdir(mode=0o711)
        (self.folder / "state").mkdir()
        (munge / "key").write_bytes(secrets.token_bytes(1024))
        (munge / "key").chmod(0o400)
        for number in range(GPUS):
            os.mknod(self.folder / f"v100-{number}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        ETC.mkdir(exist_ok=True)
        gpus = f"Name=gpu Type=v100 File={self.folder}/v100-[0-{GPUS - 1}]"
        (ETC / "gres.conf").write_text(f"NodeName=node[1-{len(NODES)}] {gpus}\n")
        host = socket.gethostname().split(".")[0]
        (ETC / "slurm.conf").write_text(CONFIGURATION.format(folder=self.folder, host=host))
        places = [f"--{name}={munge / name}" for name in ("socket", "pid-file", "log-file", "seed-file")]
        run("munged", "--force", f"--key-file={munge / 'key'}", *places)
        run("slurmctld", "-c")
        for node in NODES:
            self.restore(node)
        until(self.idle, 25)

    def idle(self) -> bool:
        states = subprocess.run(["sinfo", "-hN", "-pcpu", "-o%T"], capture_output=True, text=True, timeout=60).stdout
        return states.split() == ["idle"] * len(NODES)

    def stop(self) -> None:
        with contextlib.suppress(AssertionError, TimeoutError, subprocess.TimeoutExpired):
            self.clear()
        for place in [*self.folder.glob("*.pid"), self.folder / "munge/pid-file"]:
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(place.read_text()), signal.SIGKILL)
        for name in ("slurm.conf", "gres.conf"):
            (ETC / name).unlink(missing_ok=True)

    def clear(self) -> None:
        """End all jobs."""
        run("scancel", "--user=root")
        until(lambda: not run("squeue", "-h"), 60)

    def restore(self, node: str) -> None:
        """Start a node, for the first time or after it was lost."""
        run("slurmd", "-c", "-N", node)

    def lose(self, node: str) -> None:
        """Let a node's power fail: its daemon and all of its jobs' processes are gone at once."""
        jobs = run("squeue", "-h", "-w", node, "-o%i").split()
        os.kill(int((self.folder / f"{node}.pid").read_text()), signal.SIGKILL)
        for number, command, environment in processes():
            step = re.match(rb"slurmstepd: \[(\d+)\.", command)
            job = re.search(rb"(?:^|\0)SLURM_JOB_ID=(\d+)\0", environment)
            if any(found and found[1].decode() in jobs for found in (step, job)):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)

    def freeze(self, job: str) -> None:
        """Stop all processes of a job: it runs on, and does nothing."""
        for number, _, environment in processes():
            if f"SLURM_JOB_ID={job}".encode() in environment.split(b"\0"):
                os.kill(number, signal.SIGSTOP)

    def running(self, rule: str) -> str | None:
        """Give a running job of a rule, or None."""
        at_work = (job for job, state in self.states().items() if state == "RUNNING")
        return next((job for job in at_work if rule in self.show(job)["Comment"]), None)

    def show(self, job: str) -> dict[str, str]:
        """Give all that Slurm knows of a job."""
        return dict(re.findall(r"(\S+?)=(\S*)", run("scontrol", "show", "job", "-d", job)))

    def script(self, job: str) -> str:
        return run("scontrol", "write", "batch_script", job, "-")

    def states(self) -> dict[str, str]:
        """Give the states of all jobs, ended ones too."""
        return dict(line.split() for line in run("squeue", "-h", "--states=all", "-o%i %T").splitlines())

    def hold(self, partition: str, held: bool) -> None:
        """Let a partition take jobs and start none, or let it start them again."""
        run("scontrol", "update", f"PartitionName={partition}", f"State={'DOWN' if held else 'UP'}")


def checksums(folder: Path) -> dict[str, str]:
    """Give the checksum of every result that is compared by bytes: tables, weights of probes, checkpoints."""
    kinds = ("results/**/*.parquet", "results/**/*.safetensors")
    found = {str(path.relative_to(folder)): provenance.checksum(path) for kind in kinds for path in folder.glob(kind)}
    assert found
    return found


def submissions(said: str) -> list[str]:
    """Give the Slurm jobs that a run says it submitted."""
    return re.findall(r"submitted with SLURM jobid (\d+)", said)
