"""Time the explorer at the size of the paper's study: its page made, opened and driven in Chromium.

Scores of probes are planted (``tests/support/agreeing.py``: 39 steps, 44 treebanks, 18 x 18 and 15 x 15 pairs, five
seeds); geometry has the paper's 18 languages, 13 layers and 39 steps, and random values, which compress worst. Run it
from the checkout: ``.venv/bin/python benchmarks/explorer.py``. It writes ``benchmarks/results/explorer.md``.
"""

from __future__ import annotations

import datetime
import itertools
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / place) for place in ("workflow/scripts", "tests/support", "benchmarks")]

import agreeing  # noqa: E402
import browser  # noqa: E402
from paper_scale import processor  # noqa: E402

from polychron.explorer import page  # noqa: E402
from polychron.explorer.names import Known  # noqa: E402
from polychron.figures import chart  # noqa: E402
from polychron.storage import files  # noqa: E402
from polychron.storage.scores import score_schema  # noqa: E402

LAYERS, LANGUAGES, REPETITIONS = 13, 18, 10
STATES, WAYS = ("raw", "centred", "standardised", "mapped"), ("cosine", "csls", "margin")
RETRIEVAL = [
    *(f"p_at_1.{state}.{way}" for state, way in itertools.product(STATES, WAYS)),
    *(f"{metric}.{state}.cosine" for metric, state in itertools.product(("p_at_5", "mrr", "mutual_p_at_1"), STATES)),
]
SIMILARITY = ["cka", "cka_debiased", "cka_calibrated", "svcca", "pwcca", "neuron_correlation", "shared_neighbours"]

CHANGES = {
    "step": ["{step: 5000}", "{step: 1000000}"],
    "layer": ["{layer: 5}", "{layer: 9}"],
    "pair": ["{source: SOURCE, target: TARGET}", "{source: TARGET, target: SOURCE}"],
    "what is measured": ["{task: 'similarity', metric: ''}", "{task: 'retrieval', metric: ''}"],
}
"""What a reader changes, there and back."""

DRIVEN = """(async () => {
  const start = performance.now(), drawn = Number(document.body.dataset.drawn);
  choose(CHANGE);
  while (Number(document.body.dataset.drawn) === drawn) await new Promise(done => setTimeout(done, 1));
  return performance.now() - start;
})()"""


def geometry(languages: list[str], steps: list[int]) -> Any:
    """Return a table of geometry with random values."""
    import pyarrow

    generator, parts = np.random.default_rng(0), []
    ordered = list(itertools.permutations(languages, 2))
    plan = (("retrieval", RETRIEVAL, ordered, 2), ("similarity", SIMILARITY, [p for p in ordered if p[0] < p[1]], 1))
    for task, metrics, pairs, halves in plan:
        shape = len(pairs), LAYERS, len(steps), halves
        at = np.indices(shape).reshape(4, -1)
        for metric in metrics:
            columns = {
                "model": np.repeat("planted", at.shape[1]),
                "task": np.repeat(task, at.shape[1]),
                "source": np.array([pair[0] for pair in pairs])[at[0]],
                "target": np.array([pair[1] for pair in pairs])[at[0]],
                "layer": at[1].astype(np.int32),
                "step": np.array(steps)[at[2]],
                "seed": at[3].astype(np.int32),
                "split": np.repeat("parallel", at.shape[1]),
                "metric": np.repeat(metric, at.shape[1]),
                "value": generator.random(at.shape[1]),
                "examples": np.repeat(500, at.shape[1]),
            }
            parts.append(pyarrow.table(columns, schema=score_schema()))
    return pyarrow.concat_tables(parts)


def driven(path: Path, folder: Path, pair: tuple[str, str]) -> dict[str, list[float]]:
    """Open a page and change what it shows; return milliseconds."""
    found: dict[str, list[float]] = {}
    with browser.chromium(folder / "profile") as opened:
        for _ in range(3):
            opened.open(path)
            opened.wait("document.body.dataset.drawn >= 1")
            paints = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
            found.setdefault("first paint", []).append(opened.run(paints))
            found.setdefault("first drawing", []).append(opened.run("performance.now()"))
        opened.run("choose({task: 'retrieval'})")
        opened.wait("document.body.dataset.drawn >= 2 && !drawing")
        for _, (name, ways) in itertools.product(range(REPETITIONS), CHANGES.items()):
            for way in ways:
                named = way.replace("SOURCE", repr(pair[0])).replace("TARGET", repr(pair[1]))
                found.setdefault(name, []).append(opened.run(DRIVEN.replace("CHANGE", named)))
        if opened.errors:
            raise SystemExit("\n".join(opened.errors))
    return found


def main() -> None:
    """Measure, and write what was found."""
    probed = agreeing.scores(agreeing.world(), "planted")
    languages = sorted(set(probed["target"].to_pylist()) - {None})
    steps = sorted(set(probed["step"].to_pylist()) - {None})
    states = geometry(languages[:LANGUAGES], steps)
    bundle = chart.javascript()
    start = time.monotonic()
    text = page.page("The paper's size", [probed, states], [Known(code, code) for code in languages], bundle)
    made = time.monotonic() - start
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "explorer.html"
        files.write_text(path, text)
        size = path.stat().st_size / 1e6
        times = driven(path, Path(name), (languages[0], languages[1]))
    version = subprocess.run([browser.program(), "--version"], capture_output=True, text=True).stdout.strip()
    now = datetime.datetime.now(datetime.UTC).date()
    lines = [
        "# The explorer at the paper's size",
        "",
        f"`benchmarks/explorer.py`; {now}; {processor()}, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; "
        f"Python {platform.python_version()}; {version}.",
        "",
        f"{probed.num_rows:,} scores of probes and {states.num_rows:,} of geometry, random ones: made in {made:.1f} s, "
        f"a page of **{size:.1f} MB**.",
        "",
        "| milliseconds | median | least to greatest |",
        "|---|---|---|",
        *(
            f"| {name} | {statistics.median(all_):.0f} | {min(all_):.0f} to {max(all_):.0f} |"
            for name, all_ in times.items()
        ),
    ]
    output = ROOT / "benchmarks/results/explorer.md"
    files.write_text(output, "\n".join(lines) + "\n")
    print(output.read_text())


if __name__ == "__main__":
    main()
