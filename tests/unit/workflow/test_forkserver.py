"""A job that runs in a fork of the server does and prints what it would by itself."""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from polychron import paths
from polychron.workflow import forkserver

LIBRARY = paths.SCRIPTS

LIMIT = 300
"""Seconds after which a test is taken to hang; on a busy machine, the server may take a minute to import torch."""

HEAD = f"""
import sys
sys.path.append({str(LIBRARY)!r})
from polychron.workflow import forkserver
forkserver.PATIENCE = 60  # a busy machine is no reason to start by itself
forkserver.start(__name__)
"""


@pytest.fixture
def short():
    """A folder whose path is short enough for sockets, as that of `tmp_path` may not be."""
    folder = Path(tempfile.mkdtemp(prefix="starter-test-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)  # a server that ends may be removing files, too


@pytest.fixture
def begin(tmp_path, short):
    """Start a script in a folder and with sockets of its own; its server ends with the test."""
    work = tmp_path / "work"
    work.mkdir()

    def run(body, patience=60, umask=-1, **environment):
        script = work / "job.py"
        script.write_text(HEAD.replace("PATIENCE = 60", f"PATIENCE = {patience}") + body)
        settings = {"TMPDIR": str(short), "XDG_RUNTIME_DIR": "", "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.Popen(
            [sys.executable, str(script), "one", "two"],
            cwd=work,
            env={**os.environ, **settings, **environment},
            umask=umask,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    yield run
    subprocess.run(["pkill", "-f", f"forkserver.py {short}"], check=False)


TELL = """
import json, os
before = sorted({"torch", "pyarrow", "polychron"} & {name.split(".")[0] for name in sys.modules})
print(json.dumps([sys.argv[1:], os.getcwd(), os.environ.get("MARK"), before, os.getppid(), __name__]))
print("a warning", file=sys.stderr)
"""


def test_the_script_runs_from_its_start_with_its_arguments_folder_environment_and_streams(begin, tmp_path):
    process = begin(TELL, MARK="this one")
    out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (0, "a warning\n")
    arguments, folder, mark, before, parent, name = json.loads(out)
    assert (arguments, folder, mark, name) == (["one", "two"], str(tmp_path / "work"), "this one", "__main__")
    assert before == ["polychron", "pyarrow", "torch"]  # polychron: the package that `forkserver` itself is in
    assert parent not in (os.getpid(), process.pid)


@pytest.mark.parametrize("environment", [{"POLYCHRON_STARTER": "off"}, {"SLURM_JOB_ID": "7"}], ids=["off", "Slurm"])
def test_switched_off_or_under_slurm_it_runs_by_itself(begin, environment):
    process = begin(TELL, **environment)
    out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (0, "a warning\n")
    assert json.loads(out)[3:5] == [["polychron"], os.getpid()]


SHARE = """
import json, os, subprocess
from pathlib import Path
forkserver.share()
for _ in range(2):
    told = json.loads(subprocess.check_output([sys.executable, "tell.py"]))
    serving = told[4]
    parent = int(Path(f"/proc/{serving}/stat").read_text().rsplit(")")[1].split()[1])
    print(json.dumps([told[3], serving, parent == os.getpid()]))
"""


def test_jobs_of_one_program_share_one_under_slurm_which_stays_below_it(begin, tmp_path):
    """The job that started the server has ended, and Slurm knows the descendants of its own processes."""
    (tmp_path / "work/tell.py").write_text(HEAD + TELL)
    out, _ = begin(SHARE, SLURM_JOB_ID="7").communicate(timeout=LIMIT)
    first, second = map(json.loads, out.splitlines())
    assert first == second
    assert (first[0], first[2]) == (["polychron", "pyarrow", "torch"], True)


def test_where_others_could_write_to_the_folder_it_runs_by_itself(begin, short):
    folder = short / f"polychron-{os.getuid()}"
    folder.mkdir()
    folder.chmod(0o777)
    process = begin(TELL)
    out, _ = process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert json.loads(out)[4] == os.getpid()


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ("sys.exit(3)", 3, ""),
        ("sys.exit('no such treebank')", 1, "no such treebank"),
        ("raise ValueError('seven')", 1, "ValueError: seven"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", 137, "was killed"),
    ],
)
def test_it_ends_as_the_script_ends(begin, body, status, told):
    process = begin(body)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == status
    assert told in err


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_fork_ends_with_the_process_that_waits_for_it_and_may_clean_up(begin, tmp_path, how):
    """The fork notices the end of the process that waits for it, and exits as on Ctrl-C."""
    process = begin("""
import pathlib, time
try:
    pathlib.Path("begun").touch()  # not before `try`: from here on it may be ended
    time.sleep(300)
finally:
    pathlib.Path("tidied").touch()
""")
    appears(tmp_path / "work/begun")
    process.send_signal(how)
    process.wait(timeout=LIMIT)
    appears(tmp_path / "work/tidied")


def appears(path):
    """Wait for a file."""
    end = time.monotonic() + LIMIT
    while not path.exists():
        assert time.monotonic() < end, f"{path.name} has not appeared"
        time.sleep(0.02)


def test_one_process_serves_all_that_are_alike_and_ends_when_nobody_asks(begin, short):
    address = short / "a.sock"
    serving = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.append({str(LIBRARY)!r})\n"
            "from pathlib import Path; from polychron.workflow import forkserver\n"
            f"forkserver.IDLE, forkserver.PACKAGES = 0.5, ()\nforkserver.serve(Path({str(address)!r}))",
        ]
    )
    assert serving.wait(timeout=LIMIT) == 0
    assert not address.exists()
    parents = {json.loads(begin(TELL).communicate(timeout=LIMIT)[0])[4] for _ in range(3)}
    assert len(parents) == 1
    other = json.loads(begin(TELL, OMP_NUM_THREADS="7").communicate(timeout=LIMIT)[0])[4]
    assert other not in parents


