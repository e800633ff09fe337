"""Measure all subjects, each in its own process, and write the table and the picture.

    .bench/bin/python benchmarks/bench.py [subject ...] [--threads 2]

With subjects named, only these are measured again; the others keep their earlier results.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from pairing import PREPARED, ROOT

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from polychron.storage import files

SCORES = {
    "probes": "mean accuracy on test",
    "cells": "mean accuracy on test",
    "extraction": "greatest difference from our word vectors, over their greatest value",
    "alignment": "share of edges that both have, of those that either has",
    "masks": "share of draws that are the same",
}
"""What is measured against others, and what its score is."""

SUBJECTS = (*SCORES, "imports", "growth")
RESULTS = ROOT / "benchmarks" / "results"


def table(found: dict[str, dict[str, Any]]) -> str:
    """Write what was found as Markdown."""
    lines = [
        "# Against what people use",
        "",
        "Made by `make bench`. Seconds are those of the processor, over all threads, medians of runs in turns; both",
        "sides have as many threads, one in `cpu.md`, as every job of the workflow has. Ratio: the time over ours of",
        "the same repetition; wall ratio: the same of the wall time, which other work on the machine (see load) blurs.",
        "",
    ]
    for subject, one in found.items():
        lines += [f"## {subject.capitalize()}", ""]
        lines += ["; ".join(f"{name}: {value}" for name, value in one["machine"].items()), ""]
        if subject in ("probes", "cells") and not PREPARED.keys() & one["machine"].keys():
            lines += ["The others made the float32 matrices that they train on within their times, in each run.", ""]
        lines += {"imports": _imports, "growth": _growth}.get(subject, _peers)(subject, one["rows"])
    return "\n".join(lines)


def _peers(subject: str, rows: list[dict[str, Any]]) -> list[str]:
    lines = [f"Score: {SCORES[subject]}.", ""]
    for setting in dict.fromkeys(row["setting"] for row in rows):
        lines += [f"{setting}:", "", "| | seconds | least to greatest | ratio | wall ratio | score |"]
        lines += ["|---|---|---|---|---|---|"]
        for row in rows:
            if row["setting"] == setting:
                score = "" if row["score"] is None else f"{row['score']:.4f}"
                spread = f"{row['least']:.2f} to {row['greatest']:.2f}"
                ratios = f"{row['ratio']:.2f} | {row['wall_ratio']:.2f}"
                lines.append(f"| {row['name']} | {row['seconds']:.2f} | {spread} | {ratios} | {score} |")
        lines.append("")
    return lines


def _imports(_: str, rows: list[dict[str, Any]]) -> list[str]:
    lines = ["| scripts | seconds | heavy packages |", "|---|---|---|"]
    return [*lines, *(f"| {row['name']} | {row['seconds']:.2f} | {', '.join(row['heavy'])} |" for row in rows), ""]


def _growth(_: str, rows: list[dict[str, Any]]) -> list[str]:
    lines = ["Seconds of the processor at once, twice, four, eight and sixteen times the size.", ""]
    lines += ["| what | seconds | from one size to the next |", "|---|---|---|"]
    for row in rows:
        seconds = row["seconds"]
        steps = ", ".join(f"{after / before:.2f}" for before, after in itertools.pairwise(seconds))
        lines.append(f"| {row['name']} | {', '.join(f'{one:.3g}' for one in seconds)} | {steps} |")
    return [*lines, ""]


def picture(found: dict[str, dict[str, Any]]) -> Any:
    """Draw the ratios, a panel for each setting that compares others with us, all on one scale; the line is ours."""
    import altair as alt

    rows = [row for subject in SCORES if subject in found for row in found[subject]["rows"]]
    panels = []
    for setting in dict.fromkeys(row["setting"] for row in rows):
        own = [row for row in rows if row["setting"] == setting]
        if {row["name"] for row in own} <= {"polychron", "bound"}:
            continue
        values = [{"name": row["name"], "ratio": row["ratio"], "said": f"{row['ratio']:.2f}"} for row in own]
        base = alt.Chart(alt.Data(values=values)).encode(
            x=alt.X("ratio:Q", title=None, scale=alt.Scale(type="log", domain=[0.25, 50], nice=False)),
            y=alt.Y("name:N", sort=[value["name"] for value in values], title=None, axis=alt.Axis(labelLimit=300)),
        )
        rule = alt.Chart(alt.Data(values=[{"ratio": 1}])).mark_rule(strokeDash=[3, 3]).encode(x="ratio:Q")
        # a label is on the side of its point that is away from the line
        faster = base.transform_filter("datum.ratio < 1").mark_text(align="right", dx=-8).encode(text="said:N")
        slower = base.transform_filter("datum.ratio >= 1").mark_text(align="left", dx=8).encode(text="said:N")
        marks = rule + base.mark_point(filled=True, size=60) + faster + slower
        panels.append(marks.properties(width=420, title=f"{own[0]['subject']}, {setting.split(';')[0]}"))
    title = alt.Title("Time over ours: less than 1 is faster", anchor="start", fontSize=14)
    drawn = alt.vconcat(*panels, title=title, padding=20, background="white").configure_concat(spacing=24)
    # texts are a little wider in some browsers than in the program that draws them
    return drawn.configure_title(anchor="start", fontSize=11).configure_axisY(minExtent=210)


def main() -> None:
    """Measure, and write `results/cpu.json`, `.md` and `.svg`; with more threads, `cpu-2-threads` and so on."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("subjects", nargs="*", metavar="subject", help=f"of {', '.join(SUBJECTS)}")
    parser.add_argument("--threads", type=int, default=1, help="of probes, extraction and alignment; both sides")
    options = parser.parse_args()
    stem = "cpu" if options.threads == 1 else f"cpu-{options.threads}-threads"
    kept = RESULTS / f"{stem}.json"
    found = files.read_json(kept) if kept.exists() else {}
    for subject in options.subjects or (SUBJECTS if options.threads == 1 else SCORES):
        with tempfile.TemporaryDirectory() as name:
            output = Path(name) / "found.json"
            command = [sys.executable, str(ROOT / "benchmarks" / f"{subject}.py"), str(output)]
            if subprocess.run([*command, *([str(options.threads)] if subject in SCORES else [])]).returncode:
                sys.exit(f"{subject}: not measured")
            found[subject] = files.read_json(output)
        found = {subject: found[subject] for subject in SUBJECTS if subject in found}
        files.write_json(kept, found)
        files.write_text(RESULTS / f"{stem}.md", table(found))
    picture(found).save(RESULTS / f"{stem}.svg")


if __name__ == "__main__":
    main()
