"""Word vectors at one or several layers from sentences without padding, for GPUs.

All batches are planned at once, by array arithmetic, and uploaded once: a batch is then a slice of what is on the
device, and no transfer waits for the work before it. Vectors are copied back while later batches are computed. On a
GPU, `polychron.features.extraction.extract` returns what is computed here. It has not been run on a GPU.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import torch

from polychron.errors import InputError
from polychron.features.batching import places, to_host, upload
from polychron.models.packed import Packed
from polychron.models.transformer import Transformer
from polychron.models.xlmr import Encoder
from polychron.tokenization.pieces import KEPT, Pieces

PIECES = 65_536
"""The least number of pieces that a GPU is given at once; smaller batches leave it idle between two kernels."""

DEVICES = {"cuda"}
"""Where sentences are computed without padding."""

LEAST = 1024
"""Where the memory of a GPU does not suffice, batches are halved, but never to fewer pieces than this."""

BEHIND = 2
"""How many layers of batches may be on their way to the host while the next batch is computed, or one batch's."""

Result = TypeVar("Result")

logger = logging.getLogger("polychron")


def computes(encoder: Encoder | Transformer) -> bool:
    """Whether a model is computed without padding: an XLM-R checkpoint on a GPU."""
    return isinstance(encoder, Encoder) and encoder.device.type in DEVICES


def fitting(run: Callable[[int], Result], tokens_per_batch: int) -> Result:
    """Compute a dataset with as many pieces at once as the memory of the GPU holds.

    Parameters
    ----------
    run : callable
        Computes all of the dataset, given the most pieces in a batch. Where memory does not suffice it is called again,
        with half as many.
    tokens_per_batch : int
        The most pieces in a batch; `PIECES` if that is more.

    Returns
    -------
    object
        What `run` returned.

    Raises
    ------
    InputError
        Memory does not suffice, and half of the pieces would be fewer than `LEAST`.
    """
    size = max(tokens_per_batch, PIECES)
    while True:
        try:
            return run(size)
        except torch.cuda.OutOfMemoryError as error:
            said = str(error).splitlines()[0]
        # not before here: the error holds what was computed
        torch.cuda.empty_cache()
        if size < 2 * LEAST:
            raise InputError(
                f"the memory of the GPU does not suffice for {size} pieces at once ({said})",
                remedy="end what else runs on this GPU, or take one with more memory",
            )
        size //= 2
        logger.warning("the memory of the GPU is full (%s): again, with %d pieces at once", said, size)


@dataclass(frozen=True)
class Batch:
    """A batch of sentences without padding, as slices of the arrays of a `Plan`.

    Parameters
    ----------
    pieces, words, parts : slice
        Its pieces; its kept words; the pieces of these words.
    groups : tuple of (int, int)
        Sentences of equal length that follow each other: their number and their length.
    """

    pieces: slice
    words: slice
    parts: slice
    groups: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Plan:
    """The sentences of a dataset, shortest first, as flat arrays, and their batches.

    Parameters
    ----------
    order : ndarray of int64, shape (sentences,)
        The sentences, by length; those of the same length keep their order.
    ids, places : ndarray of int32, shape (pieces,)
        The pieces of the sentences in this order, and the place of each in its sentence, from 0.
    words : ndarray of int64, shape (words,)
        The kept words of the sentences in this order.
    parts : ndarray of int64, shape (pieces of all kept words,)
        Where the pieces of each word are in `ids`, counted from the first piece of its batch.
    number : ndarray of int64, shape (words,)
        Pieces of each word.
    batches : tuple of Batch
    """

    order: np.ndarray
    ids: np.ndarray
    places: np.ndarray
    words: np.ndarray
    parts: np.ndarray
    number: np.ndarray
    batches: tuple[Batch, ...]