ADDRESS = "print(forkserver._folder() / (forkserver._likeness() + '.sock'))"


@pytest.fixture
def server(begin):
    """A server that imports nothing, at the address where the jobs of `begin` look for one."""
    out, _ = begin(ADDRESS, POLYCHRON_STARTER="off").communicate(timeout=LIMIT)
    address = Path(out.strip())
    serving = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import sys; sys.path.append({str(LIBRARY)!r})\n"
            "from pathlib import Path; from polychron.workflow import forkserver\n"
            f"forkserver.PACKAGES = ()\nforkserver.serve(Path({str(address)!r}))",
        ],
        umask=0o022,
    )
    appears(address)
    yield serving, address
    serving.kill()
    serving.wait()


RUN = """
import os
with open("ran", "a") as file:
    file.write(f"{os.getppid()} {os.umask(0):03o}\\n")
"""


def is_connected(process):
    """Whether a process has a connection to a server: `start` has begun to ask it."""
    opened = set()
    for place in Path(f"/proc/{process}/fd").iterdir():
        with contextlib.suppress(OSError):
            opened.add(os.readlink(place))
    _, *lines = Path(f"/proc/{process}/net/unix").read_text().splitlines()
    rows = (line.split() for line in lines)
    return any(f"socket:[{row[6]}]" in opened and row[5] == "03" for row in rows)  # 03: connected


def ran(tmp_path):
    return [line.split() for line in (tmp_path / "work/ran").read_text().splitlines()]


def test_a_server_that_is_stopped_is_not_waited_for_and_does_not_run_the_job_later(begin, server, tmp_path):
    serving, address = server
    serving.send_signal(signal.SIGSTOP)
    process = begin(RUN, patience=0.2)
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert "does not answer, so this one starts by itself" in err
    assert not address.exists()  # the next job starts another one
    serving.send_signal(signal.SIGCONT)
    time.sleep(0.5)
    assert [parent for parent, _ in ran(tmp_path)] == [str(os.getpid())]


def test_a_server_that_is_killed_while_a_job_waits_leaves_the_job_to_itself(begin, server, tmp_path):
    serving, _ = server
    serving.send_signal(signal.SIGSTOP)
    process = begin(RUN)
    while not is_connected(process.pid):
        assert process.poll() is None
        time.sleep(0.02)
    serving.kill()
    _, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 0
    assert "has ended, so this one starts by itself" in err
    assert [parent for parent, _ in ran(tmp_path)] == [str(os.getpid())]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_job_has_its_own_umask_and_not_that_of_the_server(begin, server, tmp_path, umask):
    process = begin(RUN, umask=umask)
    _, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (0, "")
    assert ran(tmp_path) == [[str(server[0].pid), f"{umask:03o}"]]


def test_a_link_in_the_temporary_folder_is_not_followed(begin, short, tmp_path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    (short / f"polychron-{os.getuid()}").symlink_to(private)
    process = begin(RUN)
    _, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, err) == (0, "")
    assert list(private.iterdir()) == []
    assert [parent for parent, _ in ran(tmp_path)] == [str(os.getpid())]


def test_sockets_are_in_the_folder_of_the_session_if_that_is_private(tmp_path, monkeypatch):
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    assert forkserver._folder() == runtime / "polychron"
    runtime.chmod(0o755)
    monkeypatch.setattr(forkserver.tempfile, "gettempdir", lambda: str(tmp_path))
    assert forkserver._folder() == tmp_path / f"polychron-{os.getuid()}"


def test_jobs_of_other_containers_machines_users_and_limits_have_servers_of_their_own(monkeypatch):
    ours = forkserver._likeness()
    assert forkserver._likeness() == ours
    read_text, readlink, getrlimit = Path.read_text, os.readlink, resource.getrlimit

    def differs(owner, name, changed):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, changed)
            return forkserver._likeness() != ours

    assert differs(os, "readlink", lambda path: "pid:[1]" if str(path).endswith("/pid") else readlink(path))
    assert differs(os, "readlink", lambda path: "/jail" if str(path).endswith("/root") else readlink(path))
    assert differs(Path, "read_text", lambda path: "other" if path.name == "boot_id" else read_text(path))
    assert differs(os, "getgroups", lambda: [987654])
    for kind in (resource.RLIMIT_FSIZE, resource.RLIMIT_DATA, resource.RLIMIT_STACK):
        assert differs(resource, "getrlimit", lambda which, kind=kind: (5, 5) if which == kind else getrlimit(which))
