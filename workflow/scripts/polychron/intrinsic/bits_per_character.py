"""Bits per character: how well a checkpoint guesses masked pieces of held-out text (reading A20).

    bits per character = bits per masked piece / characters per piece

where *bits per masked piece* is the mean of ``-log2 p(piece | masked sentence)`` over the masked pieces, and
*characters per piece* is taken over the same text, special pieces left out, characters counted as SentencePiece's
normalisation leaves them (see `segmentation.segment`). Dividing makes vocabularies and scripts comparable: a long
piece is harder to guess and says more.

The paper writes BPC(s) of a sequence s, and leaves open how sequences are put together. Beside the ratio over the whole
text there is the mean over its sentences of the ratio within each; `average` has a worked example of both.

Pieces are chosen and masked as in pretraining, by fairseq's ``masked_lm`` (Liu et al. 2019), but from the table of
pieces and a seed alone, so that every checkpoint guesses the same pieces in the same context.

A causal model has a loss of its own, and is asked for that: every piece of text is guessed from those before it,
nothing is masked, and *bits per masked piece* is the mean of ``-log2 p(piece | pieces before it)``. Where the model's
template puts no special piece before a sentence, its first piece has nothing before it and is not guessed.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
import torch

from polychron.errors import InputError
from polychron.features.batching import batches, pad, places
from polychron.models.xlmr import Encoder
from polychron.tokenization.pieces import Pieces

logger = logging.getLogger("polychron")

REPLACED, KEPT = 0.1, 0.1
"""Of the masked pieces, the shares that become a random piece and stay as they are (Devlin et al. 2019)."""

LOGITS = 2**25
"""The most logits computed at once: 128 MiB of float32."""


@dataclass(frozen=True)
class Bits:
    """What a checkpoint needs to guess the masked pieces of a text.

    Parameters
    ----------
    per_piece : float
        Mean bits per masked piece.
    characters_per_piece : float
        Mean characters per piece of the text.
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


