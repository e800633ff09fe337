"""A fast start for many short jobs: each runs in a fork of a Python process that has imported its packages already.

Importing torch takes longer than training a probe of the toy study. So the first job of a run starts a server process
that imports the heavy packages once, and nothing of polychron. Every job passes its script to a fork of this server,
waits for it, and exits with its status. What a job computes is the same. Where no server can be started, or one is
killed or stopped before it has taken the job, the job runs by itself.

A server accepts only jobs with the same interpreter, checkout, environment, user, limits, control group and namespaces
(so, of the same container). It never uses an accelerator, and it exits after `IDLE` seconds without a job. Under Slurm
only the jobs of one program that called `share` are forked from one server. That server stays a descendant of the
program, so that Slurm counts its memory and ends it with the rest, and it exits when the program has ended.

A fork that has used a GPU is kept when its job has ended well: the next job of the same script and environment runs in
it, and finds the card set up. Before a job is told to have ended, what it changed in its process is put back, and
memory is given back (`polychron.workflow.processes.state`). Where something stays, and where a job fails or is ended,
its process ends too, and the next job is forked anew. Jobs that run at the same time have processes of their own, as
many as Snakemake starts. The environment variable ``POLYCHRON_KEEP`` says which processes are kept otherwise:
``none``; or ``all``, also those that have used no GPU.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import json
import os
import resource
import signal
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

IDLE = 15.0
"""Seconds without a job after which the server exits."""

PATIENCE = 5.0
"""Seconds that a job waits for a server that gives no sign of life; after that it runs by itself."""

LONGEST = 120.0
"""Seconds that a job waits for a server that is still importing."""

TAKEN, READY, GO = b"?", b"+", b"!"
"""What the server, the fork and the job that waits for it say, before the fork runs the script."""

KIND = 32
"""Bytes of what tells which jobs may run in one process."""

KEEP, PROGRAM = "POLYCHRON_KEEP", "POLYCHRON_SHARED_BY"
"""Environment variables: which processes are kept, and the process of the program that has called `share`."""

PARTS = [Path(__file__).with_name("processes") / name for name in ("server.py", "state.py")]
"""What the server is made of besides this module."""

_PR_SET_CHILD_SUBREAPER = 36

PACKAGES = ("numpy", "torch", "pyarrow.parquet", "safetensors.numpy", "snakemake.script")
if any(Path("/dev").glob("nvidia[0-9]*")):
    PACKAGES += ("triton.language",)  # for probes on a GPU; it uses none when it is imported


def start(name: str) -> None:
    """Run the script in a fork of a server that has imported the heavy packages; return if there is no such server.

    It is called first in a script, before its imports: the fork runs the script from the start, and this process exits
    with the fork's status. If this process is ended, so is the fork. With the environment variable
    ``POLYCHRON_STARTER=off`` every job runs by itself, as does a job of Slurm for which `share` was not called.

    Parameters
    ----------
    name : str
        The script's ``__name__``: nothing is forked unless it is ``__main__``.
    """
    mode = os.environ.get("POLYCHRON_STARTER")
    alone = mode == "off" or ("SLURM_JOB_ID" in os.environ and mode != "shared")
    if name != "__main__" or alone or not sys.platform.startswith("linux"):
        return
    try:
        address = _folder() / f"{_likeness()}.sock"
        connection = _connected(address)
    except OSError:
        return
    if connection is None:
        return
    if not _accepted(connection, address):
        connection.close()  # where the server is only stopped, it must not run the job later
        return
    try:
        status = connection.recv(1)
    except OSError:
        status = b""
    if not status:
        print("The job's process was killed.", file=sys.stderr, flush=True)
    os._exit(status[0] if status else 137)


def _accepted(connection: socket.socket, address: Path) -> bool:
    """Pass this job to the server, and return whether it runs there; say so where the server has failed."""
    request = {"arguments": sys.argv, "folder": os.getcwd(), "environment": dict(os.environ), "umask": _umask()}
    message = json.dumps(request).encode()
    try:
        connection.sendall(_kind())
        if _takes(connection):
            # Not before, or a server that is stopped would hold on to this job's streams.
            connection.settimeout(LONGEST)
            socket.send_fds(connection, [len(message).to_bytes(8, "big")], [0, 1, 2])
            connection.sendall(message)
            if connection.recv(1) == READY:
                connection.sendall(GO)  # from here on the job runs there and nowhere else
                connection.settimeout(None)
                return True
            what = "has ended"
        else:
            what = "does not answer"
            for left in (address, address.with_suffix(".lock")):  # so that the next job starts another one
                left.unlink(missing_ok=True)
    except TimeoutError:
        what = "does not answer"
    except OSError:
        what = "has ended"
    print(f"The process that jobs are started from {what}, so this one starts by itself.", file=sys.stderr, flush=True)
    return False


def _takes(connection: socket.socket) -> bool:
    """Return whether the server takes the job; it is waited for as long as it gives a sign of life.

    Raises
    ------
    ConnectionError
        It has ended.
    """
    server = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]
    connection.settimeout(min(1.0, PATIENCE))
    begun = seen = time.monotonic()
    before = ""
    while time.monotonic() - begun < LONGEST and time.monotonic() - seen < PATIENCE:
        try:
            if connection.recv(1) == TAKEN:
                return True
            raise ConnectionError("the server has ended")
        except TimeoutError:
            now = _life(server)
        if now != before:
            before, seen = now, time.monotonic()
    return False


def _life(process: int) -> str:
    """Return what changes while a process is at work: its faults and its time on a core."""
    try:
        facts = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return " ".join(facts[7:15])


def _kind() -> bytes:
    """Return a digest of what jobs must have in common in order to run in one process: a script and an environment."""
    script = Path(sys.argv[0]).name.partition(".")[2]  # Snakemake puts a random name before it
    return hashlib.sha256(json.dumps([script, sorted(os.environ.items())]).encode()).digest()[:KIND]


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def share() -> None:
    """Let all jobs that this process starts be forked from one server, under Slurm too.

    The first of the jobs starts the server, and exits before it. This call makes the present process adopt the server
    then. Otherwise the machine's first process would, and a Slurm that follows parents to find what belongs to a job
    would lose it.
    """
    if sys.platform.startswith("linux"):
        os.environ.setdefault("POLYCHRON_STARTER", "shared")
        os.environ[PROGRAM] = str(os.getpid())
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _folder() -> Path:
    """Return a folder for sockets that only this user can write to; its path is short, as paths of sockets must be.

    Raises
    ------
    PermissionError
        There is something of that name that others may have made, such as a link.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    if runtime.startswith("/") and _is_ours(runtime):
        folder = Path(runtime) / "polychron"
    else:
        folder = Path(tempfile.gettempdir()) / f"polychron-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if not _is_ours(folder):
        raise PermissionError(f"{folder} is a link, or belongs to others")
    return folder


