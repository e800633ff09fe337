"""Bits per character: how well a checkpoint predicts masked pieces of held-out text (reading A20).

    bits per character = bits per masked piece / characters per piece

where *bits per masked piece* is the mean of ``-log2 p(piece | masked sentence)`` over the masked pieces, and
*characters per piece* is the mean over all pieces of the text but special ones. Characters are counted after
SentencePiece's normalisation (see `segmentation.segment`). The division makes vocabularies and scripts comparable: a
long piece is harder to predict, and has more characters.

The paper defines BPC(s) for a sequence s, and does not say how sequences are combined. So there are two results: the
ratio over the whole text, and the mean over its sentences of the ratio within each. `average` has an example of both.

Pieces are chosen and masked as in pretraining, by fairseq's ``masked_lm`` (Liu et al. 2019). They depend on the table
of pieces and a seed alone, so every checkpoint predicts the same pieces in the same context.

A causal model is measured by its own loss: every piece of text is predicted from those before it, nothing is masked,
and *bits per masked piece* is the mean of ``-log2 p(piece | pieces before it)``. The first piece of a sentence is not
predicted where no special piece comes before it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import torch

from polychron.errors import InputError
from polychron.features import finite, packing
from polychron.features.batching import batches, pad, places, upload
from polychron.intrinsic import masking
from polychron.models import behaviour
from polychron.models.gpu import attention
from polychron.models.packed import Packed
from polychron.models.xlmr import Encoder
from polychron.tokenization.pieces import Pieces

logger = logging.getLogger("polychron")

LOGITS = {"cpu": 2**25, "cuda": 2**29}
"""The most logits that are computed at once: 128 MiB of float32, and 2 GiB on a GPU."""


@dataclass(frozen=True)
class Bits:
    """How many bits a checkpoint needs to predict the masked pieces of a text.

    Parameters
    ----------
    per_piece : float
        Mean bits per masked piece.
    characters_per_piece : float
        Mean characters per piece.
    masked : int
        Number of masked pieces.
    per_character_of_sentences : float
        Bits per character of each sentence, averaged over sentences.
    """

    per_piece: float
    characters_per_piece: float
    masked: int
    per_character_of_sentences: float

    @property
    def per_character(self) -> float:
        """Bits per character."""
        return self.per_piece / self.characters_per_piece


def to_guess(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Choose what a causal model predicts: every piece of text that has a piece before it.

    Parameters
    ----------
    pieces : Pieces
        The text.

    Returns
    -------
    ids : ndarray of int32, shape (pieces,)
        ``pieces.ids``, in which nothing is masked.
    chosen : ndarray of int64, shape (predicted,)
        The places of the chosen pieces in `ids`, ascending.

    Raises
    ------
    InputError
        No piece has one before it.
    """
    before, after = pieces.edges
    spans = zip(pieces.sentence_offsets[:-1] + max(before, 1), pieces.sentence_offsets[1:] - after, strict=True)
    chosen = np.concatenate([np.zeros(0, np.int64), *(np.arange(*span) for span in spans)])
    if not len(chosen):
        raise InputError(f"no piece of {len(pieces.lengths)} sentences can be guessed", remedy="hold out more text")
    return pieces.ids, chosen


def average(bits: np.ndarray, sentence: np.ndarray, characters: np.ndarray, lengths: np.ndarray) -> Bits:
    """Average the bits of single pieces.

    Parameters
    ----------
    bits : ndarray of float64, shape (masked,)
        -log2 of the probability of each masked piece.
    sentence : ndarray of int, shape (masked,)
        The sentence of each masked piece.
    characters, lengths : ndarray of int, shape (sentences,)
        Number of characters and pieces of each sentence, special pieces left out. The mean over sentences leaves out
        those without a character or a masked piece.

    Returns
    -------
    Bits

    Examples
    --------
    A sentence has 8 characters in 2 pieces. One piece is masked, and its probability is 1/4: 2 bits, and
    2 / (8 / 2) = 0.5 bits per character. Another sentence has 4 characters in 4 pieces. Two are masked, with
    probabilities of 1/2: 1 bit per character. The mean of the sentences is 0.75. Over the whole text,
    (2 + 1 + 1) / 3 bits per masked piece divided by 12 / 6 characters per piece are 2/3.

    >>> found = average(np.array([2.0, 1.0, 1.0]), np.array([0, 1, 1]), np.array([8, 4]), np.array([2, 4]))
    >>> round(found.per_character, 6), found.per_character_of_sentences
    (0.666667, 0.75)
    """
    masked = np.bincount(sentence, minlength=len(lengths))
    known = (masked > 0) & (characters > 0)
    means = np.bincount(sentence, weights=bits, minlength=len(lengths))[known] / masked[known]
    return Bits(
        per_piece=float(bits.mean()),
        characters_per_piece=float(characters.sum() / lengths.sum()),
        masked=len(bits),
        per_character_of_sentences=float((means * lengths[known] / characters[known]).mean()),
    )


