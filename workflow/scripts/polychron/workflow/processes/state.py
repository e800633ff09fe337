"""What a script may leave behind in its process, so that the next job of the process finds it as in a new one.

`polychron.workflow.forkserver` runs several jobs in one process where they compute on a GPU. After each of them,
`State.restore` puts back what the script changed. Where something stays that cannot be put back, such as a thread or an
open file, it says so, and the process is not used again.

The module is read from its file by a server that imports nothing of polychron, and imports no package: what is not
imported has no state.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import linecache
import locale
import logging
import os
import pickle
import random
import resource
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

MORE = 2**30
"""Bytes by which a process may have grown since its first job."""

LEFT = 2**28
"""Bytes that may stay allocated on a GPU, such as the workspaces of its libraries."""

UNSEEDED = 67280421310721
"""The seed of PyTorch's generators in a new process."""

NO_FILES = ("/dev/", "/proc/", "/sys/", "/memfd:")
"""How the names of open files begin that are none on a disk."""

_HOOKS = ("excepthook", "displayhook", "unraisablehook", "stdin", "stdout", "stderr")


class Fact(NamedTuple):
    """Something that can be read, and set unless `set` is None."""

    get: Callable[[], Any]
    set: Callable[[Any], object] | None = None


def _attribute(owner: Any, name: str) -> Fact:
    return Fact(lambda: getattr(owner, name, None), lambda value: setattr(owner, name, value))


def _list(owner: Any, name: str) -> Fact:
    return Fact(lambda: list(getattr(owner, name)), lambda value: getattr(owner, name).__setitem__(slice(None), value))


def _facts() -> dict[str, Fact]:
    """Return what is put back, by name."""
    found = {f"sys.{name}": _attribute(sys, name) for name in _HOOKS}
    found |= {f"sys.{name}": _list(sys, name) for name in ("path", "meta_path", "path_hooks")}
    found["threading.excepthook"] = _attribute(threading, "excepthook")
    found["recursion"] = Fact(sys.getrecursionlimit, sys.setrecursionlimit)
    found["switches of threads"] = Fact(sys.getswitchinterval, sys.setswitchinterval)
    found["traces"] = Fact(sys.gettrace, sys.settrace)
    found["garbage collection"] = Fact(gc.isenabled, lambda on: gc.enable() if on else gc.disable())
    found["its thresholds"] = Fact(gc.get_threshold, lambda values: gc.set_threshold(*values))
    found["locale"] = Fact(lambda: locale.setlocale(locale.LC_ALL), lambda name: locale.setlocale(locale.LC_ALL, name))
    kinds = sorted({getattr(resource, name) for name in dir(resource) if name.startswith("RLIMIT_")})
    found["limits"] = Fact(lambda: [resource.getrlimit(kind) for kind in kinds])
    found["priority"] = Fact(lambda: (os.nice(0), os.sched_getscheduler(0), sorted(os.sched_getaffinity(0))))
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        found[f"signal {int(number)}"] = Fact(
            lambda number=number: signal.getsignal(number),
            lambda handler, number=number: signal.signal(number, handler),
        )
    return found | _of_packages()


def _of_packages() -> dict[str, Fact]:
    found = {}
    if numpy := sys.modules.get("numpy"):
        found["numpy.random"] = Fact(
            lambda: pickle.dumps(numpy.random.get_state(legacy=False)),
            lambda state: numpy.random.set_state(pickle.loads(state)),
        )
    if arrow := sys.modules.get("pyarrow"):
        found["pyarrow threads"] = Fact(arrow.cpu_count, arrow.set_cpu_count)
        found["pyarrow io threads"] = Fact(arrow.io_thread_count, arrow.set_io_thread_count)
    if torch := sys.modules.get("torch"):
        found["torch dtype"] = Fact(torch.get_default_dtype, torch.set_default_dtype)
        found["torch device"] = Fact(torch.get_default_device, torch.set_default_device)
        found["torch threads"] = Fact(torch.get_num_threads, torch.set_num_threads)
        found["torch threads of operations"] = Fact(torch.get_num_interop_threads)
        found["torch gradients"] = Fact(torch.is_grad_enabled, torch.set_grad_enabled)
        found["torch inference"] = Fact(torch.is_inference_mode_enabled)
        found["torch algorithms"] = Fact(
            lambda: (
                torch.are_deterministic_algorithms_enabled(),
                torch.is_deterministic_algorithms_warn_only_enabled(),
            ),
            lambda how: torch.use_deterministic_algorithms(how[0], warn_only=how[1]),
        )
        found["torch products"] = Fact(torch.get_float32_matmul_precision, torch.set_float32_matmul_precision)
        found["torch.random"] = Fact(
            lambda: bytes(torch.get_rng_state().tolist()),
            lambda state: torch.set_rng_state(torch.tensor(list(state), dtype=torch.uint8)),
        )
        backends = {"cudnn": ("enabled", "benchmark", "deterministic", "allow_tf32"), "mkldnn": ("enabled",)}
        for backend, names in backends.items():
            for name in names:
                found[f"torch {backend} {name}"] = _attribute(getattr(torch.backends, backend), name)
        products = torch.backends.cuda.matmul
        for name in ("allow_tf32", "allow_fp16_reduced_precision_reduction", "allow_bf16_reduced_precision_reduction"):
            found[f"torch cuda {name}"] = _attribute(products, name)
    return found