def _is_ours(folder: str | Path) -> bool:
    """Whether this is a folder, and no link to one, that this user has for himself."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077


def _likeness() -> str:
    """Return a digest of what two jobs must have in common in order to be forked from one server."""
    libraries = ("CUDA", "GOMP", "KMP", "LD_", "MKL", "NVIDIA", "OMP", "OPENBLAS", "TORCH", "TRITON")
    told = (*libraries, "LANG", "LC_", "PYTHON", "SLURM", "TMPDIR", KEEP, PROGRAM)
    limits = sorted({getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")})
    facts = [
        [sys.executable, sys.prefix, __file__],
        [os.stat(path).st_mtime_ns for path in (__file__, *PARTS)],
        [os.stat(path).st_mtime_ns for path in sys.path if Path(path).is_dir() and path.endswith("site-packages")],
        {name: value for name, value in sorted(os.environ.items()) if name.startswith(told)},
        # Several containers and machines may share a temporary folder.
        Path("/proc/sys/kernel/random/boot_id").read_text(),
        {name: os.readlink(f"/proc/self/ns/{name}") for name in sorted(os.listdir("/proc/self/ns"))},
        os.readlink("/proc/self/root"),
        Path("/proc/self/cgroup").read_text(),
        [os.getresuid(), os.getresgid(), sorted(os.getgroups())],
        [os.nice(0), os.sched_getscheduler(0), Path("/proc/self/oom_score_adj").read_text()],
        sorted(os.sched_getaffinity(0)),
        [resource.getrlimit(kind) for kind in limits],
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _connected(address: Path) -> socket.socket | None:
    """Connect to the server at an address, and start it if necessary."""
    end, started = time.monotonic() + PATIENCE, False
    while time.monotonic() < end:
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(PATIENCE)  # of a server that is stopped, too many jobs may be waiting already
        try:
            connection.connect(str(address))
            return connection
        except (FileNotFoundError, ConnectionRefusedError):
            connection.close()
        if not started:
            subprocess.Popen(
                [sys.executable, "-P", __file__, str(address)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
            )
            started = True
        time.sleep(0.02)
    return None


def serve(address: Path) -> None:
    """Listen at an address, import the heavy packages, and fork for each job, until `IDLE` seconds pass without one."""
    with open(address.with_suffix(".lock"), "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        with socket.socket(socket.AF_UNIX) as listener:
            address.unlink(missing_ok=True)
            listener.bind(str(address))
            listener.listen(512)
            ours = os.stat(address).st_ino
            for package in PACKAGES:
                with contextlib.suppress(ImportError):
                    __import__(package)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            server, state = map(_module, PARTS)
            server.Server(listener, lock, sys.modules[__name__], state).run()
            with contextlib.suppress(OSError):
                if os.stat(address).st_ino == ours:  # and not that of another one, started in its place
                    address.unlink()


def _module(path: Path) -> Any:
    """Read a module from its file, so that nothing of polychron is imported when jobs are forked."""
    spec = importlib.util.spec_from_file_location(f"_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
