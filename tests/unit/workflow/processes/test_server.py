"""Jobs that run in one process, one after another, are what they are in processes of their own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pytest
from cells import pieces_of, treebank
from place import ROOT

from polychron import paths
from polychron.storage import files
from polychron.tokenization import pieces

LIMIT = 300
"""Seconds after which a test is taken to hang."""

HEAD = f"""
import os, sys
sys.path += [{str(paths.SCRIPTS)!r}, {str(ROOT / "tests/support")!r}]
from polychron.workflow import forkserver
forkserver.PATIENCE = 60  # a busy machine is no reason to start by itself
forkserver.start(__name__)
"""

SERVE = f"""
import sys
sys.path.append({str(paths.SCRIPTS)!r})
from pathlib import Path
from polychron.workflow import forkserver
read = forkserver._module
def changed(path):
    module = read(path)
    if path.name == "server.py":
        module.KEPT = float(sys.argv[2])
    return module
forkserver._module, forkserver.IDLE = changed, 30
forkserver.PACKAGES = sys.argv[3:]
forkserver.serve(Path(sys.argv[1]))
"""

TELL = """
import json
print(json.dumps([os.getpid(), sys.argv[1:], os.environ.get("MARK"), os.getcwd()]))
print("told", file=sys.stderr)
"""

UNTIL = """
import time
open("begun", "w").close()
while not os.path.exists("enough"):
    time.sleep(0.02)
"""


class Jobs:
    """Jobs in a folder, and a server at their address; `number` counts jobs, whose files have random names.

    Parameters
    ----------
    work, sockets : path-like
    """

    def __init__(self, work, sockets):
        self.work, self.number, self.servers = work, 0, []
        shown = {"TMPDIR": str(sockets), "XDG_RUNTIME_DIR": "", "PYTHONDONTWRITEBYTECODE": "1", "POLYCHRON_KEEP": "all"}
        self.settings = {**os.environ, **shown}

    def begin(self, body, *arguments, name="job", head=HEAD, **environment):
        self.number += 1
        script = self.work / f"tmp{self.number}.{name}.py"
        script.write_text(head + body)
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        settings = {**self.settings, **environment}
        return subprocess.Popen([sys.executable, script, *arguments], cwd=self.work, env=settings, **pipes)

    def run(self, body, *arguments, **named):
        process = self.begin(body, *arguments, **named)
        out, err = process.communicate(timeout=LIMIT)
        return process.returncode, out, err

    def told(self, *arguments, body=TELL, **named):
        """Run a job that tells its process and its surroundings."""
        status, out, err = self.run(body, *arguments, **named)
        assert (status, err) == (0, "told\n")
        return json.loads(out)

    def serve(self, *packages, kept=60, **environment):
        """Start the server of jobs with some variables in their environment."""
        told = "print(forkserver._folder() / (forkserver._likeness() + '.sock'))"
        _, address, _ = self.run(told, POLYCHRON_STARTER="off", **environment)
        command = [sys.executable, "-c", SERVE, address.strip(), str(kept), *packages]
        self.servers.append(subprocess.Popen(command, env={**self.settings, **environment}))
        until(Path(address.strip()).exists)
        return self.servers[-1]


def until(happens):
    end = time.monotonic() + LIMIT
    while not happens():
        assert time.monotonic() < end
        time.sleep(0.02)


def is_gone(process):
    """Whether a process has ended, and is at most a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except OSError:
        return True


@pytest.fixture
def jobs(tmp_path):
    sockets = tempfile.mkdtemp(prefix="kept-test-", dir="/tmp")  # a short path, as sockets need one
    found = Jobs(tmp_path, sockets)
    yield found
    for server in found.servers:
        server.kill()
        server.wait()
    shutil.rmtree(sockets, ignore_errors=True)  # what ends may be removing files, too


def test_jobs_run_in_one_process_each_with_its_own_arguments_and_streams(jobs, tmp_path):
    jobs.serve()
    first, second = jobs.told("one"), jobs.told("two", "three")
    assert first[0] == second[0]
    assert (first[1:], second[1:]) == ([["one"], None, str(tmp_path)], [["two", "three"], None, str(tmp_path)])


def test_another_script_or_environment_has_another_process_and_one_at_the_same_time_too(jobs):
    jobs.serve()
    mine = jobs.told()[0]
    other, marked = jobs.told(name="other")[0], jobs.told(MARK="this one")
    assert len({mine, other, marked[0]}) == 3 and marked[2] == "this one"
    slow = jobs.begin(UNTIL + TELL)
    until((jobs.work / "begun").exists)
    beside = jobs.told()[0]
    (jobs.work / "enough").touch()
    assert json.loads(slow.communicate(timeout=LIMIT)[0])[0] == mine != beside
    assert jobs.told()[0] in (mine, beside)


@pytest.mark.parametrize("environment", [{"POLYCHRON_KEEP": "none"}, {"POLYCHRON_KEEP": ""}], ids=["none", "no GPU"])
def test_without_a_gpu_and_where_it_is_asked_for_each_job_has_its_own_process(jobs, environment):
    jobs.serve(**environment)
    assert jobs.told(**environment)[0] != jobs.told(**environment)[0]


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("raise ValueError('seven')", 1, "ValueError: seven"),
        ("sys.exit(3)", 3, ""),
        ("import signal\nos.kill(os.getpid(), signal.SIGKILL)", 137, "was killed"),
    ],
    ids=["raises", "exits", "is killed"],
)
def test_an_error_is_that_of_its_job_alone(jobs, body, status, said):
    jobs.serve()
    before = jobs.told()[0]
    found, _, err = jobs.run("print(os.getpid())\n" + body)
    assert (found, said in err) == (status, True)
    assert jobs.told()[0] != before


