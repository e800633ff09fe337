"""The most that a card can do: copies, products, gathers, uploads and launches."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Iterator
from typing import Any

import torch
from pairing import Row

from gpu_parts.timing import Place, seconds

WIDTH = 768
"""Values of a word vector of XLM-R base."""


def products(place: Place, kind: torch.dtype, *, tf32: bool = False) -> tuple[str, list[float]]:
    """Return what a large product of matrices is called, and how many TFLOP/s it does, ten times.

    Its numbers are random: of equal ones a card takes less power, and multiplies them faster than any real ones.
    """
    side = 64 if place.tiny else 8192
    square = torch.randn(side, side, dtype=kind, device=place.device)
    before, torch.backends.cuda.matmul.allow_tf32 = torch.backends.cuda.matmul.allow_tf32, tf32
    try:
        taken = seconds(place, lambda: torch.mm(square, square))
    finally:
        torch.backends.cuda.matmul.allow_tf32 = before
    name = "TF32" if tf32 else str(kind).removeprefix("torch.")
    return f"product of {side} x {side}, {name}", [2 * side**3 / 1e12 / max(one, 1e-9) for one in taken]


def peak(place: Place, kind: torch.dtype, *, tf32: bool = False) -> float:
    """Return how many TFLOP/s a large product of matrices does, the median of ten."""
    return statistics.median(products(place, kind, tf32=tf32)[1])


def gathers(place: Place) -> list[float]:
    """Return how many TB/s a gather of random word vectors reads and writes, ten times."""
    vectors = torch.ones(1000 if place.tiny else 530_283, WIDTH, dtype=torch.float16, device=place.device)
    rows = torch.randint(len(vectors), (256 if place.tiny else 1 << 18,), device=place.device)
    amount = 2 * len(rows) * 2 * WIDTH / 1e12
    return [amount / max(one, 1e-9) for one in seconds(place, lambda: vectors.index_select(0, rows))]


def bounds(place: Place) -> Iterator[list[Row]]:
    """Measure copies, products, gathers, uploads and launches."""
    found = []

    def known(name: str, unit: str, rates: list[float]) -> None:
        row = {"setting": "bounds", "name": name, "value": statistics.median(rates), "unit": unit}
        found.append(row | {"least": min(rates), "greatest": max(rates), "ratio": None, "score": None})

    def rate(name: str, unit: str, amount: float, run: Callable[[], Any]) -> None:
        known(name, unit, [amount / max(one, 1e-9) for one in seconds(place, run)])

    one = torch.ones(1 << (16 if place.tiny else 31), dtype=torch.uint8, device=place.device)
    other = torch.empty_like(one)
    rate("copy, read and written", "TB/s", 2 * len(one) / 1e12, functools.partial(other.copy_, one))
    del one, other
    for kind, tf32 in ((torch.float16, False), (torch.bfloat16, False), (torch.float32, True), (torch.float32, False)):
        name, rates = products(place, kind, tf32=tf32)
        known(name, "TFLOP/s", rates)
    known("gather of random word vectors, read and written", "TB/s", gathers(place))
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
    yield found
