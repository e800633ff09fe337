"""The server of `polychron.workflow.forkserver`: it gives each job to a fork, or to a process that has run one before.

Both modules of this package are read from their files by a server that imports nothing of polychron.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import os
import runpy
import selectors
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

KEPT, MOST, JOBS = 15.0, 8, 200
"""Seconds that a kept process waits for a job, the most that wait at the same time, and the most jobs of one."""


class Server:
    """Gives each job that asks to a fork, or to a kept process of its kind.

    Parameters
    ----------
    listener : socket
    lock : file
        Of the address; forks close both.
    forkserver : module
        `polychron.workflow.forkserver`, with what is said between a job and its process.
    state : module
        `polychron.workflow.processes.state`.
    """

    def __init__(self, listener: socket.socket, lock: Any, forkserver: Any, state: Any) -> None:
        self.listener, self.lock, self.forkserver, self.state = listener, lock, forkserver, state
        mode = os.environ.get(forkserver.KEEP)
        self.every = mode == "all"  # also a process that has used no GPU
        self.keeps = self.every or (mode != "none" and any(Path("/dev").glob("nvidia[0-9]*")))
        self.asking: set[socket.socket] = set()
        self.kinds: dict[socket.socket, bytes] = {}  # of forks that may be kept
        self.processes: dict[socket.socket, int] = {}  # their numbers
        self.waiting: dict[socket.socket, float] = {}  # those without a job, and since when

    def run(self) -> None:
        """Serve until ``forkserver.IDLE`` seconds pass without a job, or the program that has called `share` ends."""
        program, idle = self._program(), self.forkserver.IDLE
        with selectors.PollSelector() as selector:
            self.selector = selector
            for one in (self.listener, *([] if program is None else [program])):
                selector.register(one, selectors.EVENT_READ)
            last = time.monotonic()
            while time.monotonic() - last < idle:
                for key, _ in selector.select(min(idle, KEPT) if self.kinds else idle):
                    last = time.monotonic()
                    if key.fileobj == program:
                        return
                    self._answer(key.fileobj)
                now = time.monotonic()
                if len(self.kinds) > len(self.waiting):  # a job runs in a process that may be kept
                    last = now
                oldest = sorted(self.waiting, key=self.waiting.get)[:-MOST]
                for channel in {*oldest, *(one for one, since in self.waiting.items() if now - since > KEPT)}:
                    self._forget(channel)

    def _program(self) -> int | None:
        """Return a descriptor that tells when the program that called `share` has ended; None where nothing does."""
        try:
            return os.pidfd_open(int(os.environ[self.forkserver.PROGRAM]))
        except (KeyError, ValueError, AttributeError, OSError):
            return None

    def _answer(self, one: Any) -> None:
        """Take note of a job that connects or says what it is, and of a process that has done its job or has ended."""
        if one is self.listener:
            connection, _ = one.accept()
            with contextlib.suppress(OSError):
                connection.send(self.forkserver.TAKEN)
            self.asking.add(connection)
            self.selector.register(connection, selectors.EVENT_READ)
        elif one in self.asking:
            self.asking.remove(one)
            self.selector.unregister(one)
            with contextlib.suppress(OSError):
                if kind := one.recv(self.forkserver.KIND, socket.MSG_PEEK):
                    self._give(one, kind)
            one.close()
        elif one in self.kinds:
            with contextlib.suppress(OSError):
                if one.recv(1):
                    self.waiting[one] = time.monotonic()
                    return
            self._forget(one)

    def _give(self, connection: socket.socket, kind: bytes) -> None:
        """Pass a job to a process of its kind that waits, or to a fork."""
        for channel in [one for one in self.waiting if self.kinds[one] == kind]:
            with contextlib.suppress(OSError):
                if not _is_stopped(self.processes[channel]):
                    socket.send_fds(channel, [self.forkserver.GO], [connection.fileno()])
                    del self.waiting[channel]
                    return
            self._forget(channel)
        ours, its = socket.socketpair() if self.keeps else (None, None)
        process = os.fork()
        if process == 0:
            for one in (self.listener, self.lock, *([ours] if ours else []), *self.asking, *self.kinds):
                one.close()
            _Process(self, its).run(connection)
        if ours is not None:
            its.close()
            self.kinds[ours], self.processes[ours] = kind, process
            self.selector.register(ours, selectors.EVENT_READ)

    def _forget(self, channel: socket.socket) -> None:
        """Let a process end: now if it waits, and otherwise after its job."""
        self.selector.unregister(channel)
        channel.close()
        self.waiting.pop(channel, None)
        del self.kinds[channel], self.processes[channel]


class _Process:
    """A fork that runs jobs.

    Parameters
    ----------
    server : Server
    channel : socket or None
        By which it says that it waits for a job, and gets one; None if it runs a single job.
    """

    def __init__(self, server: Server, channel: socket.socket | None) -> None:
        self.forkserver, self.module, self.every, self.channel = server.forkserver, server.state, server.every, channel

    def run(self, connection: socket.socket) -> None:
        """Run a job's script and send back its exit status; so with further jobs, if this process is kept; then end."""
        status = 1
        try:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a process in the background ignores it
            state = self._state()
            for _ in range(JOBS):
                status = self._ran(connection)
                kept = status == 0 and state is not None and self._is_ready(state)
                if kept:
                    # before the job is told to have ended, so that the next one finds this process
                    self.channel.send(self.forkserver.READY)
                with contextlib.suppress(OSError):
                    connection.send(bytes([status & 0xFF]))
                connection.close()
                if not kept:
                    break
                _, descriptors, *_ = socket.recv_fds(self.channel, 1, 1)
                if not descriptors:
                    break
                connection, status = socket.socket(fileno=descriptors[0]), 1
        except BaseException:  # a job that has run has ended as it has, whatever happens to its process then
            with contextlib.suppress(OSError):
                connection.send(bytes([status & 0xFF]))
        finally:
            os._exit(status)

    def _state(self) -> Any:
        """Return the state of this process, None if it is not to be kept."""
        with contextlib.suppress(Exception):
            return None if self.channel is None else self.module.State()
        return None

    def _ran(self, connection: socket.socket) -> int:
        """Run a job's script in this process, and return its exit status."""
        status, ended, watching = 1, threading.Event(), None
        try:
            connection.recv(self.forkserver.KIND, socket.MSG_WAITALL)
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
            os.umask(request["umask"])
            sys.argv = request["arguments"]
            accepted = False
            with contextlib.suppress(OSError):
                connection.send(self.forkserver.READY)
                accepted = connection.recv(1) == self.forkserver.GO
            if not accepted:  # it was not waited for, and the job has started by itself
                os._exit(0)
            watching = threading.Thread(target=_end_with, args=(connection, ended), daemon=True)
            watching.start()
            # what a script sets for its context, such as how NumPy treats faults of numbers, ends with it
            contextvars.copy_context().run(runpy.run_path, sys.argv[0], run_name="__main__")
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
        if status == 0 and self.channel is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)
            watching.join(1)
        return status

    def _is_ready(self, state: Any) -> bool:
        """Whether this process is to run another job: it has used a GPU, and is as it was before its first job."""
        torch = sys.modules.get("torch")
        if not self.every and (torch is None or not torch.cuda.is_initialized()):
            return False
        try:
            nowhere = os.open(os.devnull, os.O_RDWR)
            for place in range(3):  # what reads the job's output waits until nobody can write to it
                os.dup2(nowhere, place)
            os.close(nowhere)
            return not state.restore()
        except Exception:
            return False


def _is_stopped(process: int) -> bool:
    """Whether a process cannot take a job, because a signal has stopped it.

    Raises
    ------
    OSError
        It has ended.
    """
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "TtZX"


def _end_with(connection: socket.socket, ended: threading.Event) -> None:
    """End this process if the one that waits for it ends first: by SIGINT, and ten seconds later by SIGKILL."""
    with contextlib.suppress(OSError):
        connection.recv(1)
    if ended.is_set():
        return
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
    os.kill(os.getpid(), signal.SIGKILL)