def plan(pieces: Pieces, size: int, ids: np.ndarray | None = None) -> Plan:
    """Arrange the sentences of a dataset in batches without padding.

    Parameters
    ----------
    pieces : Pieces
        The dataset.
    size : int
        The most pieces in a batch. A longer sentence is a batch of its own.
    ids : ndarray of int, shape (pieces,), optional
        Ids in place of ``pieces.ids``, for example with masks in them.

    Returns
    -------
    Plan
        Each sentence with a piece is in one batch.
    """
    lengths = pieces.lengths
    order = np.argsort(lengths, kind="stable")
    sorted_lengths = lengths[order]
    ends = np.cumsum(sorted_lengths)
    starts = ends - sorted_lengths
    taken = (pieces.ids if ids is None else ids)[places(pieces, order)]
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    kept = np.flatnonzero(pieces.status == KEPT)
    words = kept[np.argsort(rank[pieces.word_sentence[kept]], kind="stable")]
    of_word = rank[pieces.word_sentence[words]]
    number = (pieces.stop - pieces.first)[words].astype(np.int64)
    part_ends = np.cumsum(number)
    within = np.arange(number.sum()) - np.repeat(part_ends - number, number)
    cuts = _cuts(ends, size)
    first_of = np.repeat(starts[cuts[:-1]], np.diff(cuts)) if len(order) else starts
    parts = within + np.repeat(starts[of_word] + pieces.first[words] - first_of[of_word], number)
    word_cuts = np.searchsorted(of_word, cuts)
    part_cuts = np.concatenate([[0], part_ends])[word_cuts]
    piece_cuts = np.concatenate([[0], ends])[cuts]
    found = []
    for place in range(len(cuts) - 1):
        values, counts = np.unique(sorted_lengths[cuts[place] : cuts[place + 1]], return_counts=True)
        groups = tuple((int(count), int(value)) for value, count in zip(values, counts, strict=True) if value)
        if groups:
            bounds = ((int(cut[place]), int(cut[place + 1])) for cut in (piece_cuts, word_cuts, part_cuts))
            found.append(Batch(*(slice(*pair) for pair in bounds), groups))
    return Plan(
        order=order,
        ids=taken.astype(np.int32),
        places=(np.arange(len(taken)) - np.repeat(starts, sorted_lengths)).astype(np.int32),
        words=words,
        parts=parts,
        number=number,
        batches=tuple(found),
    )


def _cuts(ends: np.ndarray, size: int) -> np.ndarray:
    """Return where batches begin and end, from the number of pieces up to the end of each sentence."""
    cuts = [0]
    while cuts[-1] < len(ends):
        before = ends[cuts[-1] - 1] if cuts[-1] else 0
        cuts.append(max(int(np.searchsorted(ends, before + size, side="right")), cuts[-1] + 1))
    return np.array(cuts)


class Computed(NamedTuple):
    """The vectors of a batch's words at a layer.

    Parameters
    ----------
    layer : int
    place : slice
        Where they are among all kept words, in the order of the plan.
    words : ndarray of int64, shape (n,)
        The words.
    vectors : ndarray, shape (n, dimension)
    finite : ndarray of bool, shape (n,)
        Whether a vector is finite in this precision.
    """

    layer: int
    place: slice
    words: np.ndarray
    vectors: np.ndarray
    finite: np.ndarray


def compute(encoder: Encoder, arranged: Plan, layers: Sequence[int], precision: type) -> Iterator[Computed]:
    """Compute the vectors of words at several layers, from one forward pass, batch by batch.

    Parameters
    ----------
    encoder : Encoder
        An XLM-R checkpoint, loaded up to the last of `layers` or further.
    arranged : Plan
        The sentences.
    layers : sequence of int
        0 is the embeddings.
    precision : {numpy.float16, numpy.float32}
        In which vectors are returned. Means are accumulated in float32.

    Yields
    ------
    Computed
        Of each batch and layer.
    """
    wanted, kind = set(layers), {np.float16: torch.float16, np.float32: torch.float32}[precision]
    packed, last = Packed(encoder), max(wanted, default=0)
    on_device = (arranged.ids, arranged.places, arranged.parts, arranged.number)
    ids, within, parts, number = (upload(array, encoder.device) for array in on_device)
    arriving: deque = deque()

    def taken() -> Computed:
        layer, place, rows, finite = arriving.popleft()
        return Computed(layer, place, arranged.words[place], rows(), finite())

    for batch in arranged.batches:
        for layer, states in enumerate(packed.layers(ids[batch.pieces], within[batch.pieces], batch.groups)):
            if layer in wanted:
                of_words = states.index_select(0, parts[batch.parts]).float()
                means = torch.segment_reduce(of_words, "mean", lengths=number[batch.words], unsafe=True).to(kind)
                arriving.append((layer, batch.words, to_host(means), to_host(means.isfinite().all(1))))
            if layer == last:
                break
        while len(arriving) > max(BEHIND, len(wanted)):
            yield taken()
    while arriving:
        yield taken()


def vectors(
    encoder: Encoder, pieces: Pieces, layers: Sequence[int], size: int = PIECES, precision: type = np.float16
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """Compute the vector of each word at several layers, from one forward pass.

    Parameters
    ----------
    encoder, layers, precision
        As in `compute`.
    pieces : Pieces
        The dataset.
    size : int
        The most pieces in a batch.

    Returns
    -------
    vectors : dict of int to ndarray, each of shape (words, dimension)
        For each layer, the mean over the pieces of each word. Zeros where the status of a word is not 0.
    unfit : dict of int to ndarray of int64
        For each layer, the words whose vectors are not finite in this precision, ascending.
    """
    found = {layer: np.zeros((len(pieces.status), encoder.dimension), precision) for layer in layers}
    finite = {layer: np.ones(len(pieces.status), bool) for layer in layers}
    for one in compute(encoder, plan(pieces, size), layers, precision):
        found[one.layer][one.words] = one.vectors
        finite[one.layer][one.words] = one.finite
    return found, {layer: np.flatnonzero(~fit) for layer, fit in finite.items()}
