"""Batches of sentences: which go together, how they are laid out, and how what was computed of them comes back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from polychron.tokenization.pieces import Pieces

PADDING = 1 / 32
"""The most padding in a batch, as a share of the pieces that it may have: more would cost more than another batch."""


def batches(lengths: np.ndarray, tokens_per_batch: int) -> list[np.ndarray]:
    """Group sentences of similar length.

    Parameters
    ----------
    lengths : ndarray of int, shape (sentences,)
        Pieces of each sentence.
    tokens_per_batch : int
        The most pieces of a batch, padding included, which is at most a share of `PADDING` of them; a longer sentence
        is a batch of its own.

    Returns
    -------
    list of ndarray of int64
        Every sentence's index once, shortest first; sentences of one length stay in their order.

    Examples
    --------
    >>> batches(np.array([5, 2, 3, 2]), 6)
    [array([1, 3]), array([2]), array([0])]
    """
    order = np.argsort(lengths, kind="stable")
    starts, tokens = [], 0
    for place, length in enumerate(np.asarray(lengths, np.int64)[order]):
        others = place - starts[-1] if starts else 0
        padding = others * length - tokens
        if not starts or (others + 1) * length > tokens_per_batch or padding > tokens_per_batch * PADDING:
            starts.append(place)
            tokens = 0
        tokens += length
    return np.split(order, starts[1:]) if starts else []


def to_host(tensor: torch.Tensor) -> Callable[[], np.ndarray]:
    """Begin to copy a tensor to the host; from a GPU it was not run yet.

    Parameters
    ----------
    tensor : tensor of any shape and type

    Returns
    -------
    callable
        It waits for the copy and gives it as an ndarray, which shares the tensor's memory where that lies on the host.
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


def pad(
    pieces: Pieces, sentences: np.ndarray, device: torch.device | str = "cpu", ids: np.ndarray | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Lay sentences out as a rectangle, padded on the right.

    Parameters
    ----------
    pieces : Pieces
        The dataset.
    sentences : ndarray of int, shape (batch,)
        Which sentences.
    device : torch.device or str
        Where the result lies.
    ids : ndarray of int, shape (pieces,), optional
        Ids to take in place of ``pieces.ids``, such as those with masks in them.

    Returns
    -------
    ids : tensor of int64, shape (batch, length)
        0 at padding.
    mask : tensor of bool, shape (batch, length)
    """
    lengths = pieces.lengths[sentences]
    mask = np.arange(lengths.max(initial=0)) < lengths[:, None]
    padded = np.zeros(mask.shape, np.int64)
    padded[mask] = (pieces.ids if ids is None else ids)[places(pieces, sentences)]
    return torch.from_numpy(padded).to(device), torch.from_numpy(mask).to(device)


def places(pieces: Pieces, sentences: np.ndarray) -> np.ndarray:
    """Give the places of sentences' pieces within ``pieces.ids``, one sentence after the other: int64."""
    lengths = pieces.lengths[sentences]
    shift = pieces.sentence_offsets[sentences] - np.cumsum(lengths) + lengths
    return np.arange(lengths.sum()) + np.repeat(shift, lengths)


def spans(
    pieces: Pieces, sentences: np.ndarray, words: np.ndarray, mask: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Say where in a batch the pieces of words are.

    Parameters
    ----------
    pieces : Pieces
        The dataset.
    sentences : ndarray of int, shape (batch,)
        The rows of the batch.
    words : ndarray of int, shape (n,)
        Kept words of these sentences (see `extraction.words_of`).
    mask : tensor, shape (batch, length)
        The batch's, on the device that the result shall lie on.

    Returns
    -------
    place : tensor of int64, shape (pieces of all words,)
        Places in the flattened batch, one word after the other.
    number : tensor of int64, shape (n,)
        Pieces of each word.
    """
    row = np.empty(len(pieces.lengths), np.int64)
    row[sentences] = np.arange(len(sentences))
    number = (pieces.stop - pieces.first)[words].astype(np.int64)
    start = row[pieces.word_sentence[words]] * mask.shape[1] + pieces.first[words]
    place = np.arange(number.sum()) + np.repeat(start - np.cumsum(number) + number, number)
    return torch.from_numpy(place).to(mask.device), torch.from_numpy(number).to(mask.device)
