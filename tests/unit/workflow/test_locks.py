import os
import re
import signal
import subprocess
import sys
import time

import pytest

from polychron.errors import InputError
from polychron.workflow import locks

HOLD = "import sys, time; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
HOLD += "from polychron.workflow import locks\n"
HOLD += "print(locks.claim(Path(sys.argv[2])), flush=True); time.sleep(60)"


def hold(root, folder):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(root / "workflow/scripts"), str(folder)], stdout=subprocess.PIPE, text=True
    )
    return process, process.stdout.readline().strip()


def test_the_second_run_is_told_who_holds_the_folder(root, tmp_path):
    folder = tmp_path / ".snakemake"
    first, told = hold(root, folder)
    try:
        assert told == "None"
        (folder / "locks").mkdir()
        holder = locks.claim(folder)
        assert f"process {first.pid} on" in holder
        assert (folder / "locks").is_dir()
    finally:
        first.kill()
        first.wait()


def test_what_a_killed_run_locked_is_free_again(root, tmp_path):
    folder = tmp_path / ".snakemake"
    first, _ = hold(root, folder)
    (folder / "locks").mkdir()
    (folder / "locks" / "0.input.lock").write_text("x")
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    time.sleep(0.05)
    assert locks.claim(folder, clear=True) is None
    assert not (folder / "locks").exists()
    assert locks.claim(folder) is None


def test_a_run_that_gets_the_lock_later_keeps_the_locks_that_it_has_written(root, tmp_path):
    folder = tmp_path / ".snakemake"
    first, _ = hold(root, folder)
    try:
        assert locks.claim(folder, clear=True) is not None
        (folder / "locks").mkdir()
    finally:
        first.kill()
        first.wait()
    assert locks.claim(folder, patience=5) is None
    assert (folder / "locks").is_dir()
    second, told = hold(root, folder)
    second.kill()
    second.wait()
    assert told.startswith(f"process {os.getpid()} on")


def test_a_call_that_starts_nothing_leaves_all_as_it_is_and_a_run_begins_with_the_lock(root, tmp_path):
    folder, said = tmp_path / ".snakemake", []
    (folder / "locks").mkdir(parents=True)
    locks.begin(folder, ["snakemake", "-n"], True, said.append)
    assert [file.name for file in folder.iterdir()] == ["locks"]
    first, _ = hold(root, folder)
    try:
        locks.begin(folder, ["snakemake", "-c", "1"], False, said.append)
        (told,) = said
        assert f"at work in this folder: process {first.pid} on" in told and (folder / "locks").is_dir()
    finally:
        first.kill()
        first.wait()
    locks.begin(folder, ["snakemake", "-c", "1"], False, said.append)
    assert len(said) == 1 and not (folder / "locks").exists()


@pytest.mark.parametrize("words", ["plan", "-c 1 -- plan", "--report r.html", "-c 1 --summary -- scores"])
def test_a_call_that_starts_nothing_needs_no_lock(words):
    assert locks.only_looks(["snakemake", *words.split()], dry=False)


@pytest.mark.parametrize("words", ["", "-c all", "--nolock", "-c 1 -- results/-n", "-c 1 -- -n", "--config plan={}"])
def test_all_others_are_runs_unless_they_are_dry(words):
    assert not locks.only_looks(["snakemake", *words.split()], dry=False)
    assert locks.only_looks(["snakemake", *words.split()], dry=True)


@pytest.mark.parametrize("name", ["", "polychron.lock", "polychron.holder"])
def test_what_is_in_the_way_of_a_lock_is_told_in_one_line(tmp_path, name):
    folder = tmp_path / "one"
    if name:
        (folder / name).mkdir(parents=True)
    else:
        folder.touch()
    with pytest.raises(InputError, match=f"^{re.escape(str(folder))}: cannot be locked"):
        locks.claim(folder)


def test_a_holder_that_is_no_text_is_read(root, tmp_path):
    folder = tmp_path / ".snakemake"
    first, _ = hold(root, folder)
    try:
        (folder / "polychron.holder").write_bytes(b"\xff\xfe process")
        assert locks.claim(folder).endswith(" process")
    finally:
        first.kill()
        first.wait()
