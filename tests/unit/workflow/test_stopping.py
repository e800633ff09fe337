"""On SIGTERM, scripts that download end, and no other one; what handled the signal before is called first."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import pytest

from polychron.workflow import stopping


@pytest.fixture
def at_work(tmp_path):
    """Run two scripts as Snakemake names them, one of which is below a shell."""
    made = []
    for name in ("tmp1.fetch_source", "tmp2.train_cell"):
        script = tmp_path / f"{name}.py"
        script.write_text("import time\nprint('on', flush=True)\ntime.sleep(60)\n")
        command = ["sh", "-c", f"{sys.executable} {script}; exit $?"]
        made.append(subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True))
        assert made[-1].stdout.readline() == b"on\n"
    yield made
    for process in made:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def test_downloads_end_and_other_jobs_go_on(at_work):
    told = []
    before = signal.signal(signal.SIGTERM, lambda *_: told.append(len(stopping.running(["fetch_source"]))))
    try:
        stopping.end_by_sigterm()
        os.kill(os.getpid(), signal.SIGTERM)
        download, training = at_work
        assert download.wait(20) != 0
        assert told == [1]
        assert training.poll() is None
        assert len(stopping.running(["train_cell"])) == 1
    finally:
        signal.signal(signal.SIGTERM, before)


def test_processes_of_others_are_not_looked_at(at_work, tmp_path):
    script = tmp_path / "tmp3.fetch_source.py"
    script.write_text("import time\ntime.sleep(60)\n")
    launcher = f"import subprocess\nprint(subprocess.Popen([{sys.executable!r}, {str(script)!r}], stdout=-3).pid)\n"
    other = int(subprocess.check_output([sys.executable, "-c", launcher]))
    try:
        deadline = time.monotonic() + 20
        while not any(str(script) in word for word in stopping._words(other)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert other not in stopping.running(["fetch_source"])
    finally:
        os.kill(other, signal.SIGKILL)
