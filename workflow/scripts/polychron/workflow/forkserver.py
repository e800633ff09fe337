"""A quick start for the many short jobs of a grid: each goes on in a copy of a Python that has its packages already.

To import torch takes longer than to train a probe of the toy study. So the first job of a run starts a process that
imports the heavy packages once, and nothing of polychron; every job hands its script over to a fork of it, waits, and
ends as the fork ended. What a job computes is the same; where no such process can be had, the job runs by itself. The
process serves only jobs with the same interpreter, environment, limits and control group, never touches an
accelerator, and ends when nobody has asked for `IDLE` seconds. Under Slurm only jobs of one program that called `share`
are forked from one process, and that stays below the program, where Slurm counts its memory and ends it with the rest.
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
"""Seconds without a job after which the process ends."""

PATIENCE = 5.0
"""Seconds in which the process must listen; after that a job starts by itself."""

_PR_SET_CHILD_SUBREAPER = 36

PACKAGES = ("numpy", "torch", "pyarrow.parquet", "safetensors.numpy", "snakemake.script")


def start(name: str) -> None:
    """Go on in a fork of a process that has imported the heavy packages; return where that is not to be had.

    Called first in a script, before its imports: the fork runs the script from the start, and this process ends with
    the fork's exit status. Whoever ends this process ends the fork. The environment variable ``POLYCHRON_STARTER=off``
    makes every job start by itself, as a Slurm job does where `share` was not called.

    Parameters
    ----------
    name : str
        The script's ``__name__``: only a program of its own is handed over.
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
        return  # it ended before it had taken the job
    status = connection.recv(1)
    if not status:
        print("The job's process was killed.", file=sys.stderr, flush=True)
    os._exit(status[0] if status else 137)


def share() -> None:
    """Let all jobs that this process starts be forked from one process, under Slurm too.

    The first of the jobs starts that process, and ends before it. Without this call the machine's first process would
    adopt it, and Slurm, where it tells by parents what belongs to a job, would no longer know it.
    """
    if sys.platform.startswith("linux"):
        os.environ.setdefault("POLYCHRON_STARTER", "shared")
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _folder() -> Path:
    """Give a folder for sockets that nobody else can write to; their paths may not be long."""
    folder = Path(tempfile.gettempdir()) / f"polychron-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.stat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise PermissionError(f"{folder} belongs to others")
    return folder


def _likeness() -> str:
    """Name what two jobs must share in order to be forked from one process."""
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
    """Connect to the process that listens at an address, started if need be."""
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
    """Listen at an address, import the heavy packages, and fork for each job, until `IDLE` seconds bring none."""
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
    """Run a job's script in this fork and say how it ended."""
    status, ended = 1, threading.Event()
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # a run in the background ignores it
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
    """End this process when the one that waits for it has ended before it: with the chance to tidy up, then without."""
    with contextlib.suppress(OSError):
        connection.recv(1)
    if ended.is_set():
        return
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
