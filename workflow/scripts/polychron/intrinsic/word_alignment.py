"""Word alignment without training: SimAlign's itermax on word vectors (Jalili Sabet et al. 2020; reading A37).

Words are compared by ``(1 + cosine) / 2``. A first pass links each pair of words that are each other's nearest. Every
further pass links mutual nearest words again, where at least one of the two is still free. The result equals that of
the simalign package 0.4 with ``token_type="word"``, ``matching_methods="i"`` and no distortion, edge by edge (tested).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from polychron.features import finite
from polychron.features.batching import batches, pad, spans
from polychron.features.extraction import means, words_of
from polychron.models.gpu import attention
from polychron.models.xlmr import Encoder
from polychron.tokenization.pieces import BEYOND, EMPTY, Pieces

logger = logging.getLogger("polychron")

PENALTY = 0.9
"""The weight of a pair of which one word is linked already (SimAlign's alpha_ratio); 0 for both words, 1 for none."""


def align(
    encoder: Encoder, pieces: Pieces, layers: Sequence[int], iterations: int, tokens_per_batch: int
) -> dict[int, np.ndarray]:
    """Align the words of sentence pairs at several layers, from one forward pass.

    Parameters
    ----------
    encoder : Encoder
        The model, loaded up to the last of `layers`.
    pieces : Pieces
        All n source sentences, then all n target sentences.
    layers : sequence of int
        The layers at which words are aligned.
    iterations : int
        Number of passes of itermax. 1 is the plain intersection; SimAlign's default is 2.
    tokens_per_batch : int
        The most pieces in a batch, both sides and padding included.

    Returns
    -------
    dict of int to ndarray of int64, shape (edges, 3)
        For each layer, sorted rows of (pair, source word, target word), all counted from 0. Words beyond the window or
        without pieces have no edges.

    Raises
    ------
    InputError
        A word vector is not finite, so that no word is nearest to it.
    """
    number = len(pieces.lengths) // 2
    longest = np.maximum(pieces.lengths[:number], pieces.lengths[number:])
    found: dict[int, list[np.ndarray]] = {layer: [] for layer in layers}
    for pairs in batches(longest, tokens_per_batch // 2):
        both = np.concatenate([pairs, pairs + number])
        inputs, mask = pad(pieces, both, encoder.device)
        words = words_of(pieces, both)
        of_words = spans(pieces, both, words, mask)
        for layer, states in enumerate(attention.computed(encoder.layers(inputs, mask))):
            if layer in found:
                vectors = finite.require(means(states, *of_words), layer, encoder)
                source, target = (_rectangle(vectors, pieces, words, side) for side in (pairs, pairs + number))
                edges = itermax(*similarity(*source, *target), iterations).nonzero().cpu().numpy()
                edges[:, 0] = pairs[edges[:, 0]]
                found[layer].append(edges)
            if layer == max(layers):
                break
    logger.info(
        "%d pairs; without edges: %d words beyond the window, %d words without pieces",
        number,
        np.sum(pieces.status == BEYOND),
        np.sum(pieces.status == EMPTY),
    )
    return {layer: _in_order(parts) for layer, parts in found.items()}


def _in_order(parts: list[np.ndarray]) -> np.ndarray:
    edges = np.concatenate([np.zeros((0, 3), np.int64), *parts])
    return edges[np.lexsort(edges.T[::-1])]


def _rectangle(
    vectors: torch.Tensor, pieces: Pieces, words: np.ndarray, sentences: np.ndarray
) -> tuple[torch.Tensor, torch.Tensor]:
    """Arrange the vectors of kept words as (sentence, word, dimension), with a mask of where there is one."""
    row = np.full(len(pieces.lengths), -1)
    row[sentences] = np.arange(len(sentences))
    sentence = row[pieces.word_sentence[words]]
    own = sentence >= 0
    index = (words - pieces.word_offsets[pieces.word_sentence[words]])[own]
    length = int(np.diff(pieces.word_offsets)[sentences].max(initial=1))
    arranged = vectors.new_zeros(len(sentences), length, vectors.shape[1])
    real = torch.zeros(len(sentences), length, dtype=torch.bool, device=vectors.device)
    arranged[sentence[own], index] = vectors[torch.from_numpy(own).to(vectors.device)]
    real[sentence[own], index] = True
    return arranged, real


def similarity(
    source: torch.Tensor, source_real: torch.Tensor, target: torch.Tensor, target_real: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Compare all words of each pair.

    Parameters
    ----------
    source, target : tensor of float32, shapes (pairs, m, dimension) and (pairs, n, dimension)
        Word vectors.
    source_real, target_real : tensor of bool, shapes (pairs, m) and (pairs, n)
        Where there is a word.

    Returns
    -------
    similarity : tensor of float32, shape (pairs, m, n), in [0, 1]
        ``(1 + cosine) / 2``
    real : tensor of bool, shape (pairs, m, n)
        Where both words are there.

    Examples
    --------
    Vectors of the same direction have 1, at right angles 1/2, of opposite directions 0:

    >>> source, target = torch.tensor([[[3.0, 0.0]]]), torch.tensor([[[1.0, 0.0], [0.0, 2.0], [-1.0, 0.0]]])
    >>> there = torch.ones(1, 1, dtype=torch.bool), torch.ones(1, 3, dtype=torch.bool)
    >>> similarity(source, there[0], target, there[1])[0].tolist()
    [[[1.0, 0.5, 0.0]]]
    """
    unit = [side / side.square().sum(-1, keepdim=True).sqrt().clamp_min(1e-30) for side in (source, target)]
    return (unit[0] @ unit[1].transpose(1, 2) + 1) / 2, source_real[:, :, None] & target_real[:, None, :]


def itermax(similarity: torch.Tensor, real: torch.Tensor, iterations: int = 2) -> torch.Tensor:
    """Link the words of many pairs of sentences at once.

    Parameters
    ----------
    similarity : tensor of float, shape (pairs, m, n)
        Not negative.
    real : tensor of bool, shape (pairs, m, n)
        False where either word is padding.
    iterations : int
        Number of passes. As in SimAlign, a pair with a side of one or two words gets the first pass only.

    Returns
    -------
    tensor of bool, shape (pairs, m, n)
        Where two words are linked.

    Examples
    --------
    The third words are nearest to words that have nearer ones. The second pass reduces the weight of those, and links
    the third words.

    >>> table = torch.tensor([[[0.9, 0.2, 0.8], [0.1, 0.9, 0.2], [0.8, 0.3, 0.75]]])
    >>> [itermax(table, table > 0, passes).int().sum().item() for passes in (1, 2)]
    [2, 3]
    """
    # as in SimAlign: similarities in float32, their weighted values in float64
    similarity = similarity.double()
    found = _mutual(similarity, real)
    rows, columns = real.any(2), real.any(1)
    large = torch.minimum(rows.sum(1), columns.sum(1)) > 2
    for _ in range(iterations - 1):
        free_rows, free_columns = rows & ~found.any(2), columns & ~found.any(1)
        going = large & free_rows.any(1) & free_columns.any(1)
        one = free_rows[:, :, None] | free_columns[:, None, :]
        both = free_rows[:, :, None] & free_columns[:, None, :]
        weight = torch.where(both, 1.0, torch.where(one, PENALTY, 0.0)).double()
        found = found | (_mutual(similarity * weight, real) & one & going[:, None, None])
    return found


def _mutual(similarity: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
    """Link words that are each other's nearest; of equally near words the first one counts."""
    similarity = similarity.masked_fill(~real, -1)
    forward, backward = (
        torch.zeros_like(real).scatter_(axis, similarity.argmax(axis, keepdim=True), True) for axis in (2, 1)
    )
    return forward & backward & real


def links(rows: Sequence[Sequence[Sequence[int]]]) -> np.ndarray:
    """Convert the gold links of pairs, each a list of [i, j], to rows of (pair, i, j): int64, shape (links, 3)."""
    return np.array([(pair, i, j) for pair, row in enumerate(rows) for i, j in row], np.int64).reshape(-1, 3)


def score(found: np.ndarray, sure: np.ndarray, possible: np.ndarray) -> dict[str, float]:
    """Compare edges with sure and possible gold links, over all pairs of sentences together.

    Parameters
    ----------
    found, sure, possible : ndarray of int, shape (links, 3)
        Rows of (pair, i, j), without duplicates. The sure links are also possible links.

    Returns
    -------
    dict of str to float
        ``precision`` is ``|found in possible| / |found|``, ``recall`` is ``|found in sure| / |sure|``, and ``f1`` their
        harmonic mean. ``aer`` is ``1 - (|found in sure| + |found in possible|) / (|found| + |sure|)`` (Och and Ney
        2003). The formulas are those of SimAlign's ``calc_align_score.py``, without its rounding. A ratio whose divisor
        is zero is 0.

    Examples
    --------
    >>> sure, possible = np.array([[0, 0, 0], [0, 1, 1]]), np.array([[0, 0, 0], [0, 1, 1], [0, 1, 2]])
    >>> score(np.array([[0, 0, 0], [0, 1, 2], [0, 2, 2]]), sure, possible)
    {'precision': 0.6666666666666666, 'recall': 0.5, 'f1': 0.5714285714285715, 'aer': 0.4}
    """
    edges, surely, possibly = ({tuple(row) for row in rows.tolist()} for rows in (found, sure, possible))
    in_sure, in_possible = len(edges & surely), len(edges & possibly)
    precision, recall = in_possible / max(len(edges), 1), in_sure / max(len(surely), 1)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        "aer": 1 - (in_sure + in_possible) / max(len(edges) + len(surely), 1),
    }


def within(rows: np.ndarray, pieces: Pieces) -> np.ndarray:
    """Return the gold links between words that the model's window holds.

    A link of a word beyond the window cannot be found, so it is left out, as probes leave out such words.

    Parameters
    ----------
    rows : ndarray of int64, shape (links, 3)
        See `links`.
    pieces : Pieces
        All n source sentences, then all n target sentences.

    Returns
    -------
    ndarray of int64, shape (links within, 3)
    """
    number = len(pieces.lengths) // 2
    words = [pieces.word_offsets[rows[:, 0] + side * number] + rows[:, 1 + side] for side in (0, 1)]
    return rows[(pieces.status[words[0]] != BEYOND) & (pieces.status[words[1]] != BEYOND)]


def score_layers(found: dict[int, np.ndarray], table: Any, pieces: Pieces) -> list[dict[str, Any]]:
    """Score the edges of every layer on the gold links between words that the window holds.

    Parameters
    ----------
    found : dict of int to ndarray
        What `align` returned.
    table : pyarrow.Table
        The bitext, with ``sure`` and ``possible`` links.
    pieces : Pieces
        What `align` was given.

    Returns
    -------
    list of dict
        ``layer``, ``metric``, ``value`` and ``examples`` (sentence pairs) of each score. The metric ``excluded`` is the
        number of words beyond the window, and ``excluded_links`` that of their possible links, whose ``examples`` are
        all possible links.
    """
    sure, possible = (links(table[name].to_pylist()) for name in ("sure", "possible"))
    inside = within(possible, pieces)
    left_out = len(possible) - len(inside)
    logger.info("%d of %d possible links are of words beyond the window and left out", left_out, len(possible))
    counts = {"excluded": (int((pieces.status == BEYOND).sum()), table.num_rows)}
    counts["excluded_links"] = left_out, len(possible)
    rows = []
    for layer, edges in found.items():
        scores = {name: (value, table.num_rows) for name, value in score(edges, within(sure, pieces), inside).items()}
        for metric, (value, examples) in {**scores, **counts}.items():
            rows.append({"layer": layer, "metric": metric, "value": float(value), "examples": examples})
    return rows
