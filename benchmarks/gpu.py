"""Probes on a GPU: the most that the card can do, how long a job takes to start, and cells beside what people use.

    .bench/bin/python benchmarks/gpu.py [part ...] [--rehearse FOLDER]

The results are kept for each card, in `results/gpu-CARD.json` and `.md`. Without a GPU the script says so, measures
nothing, and ends well. With parts named, only these are measured again. `--rehearse` runs all parts with tiny sizes on
the device that is here and writes into a folder. Its numbers mean nothing, and on a CPU all ways are the plain one.

Contestants of a setting run in turns, on one card and in one process. Times are wall seconds until the card is idle,
medians over the repetitions, since a card has no other work while a job has it. Ratios are times over those of the
first contestant in the same repetition. `bounds` are medians of device times.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import gc
import json
import logging
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import torch
from pairing import PACKAGES, ROOT, Row, machine

sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import gpu_encoding
from cells import DIMENSION, EPOCHS, PATIENCE, SHAPES, Shape, planted
from probes import BATCH, SEEDS, Field

from polychron.probing.gpu.switch import SWITCH, WAYS
from polychron.storage import files

FEW = 3
"""Epochs in which we are compared with others."""


class Place(NamedTuple):
    """Where is measured, and whether all sizes are tiny."""

    device: str
    tiny: bool

    def wait(self) -> None:
        """Wait until all that was launched has ended."""
        if self.device == "cuda":
            torch.cuda.synchronize()


def compared(place: Place, setting: str, runs: dict[str, Callable[[], Any]], repetitions: int) -> list[Row]:
    """Run all contestants once to warm up and then in turns; each returns its score, or None."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    scores: dict[str, Any] = {}
    for repetition in range(-1, repetitions):
        for name in list(runs)[:: -1 if repetition % 2 else 1]:
            gc.collect()
            place.wait()
            begin = time.perf_counter()
            scores[name] = runs[name]()
            place.wait()
            if repetition >= 0:
                taken[name].append(time.perf_counter() - begin)
    ours = taken[next(iter(runs))]
    rows = []
    for name, times in taken.items():
        ratio = statistics.median(one / own for one, own in zip(times, ours, strict=True))
        row = {"setting": setting, "name": name, "value": statistics.median(times), "unit": "s", "ratio": ratio}
        rows.append(row | {"least": min(times), "greatest": max(times), "score": scores[name]})
        print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def seconds(place: Place, run: Callable[[], Any], repetitions: int = 10) -> list[float]:
    """Return the times of a run on the device, after two to warm up."""
    taken = []
    for repetition in range(-2, repetitions):
        if place.device == "cuda":
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            run()
            end.record()
            end.synchronize()
            one = begin.elapsed_time(end) / 1e3
        else:
            start = time.perf_counter()
            run()
            one = time.perf_counter() - start
        if repetition >= 0:
            taken.append(one)
    return taken


def bounds(place: Place) -> list[Row]:
    """Measure copies, products, gathers, uploads and launches."""
    found = []

    def rate(name: str, unit: str, amount: float, run: Callable[[], Any]) -> None:
        rates = sorted(amount / max(one, 1e-9) for one in seconds(place, run))
        row = {"setting": "bounds", "name": name, "value": statistics.median(rates), "unit": unit}
        found.append(row | {"least": rates[0], "greatest": rates[-1], "ratio": None, "score": None})

    one = torch.ones(1 << (16 if place.tiny else 31), dtype=torch.uint8, device=place.device)
    other = torch.empty_like(one)
    rate("copy, read and written", "TB/s", 2 * len(one) / 1e12, functools.partial(other.copy_, one))
    del one, other
    side = 64 if place.tiny else 8192
    for kind, tf32 in ((torch.float16, False), (torch.bfloat16, False), (torch.float32, True), (torch.float32, False)):
        square = torch.ones(side, side, dtype=kind, device=place.device)
        torch.backends.cuda.matmul.allow_tf32 = tf32
        name = "TF32" if tf32 else str(kind).removeprefix("torch.")
        rate(
            f"product of {side} x {side}, {name}",
            "TFLOP/s",
            2 * side**3 / 1e12,
            functools.partial(torch.mm, square, square),
        )
    torch.backends.cuda.matmul.allow_tf32 = False
    vectors = torch.ones(1000 if place.tiny else 530_283, DIMENSION, dtype=torch.float16, device=place.device)
    rows = torch.randint(len(vectors), (256 if place.tiny else 1 << 18,), device=place.device)
    amount = 2 * len(rows) * 2 * DIMENSION / 1e12
    rate("gather of random word vectors", "TB/s", amount, lambda: vectors.index_select(0, rows))
    host = torch.ones(1 << (16 if place.tiny else 28), dtype=torch.uint8)
    there = torch.empty_like(host, device=place.device)
    for name, source in (("pageable", host), ("page-locked", host.pin_memory() if place.device == "cuda" else host)):
        upload = functools.partial(there.copy_, source, non_blocking=True)
        rate(f"upload from {name} memory", "GB/s", len(host) / 1e9, upload)
    number, small = 1000, torch.zeros(1, device=place.device)

    def launches() -> None:
        for _ in range(number):
            small.add_(1)

    rate("small kernels from Python", "thousands/s", number / 1e3, launches)
    if place.device == "cuda":
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            launches()
        rate("small kernels in a recording", "thousands/s", number / 1e3, graph.replay)
    return found


