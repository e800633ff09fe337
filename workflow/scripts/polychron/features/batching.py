"""Batches of sentences: their grouping, their padding, the places of words in them, and the way back from the GPU."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from polychron.tokenization.pieces import Pieces

PADDING = 1 / 32
"""The most padding in a batch, as a share of its budget of pieces; more padding costs more than another batch."""


def batches(lengths: np.ndarray, tokens_per_batch: int) -> list[np.ndarray]:
    """Group sentences of similar length.

    Parameters
    ----------
    lengths : ndarray of int, shape (sentences,)
        Number of pieces of each sentence.
    tokens_per_batch : int
        The most pieces in a batch, padding included. Padding is at most `PADDING` of this number. A longer sentence is
        a batch of its own.

    Returns
    -------
    list of ndarray of int64
        The index of every sentence once, shortest first. Sentences of the same length keep their order.

    Examples
    --------
    >>> batches(np.array([5, 2, 3, 2]), 6)
    [array([1, 3]), array([2]), array([0])]
    """
    order = np.argsort(lengths, kind="stable")
    ordered = np.asarray(lengths, np.int64)[order]
    before = np.concatenate([[0], np.cumsum(ordered)])
    starts, number = [0] if len(order) else [], len(order)
    while starts:
        start = starts[-1]
        # no further sentence fits, since none is shorter
        most = number if not ordered[start] else min(start + tokens_per_batch // ordered[start] + 2, number)
        places = np.arange(start + 1, most)
        sentences, longest = places - start, ordered[start + 1 : most]
        padding = sentences * longest - (before[places] - before[start])
        full = ((sentences + 1) * longest > tokens_per_batch) | (padding > tokens_per_batch * PADDING)
        following = int(places[full.argmax()]) if full.any() else most
        if following == number:
            break
        starts.append(following)
    return np.split(order, starts[1:]) if starts else []


def to_host(tensor: torch.Tensor) -> Callable[[], np.ndarray]:
    """Start to copy a tensor to the host, without waiting for the copy.

    Copies from a GPU have not been tested on one yet.

    Parameters
    ----------
    tensor : tensor of any shape and type

    Returns
    -------
    callable
        It waits for the copy, and returns it as an ndarray. A tensor that is on the host already is not copied: the
        ndarray shares its memory.
    """
    copy = tensor.to("cpu", non_blocking=True)
    if not tensor.is_cuda:
        return copy.numpy
    copied = torch.cuda.Event()
    copied.record(torch.cuda.current_stream(tensor.device))

    def wait() -> np.ndarray:
        copied.synchronize()
        return copy.numpy()

    return wait


def upload(array: np.ndarray, device: torch.device | str) -> torch.Tensor:
    """Copy an array to a device; to a GPU from pinned memory, without waiting for what was launched before."""
    tensor = torch.from_numpy(array)
    return (
        tensor.pin_memory().to(device, non_blocking=True) if torch.device(device).type == "cuda" else tensor.to(device)
    )


def pad(
    pieces: Pieces, sentences: np.ndarray, device: torch.device | str = "cpu", ids: np.ndarray | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Arrange sentences as a rectangle, padded on the right.

    Parameters
    ----------
    pieces : Pieces
        The dataset.
    sentences : ndarray of int, shape (batch,)
        Indices of the sentences.
    device : torch.device or str
        The device of the result.
    ids : ndarray of int, shape (pieces,), optional
        Ids in place of ``pieces.ids``, for example with masks in them.

    Returns
    -------
    ids : tensor of int64, shape (batch, length)
        0 at padding.
    mask : tensor of bool, shape (batch, length)
        False at padding.
    """
    lengths = pieces.lengths[sentences]
    mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
    padded = np.zeros(mask.shape, np.int64)
    padded[mask] = (pieces.ids if ids is None else ids)[places(pieces, sentences)]
    return upload(padded, device), upload(mask, device)


def places(pieces: Pieces, sentences: np.ndarray) -> np.ndarray:
    """Return the places in ``pieces.ids`` of the pieces of sentences, one sentence after the other, int64."""
    lengths = pieces.lengths[sentences]
    shift = pieces.sentence_offsets[sentences] - np.cumsum(lengths) + lengths
    return np.arange(lengths.sum()) + np.repeat(shift, lengths)


def spans(
    pieces: Pieces, sentences: np.ndarray, words: np.ndarray, mask: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the pieces of words in a batch.

    Parameters
    ----------
    pieces : Pieces
        The dataset.
    sentences : ndarray of int, shape (batch,)
        The sentences that are the rows of the batch.
    words : ndarray of int, shape (n,)
        Kept words of these sentences (see `extraction.words_of`).
    mask : tensor, shape (batch, length)
        The mask of the batch. The result is on the same device.

    Returns
    -------
    place : tensor of int64, shape (pieces of all words,)
        Places in the flattened batch, one word after the other.
    number : tensor of int64, shape (n,)
        Number of pieces of each word.
    """
    row = np.empty(len(pieces.lengths), np.int64)
    row[sentences] = np.arange(len(sentences))
    number = (pieces.stop - pieces.first)[words].astype(np.int64)
    start = row[pieces.word_sentence[words]] * mask.shape[1] + pieces.first[words]
    place = np.arange(number.sum()) + np.repeat(start - np.cumsum(number) + number, number)
    return upload(place, mask.device), upload(number, mask.device)
