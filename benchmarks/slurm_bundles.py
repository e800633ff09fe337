"""The overhead of a cell, with and without bundles: 200 toy cells locally, and through Slurm on the same cores.

    .venv/bin/python benchmarks/slurm_bundles.py [CHECKPOINTS] > benchmarks/results/slurm-bundles.md

Run as root, with Slurm's packages (tests/slurm). There are forty cells at each of five checkpoints, of the size of the
toy study and from the same features. The checkpoints are hardly trained, which makes no difference to the time of a
cell. The profile is used as it is, with its own intervals between queries for the state of jobs. CPU is the user and
system time of all processes. Cells with stored features and a single epoch, one after another, do hardly any
arithmetic: their time is overhead, including a share of Snakemake's start.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import yaml

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "workflow/scripts")]

from pretend import Cluster, checksums, hindrance, submissions, until  # noqa: E402

ABOUT = """\
`benchmarks/slurm_bundles.py`: {cells} cells, forty at a checkpoint, all seeds, in two ways with equal bytes; {cores}
cores ({machine}). Where other work loads them, five bundles get more of them than two local jobs do, so CPU seconds
tell more; on quiet cores the wait until Snakemake asks for the states of jobs weighs more.
"""

CORES = len(os.sched_getaffinity(0))
ACCOUNT = Path("/sys/fs/cgroup/cpuacct" if Path("/sys/fs/cgroup/cpuacct").is_dir() else "/sys/fs/cgroup", "polychron")
"""A control group for all processes that are measured: the only place that counts those of daemons too."""


def study(checkpoints: int, **further: object) -> dict:
    """Write an overlay of the toy study with forty cells for each checkpoint, and quick checkpoints."""
    steps = [10 * number for number in range(checkpoints)]
    with open(ROOT / "studies/toy.yaml", encoding="utf-8") as file:
        probing = yaml.safe_load(file)["probing"]
    inner = {"task": "pos", "languages": ["qsa", "qoe"], "layers": [1]}
    return {
        "study": "bundles",
        "models": [{"name": "bundles", "provider": "pretrained", "final_layer": 2, "window": 64}],
        "steps": steps,
        "pretraining": {"updates": max(steps)},
        "probing": {
            "layerwise": [*probing["layerwise"], inner],
            "controls": [],
            "description_length": False,
            **further,
        },
        "expect": None,
    }


def used() -> float:
    """Return the CPU seconds of all measured processes so far."""
    if (ACCOUNT / "cpuacct.usage").exists():
        return int((ACCOUNT / "cpuacct.usage").read_text()) / 1e9
    return int(re.search(r"usage_usec (\d+)", (ACCOUNT / "cpu.stat").read_text())[1]) / 1e6


def emptied() -> bool:
    """Whether no measured process is left."""
    return not (ACCOUNT / "cgroup.procs").read_text()


def snakemake(cluster: Cluster, folder: Path, *arguments: str) -> tuple[str, float, float]:
    """Run Snakemake on the cluster's host; return its output, and its wall and CPU seconds."""
    program = str(Path(sys.executable).parent / "snakemake")
    place = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    study = ["--configfile", "studies/toy.yaml", str(folder / "bundles.yaml")]
    words = [*cluster.inside, "env", f"--chdir={ROOT}", program, *place, *study, *arguments]
    begin, before = time.perf_counter(), used()
    done = subprocess.run(words, capture_output=True, text=True)
    if done.returncode:
        sys.exit((done.stdout + done.stderr)[-3000:])
    return done.stdout + done.stderr, time.perf_counter() - begin, used() - before


class Row(NamedTuple):
    """The cost of making some cells in one way."""

    where: str
    cells: int
    submissions: int
    wall: float
    cpu: float
    load: float

    def __str__(self) -> str:
        total, each = f"{self.wall:.0f} | {self.cpu:.0f}", f"{self.wall / self.cells:.2f} | {self.cpu / self.cells:.2f}"
        return f"| {self.where} | {self.cells} | {self.submissions or '-'} | {total} | {each} | {self.load:.1f} |"


def measured(name: str, cluster: Cluster, folder: Path, how: list[str], cells: list[str]) -> Row:
    """Make cells, and measure their cost."""
    load = os.getloadavg()[0]
    said, wall, cpu = snakemake(cluster, folder, *how, "--", *cells)
    return Row(name, len(cells), len(submissions(said)), wall, cpu, load)


def main(checkpoints: int) -> None:
    """Measure both, and print the table."""
    if reason := hindrance():
        sys.exit(reason)
    ACCOUNT.mkdir(exist_ok=True)
    (ACCOUNT / "cgroup.procs").write_text(str(os.getpid()))
    with tempfile.TemporaryDirectory(prefix="polychron-bundles-") as place:
        folder = Path(place, "study")
        folder.mkdir()
        (folder / "bundles.yaml").write_text(yaml.safe_dump(study(checkpoints)))
        Path(place, "slurm").mkdir()
        cluster = Cluster(Path(place, "slurm"))
        cluster.start()
        try:
            planned, _, _ = snakemake(cluster, folder, "--dry-run", "--", "scores")
            cells = sorted(set(re.findall(r"results/bundles/probes/\S+\.parquet(?=,|$)", planned, re.M)))
            local = ["--cores", str(CORES), "--scheduler", "greedy", "--scheduler-subsample", "16"]
            snakemake(cluster, folder, *local, "--omit-from", "train_probe", "--", *cells)
            rows, made = [], []
            (folder / "bundles.yaml").write_text(yaml.safe_dump(study(checkpoints, epochs=1)))
            one_by_one = ["--cores", "1", "--scheduler", "greedy"]
            stored = [cell for cell in cells if "/layer-2/" in cell]
            bare = measured("one epoch, one by one", cluster, folder, one_by_one, stored[:: len(stored) // 20])
            (folder / "bundles.yaml").write_text(yaml.safe_dump(study(checkpoints)))
            for name, how in (("this machine", local), ("Slurm", ["--profile", "slurm-v100"])):
                rows.append(measured(name, cluster, folder, how, cells))
                made.append(checksums(folder))
                shutil.rmtree(folder / "results/bundles/probes")
        finally:
            cluster.stop()
            (ACCOUNT.parent / "cgroup.procs").write_text(str(os.getpid()))
            until(emptied)
            ACCOUNT.rmdir()
    assert made[0] == made[1], "the scores differ"
    here, there = rows
    print(ABOUT.format(cells=len(cells), cores=CORES, machine=platform.machine()), end="")
    print(f"Python {platform.python_version()}, Snakemake {version('snakemake')}; {time.strftime('%Y-%m-%d')}.\n")
    print("| where | cells | submissions | wall, s | CPU, s | wall a cell, s | CPU a cell, s | load before |")
    print("|---|---|---|---|---|---|---|---|", bare, here, there, sep="\n")
    wall, cpu = there.wall / here.wall, there.cpu / here.cpu
    print(f"\nThrough Slurm {wall:.1f} times the wall time and {cpu:.1f} times the CPU time (bound: 2.5), in", end=" ")
    print(f"{there.submissions} submissions (bound: 6).")
    print(f"A cell beyond its arithmetic: {bare.wall / bare.cells:.2f} s (bound: 2.5 s).")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
