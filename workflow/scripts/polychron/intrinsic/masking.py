"""Which pieces of a text are masked, and by what.

Each sentence has a random generator of its own, so that a sentence keeps its masks whatever follows it. The draws are
those of `alone`, a few calls of NumPy for each sentence. `all_at_once` makes the same draws for all sentences together.
"""

from __future__ import annotations

import itertools

import numpy as np

from polychron.errors import InputError
from polychron.intrinsic import streams
from polychron.tokenization.pieces import Pieces

REPLACED, KEPT = 0.1, 0.1
"""The shares of chosen pieces that are replaced by a random piece, and that stay as they are (Devlin et al. 2019)."""

LONGEST = 10_000
"""The most pieces of a sentence of which ``Generator.choice`` draws some in the way that `all_at_once` follows."""

Draws = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Places of the chosen pieces among those of the text, int64; their fates in [0, 1), float64; replacements, int64."""


def draw_masks(pieces: Pieces, probability: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Choose the pieces to predict, and what replaces them.

    Of the n pieces of text in a sentence, ``int(probability * n + u)`` are chosen, u uniform in [0, 1): the expected
    number is exactly ``probability * n``. Of those, 80% become ``<mask>``, 10% a random piece, 10% stay.

    Parameters
    ----------
    pieces : Pieces
        The text, with its ``mask``, ``vocabulary`` and ``special``. Special pieces at the edges are never chosen.
    probability : float, in (0, 1)
        The share of pieces to choose.
    seed : int, in [0, 2**32)
        Each sentence has its own random generator, made from the seed and the number of the sentence.

    Returns
    -------
    ids : ndarray of int32, shape (pieces,)
        ``pieces.ids`` with masks in them.
    chosen : ndarray of int64, shape (masked,)
        The places of the chosen pieces in `ids`, ascending.

    Raises
    ------
    InputError
        The table of pieces does not name its vocabulary, or no piece was chosen.
    """
    if pieces.mask is None or pieces.vocabulary is None:
        raise InputError(
            "the table of pieces does not say which piece is <mask>",
            remedy="use the tokenizer of a masked language model: its mask is <mask>, [MASK], or what mask_token in "
            "tokenizer_config.json names",
        )
    replaceable = np.ones(pieces.vocabulary, bool)  # <mask> among them, as in fairseq
    replaceable[[piece for piece in pieces.special if piece < pieces.vocabulary]] = False
    replacements = np.flatnonzero(replaceable)
    before, after = pieces.edges
    lengths = np.maximum(pieces.lengths - before - after, 0)
    places, fate, replacement = all_at_once(lengths, probability, seed, len(replacements))
    # a place among the pieces of text is a place among all pieces, once the edges before it are counted
    shift = pieces.sentence_offsets[:-1] + before - (np.cumsum(lengths) - lengths)
    chosen = places + np.repeat(shift, lengths)[places]
    if not len(chosen):
        raise InputError(
            f"no piece of {len(pieces.lengths)} sentences was chosen to be guessed", remedy="hold out more text"
        )
    ids = pieces.ids.copy()
    kept = np.where(fate < REPLACED + KEPT, ids[chosen], pieces.mask)
    ids[chosen] = np.where(fate < REPLACED, replacements[replacement], kept)
    return ids, chosen


def alone(length: int, probability: float, seed: int, sentence: int, replacements: int) -> Draws:
    """Draw the masks of one sentence.

    Parameters
    ----------
    length : int
        Its pieces of text.
    probability, seed
        As in `draw_masks`.
    sentence : int
        Its number.
    replacements : int
        How many pieces may replace one.

    Returns
    -------
    places, fate, replacement : ndarray, shape (masked,)
    """
    draw = np.random.default_rng([seed, sentence])
    number = int(probability * length + draw.random())
    places = np.sort(draw.choice(length, number, replace=False))
    return places, draw.random(number), draw.integers(0, replacements, number)