def measure(encoder: Encoder, pieces: Pieces, probability: float, seed: int, tokens_per_batch: int) -> Bits:
    """Measure the bits per character of a checkpoint on a text.

    Parameters
    ----------
    encoder : Encoder
        The whole model, with its head.
    pieces : Pieces
        The text.
    probability, seed
        As in `masking.draw_masks`; not used for a causal model.
    tokens_per_batch : int
        The most pieces in a batch, padding included; on a GPU as in `polychron.features.extraction.extract`.

    Returns
    -------
    Bits

    Raises
    ------
    InputError
        The vocabulary of the checkpoint is smaller than that of the table of pieces, a model of a causal family sees
        the pieces that it would predict, or predictions are not finite.
    """
    if encoder.causal and encoder.sees_ahead:
        raise InputError(behaviour.BOTH_WAYS, remedy=behaviour.NO_BITS)
    ids, chosen = to_guess(pieces) if encoder.causal else masking.draw_masks(pieces, probability, seed)
    if encoder.vocabulary < pieces.vocabulary:
        raise InputError(
            f"the checkpoint knows {encoder.vocabulary} pieces, and the tokenizer {pieces.vocabulary}",
            remedy="use the tokenizer that the checkpoint was trained with",
        )
    bits = np.full(len(ids), np.nan)
    is_chosen = np.zeros(len(ids), bool)
    is_chosen[chosen] = True
    ahead = 1 if encoder.causal else 0  # a causal model's state at a place predicts the next piece
    packed = packing.computes(encoder)
    if packed:
        bits[chosen] = packing.fitting(
            lambda size: _without_padding(encoder, pieces, ids, is_chosen, size), tokens_per_batch
        )[chosen]
    for sentences in () if packed else batches(pieces.lengths, tokens_per_batch):
        here = places(pieces, sentences)
        inputs, mask = pad(pieces, sentences, encoder.device, ids)
        guessed = np.flatnonzero(is_chosen[here])
        with attention.without_cudnn():
            states = encoder.at(encoder.depth, inputs, mask)[mask]
        hidden = states[torch.from_numpy(guessed - ahead).to(encoder.device)]
        bits[here[guessed]] = _bits(encoder, hidden, pieces.ids[here[guessed]])
    measured = bits[chosen]
    if not np.isfinite(measured).all():
        raise finite.refusal(f"{np.sum(~np.isfinite(measured))} of {len(measured)} predictions are not finite", encoder)
    sentence = np.searchsorted(pieces.sentence_offsets, chosen, side="right") - 1
    result = average(measured, sentence, pieces.characters, pieces.lengths - sum(pieces.edges))
    logger.info("%s, %.4f bits per character", result, result.per_character)
    return result


def _without_padding(encoder: Encoder, pieces: Pieces, ids: np.ndarray, is_chosen: np.ndarray, size: int) -> np.ndarray:
    """Return the bits of chosen pieces, NaN of others, from batches without padding; a GPU is waited for once."""
    arranged = packing.plan(pieces, size, ids)
    here = places(pieces, arranged.order)
    within, guessed = upload(arranged.places, encoder.device), np.flatnonzero(is_chosen[here])
    inputs, wanted = (upload(one, encoder.device) for one in (arranged.ids, pieces.ids[here[guessed]].astype(np.int64)))
    of_batch = upload(guessed, encoder.device)
    packed, found = Packed(encoder), []
    for batch in arranged.batches:
        for states in packed.layers(inputs[batch.pieces], within[batch.pieces], batch.groups):
            last = states
        own = slice(*np.searchsorted(guessed, [batch.pieces.start, batch.pieces.stop]))
        found += _losses(encoder, last[of_batch[own] - batch.pieces.start], wanted[own])
    bits = np.full(len(ids), np.nan)
    if found:
        bits[here[guessed]] = torch.cat(found).double().cpu().numpy() / np.log(2)
    return bits


def _bits(encoder: Encoder, hidden: torch.Tensor, targets: np.ndarray) -> np.ndarray:
    """Return the bits of each target, float64, shape (n,)."""
    parts = _losses(encoder, hidden, torch.from_numpy(targets.astype(np.int64)).to(encoder.device))
    return torch.cat(parts).double().cpu().numpy() / np.log(2) if parts else np.zeros(0)


def _losses(encoder: Encoder, hidden: torch.Tensor, wanted: torch.Tensor) -> list[torch.Tensor]:
    """Return the cross-entropy of each target in parts. The head computes a limited number of places at once."""
    rows = max(1, LOGITS[hidden.device.type] // encoder.vocabulary)
    return [
        torch.nn.functional.cross_entropy(encoder.predict(part).float(), target, reduction="none")
        for part, target in zip(hidden.split(rows), wanted.split(rows), strict=True)
    ]
