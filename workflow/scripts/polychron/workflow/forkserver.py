"""A fast start for many short jobs: each runs in a fork of a Python process that has imported its packages already.

Importing torch takes longer than training a probe of the toy study. So the first job of a run starts a server process
that imports the heavy packages once, and nothing of polychron. Every job passes its script to a fork of this server,
waits for it, and exits with its status. What a job computes is the same. Where no server can be started, the job runs
by itself.

A server accepts only jobs with the same interpreter, environment, limits and control group. It never uses an
accelerator, and it exits after `IDLE` seconds without a job. Under Slurm only the jobs of one program that called
`share` are forked from one server. That server stays a descendant of the program, so that Slurm counts its memory and
ends it with the rest.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import json
import os
import resource
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from pathlib import Path

IDLE = 15.0
"""Seconds without a job after which the server exits."""

PATIENCE = 5.0
"""Seconds that a job waits for the server; after that it runs by itself."""

_PR_SET_CHILD_SUBREAPER = 36

PACKAGES = ("numpy", "torch", "pyarrow.parquet", "safetensors.numpy", "snakemake.script")


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
    request = json.dumps({"arguments": sys.argv, "folder": os.getcwd(), "environment": dict(os.environ)}).encode()
    try:
        socket.send_fds(connection, [len(request).to_bytes(8, "big")], [0, 1, 2])
        connection.sendall(request)
    except OSError:
        return
    if not connection.recv(1):
        return  # the server exited before it had accepted the job
    status = connection.recv(1)
    if not status:
        print("The job's process was killed.", file=sys.stderr, flush=True)
    os._exit(status[0] if status else 137)


def share() -> None:
    """Let all jobs that this process starts be forked from one server, under Slurm too.

    The first of the jobs starts the server, and exits before it. This call makes the present process adopt the server
    then. Otherwise the machine's first process would, and a Slurm that follows parents to find what belongs to a job
    would lose it.
    """
    if sys.platform.startswith("linux"):
        os.environ.setdefault("POLYCHRON_STARTER", "shared")
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _folder() -> Path:
    """Return a folder for sockets that only this user can write to; its path is short, as paths of sockets must be."""
    folder = Path(tempfile.gettempdir()) / f"polychron-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} belongs to others")
    return folder


def _likeness() -> str:
    """Return a digest of what two jobs must have in common in order to be forked from one server."""
    libraries = ("CUDA", "GOMP", "KMP", "LD_", "MKL", "NVIDIA", "OMP", "OPENBLAS", "TORCH")
    told = (*libraries, "LANG", "LC_", "PYTHON", "SLURM", "TMPDIR")
    facts = [
        sys.executable,
        os.stat(Path(__file__)).st_mtime_ns,
        [os.stat(path).st_mtime_ns for path in sys.path if Path(path).is_dir() and path.endswith("site-packages")],
        {name: value for name, value in sorted(os.environ.items()) if name.startswith(told)},
        Path("/proc/self/cgroup").read_text(),
        os.nice(0),
        sorted(os.sched_getaffinity(0)),
        [resource.getrlimit(kind) for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_NOFILE)],
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]


def _connected(address: Path) -> socket.socket | None:
    """Connect to the server at an address, and start it if necessary."""
    end, started = time.monotonic() + PATIENCE, False
    while time.monotonic() < end:
        connection = socket.socket(socket.AF_UNIX)
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
            for package in PACKAGES:
                with contextlib.suppress(ImportError):
                    __import__(package)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            listener.settimeout(IDLE)
            while True:
                try:
                    connection, _ = listener.accept()
                except TimeoutError:
                    address.unlink(missing_ok=True)
                    return
                if os.fork() == 0:
                    listener.close()
                    lock.close()
                    _be_the_job(connection)
                connection.close()


def _be_the_job(connection: socket.socket) -> None:
    """Run a job's script in this fork and send back its exit status."""
    status, ended = 1, threading.Event()
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores it
        size, streams, _, _ = socket.recv_fds(connection, 8, 3)
        with connection.makefile("rb") as file:
            request = json.loads(file.read(int.from_bytes(size, "big")))
        for place, stream in enumerate(streams):
            os.dup2(stream, place)
            os.close(stream)
        os.environ.clear()
        os.environ.update(request["environment"])
        os.environ["POLYCHRON_STARTER"] = "off"
        os.chdir(request["folder"])
        sys.argv = request["arguments"]
        connection.send(b"+")
        threading.Thread(target=_end_with, args=(connection, ended), daemon=True).start()
        runpy.run_path(sys.argv[0], run_name="__main__")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        ended.set()
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        with contextlib.suppress(OSError):
            connection.send(bytes([status & 0xFF]))
        os._exit(status)


def _end_with(connection: socket.socket, ended: threading.Event) -> None:
    """End this process if the one that waits for it ends first: by SIGINT, and ten seconds later by SIGKILL."""
    with contextlib.suppress(OSError):
        connection.recv(1)
    if ended.is_set():
        return
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
