import json
import os

import pytest

from polychron.errors import InputError
from polychron.workflow import slurm


@pytest.fixture
def queue(tmp_path, monkeypatch):
    """Put a squeue and a scancel first in PATH: the queue is a file with a line for each job."""
    queue, programs = tmp_path / "queue", tmp_path / "bin"
    programs.mkdir()
    (programs / "squeue").write_text(f"#!/bin/sh\ncat {queue} && sed -i 1d {queue}\n")
    (programs / "scancel").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/cancelled\nsed -i /PENDING/d {queue}\n')
    for program in programs.iterdir():
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    return queue


def note(folder, **jobs):
    (folder / ".snakemake/incomplete").mkdir(parents=True)
    for name, number in jobs.items():
        (folder / ".snakemake/incomplete" / name).write_text(json.dumps({"external_jobid": number}))


def test_the_notes_of_snakemake_are_read(tmp_path):
    assert slurm.noted(tmp_path) == set()
    note(tmp_path, a="12", b="12", c="7", running=None)
    (tmp_path / ".snakemake/incomplete/cut_short").write_text("{")
    (tmp_path / ".snakemake/incomplete/migration_underway").write_text("")
    assert slurm.noted(tmp_path) == {"7", "12", ""}


def test_only_snakemakes_jobs_of_this_folder_count(tmp_path, queue):
    note(tmp_path, a=None)
    lines = [f"7|RUNNING|rule_cells|{tmp_path}", f"8|RUNNING|(null)|{tmp_path}", "9|RUNNING|rule_cells|/elsewhere"]
    queue.write_text("\n".join(["maintenance on Monday", *lines, "of two lines|/home"]) + "\n")
    assert slurm.alive(tmp_path) == {"7": "RUNNING"}


def test_a_queue_that_hangs_is_not_waited_for(tmp_path, monkeypatch):
    note(tmp_path, a="7")
    program = tmp_path / "bin/squeue"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 30\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    with pytest.raises(InputError, match=r"Slurm does not answer: no answer within 0\.2 s"):
        slurm.alive(tmp_path, 0.2)


def test_waiting_jobs_are_cancelled_and_running_ones_waited_for(tmp_path, queue):
    note(tmp_path, a=None, b="12")
    other, waiting, running = (
        f"{job}|rule_cells|{place}\n"
        for job, place in (("99|RUNNING", "/elsewhere"), ("12|PENDING", tmp_path), ("7|RUNNING", tmp_path))
    )
    queue.write_text(other + other + waiting + running)
    said = []
    assert slurm.settle(tmp_path, said.append, pause=0.01)
    assert (tmp_path / "cancelled").read_text().split() == ["--state=PENDING", "12"]
    assert len(said) == 2
    assert "cancelled: 12" in said[0]
    assert "still running here: 7." in said[1]
    assert queue.read_text() == ""


def test_the_jobs_of_a_run_that_is_at_work_are_left_alone(tmp_path, queue):
    note(tmp_path, a="12")
    queue.write_text(line := f"12|PENDING|rule_cells|{tmp_path}\n")
    with pytest.raises(InputError, match=r"another run is at work in this folder: process 5 on here.*snakemake -n"):
        slurm.settle(tmp_path, print, "process 5 on here", pause=0.01)
    assert queue.read_text() == line and not (tmp_path / "cancelled").exists()


def test_a_slurm_that_does_not_answer_stops_the_run(tmp_path, queue):
    note(tmp_path, a="7")
    with pytest.raises(InputError, match="Slurm does not answer"):
        slurm.settle(tmp_path, print)


def test_a_run_without_slurm_needs_none(tmp_path, queue):
    """There may be a squeue on a machine that belongs to no cluster."""
    note(tmp_path, a=None)
    assert not slurm.settle(tmp_path, print)


def test_without_notes_or_without_slurm_nothing_is_asked(tmp_path, monkeypatch):
    assert not slurm.settle(tmp_path, print)
    note(tmp_path, a="7")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not slurm.settle(tmp_path, print)


def commands(folder, monkeypatch, **scripts):
    """Let PATH have nothing but some commands, each a line of shell."""
    for name, line in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def test_a_cluster_that_answers_is_taken(tmp_path, monkeypatch):
    commands(tmp_path, monkeypatch, sbatch="exit 1", squeue="exit 0")
    slurm.check("squeue")


@pytest.mark.parametrize(
    ("scripts", "status", "said"),
    [
        ({}, "squeue", "sbatch and squeue cannot be found.*Next: run where jobs are submitted"),
        ({"sbatch": "exit 0", "squeue": "exit 0"}, "sacct", "Slurm, and sacct cannot be found"),
        ({"sbatch": "exit 0", "squeue": "echo first >&2; echo no host >&2; exit 1"}, "squeue", "`squeue .*`: no host"),
        ({"sbatch": "exit 0", "squeue": "exit 1"}, "squeue", "it says nothing"),
        ({"sbatch": "exit 0", "squeue": "while :; do :; done"}, "squeue", "no answer within 0.2 s"),
        ({"sbatch": "exit 0", "sacct": "echo disabled; exit 1"}, "sacct", "keeps no accounts: status: squeue"),
    ],
)
def test_where_no_job_can_be_submitted_the_message_says_why(tmp_path, monkeypatch, scripts, status, said):
    commands(tmp_path, monkeypatch, **scripts)
    with pytest.raises(InputError, match=said):
        slurm.check(status, longest=0.2 if "while" in scripts.get(status, "") else 10)