FRESH = """
import time; begin = time.perf_counter()
import torch
imported = time.perf_counter()
device = "cuda" if torch.cuda.is_available() else "cpu"
square = torch.ones(64, 64, device=device); (square @ square).sum().item()
print(imported - begin, time.perf_counter() - imported)
"""

FORKED = """
import os, time
import torch
for _ in range(3):
    begin = time.perf_counter()
    child = os.fork()
    if not child:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        square = torch.ones(64, 64, device=device); (square @ square).sum().item()
        print(time.perf_counter() - begin, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""

STATE = ROOT / "workflow/scripts/polychron/workflow/processes/state.py"
KEPT = f"""
import importlib.util, time
import torch
spec = importlib.util.spec_from_file_location("state", {str(STATE)!r})
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
state = module.State()
device = "cuda" if torch.cuda.is_available() else "cpu"
for _ in range(4):
    begin = time.perf_counter()
    square = torch.ones(64, 64, device=device); (square @ square).sum().item()
    del square
    left = state.restore()
    print(time.perf_counter() - begin)
print(*left)
"""


def start(place: Place) -> list[Row]:
    """Measure how long a fresh process, a forked one and one that has run a job take to their first product."""
    rows = []

    def known(name: str, taken: list[float]) -> None:
        row = {"setting": "start", "name": name, "value": statistics.median(taken), "unit": "s", "ratio": None}
        rows.append(row | {"least": min(taken), "greatest": max(taken), "score": None})

    def said(program: str) -> list[str]:
        command = [sys.executable, "-c", program]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    fresh = [said(FRESH) for _ in range(1 if place.tiny else 3)]
    known("import of torch", [float(imported) for imported, _ in fresh])
    known("from there to the first product", [float(product) for _, product in fresh])
    known("from the fork of a warm process to the first product", [float(one) for one in said(FORKED)])
    _, *following = said(KEPT)
    taken, left = following[:3], following[3:]
    name = "first product of the next job in a process, and putting its state back"
    known(f"{name}, but for {' '.join(left)}" if left else name, [float(one) for one in taken])
    return rows


@contextlib.contextmanager
def way(name: str) -> Iterator[None]:
    """Name a way to compute the steps of probes."""
    before = os.environ.get(SWITCH)
    os.environ[SWITCH] = name
    try:
        yield
    finally:
        del os.environ[SWITCH]
        if before is not None:
            os.environ[SWITCH] = before


def shapes(place: Place) -> dict[str, Shape]:
    """Return the sizes of the tasks."""
    if not place.tiny:
        return SHAPES
    return {name: SHAPES[name]._replace(examples=(300, 60, 60), words=200) for name in ("pos", "arc_prediction")}


def ours(field: Field, name: str) -> Callable[[], float]:
    """Return a run of a way, which returns the accuracy."""

    def run() -> float:
        with way(name):
            return field.ours()

    return run


def described(name: str, shape: Shape, field: Field) -> str:
    """Describe a task."""
    return f"{name}: {shape.examples[0]} examples, {field.width} values, {field.classes} classes, {len(SEEDS)} seeds"


def peers(place: Place) -> list[Row]:
    """Compare a few epochs from arrays on the host to test accuracy, all ways and what people use."""
    rows = []
    for name, shape in shapes(place).items():
        field = Field(*planted(shape), FEW, device=place.device)
        runs = {f"polychron, {one}": ours(field, one) for one in reversed(WAYS)}
        runs["resident tensors"] = field.resident
        runs["resident tensors, fused Adam"] = functools.partial(field.resident, fused=True)
        if name == "pos":
            runs |= {"DataLoader": field.loader}
            with contextlib.suppress(ImportError):
                import neurox  # noqa: F401

                runs |= {"NeuroX": field.neurox}
        rows += compared(place, f"{described(name, shape, field)}, {FEW} epochs", runs, 1 if place.tiny else 3)
    return rows


def whole(place: Place) -> list[Row]:
    """Train and score whole cells, each way, and do the least work of as many epochs."""
    rows = []
    for name, shape in shapes(place).items():
        field = Field(*planted(shape), 4 if place.tiny else EPOCHS, PATIENCE, device=place.device)
        runs: dict[str, Callable[[], Any]] = {f"polychron, {one}": ours(field, one) for one in reversed(WAYS)}
        runs["bound"] = field.bound  # gathers, conversions and products, a seed at a time
        found = compared(place, described(name, shape, field), runs, 1 if place.tiny else 3)
        epochs = min(max(field.kept_epochs) + PATIENCE, field.epochs)
        steps = epochs * -(-shape.examples[0] // BATCH)
        rows += [{**row, "setting": f"{row['setting']}, to the end: {epochs} epochs, {steps} steps"} for row in found]
    return rows


def encoding(place: Place) -> list[Row]:
    """Compute word vectors without padding, each way, and with it, and do the products of as many pieces."""
    rows = []
    for setting, runs in gpu_encoding.contestants(place.device, place.tiny):
        rows += compared(place, setting, runs, 1 if place.tiny else 3)
    return rows


PARTS: dict[str, Callable[[Place], list[Row]]] = {
    **{"bounds": bounds, "start": start, "peers": peers, "cells": whole},
    "encoding": encoding,
}
"""What is measured, by its name; each returns rows with setting, name, value, unit, ratio, least, greatest, score."""


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
    for part, one in found.items():
        lines += [
            f"## {part.capitalize()}",
            "",
            "; ".join(f"{name}: {value}" for name, value in one["machine"].items()),
        ]
        for setting in dict.fromkeys(row["setting"] for row in one["rows"]):
            heads = ["", f"{setting}:", ""] if setting != part else [""]
            lines += [*heads, "| | median | least to greatest | ratio | score |", "|---|---|---|---|---|"]
            for row in one["rows"]:
                if row["setting"] == setting:
                    numbers = f"{row['value']:.4g} {row['unit']} | {row['least']:.4g} to {row['greatest']:.4g}"
                    ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
                    score = "" if row["score"] is None else f"{row['score']:.4f}"
                    lines.append(f"| {row['name']} | {numbers} | {ratio} | {score} |")
        lines.append("")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure the parts that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="part", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--rehearse", type=Path, metavar="FOLDER", help="tiny sizes; the results go to this folder")
    options = parser.parse_args(arguments)
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no part {sorted(unknown)[0]!r}; there are {', '.join(PARTS)}")
    place = Place("cuda" if torch.cuda.is_available() else "cpu", bool(options.rehearse))
    if place.device == "cpu" and not place.tiny:
        print("benchmarks/gpu.py: there is no GPU that this torch can use; nothing is measured")
        return
    torch.set_num_threads(1)
    known = facts(place)
    card = re.sub("[^a-z0-9]+", "-", known["accelerator"].lower()).strip("-")
    folder = options.rehearse or ROOT / "benchmarks" / "results"
    kept = folder / f"gpu-{card}.json"
    found = files.read_json(kept) if kept.exists() else {}
    for part in options.parts or PARTS:
        heard = Heard()
        logging.getLogger("polychron").addHandler(heard)
        rows = PARTS[part](place)
        logging.getLogger("polychron").removeHandler(heard)
        said = {"warnings": "; ".join(sorted(heard.said))} if heard.said else {}
        found[part] = {"machine": known | said, "rows": rows}
        found = {one: found[one] for one in PARTS if one in found}
        files.write_json(kept, found)
        files.write_text(kept.with_suffix(".md"), table(found))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.setdefault("TRITON_CACHE_DIR", scratch)  # the first run of a way, which is not timed, compiles it
        main()
