"""Words of running text: what spaces separate, without the punctuation at its ends."""

from __future__ import annotations

import logging
import math
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence

import numpy as np

logger = logging.getLogger("polychron")

FEWEST = 5
"""The occurrences that a type must have."""

LEAST = 0.01
"""A dictionary with the heads of a smaller share of running words is reported."""


def split(line: str) -> list[str]:
    """Split a line into words and marks of punctuation.

    Parameters
    ----------
    line : str

    Returns
    -------
    list of str
        What spaces separate; punctuation and symbols at the ends of it are entries of their own. Those within a word,
        such as an apostrophe, stay. A language that is written without spaces is not split.

    Examples
    --------
    >>> split("« L'homme, dit-il... »")
    ['«', "L'homme", ',', 'dit-il', '.', '.', '.', '»']
    """
    found = []
    for token in line.split():
        start, stop = 0, len(token)
        while start < stop and _is_mark(token[start]):
            start += 1
        while stop > start and _is_mark(token[stop - 1]):
            stop -= 1
        found += [*token[:start], *([token[start:stop]] if start < stop else []), *token[stop:]]
    return found


def is_word(token: str) -> bool:
    """Whether an entry of `split` is a word: whether it has a letter."""
    return any(character.isalpha() for character in token)


def folded(word: str) -> str:
    """Return how a word is compared: in small letters, in Unicode's form NFC.

    The same letters may be written by other characters in a text and in a dictionary, such as those of Hindi with a dot
    below.

    Examples
    --------
    >>> folded("E\u0301t\u00e9") == folded("\u00c9te\u0301"), folded("\u095c") == folded("\u0921\u093c")
    (True, True)
    """
    return unicodedata.normalize("NFC", word.lower())


def _is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def frequent(
    sentences: Sequence[Sequence[str]], kept: np.ndarray, fewest: int = FEWEST
) -> tuple[list[str], np.ndarray]:
    """Find the types of a text that occur often enough, whatever the case of their letters.

    Parameters
    ----------
    sentences : sequence of sequence of str
        From `split`.
    kept : ndarray of bool, shape (words,)
        Whether a word is within the model's window and has pieces; others do not count.
    fewest : int
        The occurrences that a type must have.

    Returns
    -------
    names : list of str
        The types, `folded` and sorted.
    types : ndarray of int64, shape (words,)
        The type of each word; -1 for marks and rarer words.

    Examples
    --------
    >>> names, types = frequent([["The", "cat", "."], ["the", "dog"]], np.ones(5, bool), 2)
    >>> names, types.tolist()
    (['the'], [0, -1, -1, 0, -1])
    """
    words = [folded(word) for sentence in sentences for word in sentence]
    counts = Counter(word for word, there in zip(words, kept, strict=True) if there and is_word(word))
    names = sorted(word for word, number in counts.items() if number >= fewest)
    places = {word: place for place, word in enumerate(names)}
    logger.info("%d of %d types occur %d times or more", len(names), len(counts), fewest)
    return names, np.array([places.get(word, -1) for word in words], np.int64)


def coverage(heads: Collection[str], sentences: Sequence[Sequence[str]]) -> float:
    """Return the share of the running words of a text that are among some `folded` words; NaN for none."""
    known = {*heads}
    words = [folded(word) for sentence in sentences for word in sentence if is_word(word)]
    share = sum(word in known for word in words) / len(words) if words else math.nan
    logger.info("%.1f%% of %d running words are heads of the dictionary", 100 * share, len(words))
    if share < LEAST:
        logger.warning("fewer than 1% of running words are heads of the dictionary: is it of this language?")
    return share
