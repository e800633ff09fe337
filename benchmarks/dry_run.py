"""How long Snakemake takes to plan the paper's grid, with a quarter, a half, all and twice its checkpoints.

    .venv/bin/python benchmarks/dry_run.py [quarter half whole twice] > benchmarks/results/dry-run.md

Each line is a new process in its own folder. Cold: no file exists. Touched: every file exists, and nothing needs to be
done. Figure: one figure as the target, cold. CPU is the user and system time of the process.
"""

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
STEPS = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))["steps"]
GRIDS = {
    "quarter": STEPS[:10],
    "half": STEPS[:20],
    "whole": STEPS,
    "twice": sorted({*STEPS, *(step - 2500 for step in STEPS)}),
}
ANYWHERE = ["--config", "plan={local_jobs: 100000000, max_disk: 1000000}"]
# without the tenth of a second that Snakemake sleeps at each job, and without its scheduler before each start
TOUCH = (
    "from snakemake.executors.touch import Executor; Executor.SLEEPING_TIME = 0.001; "
    "from snakemake.cli import main; main()",
    *(
        "--touch",
        "--forceall",
        "--cores",
        "1",
        "--scheduler",
        "greedy",
        "--scheduler-subsample",
        "16",
        "--quiet",
        "all",
    ),
)
FIGURE = "results/xlmr-replica/figures/figure-08.html"


def timed(folder: Path, *arguments: str) -> tuple[str, float, float, float]:
    """Run Snakemake; return its output, its wall and CPU seconds, and its peak memory in GB."""
    return run([str(Path(sys.executable).parent / "snakemake")], folder, *arguments)


def run(command: list[str], folder: Path, *arguments: str) -> tuple[str, float, float, float]:
    """Run a program that takes Snakemake's arguments; see `timed`."""
    place = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder)]
    with open(folder / "said", "w+", encoding="utf-8") as said:
        begin = time.perf_counter()
        process = subprocess.Popen([*command, *place, *arguments], stdout=said, stderr=said, cwd=ROOT)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        said.seek(0)
        text = said.read()
    if status:
        sys.exit(f"{' '.join(arguments)}: {text[-3000:]}")
    return text, wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1e6


def touch(folder: Path, said: str, *options: str) -> None:
    """Create every file that a dry run lists, with a record of every job, so that Snakemake takes them as its own."""
    for line in re.findall(r"^ +output: (.*)$", said, re.M):
        for name in line.split(", "):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    program, *how = TOUCH
    run([sys.executable, "-c", program], folder, *options, *how, *ANYWHERE, "--", "all")


def main(grids: list[str]) -> None:
    """Print a table of all grids."""
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} CPUs; load {os.getloadavg()[0]:.1f} at the "
        f"start; Python {platform.python_version()}, Snakemake {version('snakemake')}; {time.strftime('%Y-%m-%d')}\n"
    )
    print("| grid | jobs | what | wall, s | CPU, s | memory, GB |\n|---|---|---|---|---|---|", flush=True)
    for grid in grids:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            overlay = folder / "overlay.yaml"
            overlay.write_text(yaml.safe_dump({"steps": GRIDS[grid]}), encoding="utf-8")
            options = ["--configfile", str(overlay)]

            def line(what: str, *, grid=grid, folder=folder, options=options, target="all") -> str:
                said, *used = timed(folder, *options, "-n", "--", target)
                jobs = re.search(r"^total +(\d+)$", said, re.M)
                shown = " | ".join(f"{number:.1f}" for number in used)
                print(f"| {grid} | {jobs.group(1) if jobs else 'nothing'} | {what} | {shown} |", flush=True)
                return said

            said = line("cold")
            line("figure", target=FIGURE)
            touch(folder, said, *options)
            assert "Nothing to be done" in line("touched")


if __name__ == "__main__":
    main(sys.argv[1:] or list(GRIDS))
