"""Word vectors: the mean of a word's hidden states at one layer (reading A9), stored as float16 (reading A40).

Some families have states beyond the largest number of float16, 65,504, though they are sound. The vectors of a dataset
with such a number are stored as float32.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from polychron.errors import InputError
from polychron.features import finite
from polychron.storage import files
from polychron.tokenization.pieces import KEPT, Pieces, from_table

if TYPE_CHECKING:  # torch takes a second to import, and stored vectors are mapped without it
    import torch

    from polychron.models.xlmr import Encoder

logger = logging.getLogger("polychron")


def extract(encoder: Encoder, pieces: Pieces, layer: int, tokens_per_batch: int) -> np.ndarray:
    """Compute the vector of each word at a layer.

    Parameters
    ----------
    encoder : Encoder
        The model, loaded up to `layer` or further.
    pieces : Pieces
        The dataset.
    layer : int
        0 is the embeddings.
    tokens_per_batch : int
        The most pieces in a batch, padding included. It can change the last bit of the result, because a matrix
        product may round differently in another shape. A GPU is given `polychron.features.packing.PIECES` or more of
        XLM-R at once, without padding, and fewer only where its memory does not suffice.

    Returns
    -------
    ndarray of float16 or float32, shape (words, dimension)
        The mean over the pieces of each word of `pieces`, accumulated in float32. Zeros where the status of a word is
        not 0. float32 where a number does not fit into float16.

    Raises
    ------
    InputError
        The encoder was not loaded up to the layer, or a vector is not finite (see `polychron.features.finite`).
    """
    if layer > encoder.depth:
        raise InputError(f"layer {layer} is asked for, and the encoder was loaded up to layer {encoder.depth}")
    vectors, unfit = _vectors(encoder, pieces, layer, tokens_per_batch, np.float16)
    if len(unfit):
        beyond = len(unfit)
        vectors, unfit = _vectors(encoder, pieces, layer, tokens_per_batch, np.float32)
        if not len(unfit):
            logger.warning(
                "%d of %d word vectors at layer %d have numbers up to %.3g, beyond float16: stored as float32",
                beyond,
                len(vectors),
                layer,
                np.abs(vectors).max(),
            )
    if len(unfit):
        raise finite.refusal(
            f"{len(unfit)} of {len(vectors)} word vectors at layer {layer} are not finite, stored in float32 either, "
            f"the first in sentence {pieces.word_sentence[unfit[0]]}",
            encoder,
        )
    return vectors


def _vectors(
    encoder: Encoder, pieces: Pieces, layer: int, tokens_per_batch: int, precision: type
) -> tuple[np.ndarray, np.ndarray]:
    """Return the vectors of all words in a precision, and the indices of those that are not finite in it."""
    import torch

    from polychron.features import packing
    from polychron.features.batching import batches, pad, spans, to_host
    from polychron.models.gpu import attention

    if packing.computes(encoder):

        def packed(size: int) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
            return packing.vectors(encoder, pieces, [layer], size, precision)

        found, wrong = packing.fitting(packed, tokens_per_batch)
        return found[layer], wrong[layer]
    kind = {np.float16: torch.float16, np.float32: torch.float32}[precision]
    vectors = np.zeros((len(pieces.status), encoder.dimension), precision)
    fit = np.ones(len(vectors), bool)

    def take(words: np.ndarray, arrive: Callable[[], np.ndarray]) -> None:
        vectors[words] = found = arrive()
        fit[words] = np.isfinite(found).all(axis=1)

    last = None  # one batch behind: a GPU computes the next one while the host checks this one
    for sentences in batches(pieces.lengths, tokens_per_batch):
        words = words_of(pieces, sentences)
        ids, mask = pad(pieces, sentences, encoder.device)
        of_words = spans(pieces, sentences, words, mask)  # before the layers, because an upload waits for them
        with attention.without_cudnn():
            states = encoder.at(layer, ids, mask)
        arriving = words, to_host(means(states, *of_words).to(kind))
        if last:
            take(*last)
        last = arriving
    if last:
        take(*last)
    return vectors, np.flatnonzero(~fit)


def words_of(pieces: Pieces, sentences: np.ndarray) -> np.ndarray:
    """Return the indices of the kept words (status 0) of sentences, in the order of the sentences, int64."""
    number = np.diff(pieces.word_offsets)[sentences]
    shift = pieces.word_offsets[sentences] - np.cumsum(number) + number
    words = np.arange(number.sum()) + np.repeat(shift, number)
    return words[pieces.status[words] == KEPT]


def means(states: torch.Tensor, place: torch.Tensor, number: torch.Tensor) -> torch.Tensor:
    """Average hidden states over the pieces of words.

    Parameters
    ----------
    states : tensor, shape (batch, length, dimension)
        The states of one layer.
    place, number : tensor of int64
        What `batching.spans` returned.

    Returns
    -------
    tensor of float32, shape (n, dimension)
        The vector of each word.
    """
    import torch

    flat = states.flatten(0, 1).index_select(0, place).float()
    return torch.segment_reduce(flat, "mean", lengths=number, unsafe=True)


def of_datasets(
    stored: Sequence[bool],
    paths: Sequence[str | Path],
    tables: Sequence[Any],
    weights: str | Path | None,
    config: str | Path | None,
    layer: int,
    tokens_per_batch: int,
    precision: str = "float32",
    names: Sequence[str | Path] = (),
) -> list[np.ndarray]:
    """Return the word vectors of several datasets: mapped from disk where they are stored, computed where not.

    Parameters
    ----------
    stored : sequence of bool, one per dataset
        Whether the dataset's features are a file.
    paths : sequence of path-like
        These files, in the order of the datasets that have one.
    tables : sequence of pyarrow.Table or int, one per dataset
        The tables of pieces. For a stored dataset, the number of its vectors is enough.
    weights, config : path-like
        The checkpoint, which is read only where something must be computed.
    layer, tokens_per_batch : int
        As in `extract`. The same values give the same bytes, whether stored or computed.
    precision : str
        As in `polychron.models.loading.load`.
    names : sequence of path-like, optional
        The files of the tables. By them, a job finds what another of the same run has computed already (see
        `polychron.features.one_pass`).

    Returns
    -------
    list of ndarray of float16 or float32, each of shape (words, dimension)

    Raises
    ------
    InputError
        A stored file has another number of words than its table.
    """
    waiting, encoder = iter(paths), None
    vectors = []
    for place, (on_disk, table) in enumerate(zip(stored, tables, strict=True)):
        if on_disk:
            file = next(waiting)
            expected = table if isinstance(table, int) else len(from_table(table).status)
            vectors.append(files.read_array(file))
            if len(vectors[-1]) != expected:
                raise InputError(
                    f"vectors of {len(vectors[-1])} words, and the table of pieces has {expected}",
                    file=file,
                    remedy="delete it and run the same command again",
                )
        else:
            if names:
                from polychron.features import one_pass

                found = one_pass.vectors(table, names[place], weights, config, layer, tokens_per_batch, precision)
                if found is not None:
                    vectors.append(found)
                    continue
            if encoder is None:
                from polychron.models.loading import load

                encoder = load(weights, config, upto=layer, precision=precision)
            pieces = from_table(table)
            logger.info("computing the vectors of %d words at layer %d", len(pieces.status), layer)
            vectors.append(extract(encoder, pieces, layer, tokens_per_batch))
    return vectors