def all_at_once(lengths: np.ndarray, probability: float, seed: int, replacements: int) -> Draws:
    """Draw the masks of all sentences, the same as `alone` one after the other.

    NumPy draws a whole number below a bound from 32 bits, and again in the rare case that this would favour some
    (Lemire 2019). It draws some of n numbers by Floyd's method, and shuffles them, which leaves no trace once they are
    sorted. Sentences with a number that is drawn again, or of more than `LONGEST` pieces, are drawn by `alone`. So are
    all, if that one with most masks is not the same: a later NumPy may draw in another way.

    Parameters
    ----------
    lengths : ndarray of int64, shape (sentences,)
        Pieces of text of each sentence.
    probability, seed, replacements
        As in `alone`.

    Returns
    -------
    places, fate, replacement : ndarray, shape (masked,)
        Places are counted over the text, ascending.
    """
    texts = np.cumsum(lengths) - lengths

    def drawn(sentence: int) -> Draws:
        places, fate, replacement = alone(int(lengths[sentence]), probability, seed, sentence, replacements)
        return places + texts[sentence], fate, replacement

    uniform, _ = streams.draw(seed, np.arange(len(lengths)), np.ones_like(lengths))
    masked = (probability * lengths + _uniform(uniform)).astype(np.int64)
    together, again = _together(lengths, masked, seed, replacements)
    again |= (lengths > LONGEST) & (masked > 0)
    starts = np.cumsum(masked) - masked

    def own(sentence: int) -> list[np.ndarray]:
        return [part[starts[sentence] : starts[sentence] + masked[sentence]] for part in together]

    sure = np.where(again, 0, masked)
    if sure.any():
        most = int(np.argmax(sure))
        if not all(map(np.array_equal, own(most), drawn(most))):
            found = [drawn(sentence) for sentence in range(len(lengths))]
            return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))
    for sentence in np.flatnonzero(again):
        for part, numbers in zip(own(sentence), drawn(int(sentence)), strict=True):
            part[:] = numbers
    return together


def _together(lengths: np.ndarray, masked: np.ndarray, seed: int, replacements: int) -> tuple[Draws, np.ndarray]:
    """Return the draws, and whether NumPy draws a number of a sentence again, bool, shape (sentences,).

    A sentence's generator gives numbers of 64 bits. The first decides how many pieces are masked. Then come: halves of
    numbers, for the places and for their shuffle; a number for each fate; halves for the replacements, of which the
    first is the one that is left from the shuffle, if one is. Floyd's first number is not drawn where all pieces are
    masked, since it is below 1 then.
    """
    again = np.zeros(len(lengths), bool)
    of = np.repeat(np.arange(len(lengths)), masked)
    nth = np.arange(len(of)) - (np.cumsum(masked) - masked)[of]
    whole = (masked == lengths) & (masked > 0)
    halves = np.where(masked > 0, 2 * masked - 1 - whole, 0)
    left = halves % 2
    fates = 1 + (halves + left) // 2
    ends = fates + masked
    raw, starts = streams.draw(seed, np.arange(len(lengths)), ends + (masked - left + 1) // 2)

    def below(bound: np.ndarray, begin: np.ndarray, half: np.ndarray, drawn: np.ndarray | bool = True) -> np.ndarray:
        """Return numbers below bounds, from the halves with some numbers, counted from a place in the sentence."""
        pair = raw[starts[of] + begin + half // 2]
        number = np.where(half % 2, pair >> np.uint64(32), pair & np.uint64(0xFFFFFFFF))
        product = number * bound.astype(np.uint64)
        unfair = (product & np.uint64(0xFFFFFFFF)).astype(np.int64) < (2**32 - bound) % bound
        again[of[unfair & drawn]] = True
        return (product >> np.uint64(32)).astype(np.int64)

    one = np.ones_like(nth)
    highest = lengths[of] - masked[of] + nth
    unneeded = whole[of] & (nth == 0)
    picks = below(highest + 1, one, np.maximum(nth - whole[of], 0), ~unneeded)
    shuffled = nth < masked[of] - 1
    below(masked[of] - nth, one, np.where(shuffled, (masked - whole)[of] + nth, 0), shuffled)
    remaining = (left[of] == 1) & (nth == 0)
    begin, half = np.where(remaining, fates[of] - 1, ends[of]), np.where(remaining, 1, nth - left[of])
    replacement = below(np.full_like(nth, replacements), begin, half)
    fate = _uniform(raw[starts[of] + fates[of] + nth])
    texts = np.cumsum(lengths) - lengths
    return (_floyd(np.where(unneeded, 0, picks), highest, texts[of], nth, int(lengths.sum())), fate, replacement), again


def _uniform(raw: np.ndarray) -> np.ndarray:
    """Return numbers of 64 bits as numbers in [0, 1), as ``Generator.random`` does."""
    return (raw >> np.uint64(11)) * 2.0**-53


def _floyd(picks: np.ndarray, highest: np.ndarray, texts: np.ndarray, nth: np.ndarray, length: int) -> np.ndarray:
    """Return which places are picked: a place that was picked before is replaced by the highest one."""
    taken = np.zeros(length, bool)
    order = np.argsort(nth, kind="stable")
    ends = np.searchsorted(nth[order], np.arange(nth.max(initial=-1) + 2))
    for start, stop in itertools.pairwise(ends):
        now = order[start:stop]
        free = ~taken[texts[now] + picks[now]]
        taken[texts[now] + np.where(free, picks[now], highest[now])] = True
    return np.flatnonzero(taken)
