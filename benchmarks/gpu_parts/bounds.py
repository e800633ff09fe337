"""The most that a card can do: copies, products, gathers, uploads and launches."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable
from typing import Any

import torch
from pairing import Row

from gpu_parts.timing import Place, seconds

WIDTH = 768
"""Values of a word vector of XLM-R base."""


def _side(place: Place) -> int:
    return 64 if place.tiny else 8192


def peak(place: Place, kind: torch.dtype) -> float:
    """Return how many TFLOP/s a large product of matrices does, the median of ten."""
    side = _side(place)
    square = torch.ones(side, side, dtype=kind, device=place.device)
    return 2 * side**3 / 1e12 / max(statistics.median(seconds(place, lambda: torch.mm(square, square))), 1e-9)


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
    side = _side(place)
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
    vectors = torch.ones(1000 if place.tiny else 530_283, WIDTH, dtype=torch.float16, device=place.device)
    rows = torch.randint(len(vectors), (256 if place.tiny else 1 << 18,), device=place.device)
    amount = 2 * len(rows) * 2 * WIDTH / 1e12
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
