"""A Slurm of several nodes on one host, with pretend V100s, started and stopped by a test."""

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

from polychron.storage import files

NODES = [f"node{number}" for number in range(1, 9)]
GPUS = 8
CONFIGURATION = Path(__file__).with_name("slurm.conf").read_text(encoding="utf-8")
PROGRAMS = ["slurmctld", "slurmd", "munged", "squeue", "sbatch", "unshare", "nsenter", "ip"]
APART = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
"""The cluster has its own file system tree, loopback and process numbers: it cannot reach another cluster, not even one
that this host belongs to, and all of it ends at once, however the tests end."""

FURNISH = """
set -e
ip link set lo up
ip address add 127.0.0.2/32 dev lo
mount --bind {folder}/etc /etc/slurm
mount --bind {folder}/hosts /etc/hosts
echo ready
cat
:
"""
"""What the first process does. An address besides 127.0.0.1 is there because Slurm takes a host that has no other for
one without a network. The configuration has to be in /etc/slurm: Snakemake's job steps drop the variable
that would name another folder. The nodes' names have to mean this host: processes of a job look for each other."""


def hindrance() -> str | None:
    """Return why there can be no pretend cluster here, or None."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if missing:
        return f"Slurm is not here: no {', '.join(missing)} (apt install slurmctld slurmd slurm-client munge iproute2)"
    if os.geteuid():
        return "a pretend cluster is started by root alone"
    refused = subprocess.run([*APART, "true"], capture_output=True, text=True).stderr
    return (
        f"a pretend cluster needs namespaces of its own, and there are none to be had: {refused}" if refused else None
    )


def job_of(process: int) -> str:
    """Return the Slurm job that a process belongs to."""
    environment = Path(f"/proc/{process}/environ").read_bytes()
    return re.search(rb"(?:^|\0)SLURM_JOB_ID=(\d+)\0", environment)[1].decode()


def until(true, seconds: float = 60.0):
    """Wait until a function returns something true, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.1)
    raise TimeoutError(f"not within {seconds} seconds: {true.__name__}")


class Run:
    """A program that runs during the test; its output goes to a file."""

    def __init__(self, command: list[str], output: Path):
        self.output = output
        with open(output, "wb") as file:
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT, start_new_session=True)

    def said(self) -> str:
        return self.output.read_text(encoding="utf-8")

    def end(self, seconds: float = 1800) -> str:
        """Wait until it has ended without an error, and return its output."""
        code = self.process.wait(seconds)
        assert code == 0, self.said()[-4000:]
        return self.said()

    def pause(self) -> None:
        """Stop the program. The process that started it in the cluster's namespaces notices this, and stops as well."""
        first = self.process.pid
        (child,) = Path(f"/proc/{first}/task/{first}/children").read_text().split()
        os.kill(int(child), signal.SIGSTOP)
        until(lambda: "\nState:\tT" in Path(f"/proc/{first}/status").read_text())

    def resume(self) -> None:
        os.killpg(self.process.pid, signal.SIGCONT)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


