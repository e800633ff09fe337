"""Extra anchors: words of a text are replaced by translations from a dictionary (Wu et al. 2020, section 4.2).

No more than a share of the words of a batch is replaced. The text is taken in blocks of as many lines as an update has
examples, since which lines share a batch is known only in pretraining.
"""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from os import PathLike

import numpy as np

from polychron.errors import InputError
from polychron.storage import files
from polychron.tokenization import running_words, vocabulary

logger = logging.getLogger("polychron")

Lexicon = Mapping[str, Mapping[str, float]]
"""The translations of each head in small letters, with their weights."""


def lexicon(pairs: Iterable[Sequence], inverse: bool = False) -> dict[str, dict[str, float]]:
    """Return the translations of each head of a dictionary.

    Parameters
    ----------
    pairs : iterable of (str, str) or (str, str, float)
        A word, a translation of it, and a weight, 1 where it has none. Pairs of which a side is empty or has several
        words are left out. The weights of a pair that is listed twice are added.
    inverse : bool
        Whether the translations are the heads.

    Returns
    -------
    dict of str to dict of str to float

    Examples
    --------
    >>> lexicon([("Dog", "chien"), ("dog", "cabot", 0.5), ("a lot", "beaucoup"), ("dog", "")])
    {'dog': {'chien': 1.0, 'cabot': 0.5}}
    """
    found: dict[str, dict[str, float]] = {}
    for first, second, *weight in pairs:
        head, translation = (second, first) if inverse else (first, second)
        if len(head.split()) == len(translation.split()) == 1:
            known = found.setdefault(_folded(head.strip()), {})
            known[translation.strip()] = known.get(translation.strip(), 0.0) + float(weight[0] if weight else 1)
    return found


def _folded(word: str) -> str:
    """Return how words are compared: case is ignored, and letters that other characters write are the same."""
    return running_words.folded(word.casefold())


@dataclass
class Counts:
    """What was met and replaced in a text."""

    words: int = 0
    heads: int = 0
    candidates: int = 0
    replaced: int = 0
    met: set[str] = field(default_factory=set)


def switch(
    lines: Iterable[str],
    translations: Lexicon,
    *,
    replace: float,
    at_most: float,
    block: int,
    seed: int | Sequence[int],
    counts: Counts | None = None,
) -> Iterator[str]:
    """Replace words of a text by their translations.

    Parameters
    ----------
    lines : iterable of str
        A sentence each.
    translations : mapping
        From `lexicon`.
    replace : float, in (0, 1]
        Probability with which a word that is a head is a candidate. Case is ignored, and punctuation at the ends of a
        word is kept.
    at_most : float, in (0, 1]
        The largest share of the words of a block that is replaced. Of more candidates, as many are drawn, all equally
        likely.
    block : int
        Lines in a block.
    seed : int or sequence of int
        With the number of a line, it decides the draws of that line; with the first number of a block, the choice among
        the candidates of that block.
    counts : Counts, optional
        Is added to.

    Yields
    ------
    str
        As many lines as were given, with the same white space.

    Examples
    --------
    >>> list(switch(["«The dog», he said"], {"dog": {"chien": 1}}, replace=1, at_most=0.5, block=8, seed=1))
    ['«The chien», he said']
    """
    counts = Counts() if counts is None else counts
    seeds = [seed] if isinstance(seed, int) else [*seed]
    given, first = iter(lines), 0
    while part := list(itertools.islice(given, block)):
        tokens, candidates, words = [], [], 0
        for number, line in enumerate(part):
            tokens.append(re.split(r"(\s+)", line))
            random = np.random.default_rng([*seeds, 0, first + number])
            for place, token in enumerate(tokens[-1]):
                split = running_words.split(token)
                at = next((index for index, entry in enumerate(split) if running_words.is_word(entry)), None)
                if at is None:
                    continue
                words += 1
                folded = _folded(split[at])
                known = translations.get(folded)
                if not known:
                    continue
                counts.heads += 1
                counts.met.add(folded)
                draws = random.random(2)
                if draws[0] < replace:
                    chosen = _choose(known, draws[1])
                    candidates.append((number, place, "".join([*split[:at], chosen, *split[at + 1 :]])))
        most = int(at_most * words + 1e-9)  # 0.15 x 20 is 3, and not a little less
        counts.words, counts.candidates = counts.words + words, counts.candidates + len(candidates)
        if len(candidates) > most:
            random = np.random.default_rng([*seeds, 1, first])
            candidates = [candidates[index] for index in random.choice(len(candidates), most, replace=False)]
        counts.replaced += len(candidates)
        for number, place, token in candidates:
            tokens[number][place] = token
        yield from map("".join, tokens)
        first += len(part)


def _choose(known: Mapping[str, float], draw: float) -> str:
    """Return a translation with a probability in proportion to its weight."""
    borders = np.cumsum([*known.values()])
    return [*known][min(int(np.searchsorted(borders, draw * borders[-1], side="right")), len(known) - 1)]


def write(
    text: str | PathLike[str],
    translations: Lexicon,
    output: str | PathLike[str],
    *,
    replace: float,
    at_most: float,
    block: int,
    seed: int | Sequence[int],
) -> Counts:
    """Write a text with words replaced by their translations, one line for each that is not blank.

    Parameters
    ----------
    text : path-like
        One sentence a line.
    output : path-like
        Is written complete or not at all.
    translations, replace, at_most, block, seed
        As in `switch`.

    Returns
    -------
    Counts
        It is logged, too; a dictionary whose heads are fewer than 1% of the words is reported.

    Raises
    ------
    InputError
        `replace` or `at_most` is no share, or the dictionary has no pair of single words.
    """
    for name, share in (("replace", replace), ("at_most", at_most)):
        if not 0 < share <= 1:
            raise InputError(f"anchors.{name} is {share}", remedy="give a share above 0 and up to 1")
    if not translations:
        raise InputError(
            "the dictionary has no pair of single words", remedy="give another dictionary of the two languages"
        )
    counts = Counts()
    settings = {"replace": replace, "at_most": at_most, "block": block, "seed": seed}
    with files.whole(output) as temporary, open(temporary, "w", encoding="utf-8", newline="\n") as file:
        for line in switch(vocabulary.lines(text), translations, **settings, counts=counts):
            file.write(f"{line}\n")
    share = counts.heads / max(counts.words, 1)
    logger.info(
        "%s: %d words, %d (%.1f%%) are heads of the dictionary, %d candidates, %d replaced; %d of %d heads never met",
        *(text, counts.words, counts.heads, 100 * share, counts.candidates, counts.replaced),
        *(len(translations) - len(counts.met), len(translations)),
    )
    if share < running_words.LEAST:
        logger.warning(
            "%s: %.2f%% of the words are heads of the dictionary, fewer than 1%%: is it of this language?",
            *(text, 100 * share),
        )
    return counts
