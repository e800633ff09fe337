"""Sentences that two sets have in common, which no map may be both fitted on and scored on."""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.geometry.parallel import FEWEST

logger = logging.getLogger("polychron")


def key(text: str) -> str:
    """Return the letters and digits of a text, in one case: what two versions of a sentence share.

    Treebanks divide a text into words, and other data do not. So spaces and punctuation are taken out.

    Examples
    --------
    >>> key("It 's late .") == key("It's LATE!")
    True
    """
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def sentences(table: Any) -> list[str]:
    """Return the text of each sentence of a table of examples, in their order.

    Parameters
    ----------
    table : pyarrow.Table
        The words of a treebank, with ``sentence`` (its number, ascending from 0) and ``form``, or a sentence in each
        row, with ``sentence`` as a text (`polychron.geometry.parallel_sentences.table`).
    """
    if "form" not in table.column_names:
        return table["sentence"].to_pylist()
    found: dict[int, list[str]] = {}
    for number, form in zip(table["sentence"].to_pylist(), table["form"].to_pylist(), strict=True):
        found.setdefault(number, []).append(form)
    return [" ".join(found[number]) for number in sorted(found)]


def apart(fit: Mapping[str, Sequence[str]], searched: Mapping[str, Sequence[str]]) -> np.ndarray:
    """Return which sentences of a set are not among those of another, in any language.

    Parameters
    ----------
    fit : mapping of str to sequence of str, each of n texts
        The sentences of each language that means and maps are learnt on; texts at one place are translations.
    searched : mapping of str to sequence of str
        The sentences whose translations are searched, in the same languages.

    Returns
    -------
    ndarray of bool, shape (n,)
        False where the text of a language is, but for spaces, punctuation and case, a searched one of that language.
        The log says how many.

    Raises
    ------
    InputError
        Fewer than 100 sentences are left.
    """
    number = len(next(iter(fit.values())))
    kept = np.ones(number, bool)
    for language, texts in fit.items():
        known = {key(text) for text in searched[language]} - {""}
        kept &= np.array([key(text) not in known for text in texts], bool)
    left = int(kept.sum())
    logger.info("means and maps are learnt on %d of %d sentences: %d are searched too", left, number, number - left)
    if left < FEWEST:
        raise InputError(
            f"geometry.fit: means and maps are to be learnt on {left} sentences ({number}, of which {number - left} "
            f"are among those that are searched), and {FEWEST} are needed",
            remedy="name another set in geometry.fit, or take it out",
        )
    return kept
