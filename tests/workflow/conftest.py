"""Snakemake runs on the checkout, each in a folder of its own."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from forked import STARTER

from studies import LEAN, SMALL, TOY

Run = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="session")
def snakemake(root) -> Run:
    """Return a function that runs Snakemake in a folder and returns the process.

    It is a fork of a Python that has imported Snakemake, or a process of its own if it is run `by` another program.
    """
    program = Path(sys.executable).parent / "snakemake"

    def run(folder: Path, *arguments: str, timeout: float = 600, by=(), env=None) -> subprocess.CompletedProcess:
        words = ["--snakefile", str(root / "Snakefile"), "--directory", str(folder), *arguments]
        env = os.environ | (env or {})
        if not by:
            return STARTER.run(words, cwd=root, env=env, timeout=timeout)
        words = [*by, program, *words]
        return subprocess.run(words, capture_output=True, text=True, timeout=timeout, check=False, env=env, cwd=root)

    return run


@pytest.fixture(scope="session")
def toy(snakemake, root) -> Path:
    """Run the toy study where `make` runs it; a finished one has nothing to do."""
    done = snakemake(root, *TOY, "--cores", "all", *LEAN, "all", timeout=3600)
    assert done.returncode == 0, done.stderr[-4000:]
    return root / "results/toy"


@pytest.fixture(scope="session")
def small(snakemake, tmp_path_factory) -> Path:
    """Run the small study, undisturbed, in a folder of its own. A test that changes anything there works on a copy."""
    folder = tmp_path_factory.mktemp("small")
    begin = time.monotonic()
    done = snakemake(folder, *SMALL, "--cores", "2", *LEAN, "all", timeout=1800)
    assert done.returncode == 0, done.stderr[-4000:]
    (folder / "said.txt").write_text(done.stderr)
    (folder / "seconds.txt").write_text(str(time.monotonic() - begin))
    return folder


@pytest.fixture(scope="session")
def report(snakemake, root, toy, tmp_path_factory) -> Path:
    """Make the toy study's report, a single file."""
    file = tmp_path_factory.mktemp("report") / "report.html"
    done = snakemake(root, *TOY, "--report", str(file), "all")
    assert done.returncode == 0, done.stderr[-4000:]
    return file
