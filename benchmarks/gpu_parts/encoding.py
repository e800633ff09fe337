"""Encoding: word vectors of XLM-R base without padding, each way, and with it.

The model has random weights, and sentences have random pieces, as many as those of two sets: a part of the pairs of
XNLI, each sentence a vector, and a treebank, whose sentences are fewer and of more different lengths, and each of whose
words is a vector. All contestants return vectors to the host, but for the bound: the products of all layers, on as many
pieces as there are, 65,536 at once. The ways are those of `polychron.models.gpu.fused`; the warnings say which kernels
failed. The score is the greatest difference from the vectors with padding in float32, divided by their greatest number.
It is computed after the clock was stopped. TFLOP/s are the operations of the layers, without those on padding, in the
median time; the peak is that of a large product of the same type in the same run.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from pairing import Row
from torch.nn import functional

from gpu_parts.bounds import peak
from gpu_parts.timing import Place, compared
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


class Set(NamedTuple):
    """Sentences: how many, the distribution of their lengths in pieces, and whether each has one vector as a whole."""

    number: int
    shape: float
    scale: float
    longest: int
    whole: bool


SETS = {
    "xnli": ("XNLI", Set(40_000, 3, 7, 128, True)),
    "treebank": ("a treebank", Set(12_500, 2, 13, 512, False)),
}
"""With about 1 million and 340,000 pieces. Lengths are drawn from a gamma distribution, by its shape and scale."""


def sentences(kind: Set, window: int, vocabulary: int) -> Pieces:
    """Draw sentences: each a word, as in XNLI, or of words of one to three pieces."""
    number, draw = kind.number, np.random.default_rng(0)
    lengths = draw.gamma(kind.shape, kind.scale, number).astype(int) + 4
    lengths = np.clip(lengths, 4, min(window, kind.longest))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    first, stop, word_sentence = [], [], []
    for sentence, length in enumerate(lengths):
        inside = np.zeros(0, int) if kind.whole else 1 + np.cumsum(draw.integers(1, 4, length))
        borders = np.concatenate([[1], inside[inside < length - 1], [length - 1]])  # without the special pieces
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


def products(encoder: xlmr.Encoder, sizes: dict[str, int], pieces: int) -> Callable[[], None]:
    """Return what does the matrix products of all layers for so many pieces, of random numbers that it has."""
    width, inner = sizes["dimension"], sizes["inner"]
    made = {"dtype": encoder._tensors["roberta.embeddings.LayerNorm.weight"].dtype, "device": encoder.device}
    pairs = [
        (torch.randn(min(packing.PIECES, pieces), inputs, **made), torch.randn(outputs, inputs, **made))
        for inputs, outputs in ((width, 3 * width), (width, width), (width, inner), (inner, width))
    ]

    def run() -> None:
        with torch.inference_mode():
            for start in range(0, pieces, packing.PIECES):
                for states, matrix in pairs:
                    for _ in range(sizes["layers"]):
                        functional.linear(states[: pieces - start], matrix)

    return run


def operations(sizes: dict[str, int], lengths: np.ndarray, *, attention: bool = True) -> float:
    """Count the operations of all layers for sentences of these lengths, in 10¹².

    Examples
    --------
    >>> lengths = np.array([128])
    >>> round(operations(BASE, lengths, attention=False), 4), round(operations(BASE, lengths), 4)
    (0.0217, 0.0223)
    """
    width, inner = sizes["dimension"], sizes["inner"]
    found = 2.0 * (4 * width**2 + 2 * width * inner) * lengths.sum()
    if attention:
        found += 4.0 * width * (lengths.astype(float) ** 2).sum()
    return sizes["layers"] * found / 1e12


def encoding(place: Place, text: str) -> Iterator[list[Row]]:
    """Compute the word vectors of a set without padding, each way, and with it, and do as many products."""
    sizes, (name, kind) = TINY if place.tiny else BASE, SETS[text]
    drawn = sentences(kind._replace(number=60) if place.tiny else kind, sizes["window"], sizes["vocabulary"])
    for precision, setting, runs, score in contestants(name, drawn, place.device, sizes):
        most, rows = peak(place, getattr(torch, precision)), []
        for row in compared(place, setting, runs, 1 if place.tiny else 3, score=score):
            attention = not row["name"].startswith("bound")
            rate = operations(sizes, drawn.lengths, attention=attention) / row["value"]
            rows.append(row | {"TFLOP/s": rate, "of the peak": rate / most})
        yield rows


def contestants(
    name: str, text: Pieces, device: str, sizes: dict[str, int]
) -> Iterator[tuple[str, str, dict[str, Callable[[], Any]], Callable[[np.ndarray], float]]]:
    """Yield a precision, what is measured, the contestants, and what scores the vectors that they return."""
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

        def difference(found: np.ndarray, expected: np.ndarray = expected) -> float:
            return float(np.abs(found - expected).max() / np.abs(expected).max())

        amount = f"{len(text.lengths)} sentences of {text.lengths.sum():,} pieces, {len(text.status):,} vectors"
        runs["bound: products"] = products(encoder, sizes, int(text.lengths.sum()))
        yield precision, f"{name}: the last of {last} layers, {amount}, {precision}", runs, difference
