"""Snakemake in forks of a Python that has imported it and the library already: a start takes a second less.

Run as a program, this is that Python: it takes requests from the socket that is its standard input.
"""

import contextlib
import functools
import importlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path

from place import ROOT

SCRIPTS = ROOT / "workflow/scripts"
MODULES = (
    "docutils.core",
    "jsonschema",
    "smart_open",
    "snakemake.api",
    "snakemake.cli",
    "snakemake.dag",
    "snakemake.executors.dryrun",
    "snakemake.executors.local",
    "snakemake.report.html_reporter",
    "snakemake.scheduling.job_scheduler",
    "snakemake.storage",
    "snakemake.workflow",
    "yte",
)


class Starter:
    """A Python whose forks run Snakemake; it ends with this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @functools.cached_property
    def _requests(self) -> socket.socket:
        mine, its = socket.socketpair()
        with its:
            self._process = subprocess.Popen([sys.executable, __file__], stdin=its)
        return mine

    def run(self, arguments: list, *, cwd, env=None, timeout=600, path=(), library=True):
        """Run Snakemake with some arguments in a folder; return the finished process.

        Parameters
        ----------
        arguments : list of str or path-like
            As on the command line.
        cwd : path-like
            The folder in which it is started.
        env : mapping or None
            Its environment; None is that of this process.
        timeout : float
            Seconds after which it is killed.
        path : sequence of path-like
            Folders that come first in the search for packages.
        library : bool
            Whether the library is that of this checkout; otherwise the Snakefile imports its own.
        """
        request = {
            "arguments": [str(argument) for argument in arguments],
            "cwd": str(cwd),
            "env": dict(os.environ if env is None else env),
            "path": [str(folder) for folder in path],
            "library": library and not path,
        }
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as failed:
            mine, its = socket.socketpair()
            with mine:
                with its, self._lock:
                    fds = [its.fileno(), said.fileno(), failed.fileno()]
                    socket.send_fds(self._requests, [b"."], fds)
                answer = mine.makefile("rw")
                answer.write(json.dumps(request) + "\n")
                answer.flush()
                pid = int(answer.readline())
                mine.settimeout(timeout)
                try:
                    status = int(answer.readline() or -9)
                except TimeoutError:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, 9)
                    raise subprocess.TimeoutExpired(arguments, timeout) from None
            said.seek(0)
            failed.seek(0)
            return subprocess.CompletedProcess(arguments, status, said.read().decode(), failed.read().decode())


STARTER = Starter()


def prepare() -> None:
    """Import Snakemake and what the rules import, and read the code that they take fingerprints of."""
    for name in MODULES:
        importlib.import_module(name)
    sys.path.insert(0, str(SCRIPTS))
    for rules in sorted((ROOT / "rules").glob("*.smk")):
        exec("\n".join(re.findall(r"^from polychron.*$", rules.read_text(encoding="utf-8"), re.MULTILINE)), {})
    sys.modules["polychron.study.configuration.config"]._schema()
    fingerprints = sys.modules["polychron.provenance.fingerprints"]
    for script in sorted(SCRIPTS.glob("*.py")):
        fingerprints.code_of(script)
    for module in SCRIPTS.glob("polychron/**/*.py"):
        fingerprints._read(module)


def serve(connection: socket.socket, said: int, failed: int) -> None:
    """Run Snakemake as a request says, and tell its process and its status."""
    status = 1
    answer = connection.makefile("rw")
    try:
        request = json.loads(answer.readline())
        print(os.getpid(), file=answer, flush=True)
        os.dup2(said, 1)
        os.dup2(failed, 2)
        os.chdir(request["cwd"])
        os.environ.clear()
        os.environ.update(request["env"])
        if not request["library"]:
            for name in [name for name in sys.modules if name.partition(".")[0] == "polychron"]:
                del sys.modules[name]
        sys.path[:0] = request["path"]
        sys.argv = ["snakemake", *request["arguments"]]
        sys.modules["snakemake.cli"].main(request["arguments"])
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        print(status, file=answer, flush=True)
        os._exit(status)


def main() -> None:
    requests = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.path.remove(str(Path(__file__).parent))
    prepare()
    while True:
        word, fds, _, _ = socket.recv_fds(requests, 1, 3)
        if not word:
            return
        for fd in fds:
            os.set_inheritable(fd, False)
        if os.fork() == 0:
            requests.close()
            serve(socket.socket(fileno=fds[0]), *fds[1:])
        for fd in fds:
            os.close(fd)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


if __name__ == "__main__":
    main()
