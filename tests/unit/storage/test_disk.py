"""A disk that is full: one message that names it, nothing half-written, whoever was writing."""

import errno
import os

import numpy as np
import pyarrow
import pytest
import small_pretraining
from script import left_in, snakemake

from polychron.pretraining import training
from polychron.storage import disk, files
from polychron.workflow import jobs

NUMBERS = np.random.default_rng(0).random(100_000)
WRITERS = {
    "table.parquet": lambda path: files.write_table(path, pyarrow.table({"number": NUMBERS})),
    "array.npy": lambda path: files.write_array(path, NUMBERS),
    "tensors.safetensors": lambda path: files.write_tensors(path, {"number": NUMBERS}),
    "text.txt": lambda path: files.write_text(path, "word " * 100_000),
}


def job(folder, name, work):
    """Run a job whose result is on the small disk, and which fails."""
    output = folder / "disk" / name
    with pytest.raises(SystemExit) as stop, jobs.job(snakemake([], [output], folder / "job.log")):
        work(output)
    assert stop.value.code == 1


def assert_named(capsys, folder, name, then="free some space there"):
    said = capsys.readouterr().err
    message = f"{folder / 'disk' / name}: the disk that is mounted at {folder / 'disk'} cannot be written to: "
    assert message in said
    assert f"Next: {then}, and run the same command again." in said
    assert "Traceback" not in said


@pytest.mark.parametrize("name", WRITERS)
def test_a_disk_that_fills_up_is_named_and_has_nothing_half_written(tmp_path, capsys, small_disk, name):
    small_disk(tmp_path / "disk", 64)
    job(tmp_path, name, WRITERS[name])
    assert_named(capsys, tmp_path, name)
    assert left_in(tmp_path / "disk") == []
    small_disk(tmp_path / "disk", 4096)
    with jobs.job(snakemake([], [tmp_path / "disk" / name], tmp_path / "job.log")):
        WRITERS[name](tmp_path / "disk" / name)
    assert left_in(tmp_path / "disk") == [name, f"{name}.provenance.json"]


@pytest.mark.parametrize("mode", ["rw", "ro"])
def test_a_disk_that_is_full_or_read_only_is_told_before_the_work(tmp_path, capsys, small_disk, mode):
    small_disk(tmp_path / "disk", 8)
    (tmp_path / "disk/filling").write_bytes(bytes(8192 if mode == "rw" else 1))
    small_disk(tmp_path / "disk", 8, mode)

    def work(output):
        raise AssertionError("the work was begun")

    job(tmp_path, "array.npy", work)
    then = "free some space there" if mode == "rw" else "mount it for writing, or run in another folder"
    assert_named(capsys, tmp_path, "array.npy", then)
    assert left_in(tmp_path / "disk") == ["filling"]


@pytest.mark.parametrize("used", [0, 1], ids=["during the work", "before the work"])
def test_a_disk_without_inodes_is_told_as_such(tmp_path, capsys, small_disk, used):
    small_disk(tmp_path / "disk", 4096, more=f",nr_inodes={3 - used}")
    (tmp_path / "disk/one").touch()

    def work(output):
        assert not used, "the work was begun"
        for number in range(10):
            (output.parent / f"{number}.npy").touch()

    job(tmp_path, "array.npy", work)
    assert_named(capsys, tmp_path, "array.npy", "move or pack folders of many small files there (df -i, du --inodes)")


def test_folders_of_a_run_that_are_full_are_told_at_its_end(tmp_path, capsys, small_disk):
    small_disk(tmp_path / "full", 64)
    (tmp_path / "full/filling").write_bytes(bytes(32 << 10))
    disk.tell([tmp_path / "full/.snakemake", tmp_path / "full/results", tmp_path / "logs"])
    said = capsys.readouterr().err
    assert said.startswith(f"{tmp_path}/full/.snakemake: the disk that is mounted at {tmp_path}/full cannot be")
    assert said.count("\n") == 1


def test_a_log_that_cannot_be_written_is_named(tmp_path, small_disk):
    small_disk(tmp_path / "logs", 8, "ro")
    given = snakemake([], [tmp_path / "array.npy"], tmp_path / "logs/job.log")
    with pytest.raises(SystemExit, match=r"logs/job\.log: the disk .* is mounted read-only"), jobs.job(given):
        raise AssertionError("the work was begun")


def test_fairseq_on_a_full_disk(tmp_path, capsys, small_disk):
    small_disk(tmp_path / "disk", 64)
    settings = {**small_pretraining.SETTINGS, "step": 1}

    def work(output):
        training.pretrain(settings, data=small_pretraining.made() / "binarized", previous=None, output=output)

    job(tmp_path, "checkpoint_last.pt", work)
    assert_named(capsys, tmp_path, "checkpoint_last.pt")
    assert left_in(tmp_path / "disk") == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EROFS])
def test_what_the_operating_system_says_is_understood(tmp_path, number):
    assert "cannot be written to" in str(disk.fault(OSError(number, os.strerror(number)), tmp_path / "new/folder/file"))


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), OSError(errno.EIO, "Input/output error")])
def test_other_errors_are_none_of_the_disk(tmp_path, error):
    assert disk.fault(error, tmp_path / "file") is None
