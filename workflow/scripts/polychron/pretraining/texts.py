"""The text that a model is pretrained on, where it is not the study's: without some sentences, a share, or reversed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from os import PathLike
from typing import TypeVar

import numpy as np

from polychron.errors import InputError
from polychron.storage import files
from polychron.tokenization import vocabulary

logger = logging.getLogger("polychron")

Item = TypeVar("Item")

DRAWN_AT_ONCE = 4096
"""Lines whose draws are made together. Another number changes no draw."""


def without(
    items: Iterable[Item], known: Collection[str], keys: Callable[[Item], Iterable[str]], what: str
) -> Iterator[Item]:
    """Leave out what evaluation sentences are in.

    Parameters
    ----------
    items : iterable
        Lines, or pairs of sentences.
    known : collection of str
        The evaluation sentences, as `keys` writes them.
    keys : callable
        Returns the sentences of an item.
    what : str
        What messages call the items.

    Yields
    ------
    object
        The items none of whose sentences is known. How many were left out is logged.

    Examples
    --------
    >>> list(without(["a", "b", "a"], {"a"}, lambda line: [line], "text"))
    ['b']
    """
    given = left_out = 0
    try:
        for item in items:
            given += 1
            if any(key in known for key in keys(item)):
                left_out += 1
            else:
                yield item
    finally:  # where no more are asked for, too
        logger.info("%s: %d of %d left out, which are evaluation sentences", what, left_out, given)


def write(lines: Iterable[str], output: str | PathLike[str], source: str | PathLike[str]) -> int:
    """Write lines, complete or not at all.

    Parameters
    ----------
    lines : iterable of str
    output : path-like
    source : path-like
        What messages call the text.

    Returns
    -------
    int
        The number of lines.

    Raises
    ------
    InputError
        There is no line.
    """
    count = 0
    with files.whole(output) as temporary, open(temporary, "w", encoding="utf-8", newline="\n") as file:
        for line in lines:
            file.write(f"{line}\n")
            count += 1
        if not count:
            raise InputError("no line is left", file=source, remedy="give the language more text")
    return count


def sampled(lines: Iterable[str], share: float, seed: int | Sequence[int]) -> Iterator[str]:
    """Keep each line of a text with a probability.

    Parameters
    ----------
    lines : iterable of str
    share : float, in (0, 1]
        The probability. The lines of a smaller share are among those of a larger one.
    seed : int or sequence of int
        Decides the draws, one for each line.

    Yields
    ------
    str

    Examples
    --------
    >>> few, more = (list(sampled(map(str, range(1000)), share, 1)) for share in (0.25, 0.5))
    >>> len(few), len(more), {*few} < {*more}
    (239, 507, True)
    """
    random, draws = np.random.default_rng(seed), iter(())
    for line in lines:
        draw = next(draws, None)
        if draw is None:
            draws = iter(random.random(DRAWN_AT_ONCE))
            draw = next(draws)
        if draw < share:
            yield line


def backwards(line: str) -> str:
    """Return a line with its words in reversed order; punctuation stays with the word that it is written with.

    Examples
    --------
    >>> backwards("the dog sees a cat.")
    'cat. a sees dog the'
    """
    return " ".join(reversed(line.split(" ")))


def prepare(
    text: str | PathLike[str],
    output: str | PathLike[str],
    *,
    share: float = 1.0,
    reverse: bool = False,
    seed: int | Sequence[int] = 0,
) -> None:
    """Write a share of the lines of a text, or its lines with their words in reversed order, or both.

    Parameters
    ----------
    text : path-like
        One sentence a line.
    output : path-like
        Is written complete or not at all.
    share, seed
        As in `sampled`; a share of 1 is the whole text, without draws.
    reverse : bool

    Raises
    ------
    InputError
        No line is left.
    """
    given = vocabulary.lines(text)
    kept = sampled(given, share, seed) if share < 1 else given
    count = write(map(backwards, kept) if reverse else kept, output, text)
    logger.info("%s: %d lines%s", text, count, ", each with its words in reversed order" * reverse)