@pytest.mark.parametrize(
    "left",
    [
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()",
        "sys.left = open('left', 'w')",
        "import subprocess\nsys.left = subprocess.Popen(['sleep', '60'], stdout=-3, stderr=-3)",
    ],
    ids=["thread", "file", "process"],
)
def test_a_process_in_which_a_job_leaves_something_is_not_used_again(jobs, left):
    jobs.serve()
    before = jobs.told(body=left + TELL)[0]
    assert jobs.told()[0] != before
    until(lambda: is_gone(before))


def test_a_job_that_is_stopped_in_the_middle_ends_its_process(jobs):
    jobs.serve()
    before = jobs.told()[0]
    process = jobs.begin("""
import time
try:
    open("begun", "w").close()
    time.sleep(300)
finally:
    open("tidied", "w").close()
""")
    until((jobs.work / "begun").exists)
    process.terminate()
    process.wait(timeout=LIMIT)
    until((jobs.work / "tidied").exists)
    until(lambda: is_gone(before))
    assert jobs.told()[0] != before


def test_a_process_ends_with_its_server_and_when_nobody_asks(jobs):
    server = jobs.serve()
    kept = jobs.told()[0]
    assert not is_gone(kept)
    server.kill()
    until(lambda: is_gone(kept))
    jobs.serve(kept=0.3, MARK="idle")
    idle = jobs.told(MARK="idle")[0]
    until(lambda: is_gone(idle))


def test_a_server_and_its_processes_end_with_the_program_that_shares_them(jobs):
    with subprocess.Popen(["sleep", "300"]) as program:
        shared = {"POLYCHRON_SHARED_BY": str(program.pid)}
        server = jobs.serve(**shared)
        kept = jobs.told(**shared)[0]
        program.kill()
    server.wait(timeout=LIMIT)
    until(lambda: is_gone(kept))


def test_a_job_does_not_wait_for_a_process_that_is_stopped(jobs):
    jobs.serve()
    kept = jobs.told()[0]
    os.kill(kept, signal.SIGSTOP)
    try:
        assert jobs.told()[0] != kept
    finally:
        os.kill(kept, signal.SIGCONT)
    until(lambda: is_gone(kept))  # nobody asks it any more


CELL = """
import script
snakemake = script.snakemake(
    script.Files(**{given!r}),
    script.Files(scores="{made}.parquet", weights="{made}.safetensors"),
    "{made}.log",
    **{spec},
)
"""
SPEC = {
    **{"model": "planted", "language": "aa", "layer": 2, "step": 50, "threads": 1, "stored": [True]},
    **{"seeds": [0, 1], "epochs": 4, "patience": 3, "batch": 64, "learning_rate": 0.01, "scaling": "standard"},
    "tokens_per_batch": 300,
}
POS = {"task": "pos", "enters": ["polychron.probing.tasks.token_labels"], "options": {"column": "upos"}}
ARCS = {"task": "arc_prediction", "enters": ["polychron.probing.tasks.arc_prediction"]}
ARCS |= {"options": {"data_seed": 0, "negatives": "uniform"}}


def test_cells_in_one_process_have_the_bytes_and_logs_of_cells_in_processes_of_their_own(jobs, tmp_path):
    table = treebank(120, seed=1, splits=("train", "dev", "test"))
    files.write_table(tmp_path / "examples.parquet", table)
    files.write_table(tmp_path / "pieces.parquet", pieces.to_table(pieces_of(table)))
    vectors = np.random.default_rng(0).standard_normal((table.num_rows, 8), np.float32)
    files.write_array(tmp_path / "vectors.npy", vectors)
    given = {"examples": ["examples.parquet"], "pieces": ["pieces.parquet"], "features": ["vectors.npy"]}
    given |= {"weights": [], "config": []}
    script = (ROOT / "workflow/scripts/train_probe.py").read_text()

    def run(made, task, **environment):
        spec = SPEC | task | {"enters": [*task["enters"], "polychron.probing.training"]}
        head = HEAD.partition("from polychron")[0] + CELL.format(given=given, made=made, spec=spec)
        status, out, err = jobs.run(
            script + "\nimport os\nprint(os.getpid())", head=head, name="train_probe", **environment
        )
        assert status == 0, err
        log = [line.split(" ", 2)[2] for line in (tmp_path / f"{made}.log").read_text().splitlines()]
        return int(out), [files.checksum(tmp_path / f"{made}.{end}") for end in ("parquet", "safetensors")], log, err

    jobs.serve("numpy", "torch", "pyarrow.parquet")
    kept = [run(f"kept-{number}", task) for number, task in enumerate((POS, ARCS, POS))]
    assert len({process for process, *_ in kept}) == 1
    alone = [run(f"alone-{number}", task, POLYCHRON_STARTER="off") for number, task in enumerate((POS, ARCS))]
    assert [one[1:] for one in kept] == [one[1:] for one in (*alone, alone[0])]
    assert alone[0][2] and alone[0][1] != alone[1][1]
