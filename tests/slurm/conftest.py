"""A pretend Slurm cluster for the session, and a study that was run on this machine, to compare with."""

import shutil
import subprocess
import sys
from pathlib import Path

import impatient
import pytest
from pretend import Cluster, Run, hindrance

OVERLAYS = ["studies/toy.yaml", "tests/workflow/small.yaml", "tests/slurm/cluster.yaml"]
IMPATIENT = impatient.__file__


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    reason = hindrance()
    if reason:
        pytest.skip(reason)
    cluster = Cluster(tmp_path_factory.mktemp("slurm"))
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session")
def command(root):
    """Return the command line of Snakemake on the checkout, to run in a folder."""

    def command(folder, *arguments):
        place = ["--snakefile", str(root / "Snakefile"), "--directory", str(folder)]
        return [sys.executable, IMPATIENT, *place, *arguments]

    return command


@pytest.fixture
def start(root, command, cluster, tmp_path):
    """Start Snakemake with the profile of the cluster, and do not wait for it.

    Unless `forked`, members of a bundle run by themselves: a test that stops a job's process stops what computes.
    The cards are pretended, so the build of torch is `checked` in one test alone.
    """
    runs = []

    def start(folder, *options, overlays=tuple(OVERLAYS), further=(), forked=True, checked=False):
        study = ["--configfile", *overlays, *further] if overlays else []
        words = command(folder, *study, "--profile", "slurm-v100", "--latency-wait", "5", *options)
        mode = [] if forked else ["POLYCHRON_STARTER=off"]
        mode += [] if checked else ["POLYCHRON_TORCH=unchecked"]
        inside = [*cluster.inside, "env", f"--chdir={root}", *mode, *words]
        runs.append(Run(inside, tmp_path / f"said-{len(runs)}.txt"))
        return runs[-1]

    yield start
    for run in runs:
        run.kill()
    cluster.clear()


@pytest.fixture(scope="session")
def finished(root, command, tmp_path_factory) -> Path:
    """Run the study's scores on this machine, undisturbed."""
    folder = tmp_path_factory.mktemp("finished")
    done = subprocess.run(
        command(folder, "--configfile", *OVERLAYS, "--cores", "2", "scores"), cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


@pytest.fixture
def copy(finished, tmp_path):
    """Copy the finished study without the results whose paths match these patterns."""

    def copy(*patterns) -> Path:
        folder = tmp_path / "study"
        subprocess.run(["cp", "-a", str(finished), str(folder)], check=True)
        for pattern in patterns:
            found = list(folder.glob(f"results/small/{pattern}"))
            assert found, pattern
            for path in found:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        return folder

    return copy