class State:
    """The state of this process, which has not run a script yet."""

    def __init__(self) -> None:
        gc.freeze()  # what the server has imported stays, and need not be looked through after each job
        self._facts = _facts()
        self._before = {name: _read(fact) for name, fact in self._facts.items()}
        self._filters = list(warnings.filters)
        self._loggers = {name: _settings(logger) for name, logger in _loggers()}
        self._records = logging.getLogRecordFactory(), logging.root.manager.disable
        self._files = _open_files()
        self._memory: int | None = None

    def restore(self) -> list[str]:
        """Put back what a script changed.

        Returns
        -------
        list of str
            What is not as it was, and cannot be put back; empty if the process can run another script.
        """
        self._restore_logging()
        # the library is read anew by the next job, as its files are then, and so is all that its modules hold
        for name in [name for name in sys.modules if name.partition(".")[0] == "polychron"]:
            del sys.modules[name]
        importlib.invalidate_caches()
        linecache.clearcache()
        os.chdir("/")
        gc.collect()
        left = []
        for name, fact in self._facts.items():
            if _read(fact) != self._before[name] and fact.set is not None:
                with contextlib.suppress(Exception):
                    fact.set(self._before[name])
            if _read(fact) != self._before[name]:
                left.append(name)
        warnings.onceregistry.clear()
        with warnings.catch_warnings():  # its end lets what was shown once be shown again
            pass
        random.seed()
        left += _on_gpu()
        if threading.active_count() > 1:
            left.append("threads")
        if _has_children():
            left.append("processes")
        if _open_files() - self._files:
            left.append("files")
        memory = _memory()
        self._memory = memory if self._memory is None else self._memory
        return [*left, "memory"] if memory > self._memory + MORE else left

    def _restore_logging(self) -> None:
        logging.captureWarnings(False)
        warnings.filters[:] = self._filters
        logging.setLogRecordFactory(self._records[0])
        logging.disable(self._records[1])
        for name, logger in _loggers():
            level, propagate, disabled, handlers, filters = self._loggers.get(name, _settings(logger))
            if name not in self._loggers:  # of a package that is imported by now and stays, or of the library
                handlers = [one for one in handlers if not isinstance(one, logging.FileHandler)]
                if name.partition(".")[0] == "polychron":
                    level, propagate, disabled, handlers, filters = logging.NOTSET, True, False, [], []
            for handler in [one for one in logger.handlers if one not in handlers]:
                logger.removeHandler(handler)
                handler.close()
            logger.handlers[:], logger.filters[:] = handlers, filters
            logger.propagate, logger.disabled = propagate, disabled
            logger.setLevel(level)


def _read(fact: Fact) -> Any:
    """Return what a fact is; a fact that this version of a package does not tell stays unknown."""
    with warnings.catch_warnings(action="ignore"):
        try:
            return fact.get()
        except Exception:
            return None


def _loggers() -> Iterable[tuple[str, logging.Logger]]:
    named = logging.root.manager.loggerDict.items()
    return [("", logging.root), *((name, one) for name, one in named if isinstance(one, logging.Logger))]


def _settings(logger: logging.Logger) -> tuple[Any, ...]:
    return logger.level, logger.propagate, logger.disabled, list(logger.handlers), list(logger.filters)


def _open_files() -> set[str]:
    """Return the names of the files that are open, without devices and the like."""
    found = set()
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found.add(os.readlink(f"/proc/self/fd/{number}"))
    return {name for name in found if name.startswith("/") and not name.startswith(NO_FILES)}


def _has_children() -> bool:
    """Whether processes that a script started go on; those that have ended are forgotten."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return False
    return True


def _memory() -> int:
    """Return the bytes of this process that are on no disk, once what is not used is given back."""
    if (arrow := sys.modules.get("pyarrow")) is not None:
        arrow.default_memory_pool().release_unused()
    with contextlib.suppress(AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        lines = dict(line.split(":", 1) for line in file)
    return 1024 * sum(int(lines.get(name, "0").split()[0]) for name in ("RssAnon", "RssShmem"))


def _on_gpu() -> list[str]:
    """Return what stays on the GPU once its memory is given back and its generators are set to the start."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_initialized():
        return []
    left = []
    try:
        torch.cuda.synchronize()
        for name in ("_cuda_clearCublasWorkspaces", "_host_emptyCache"):
            getattr(torch._C, name, lambda: None)()
        torch.cuda.empty_cache()
        for generator in torch.cuda.default_generators:
            generator.manual_seed(UNSEEDED)
        if torch.cuda.memory_allocated() > LEFT:
            left.append("memory of the GPU")
        if torch.cuda.current_device() != 0 or torch.cuda.current_stream() != torch.cuda.default_stream():
            left.append("stream")
    except Exception:  # the card, or its driver, is at fault
        left.append("GPU")
    return left
