"""Downloads by other libraries: what they return, and where they are ended."""

import os
import signal
import time

import pytest
from script import left_in

from polychron.checkpoints import watching


def test_what_the_work_returns_or_says_is_passed_on():
    assert watching.watched(lambda: f"not {os.getpid()}", 0).startswith("not ")

    def fails():
        raise OSError("\nno such revision\nmore")

    with pytest.raises(watching.Ended, match=r"^no such revision$"):
        watching.watched(fails, 0)
    with pytest.raises(watching.Ended, match="was killed"):
        watching.watched(lambda: os.kill(os.getpid(), signal.SIGKILL), 0)


def test_what_writes_too_much_is_ended_and_its_file_removed(tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "FREE", 1 << 20)
    (tmp_path / "whole").touch()

    def endless():
        with open(tmp_path / "blob.incomplete", "wb", buffering=0) as file:
            while True:
                file.write(bytes(1 << 16))
                time.sleep(0.001)

    with pytest.raises(watching.Ended, match="bytes were written, where 1,000 are expected"):
        watching.watched(endless, 1000, every=0.02)
    assert left_in(tmp_path) == ["whole"]


def test_what_comes_to_a_halt_is_ended():
    with pytest.raises(watching.Ended, match=r"too slow: \d+ bytes in \d+ s"):
        watching.watched(lambda: time.sleep(60) or "", 1000, patience=0.2, every=0.02)