class Cluster:
    """The pretend cluster, with what a test may ask of it and do to it."""

    def __init__(self, folder: Path):
        self.folder = folder

    def start(self) -> None:
        self.folder.chmod(0o711)
        munge, etc = self.folder / "munge", self.folder / "etc"
        munge.mkdir(mode=0o711)
        etc.mkdir()
        (self.folder / "state").mkdir()
        (munge / "key").write_bytes(secrets.token_bytes(1024))
        (munge / "key").chmod(0o400)
        for number in range(GPUS):
            os.mknod(self.folder / f"v100-{number}", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        host = socket.gethostname().split(".")[0]
        gpus = f"Name=gpu Type=v100 File={self.folder}/v100-[0-{GPUS - 1}]"
        (etc / "gres.conf").write_text(f"NodeName=node[1-{len(NODES)}] {gpus}\n")
        (etc / "slurm.conf").write_text(CONFIGURATION.format(folder=self.folder, host=host))
        (self.folder / "hosts").write_text(f"127.0.0.1 localhost {host} {' '.join(NODES)}\n")
        Path("/etc/slurm").mkdir(exist_ok=True)
        furnish = ["sh", "-c", FURNISH.format(folder=self.folder)]
        self.first = subprocess.Popen([*APART, *furnish], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.first.stdout.readline() == "ready\n"
        (number,) = Path(f"/proc/{self.first.pid}/task/{self.first.pid}/children").read_text().split()
        self.namespace = os.readlink(f"/proc/{number}/ns/pid")
        self.inside = ["nsenter", f"--target={number}", "--mount", "--net", "--pid", "--"]

        places = [f"--{name}={munge / name}" for name in ("socket", "pid-file", "log-file", "seed-file")]
        self.run("munged", "--force", f"--key-file={munge / 'key'}", *places)
        self.run("slurmctld", "-c")
        for node in NODES:
            self.restore(node)
        until(self.idle, 25)

    def stop(self) -> None:
        """End the first process: all others end with it."""
        self.first.stdin.close()
        self.first.wait(10)

    def run(self, *command: str, seconds: float = 60) -> str:
        """Run a program on the cluster to its end, and return what it printed."""
        done = subprocess.run([*self.inside, *command], capture_output=True, text=True, timeout=seconds)
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def idle(self) -> bool:
        return self.run("sinfo", "-hN", "-pcpu", "-o%T").split() == ["idle"] * len(NODES)

    def clear(self) -> None:
        """End all jobs."""
        self.run("scancel", "--user=root")
        until(lambda: not self.run("squeue", "-h"), 60)

    def processes(self) -> Iterator[tuple[int, bytes, bytes]]:
        """Return every process of the cluster: its number on this host, its command line, its environment."""
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with contextlib.suppress(OSError):
                    if os.readlink(entry / "ns/pid") == self.namespace:
                        yield int(entry.name), (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()

    def workers(self, folder: Path, script: str) -> list[int]:
        """List the processes of a script's jobs that run in a folder."""
        found = []
        for number, command, _ in self.processes():
            with contextlib.suppress(OSError):
                if script.encode() in command and os.readlink(f"/proc/{number}/cwd") == str(folder):
                    found.append(number)
        return found

    def restore(self, node: str) -> None:
        """Start a node, for the first time or after it was lost."""
        self.run("slurmd", "-c", "-N", node)

    def lose(self, node: str) -> None:
        """Let a node's power fail: its daemon and all processes of its jobs end at once."""
        jobs = self.run("squeue", "-h", "-w", node, "-o%i").split()
        for number, command, environment in self.processes():
            step = re.match(rb"slurmstepd: \[(\d+)\.", command)
            job = re.search(rb"(?:^|\0)SLURM_JOB_ID=(\d+)\0", environment)
            its = any(found and found[1].decode() in jobs for found in (step, job))
            if its or command == f"slurmd\0-c\0-N\0{node}\0".encode():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(number, signal.SIGKILL)

    def of(self, job: str) -> list[int]:
        """List the processes that a job has started."""
        mark = f"SLURM_JOB_ID={job}".encode()
        return [number for number, _, environment in self.processes() if mark in environment.split(b"\0")]

    def freeze(self, job: str) -> None:
        """Stop all processes of a job: it still runs for Slurm, and does nothing."""
        for number in self.of(job):
            os.kill(number, signal.SIGSTOP)

    def running(self, rule: str) -> str | None:
        """Return a running job of a rule, or None."""
        at_work = (job for job, state in self.states().items() if state == "RUNNING")
        return next((job for job in at_work if rule in self.show(job)["Comment"]), None)

    def show(self, job: str) -> dict[str, str]:
        """Return all that Slurm knows of a job."""
        return dict(re.findall(r"(\S+?)=(\S*)", self.run("scontrol", "show", "job", "-d", job)))

    def script(self, job: str) -> str:
        return self.run("scontrol", "write", "batch_script", job, "-")

    def states(self) -> dict[str, str]:
        """Return the states of all jobs, ended ones too."""
        return dict(line.split() for line in self.run("squeue", "-h", "--states=all", "-o%i %T").splitlines())

    def update(self, job: str, **changed: object) -> None:
        """Change what was asked for a job."""
        self.run("scontrol", "update", f"JobId={job}", *(f"{name}={value}" for name, value in changed.items()))

    def hold(self, partition: str, held: bool) -> None:
        """Let a partition take jobs and start none, or let it start them again."""
        self.run("scontrol", "update", f"PartitionName={partition}", f"State={'DOWN' if held else 'UP'}")


def checksums(folder: Path) -> dict[str, str]:
    """Return the checksum of every result that is compared by bytes: tables, weights of probes, checkpoints."""
    kinds = ("results/**/*.parquet", "results/**/*.safetensors")
    found = {str(path.relative_to(folder)): files.checksum(path) for kind in kinds for path in folder.glob(kind)}
    assert found
    return found


def submissions(said: str) -> list[str]:
    """Return the Slurm jobs that a run says it submitted."""
    return re.findall(r"submitted with SLURM jobid (\d+)", said)
