"""Words that gold links pair one to one, and the words among which their translations are searched."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polychron.geometry import folds

logger = logging.getLogger("polychron")

Links = Sequence[Sequence[Sequence[int]]]


@dataclass(frozen=True)
class Half:
    """The words of one half of the sentence pairs, as rows of the states of all words.

    Parameters
    ----------
    source, target : ndarray of int64
        The words of each language. The first ones are linked: row i of one side is the translation of row i of the
        other.
    linked : int
        The number of links.
    """

    source: np.ndarray
    target: np.ndarray
    linked: int


def one_to_one(sure: Links, possible: Links) -> np.ndarray:
    """Return the sure links whose two words are in no other link, sure or possible.

    Parameters
    ----------
    sure, possible : sequence of sequences of [i, j]
        The gold links of each pair of sentences, words from 0.

    Returns
    -------
    ndarray of int64, shape (links, 3)
        Sorted rows of (pair, i, j).

    Examples
    --------
    The second word of the source has a further link, which is but possible:

    >>> one_to_one([[[0, 0], [1, 1]]], [[[0, 0], [1, 1], [1, 2]]]).tolist()
    [[0, 0, 0]]
    """
    surely, everything = _rows(sure), np.unique(np.concatenate([_rows(sure), _rows(possible)]), axis=0)
    kept = np.ones(len(surely), bool)
    for side in (1, 2):
        words, number = np.unique(everything[:, [0, side]], axis=0, return_counts=True)
        single = {tuple(word) for word in words[number == 1].tolist()}
        kept &= np.array([tuple(word) in single for word in surely[:, [0, side]].tolist()], bool)
    return surely[kept]


def _rows(links: Links) -> np.ndarray:
    rows = [(pair, i, j) for pair, row in enumerate(links) for i, j in row]
    return np.unique(np.array(rows, np.int64).reshape(-1, 3), axis=0)


def chosen(number: int, most: int | None) -> np.ndarray:
    """Choose sentence pairs by a hash of their number, the same ones whatever is measured on them.

    Neighbouring pairs of a file may be of one text, so the first ones are not taken.

    Parameters
    ----------
    number : int
        The number of sentence pairs.
    most : int or None
        How many are chosen, at the most; None for all. With a higher limit, the same ones and further ones are.

    Returns
    -------
    ndarray of bool, shape (number,)
    """
    found = np.ones(number, bool)
    if most is not None and most < number:
        digests = [hashlib.blake2b(f"{pair} limit".encode(), digest_size=8).digest() for pair in range(number)]
        found[sorted(range(number), key=digests.__getitem__)[most:]] = False
        logger.info("%d of %d sentence pairs are not searched: the limit is %d", number - most, number, most)
    return found


def halves(links: np.ndarray, sentence: np.ndarray, kept: np.ndarray, number: int) -> tuple[list[Half], int]:
    """Put the words of sentence pairs into two halves, by a hash of the number of the pair.

    Parameters
    ----------
    links : ndarray of int64, shape (links, 3)
        See `one_to_one`.
    sentence : ndarray of int, shape (words,)
        The sentence of each word, ascending: all source sentences, then all target sentences.
    kept : ndarray of bool, shape (words,)
        Whether a word has pieces and is in the model's window.
    number : int
        The number of sentence pairs.

    Returns
    -------
    halves : list of two Half
        The words that are kept. Both words of a link are.
    left_out : int
        The number of links of which a word is not kept.
    """
    starts = np.searchsorted(sentence, np.arange(2 * number))
    words = np.stack([starts[links[:, 0]] + links[:, 1], starts[links[:, 0] + number] + links[:, 2]], axis=1)
    there = kept[words].all(axis=1)
    if left_out := int((~there).sum()):
        logger.info("%d of %d links are of words beyond the window or without pieces, left out", left_out, len(links))
    words = words[there]
    of_pair = folds.of_ids(str(pair) for pair in range(number))
    of_word, is_source = of_pair[sentence % number], sentence < number
    found = []
    for fold in range(folds.FOLDS):
        linked = words[of_word[words[:, 0]] == fold]
        sides = []
        for column, own in enumerate((is_source, ~is_source)):
            others = np.flatnonzero(kept & own & (of_word == fold))
            sides.append(np.concatenate([linked[:, column], np.setdiff1d(others, linked[:, column])]))
        found.append(Half(*sides, len(linked)))
    return found, left_out