def draw_masks(pieces: Pieces, probability: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose the pieces to guess, and say what stands in their place.

    Of the n pieces of text in a sentence, ``int(probability * n + u)`` are chosen, u uniform in [0, 1): the expected
    number is exactly ``probability * n``. Of those, 80% become ``<mask>``, 10% a random piece, 10% stay.

    Parameters
    ----------
    pieces : Pieces
        The text, with its ``mask``, ``vocabulary`` and ``special``. Special pieces at the edges are never chosen.
    probability : float, in (0, 1)
        The share of pieces to choose.
    seed : int
        Each sentence draws from a stream of its own, made of the seed and its number.

    Returns
    -------
    ids : ndarray of int32, shape (pieces,)
        ``pieces.ids`` with masks in them.
    chosen : ndarray of int64, shape (masked,)
        The chosen places in `ids`, ascending.

    Raises
    ------
    InputError
        The table of pieces does not name its vocabulary, or no piece was chosen.
    """
    if pieces.mask is None or pieces.vocabulary is None:
        raise InputError(
            "the table of pieces does not say which piece is <mask>",
            remedy="use the tokenizer of a masked language model",
        )
    replacements = np.setdiff1d(np.arange(pieces.vocabulary), pieces.special)  # <mask> among them, as in fairseq
    ids, chosen, (before, after) = pieces.ids.copy(), [], pieces.edges
    for sentence, start in enumerate(pieces.sentence_offsets[:-1]):
        draw = np.random.default_rng([seed, sentence])
        candidates = np.arange(start + before, pieces.sentence_offsets[sentence + 1] - after)
        number = int(probability * len(candidates) + draw.random())
        picked = np.sort(draw.choice(candidates, number, replace=False))
        fate, random = draw.random(number), draw.choice(replacements, number)
        ids[picked] = np.where(
            fate < REPLACED, random, np.where(fate < REPLACED + KEPT, pieces.ids[picked], pieces.mask)
        )
        chosen.append(picked)
    chosen = np.concatenate(chosen) if chosen else np.zeros(0, np.int64)
    if not len(chosen):
        raise InputError(
            f"no piece of {len(pieces.lengths)} sentences was chosen to be guessed", remedy="hold out more text"
        )
    return ids, chosen


def to_guess(pieces: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """Choose what a causal model guesses: every piece of text that has a piece before it.

    Parameters
    ----------
    pieces : Pieces
        The text.

    Returns
    -------
    ids : ndarray of int32, shape (pieces,)
        ``pieces.ids``, in which nothing is masked.
    chosen : ndarray of int64, shape (guessed,)
        The chosen places in `ids`, ascending.

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
    """Put the bits of single pieces together.

    Parameters
    ----------
    bits : ndarray of float64, shape (masked,)
        -log2 of the probability of each masked piece.
    sentence : ndarray of int, shape (masked,)
        The sentence in which it stands.
    characters, lengths : ndarray of int, shape (sentences,)
        Characters and pieces of each sentence, special pieces left out. The mean over sentences leaves out those
        without a character or a masked piece.

    Examples
    --------
    A sentence of 8 characters in 2 pieces has one of them masked, which gets the probability 1/4: 2 bits, and
    2 / (8 / 2) = 0.5 bits per character. One of 4 characters in 4 pieces has two masked, which get 1/2 each: 1 bit per
    character. Their mean is 0.75. Of the text, (2 + 1 + 1) / 3 bits per masked piece over 12 / 6 characters per piece
    are 2/3.

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
    tokens_per_batch : int
        The most pieces of a batch, padding included.

    Raises
    ------
    InputError
        The checkpoint has another vocabulary than the table of pieces, or its predictions are not finite.
    """
    ids, chosen = to_guess(pieces) if encoder.causal else draw_masks(pieces, probability, seed)
    if encoder.vocabulary < pieces.vocabulary:
        raise InputError(
            f"the checkpoint knows {encoder.vocabulary} pieces, and the tokenizer {pieces.vocabulary}",
            remedy="use the tokenizer that the checkpoint was trained with",
        )
    bits = np.full(len(ids), np.nan)
    is_chosen = np.zeros(len(ids), bool)
    is_chosen[chosen] = True
    ahead = 1 if encoder.causal else 0  # a causal model's state at a place guesses the next one
    for sentences in batches(pieces.lengths, tokens_per_batch):
        here = places(pieces, sentences)
        inputs, mask = pad(pieces, sentences, encoder.device, ids)
        guessed = np.flatnonzero(is_chosen[here])
        states = encoder.at(encoder.depth, inputs, mask)[mask]
        hidden = states[torch.from_numpy(guessed - ahead).to(encoder.device)]
        bits[here[guessed]] = _bits(encoder, hidden, pieces.ids[here[guessed]])
    measured = bits[chosen]
    if not np.isfinite(measured).all():
        raise InputError(
            f"{np.sum(~np.isfinite(measured))} of {len(measured)} predictions are not finite",
            remedy="look at the checkpoint's pretraining loss: it has diverged",
        )
    sentence = np.searchsorted(pieces.sentence_offsets, chosen, side="right") - 1
    result = average(measured, sentence, pieces.characters, pieces.lengths - sum(pieces.edges))
    logger.info("%s, %.4f bits per character", result, result.per_character)
    return result


def _bits(encoder: Encoder, hidden: torch.Tensor, targets: np.ndarray) -> np.ndarray:
    """Give the bits of each target: float64, shape (n,). The head sees a limited number of places at once."""
    rows = max(1, LOGITS // encoder.vocabulary)
    wanted = torch.from_numpy(targets.astype(np.int64)).to(encoder.device)
    parts = [
        torch.nn.functional.cross_entropy(encoder.predict(part).float(), target, reduction="none")
        for part, target in zip(hidden.split(rows), wanted.split(rows), strict=True)
    ]
    return torch.cat(parts).double().cpu().numpy() / np.log(2) if parts else np.zeros(0)
