"""Pairs of sentences as examples of pretraining: ``pieces </s> pieces`` (translation language modelling)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from polychron.errors import InputError
from polychron.tokenization import vocabulary

logger = logging.getLogger("polychron")


def encode(
    pairs: Iterable[tuple[str, str]], models: Sequence[str | Path], window: int, prefixes: Sequence[str] = ("", "")
) -> Iterator[list[str]]:
    """Cut pairs of sentences into pieces, as training examples of fairseq.

    Parameters
    ----------
    pairs : iterable of (str, str)
        A sentence and its translation.
    models : sequence of path-like
        The SentencePiece model of each side.
    window : int
        Longest input of the model in pieces, ``<s>`` and ``</s>`` included.
    prefixes : sequence of str
        What the dictionary's entries have before the pieces of each side's model.

    Yields
    ------
    list of str
        The entries of both sentences, with ``</s>`` between them. Pairs that do not fit the window, and pairs of which
        a sentence has no piece, are left out, and counted in the log.

    Raises
    ------
    InputError
        None is left.
    """
    processors = [vocabulary.load(model) for model in models]
    given = long = empty = 0
    for pair in pairs:
        given += 1
        sides = []
        for sentence, processor, prefix in zip(pair, processors, prefixes, strict=True):
            numbers = processor.encode(sentence.replace("\x85", " "))
            unknown = processor.unk_id()
            sides.append(["<unk>" if n == unknown else prefix + processor.id_to_piece(n) for n in numbers])
        if not all(sides):
            empty += 1
        elif sum(map(len, sides)) + 1 > window - 2:
            long += 1
        else:
            yield [*sides[0], "</s>", *sides[1]]
    logger.info(
        "%d pairs of sentences, %d of them longer than the window of %d pieces, %d without pieces: left out",
        *(given, long, window, empty),
    )
    if given == long + empty:
        raise InputError(
            f"none of {given} pairs of sentences fits the window of {window} pieces",
            remedy="give the model a larger window, or set pretraining.bitext: 0",
        )
