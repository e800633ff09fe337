"""Snakemake, run for real on the checkout, in a folder of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess]


@pytest.fixture(scope="session")
def snakemake(root) -> Run:
    """Run Snakemake in a folder and give what came of it."""
    program = Path(sys.executable).parent / "snakemake"

    def run(folder: Path, *arguments: str, timeout: float = 600, **options) -> subprocess.CompletedProcess:
        command = [str(program), "--snakefile", str(root / "Snakefile"), "--directory", str(folder), *arguments]
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env=os.environ | options.pop("env", {}),
            cwd=root,
            **options,
        )

    return run
