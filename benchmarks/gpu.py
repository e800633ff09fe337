"""Probes on a GPU: the most that the card can do, how long a job takes to start, and cells beside what people use.

    .bench/bin/python benchmarks/gpu.py [part ...] [--rehearse FOLDER]

The results are kept for each card, in `results/gpu-CARD.json` and `.md`, which are written whenever a setting has been
measured. Without a GPU the script says so, measures nothing, and ends well. With parts named, only these are measured
again, as a whole (`peers`) or one of their tasks (`peers:pos`). `--rehearse` runs all parts with tiny sizes on
the device that is here and writes into a folder. Its numbers mean nothing, and on a CPU all ways are the plain one.

Contestants of a setting run in turns, on one card and in one process. Times are wall seconds until the card is idle,
medians over the repetitions, since a card has no other work while a job has it. Ratios are times over those of the
first contestant in the same repetition. `bounds` and `steps` are medians of device times. What takes minutes (loops
over a DataLoader, NeuroX) runs once. The bars are those of an H100, whatever the card.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import logging
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from pairing import PACKAGES, ROOT, Row, machine

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from gpu_parts import bars, bounds, encoding, probing, starting
from gpu_parts.timing import Place

from polychron.storage import files

PARTS = ("bounds", "start", "steps", "peers", "cells", "encoding")


def measures(place: Place) -> dict[str, Callable[[], Iterator[list[Row]]]]:
    """Return what is measured, by its name: a part, or a part and its task.

    Each yields the rows of one setting after the other, which have setting, name, value, unit, ratio, least, greatest
    and score. Those of encoding also have ``TFLOP/s`` and ``of the peak``.
    """
    found: dict[str, Callable[[], Iterator[list[Row]]]] = {
        "bounds": functools.partial(bounds.bounds, place),
        "start": functools.partial(starting.start, place),
    }
    for part, run in (("steps", probing.steps), ("peers", probing.peers), ("cells", probing.whole)):
        found |= {f"{part}:{task}": functools.partial(run, place, task) for task in probing.tasks(place)}
    return found | {f"encoding:{text}": functools.partial(encoding.encoding, place, text) for text in encoding.SETS}


class Heard(logging.Handler):
    """Keeps the warnings of the library, such as that fused steps are not taken."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a warning."""
        self.said.add(record.getMessage())


def facts(place: Place) -> dict[str, Any]:
    """Name the card, its driver, the versions and the commit."""
    known = machine(torch.get_num_threads(), [*PACKAGES, "triton"])
    if place.device == "cuda":
        asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        with contextlib.suppress(OSError):
            known["driver"] = subprocess.run(asked, capture_output=True, text=True).stdout.split("\n")[0]
        known["capability"] = "{}.{}".format(*torch.cuda.get_device_capability())
        known["CUDA"] = torch.version.cuda
    return known


def table(found: dict[str, dict[str, Any]]) -> str:
    """Write what was found as Markdown."""
    card = next(iter(found.values()))["machine"]["accelerator"]
    lines = [f"# On a GPU: {card}", "", "Made by `benchmarks/gpu.py`; its first lines say how.", ""]
    if reached := bars.judged(found):
        lines += ["## Bars", "", *reached, ""]
    part, said = "", ""
    for name, one in found.items():
        if part != (part := name.partition(":")[0]):
            lines += [f"## {part.capitalize()}", ""]
            said = ""
        if said != (said := "; ".join(f"{fact}: {value}" for fact, value in one["machine"].items())):
            lines += [said, ""]
        for setting in dict.fromkeys(row["setting"] for row in one["rows"]):
            rows = [row for row in one["rows"] if row["setting"] == setting]
            more = [column for column in ("TFLOP/s", "of the peak") if column in rows[0]]
            columns = ["", "median", "least to greatest", "ratio", "score", *more]
            lines += [f"{setting}:", ""] if setting != part else []
            lines += [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
            lines += [*(f"| {' | '.join(_cells(row, more))} |" for row in rows), ""]
    return "\n".join(lines)


def _cells(row: Row, more: list[str]) -> list[str]:
    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
    score = "" if row["score"] is None else f"{row['score']:.4f}"
    numbers = [f"{row['value']:.4g} {row['unit']}", f"{row['least']:.4g} to {row['greatest']:.4g}"]
    return [row["name"], *numbers, ratio, score, *(f"{row[name]:.3g}" for name in more)]


def main(arguments: list[str] | None = None) -> None:
    """Measure the parts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"{', '.join(PARTS)}, or one task, such as peers:pos")
    parser.add_argument("--rehearse", type=Path, metavar="FOLDER", help="tiny sizes; the results go to this folder")
    options = parser.parse_args(arguments)
    place = Place("cuda" if torch.cuda.is_available() else "cpu", bool(options.rehearse))
    known_measures = measures(place)
    if unknown := set(options.parts) - set(PARTS) - set(known_measures):
        tasks = ", ".join(name for name in known_measures if ":" in name)
        parser.error(f"no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}, and of these the tasks {tasks}")
    if place.device == "cpu" and not place.tiny:
        print("benchmarks/gpu.py: there is no GPU that this torch can use; nothing is measured")
        return
    torch.set_num_threads(1)
    known = facts(place)
    card = re.sub("[^a-z0-9]+", "-", known["accelerator"].lower()).strip("-")
    folder = options.rehearse or ROOT / "benchmarks" / "results"
    kept = folder / f"gpu-{card}.json"
    found = files.read_json(kept) if kept.exists() else {}
    for name, measure in known_measures.items():
        if options.parts and not {name, name.partition(":")[0]} & set(options.parts):
            continue
        heard = Heard()
        logging.getLogger("polychron").addHandler(heard)
        rows: list[Row] = []
        try:
            for measured in measure():
                rows += measured
                said = {"warnings": "; ".join(sorted(heard.said))} if heard.said else {}
                found[name] = {"machine": known | said, "rows": rows}
                found = {one: found[one] for one in known_measures if one in found}
                files.write_json(kept, found)
                files.write_text(kept.with_suffix(".md"), table(found))
        finally:
            logging.getLogger("polychron").removeHandler(heard)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.setdefault("TRITON_CACHE_DIR", scratch)  # the first run of a way, which is not timed, compiles it
        main()
