"""Time the workflow from a gathered table of the paper's full size to all figures, tables and the audit.

The table is planted (``tests/support/agreeing.py``: 39 steps, 44 treebanks, 18 x 18 and 15 x 15 pairs, layers, five
seeds), and Snakemake runs on it as a user would::

    snakemake --cores 2 --config scores=FOLDER -- figures tables audit

The result records the verdicts of its audit by kind of claim. What is planted are the curves of a world in which the
paper is right. Facts of the languages (their text, distances and training examples) are drawn at random, so most of the
95 correlations are not the paper's, nor are claims about whole rows of Tables 4 and 5; ``tests/support/related.py``
plants all 95 at once. Two claims are not run because they ask for what no table of scores knows: the GPUs of
pretraining and the minutes of a probe.

Processor time and peak memory of each script are those of its process, as the kernel counts them, looked at every
twentieth of a second. Run it from the checkout: ``.venv/bin/python benchmarks/paper_scale.py``.
"""

from __future__ import annotations

import argparse
import csv
import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "workflow" / "scripts"), str(ROOT / "tests" / "support")]

import agreeing  # noqa: E402

from polychron.storage import files  # noqa: E402

PACKAGES = ("snakemake", "altair", "vl-convert-python", "numpy", "scipy", "pandas", "pyarrow")
SCRIPT = re.compile(r"scripts/tmp\w+\.(\w+)\.py")
MEBIBYTE = 1 << 20


def plant(folder: Path, model: str = "xlmr-replica") -> int:
    """Write scores of the paper's size, those of XLM-R base, and facts about languages; return the number of scores."""
    scores = agreeing.scores(agreeing.world(), model)
    files.write_table(folder / "given" / model / "scores.parquet", scores)
    files.write_table(folder / "given" / "xlmr-base" / "scores.parquet", agreeing.original())
    facts = agreeing.facts_of(scores)
    sizes = "".join(f"{code},{code},{size.gib}\n" for code, size in facts.sizes.items())
    files.write_text(folder / "resources/paper/cc100_sizes.csv", "language,code,size_gib\n" + sizes)
    codes = sorted({code for pair in facts.distances.known for code in pair})
    lines = [["", *codes], *([a, *(str(facts.distances(a, b)) for b in codes)] for a in codes)]
    matrix = "".join(",".join(line) + "\n" for line in lines)
    files.write_text(folder / "resources/paper/lang2vec/SYNTACTIC.csv", matrix)
    return scores.num_rows


def command(folder: Path, cores: int) -> list[str]:
    """Return the command that makes all figures, tables and the audit of the planted table."""
    program = Path(sys.executable).parent / "snakemake"
    where = ["--snakefile", str(ROOT / "Snakefile"), "--directory", str(folder), "--cores", str(cores)]
    return [str(program), *where, "--config", f"scores={folder / 'given'}", "--", "figures", "tables", "audit"]


def watch(process: subprocess.Popen) -> tuple[dict[str, dict[str, float]], float]:
    """Monitor a process and its descendants until it ends.

    Returns
    -------
    jobs : dict of str to dict
        Seconds of processor time and peak MiB of each script.
    peak : float
        MiB of all processes together; pages that they share count once for each.
    """
    jobs: dict[str, dict[str, float]] = {}
    peak = 0.0
    while process.poll() is None:
        together = 0.0
        try:
            family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        except psutil.Error:
            break
        for one in family:
            try:
                found = SCRIPT.search(" ".join(one.cmdline()))
                times, status = one.cpu_times(), Path(f"/proc/{one.pid}/status").read_text()
                together += one.memory_info().rss / MEBIBYTE
            except (psutil.Error, OSError):
                continue
            high = re.search(r"VmHWM:\s+(\d+) kB", status)
            if found and high:
                job = jobs.setdefault(found[1], {"seconds": 0.0, "mebibytes": 0.0})
                job["seconds"] = max(job["seconds"], times.user + times.system)
                job["mebibytes"] = max(job["mebibytes"], int(high[1]) / 1024)
        peak = max(peak, together)
        time.sleep(0.05)
    return jobs, peak


def measure(cores: int) -> dict[str, Any]:
    """Run the measurement in its own folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = plant(folder)
        start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        with open(folder / "log", "w") as log:
            process = subprocess.Popen(command(folder, cores), stdout=log, stderr=log, cwd=ROOT)
            jobs, peak = watch(process)
        if process.wait():
            raise SystemExit((folder / "log").read_text()[-4000:])
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        made = [path for path in (folder / "results").rglob("*") if path.is_file()]
        return {
            "rows": rows,
            "cores": cores,
            "wall_seconds": round(time.monotonic() - start, 1),
            "processor_seconds": round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1),
            "load": round(os.getloadavg()[0], 1),
            "peak_mebibytes": round(peak),
            "files": len(made),
            "claims": verdicts(folder / "results/xlmr-replica/audit/claims.csv"),
            "file_mebibytes": round(sum(path.stat().st_size for path in made) / MEBIBYTE, 1),
            "scripts": {
                name: {unit: round(value, 1) for unit, value in job.items()} for name, job in sorted(jobs.items())
            },
        }


def verdicts(path: Path) -> dict[str, dict[str, int]]:
    """Count the claims of an audit by verdict and kind."""
    with open(path, encoding="utf-8", newline="") as file:
        found = Counter((row["verdict"], row["kind"]) for row in csv.DictReader(file))
    counts: dict[str, dict[str, int]] = {}
    for (verdict, kind), number in sorted(found.items()):
        counts.setdefault(verdict, {})[kind] = number
    return counts


def processor() -> str:
    """Name the processor."""
    names = re.findall(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return names[0] if names else platform.machine()


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--output", type=Path, default=ROOT / "benchmarks/results/paper_scale.json")
    options = parser.parse_args()
    found = measure(options.cores)
    found["machine"] = {
        "processor": processor(),
        "processors": os.cpu_count(),
        "memory_gibibytes": round(psutil.virtual_memory().total / 2**30, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **{name: importlib.metadata.version(name) for name in PACKAGES},
    }
    files.write_json(options.output, found)
    print(options.output.read_text())


if __name__ == "__main__":
    main()
