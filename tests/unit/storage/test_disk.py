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


def assert_named(capsys, folder, name):
    said = capsys.readouterr().err
    message = f"{folder / 'disk' / name}: the disk that is mounted at {folder / 'disk'} cannot be written to: "
    assert message in said
    assert "Next: free some space there, and run the same command again." in said
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
    assert_named(capsys, tmp_path, "array.npy")
    assert left_in(tmp_path / "disk") == ["filling"]


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
