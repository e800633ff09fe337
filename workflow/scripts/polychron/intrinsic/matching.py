"""Word alignment by SimAlign's other methods, beside itermax: argmax and match (Jalili Sabet et al. 2020).

Words are compared as in `polychron.intrinsic.word_alignment`. The links of a pair of sentences equal those of the
simalign package 0.4 with ``token_type="word"``, ``matching_methods="am"`` and no distortion, edge by edge (tested); of
several matchings of the same weight the package may take another one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment

from polychron.features import finite
from polychron.features.batching import batches, pad, spans
from polychron.features.extraction import means, words_of
from polychron.intrinsic import word_alignment
from polychron.models.gpu import attention
from polychron.models.xlmr import Encoder
from polychron.tokenization.pieces import Pieces

RATIOS = ("precision", "recall", "f1", "aer")
"""What is said of each method. What is left out is the same for all, and is said once, with itermax."""


def argmax(similarity: np.ndarray) -> np.ndarray:
    """Link words that are each other's nearest; of equally near words the first one counts.

    Parameters
    ----------
    similarity : ndarray of float, shape (m, n)

    Returns
    -------
    ndarray of bool, shape (m, n)

    Examples
    --------
    >>> argmax(np.array([[0.9, 0.8], [0.7, 0.1]])).astype(int).tolist()
    [[1, 0], [0, 0]]
    """
    m, n = similarity.shape
    found = np.zeros((m, n), bool)
    if m and n:
        nearest, back = similarity.argmax(axis=1), similarity.argmax(axis=0)
        mutual = np.flatnonzero(back[nearest] == np.arange(m))
        found[mutual, nearest[mutual]] = True
    return found


def match(similarity: np.ndarray) -> np.ndarray:
    """Link as many words as possible, each once at most, so that the sum of their similarities is the largest.

    Parameters
    ----------
    similarity : ndarray of float, shape (m, n)
        Where it is 0, two words are not linked, as in SimAlign.

    Returns
    -------
    ndarray of bool, shape (m, n)

    Examples
    --------
    The sum 0.8 + 0.7 is larger than 0.9 + 0.1:

    >>> match(np.array([[0.9, 0.8], [0.7, 0.1]])).astype(int).tolist()
    [[0, 1], [1, 0]]
    """
    weight = similarity.astype(np.float64)
    there = weight != 0
    found = np.zeros(weight.shape, bool)
    if not there.any():
        return found
    if not there.all():  # one link more counts for more than the weights of all
        more = 1 + 2 * min(weight.shape) * np.abs(weight).max()
        weight = np.where(there, weight + more, 0)
    rows, columns = linear_sum_assignment(weight, maximize=True)
    found[rows, columns] = there[rows, columns]
    return found


METHODS = {"argmax": argmax, "match": match}
"""The methods by their names in the config."""


def align(
    encoder: Encoder, pieces: Pieces, layers: Sequence[int], methods: Sequence[str], tokens_per_batch: int
) -> dict[str, dict[int, np.ndarray]]:
    """Align the words of sentence pairs at several layers by several methods, from one forward pass.

    Parameters
    ----------
    encoder : Encoder
        The model, loaded up to the last of `layers`.
    pieces : Pieces
        All n source sentences, then all n target sentences.
    layers : sequence of int
        The layers at which words are aligned.
    methods : sequence of {"argmax", "match"}
        How.
    tokens_per_batch : int
        The most pieces in a batch, both sides and padding included.

    Returns
    -------
    dict of str to dict of int to ndarray of int64, shape (edges, 3)
        For each method and layer, sorted rows of (pair, source word, target word), all counted from 0. Words beyond the
        window or without pieces have no edges.

    Raises
    ------
    InputError
        A word vector is not finite, so that no word is nearest to it.
    """
    number = len(pieces.lengths) // 2
    longest = np.maximum(pieces.lengths[:number], pieces.lengths[number:])
    found: dict[str, dict[int, list[np.ndarray]]] = {name: {layer: [] for layer in layers} for name in methods}
    for pairs in batches(longest, tokens_per_batch // 2):
        both = np.concatenate([pairs, pairs + number])
        inputs, mask = pad(pieces, both, encoder.device)
        words = words_of(pieces, both)
        of_words = spans(pieces, both, words, mask)
        for layer, states in enumerate(attention.computed(encoder.layers(inputs, mask))):
            if layer in layers:
                vectors = finite.require(means(states, *of_words), layer, encoder)
                for pair in pairs:
                    table, *sides = _compared(vectors, pieces, words, (pair, pair + number))
                    for name in methods:
                        source, target = np.nonzero(METHODS[name](table))
                        edges = np.full(len(source), pair), sides[0][source], sides[1][target]
                        found[name][layer].append(np.stack(edges, axis=1))
            if layer == max(layers):
                break
    return {name: {layer: _in_order(parts) for layer, parts in by.items()} for name, by in found.items()}


def _compared(
    vectors: torch.Tensor, pieces: Pieces, words: np.ndarray, pair: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the similarity of the kept words of two sentences, (m, n), and the places of these in each."""
    chosen = [np.flatnonzero(pieces.word_sentence[words] == sentence) for sentence in pair]
    sides = [vectors[torch.from_numpy(rows).to(vectors.device)][None] for rows in chosen]
    real = [torch.ones(side.shape[:2], dtype=torch.bool, device=side.device) for side in sides]
    table, _ = word_alignment.similarity(sides[0], real[0], sides[1], real[1])
    places = (words[rows] - pieces.word_offsets[sentence] for rows, sentence in zip(chosen, pair, strict=True))
    return table[0].cpu().numpy(), *places


def _in_order(parts: list[np.ndarray]) -> np.ndarray:
    edges = np.concatenate([np.zeros((0, 3), np.int64), *parts])
    return edges[np.lexsort(edges.T[::-1])]


def score_methods(found: dict[str, dict[int, np.ndarray]], table: Any, pieces: Pieces) -> list[dict[str, Any]]:
    """Score the edges of every method and layer on the gold links between words that the window holds.

    Parameters
    ----------
    found : dict of str to dict of int to ndarray
        What `align` returned.
    table : pyarrow.Table
        The bitext, with ``sure`` and ``possible`` links.
    pieces : Pieces
        What `align` was given.

    Returns
    -------
    list of dict
        ``layer``, ``metric``, ``value`` and ``examples`` (sentence pairs) of each score, such as ``f1.match``.
    """
    return [
        {**row, "metric": f"{row['metric']}.{name}"}
        for name, by_layer in found.items()
        for row in word_alignment.score_layers(by_layer, table, pieces)
        if row["metric"] in RATIOS
    ]
