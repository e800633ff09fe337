"""How long processes take to their first product on the device."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator

from pairing import ROOT, Row

from gpu_parts.timing import Place

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


def start(place: Place) -> Iterator[list[Row]]:
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
    yield rows
