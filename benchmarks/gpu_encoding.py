"""Encoding on a GPU, a part of `gpu.py`: word vectors of XLM-R base without padding, each way, and with it.

The model has random weights, and sentences have random pieces, as many as the pairs of XNLI: they decide no time. All
contestants return vectors to the host, but for the bound: the products of all layers, on as many pieces as there are,
65,536 at once. The ways are those of `polychron.models.gpu.fused`; the warnings say which kernels failed. The score is
the greatest difference from the vectors with padding in float32, divided by their greatest number.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from polychron.features import extraction, packing
from polychron.models import xlmr
from polychron.models.gpu.fused import SWITCH
from polychron.tokenization.pieces import Pieces

BASE = {"layers": 12, "dimension": 768, "inner": 3072, "heads": 12, "vocabulary": 250_002, "window": 512}
TINY = {"layers": 2, "dimension": 16, "inner": 32, "heads": 2, "vocabulary": 50, "window": 64}

BUDGET = 16_384
"""Pieces in a batch with padding."""


def weights(sizes: dict[str, int], device: str) -> dict[str, torch.Tensor]:
    """Draw the tensors of a model."""
    draw = torch.Generator(device).manual_seed(0)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=draw, device=device) * 0.02

    width, inner, table = sizes["dimension"], sizes["inner"], "roberta.embeddings.{}_embeddings.weight"
    rows = {"word": sizes["vocabulary"], "position": sizes["window"] + 2, "token_type": 1}
    found = {table.format(name): drawn(number, width) for name, number in rows.items()}
    linear = dict.fromkeys(("attention.self.query", "attention.self.key", "attention.self.value"), (width, width))
    linear |= {"attention.output.dense": (width, width), "intermediate.dense": (inner, width)}
    linear |= {"output.dense": (width, inner)}
    norms = ["roberta.embeddings.LayerNorm"]
    for layer in range(sizes["layers"]):
        name = f"roberta.encoder.layer.{layer}."
        norms += [f"{name}attention.output.LayerNorm", f"{name}output.LayerNorm"]
        for part, shape in linear.items():
            found |= {f"{name}{part}.weight": drawn(*shape), f"{name}{part}.bias": drawn(shape[0])}
    for name in norms:
        found |= {f"{name}.weight": 1 + drawn(width), f"{name}.bias": drawn(width)}
    return found


def sentences(number: int, window: int, vocabulary: int) -> Pieces:
    """Draw sentences as long as those of XNLI, of words of one to three pieces."""
    draw = np.random.default_rng(0)
    lengths = np.clip(draw.gamma(3, 7, number).astype(int) + 4, 4, min(window, 128))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    first, stop, word_sentence = [], [], []
    for sentence, length in enumerate(lengths):
        borders = np.unique([1, *np.cumsum(1 + draw.integers(1, 4, length)), length - 1])
        borders = borders[borders < length]
        first.append(borders[:-1])
        stop.append(borders[1:])
        word_sentence += [sentence] * (len(borders) - 1)
    word_sentence = np.array(word_sentence, np.int32)
    return Pieces(
        ids=draw.integers(4, vocabulary, offsets[-1]).astype(np.int32),
        sentence_offsets=offsets,
        first=np.concatenate(first).astype(np.int32),
        stop=np.concatenate(stop).astype(np.int32),
        status=np.zeros(len(word_sentence), np.int8),
        word_sentence=word_sentence,
        word_offsets=np.searchsorted(word_sentence, np.arange(number + 1)),
        characters=lengths.astype(np.int32),
    )


def products(encoder: xlmr.Encoder, sizes: dict[str, int], pieces: int) -> None:
    """Do the matrix products of all layers for so many pieces."""
    width, inner = sizes["dimension"], sizes["inner"]
    kind, device = encoder._tensors["roberta.embeddings.LayerNorm.weight"].dtype, encoder.device
    with torch.inference_mode():
        for start in range(0, pieces, packing.PIECES):
            number = min(packing.PIECES, pieces - start)
            for inputs, outputs in ((width, 3 * width), (width, width), (width, inner), (inner, width)):
                states, matrix = (torch.ones(rows, inputs, dtype=kind, device=device) for rows in (number, outputs))
                for _ in range(sizes["layers"]):
                    functional.linear(states, matrix)


def contestants(device: str, tiny: bool) -> Iterator[tuple[str, dict[str, Callable[[], Any]]]]:
    """Yield settings, each with its contestants by name: functions that return a score, or None."""
    sizes = TINY if tiny else BASE
    text = sentences(60 if tiny else 40_000, sizes["window"], sizes["vocabulary"])
    last = sizes["layers"]
    settings = {**xlmr.DEFAULTS, "num_attention_heads": sizes["heads"]}
    plain, expected = weights(sizes, device), None
    halves = ("float16",) if device == "cuda" else ()
    for precision in ("float32", *halves):
        kind = getattr(torch, precision)
        encoder = xlmr.Encoder({name: one.to(kind) for name, one in plain.items()}, settings, last)

        def padded(encoder: xlmr.Encoder = encoder) -> np.ndarray:
            before, packing.DEVICES = packing.DEVICES, set()
            try:
                return extraction.extract(encoder, text, last, BUDGET)
            finally:
                packing.DEVICES = before

        def packed(way: str, layers: list[int], encoder: xlmr.Encoder = encoder) -> np.ndarray:
            before = os.environ.get(SWITCH)
            os.environ[SWITCH] = way
            try:
                return packing.vectors(encoder, text, layers)[0][last]
            finally:
                del os.environ[SWITCH]
                if before is not None:
                    os.environ[SWITCH] = before

        runs: dict[str, Callable[[], Any]] = {
            "polychron, without padding, fused": functools.partial(packed, "fused", [last]),
            "polychron, without padding, plain": functools.partial(packed, "plain", [last]),
            "polychron, without padding, fused, all layers": functools.partial(packed, "fused", [*range(last + 1)]),
            "polychron, with padding": padded,
        }
        if precision != "float32":
            runs["polychron, without padding, wide"] = functools.partial(packed, "wide", [last])

        if expected is None:
            expected = padded().astype(np.float32)

        def scored(run: Callable[[], np.ndarray], expected: np.ndarray = expected) -> float:
            return float(np.abs(run() - expected).max() / np.abs(expected).max())

        yield (
            f"the last of {last} layers, {len(text.lengths)} sentences of {text.lengths.sum():,} pieces, {precision}",
            {name: functools.partial(scored, run) for name, run in runs.items()}
            | {"bound: products": functools.partial(products, encoder, sizes, int(text.lengths.sum()))},
        )
