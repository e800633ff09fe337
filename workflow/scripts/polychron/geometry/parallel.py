"""Parallel sets: which sentences of several languages are translations of each other, and can be compared."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.geometry import folds

logger = logging.getLogger("polychron")

FEWEST = 100
"""A comparison of fewer sentences says nothing: independent states look alike."""

NAMED = 5
"""The number of ids that a language lacks which are named in the log."""


@dataclass(frozen=True)
class Sentences:
    """The sentences of one language.

    Parameters
    ----------
    ids : sequence of str
        The id of each sentence, in the order of the language's examples.
    whole : array of bool, shape (n,)
        Whether all words of a sentence are in the model's window, and at least one has pieces.
    """

    ids: Sequence[str]
    whole: np.ndarray


def ids_of(sent_ids: Iterable[str | None], sentences: Iterable[int], language: str) -> list[str]:
    """Return the id of each sentence of a treebank, from the columns of its table of words.

    Parameters
    ----------
    sent_ids : iterable of str or None
        The id of each word's sentence.
    sentences : iterable of int
        The number of each word's sentence, ascending from 0.
    language : str
        Named in messages.

    Raises
    ------
    InputError
        A sentence has no id, or two sentences have the same.
    """
    found: dict[int, str | None] = {}
    for number, name in zip(sentences, sent_ids, strict=True):
        found.setdefault(number, name)
    seen: dict[str, int] = {}
    for number, name in sorted(found.items()):
        if not name:
            raise InputError(
                f"parallel sentences of {language}: sentence {number + 1} has no sent_id",
                remedy=f"sentences of several languages are joined by sent_id: write it in files.parallel.{language}",
            )
        if name in seen:
            raise InputError(
                f"parallel sentences of {language}: sentences {seen[name] + 1} and {number + 1} both have the sent_id "
                f"{name!r}",
                remedy=f"give each sentence of files.parallel.{language} an id of its own",
            )
        seen[name] = number
    return list(seen)


def join(languages: Mapping[str, Sentences]) -> dict[str, Any]:
    """Join the sentences of several languages by their ids, whatever their order in each.

    Parameters
    ----------
    languages : mapping of str to Sentences
        Two languages or more.

    Returns
    -------
    dict of str to list or ndarray, each of n entries
        ``id``, sorted; ``fold``, int8, see `folds.of_ids`; ``excluded``, bool; and for each language int32, the row of
        the sentence in its examples. An id that a language lacks is left out. A sentence that is cut by the window, or
        has no piece, in one language is excluded in all, so that all pairs of languages rest on the same sentences.

    Raises
    ------
    InputError
        Fewer than 100 sentences are left.
    """
    rows = {name: {one: row for row, one in enumerate(given.ids)} for name, given in languages.items()}
    shared = sorted(set.intersection(*(set(places) for places in rows.values())))
    known = set().union(*rows.values())
    if len(known) > len(shared):
        logger.warning("%d ids are not in all languages, and are left out", len(known) - len(shared))
    for name, places in rows.items():
        if lacking := sorted(known - places.keys()):
            named = ", ".join(lacking[:NAMED]) + (", ..." if len(lacking) > NAMED else "")
            logger.warning("%s lacks %d ids that other languages have: %s", name, len(lacking), named)
    table: dict[str, Any] = {"id": shared, "fold": folds.of_ids(shared), "excluded": np.zeros(len(shared), bool)}
    for name, given in languages.items():
        places = table[name] = np.array([rows[name][one] for one in shared], np.int32)
        cut = ~np.asarray(given.whole)[places]
        if cut.any():
            logger.info("%s: %d sentences are cut by the window or have no pieces", name, cut.sum())
        table["excluded"] |= cut
    left = len(shared) - int(table["excluded"].sum())
    cut = len(shared) - left
    logger.info("%d parallel sentences in %d languages, %d of them excluded", len(shared), len(rows), cut)
    if left < FEWEST:
        raise InputError(
            f"a comparison needs {FEWEST} parallel sentences; there are {left} in {', '.join(languages)} "
            f"({len(shared)} with the same ids, {cut} of them cut by the window or without pieces)",
            remedy="give files with the same sent_ids, leave a language out (geometry.languages), or geometry: null",
        )
    return table
