"""The order of the tests, and fixtures: the folder of the real data, the root of the checkout, full disks."""

import os
import subprocess
from pathlib import Path

import pytest
from place import ROOT, SHARED
from workers import TOGETHER, astray, group

AROUND = (
    *("GIT_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_WORK_TREE"),
    *("HF_ENDPOINT", "HF_HUB_OFFLINE", "HF_TOKEN", "POLYCHRON_KEEP", "POLYCHRON_STARTER"),
)

if not any(Path("/dev").glob("nvidia[0-9]*")):
    os.environ["TRITON_INTERPRET"] = "1"  # kernels run with NumPy; Triton reads it when it is first imported

# A job of Slurm, a hook of git, the user's settings for the hub, or a proxy would change what tests find.
for name in [name for name in os.environ if name.startswith("SLURM_") or name in AROUND]:
    del os.environ[name]
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"

os.environ["POLYCHRON_JOBS"] = "listed"  # what Snakemake says of each job is what many tests look at


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config):
    """One worker more than there are cores: tests on the pretend cluster mostly wait."""
    return len(os.sched_getaffinity(0)) + 1


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadScopeScheduling

    class InGroups(LoadScopeScheduling):
        """Assign each group to one worker. (xdist's own groups, ``--dist loadgroup``, have no effect in pytest 9.2.)"""

        def _split_scope(self, nodeid: str) -> str:
            return group(nodeid)

    return InGroups(config, log)


def pytest_collection_modifyitems(items):
    """Put the groups first, the longest before all, then the rest of tests/workflow, so that no worker ends late."""
    wrong = astray([(item.nodeid, item.fixturenames) for item in items])
    if wrong:
        raise pytest.UsageError("\n".join(wrong))
    order = list(TOGETHER)

    def place(item) -> int:
        name = group(item.nodeid)
        return order.index(name) if name in order else len(order) + (not name.startswith("tests/workflow"))

    items.sort(key=place)


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real treebanks, alignments, XNLI rows and text; the test is skipped where it is missing."""
    if not SHARED.is_dir():
        pytest.skip("the real data is not here: no folder ../shared/data beside the checkout")
    return SHARED


@pytest.fixture(scope="session")
def bundle(tmp_path_factory) -> Path:
    """The script that draws figures in a browser, built once."""
    from polychron.figures import chart

    file = tmp_path_factory.mktemp("bundle") / "vega.js"
    file.write_text(chart.javascript(), encoding="utf-8")
    return file


@pytest.fixture
def small_disk():
    """Return a function that mounts a disk of some kilobytes on a folder, or changes its size or mode later."""
    mounted = []

    def mount(folder: Path, kilobytes: int, mode: str = "rw", more: str = "") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        again = "remount," if folder in mounted else ""
        options = ["-t", "tmpfs", "-o", f"{again}{mode},size={kilobytes}k{more}", "small", str(folder)]
        done = subprocess.run(["mount", *options], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no small disk can be mounted here, which takes root: {done.stderr.strip()}")
        mounted.append(folder)

    yield mount
    for folder in set(mounted):
        subprocess.run(["umount", str(folder)], check=True)
