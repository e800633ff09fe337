"""Factors of pairs of languages: what their texts share as the model's tokenizer cuts them, and how they are related.

The texts are parallel sentences, so that what differs is the language and not what is said. A factor is a matrix as in
`polychron.stats.dyadic`, NaN where it is not known.
"""

from __future__ import annotations

import collections
import functools
import logging
import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polychron import paths
from polychron.data import languages as codes
from polychron.data import text
from polychron.tokenization.pieces import KEPT, Pieces

log = logging.getLogger("polychron")

FACTORS = (
    "piece_overlap",
    "piece_share",
    "same_script",
    "same_order",
    "same_family",
    "fertility_difference",
    "premium_ratio",
)
"""The factors, in the order in which tables have them."""

RELATIONS = paths.DATA / "languages.tsv"
"""The table of word orders and families."""


@dataclass(frozen=True)
class Language:
    """What is known of a language.

    Parameters
    ----------
    counts : ndarray of int64, (vocabulary,)
        How often each piece occurs in the parallel sentences; special pieces are not counted.
    words : int
        Words that these pieces are of.
    script, order, family : str or None
        None where it is not known.
    """

    counts: NDArray[np.int64]
    words: int
    script: str | None = None
    order: str | None = None
    family: str | None = None

    @property
    def fertility(self) -> float:
        """Pieces per word; NaN without words."""
        return float(self.counts.sum()) / self.words if self.words else math.nan


def counted(pieces: Pieces, sentences: NDArray[np.intp], vocabulary: int) -> tuple[NDArray[np.int64], int]:
    """Count the pieces of some sentences, without special ones, and their words that have pieces.

    Parameters
    ----------
    pieces : Pieces
        The pieces of all sentences of a language.
    sentences : ndarray of int, (n,)
        The sentences that are counted.
    vocabulary : int
        The number of ids.

    Returns
    -------
    counts : ndarray of int64, (vocabulary,)
    words : int
    """
    chosen = np.zeros(len(pieces.lengths), bool)
    chosen[sentences] = True
    before, after = pieces.edges
    place = np.arange(len(pieces.ids)) - np.repeat(pieces.sentence_offsets[:-1], pieces.lengths)
    inside = (place >= before) & (place < np.repeat(pieces.lengths, pieces.lengths) - after)
    ids = pieces.ids[inside & np.repeat(chosen, pieces.lengths)]
    words = int((chosen[pieces.word_sentence] & (pieces.status == KEPT)).sum())
    return np.bincount(ids, minlength=vocabulary).astype(np.int64), words


def script(sentences: Iterable[str]) -> str | None:
    """Return the most frequent script of the letters; None without letters, the first by name of equally frequent ones.

    A letter's script is the first word of its name in Unicode, such as ``LATIN``; that of Han characters is ``CJK``.

    Examples
    --------
    >>> script(["Москва", "USA"]), script(["東京都"]), script(["12, 13"])
    ('CYRILLIC', 'CJK', None)
    """
    found: collections.Counter[str] = collections.Counter()
    for letter, number in collections.Counter("".join(sentences)).items():
        if letter.isalpha() and (name := unicodedata.name(letter, "")):
            found[name.partition(" ")[0]] += number
    return min(found, key=lambda name: (-found[name], name)) if found else None


@functools.cache
def _relations() -> dict[str, tuple[str, str]]:
    rows = [line.split("\t") for line in text.lines(RELATIONS) if line and not line.startswith("#")]
    return {codes.iso(language): (order, family) for language, order, family in rows[1:]}


def related(language: str) -> tuple[str | None, str | None]:
    """Return the order of subject, object and verb, and the family, of a language; None where the table lacks it.

    Examples
    --------
    >>> related("ja"), related("zh-Hans"), related("eng"), related("qsa")
    (('SOV', 'Japonic'), ('SVO', 'Sino-Tibetan'), ('SVO', 'Indo-European'), (None, None))
    """
    return _relations().get(codes.iso(language), (None, None))


def schema() -> Any:
    """Return the columns of a table of factors, as a `pyarrow.Schema`: one row per factor and ordered pair."""
    import pyarrow

    text_of = dict.fromkeys(("model", "source", "target", "factor"), pyarrow.string())
    return pyarrow.schema([*text_of.items(), ("value", pyarrow.float64())])


def table(model: str, languages: Mapping[str, Language]) -> Any:
    """Tabulate all factors of all ordered pairs of different languages; see `schema`. What is not known is null."""
    import pyarrow

    places = [(i, j) for i in range(len(languages)) for j in range(len(languages)) if i != j]
    names = [*languages]
    rows = [
        {
            "model": model,
            "source": names[i],
            "target": names[j],
            "factor": factor,
            "value": None if math.isnan(values[i, j]) else float(values[i, j]),
        }
        for factor, values in of_pairs(languages).items()
        for i, j in places
    ]
    return pyarrow.Table.from_pylist(rows, schema=schema())


def of_pairs(languages: Mapping[str, Language]) -> dict[str, NDArray[np.float64]]:
    """Compute all factors of all ordered pairs of languages.

    Parameters
    ----------
    languages : mapping of str to Language
        The n languages, whose counts are of the same sentences.

    Returns
    -------
    dict of str to ndarray (n, n)
        ``piece_overlap``, in [0, 1]: the pieces that both languages use, of those that either does (Jaccard's index).
        ``piece_share``, in [0, 1]: the sum over pieces of the lesser of their relative frequencies.
        ``same_script``, ``same_order``, ``same_family``: 1 or 0.
        ``fertility_difference``: the difference of pieces per word, without its sign.
        ``premium_ratio``: pieces of the column's language per piece of the row's, for the same sentences (Petrov et
        al. 2023). It alone differs between directions. The diagonals are NaN, as is what is not known of a language.
    """
    known: Sequence[Language] = list(languages.values())

    def matrix(value: Callable[[Language, Language], float]) -> NDArray[np.float64]:
        return np.array([[math.nan if a is b else value(a, b) for b in known] for a in known], float)

    def same(name: str) -> NDArray[np.float64]:
        lacking = [code for code, language in languages.items() if getattr(language, name) is None]
        if lacking:
            log.warning("no %s of %s, so it is compared with none", name, ", ".join(lacking))

        def value(a: Language, b: Language) -> float:
            one, other = getattr(a, name), getattr(b, name)
            return math.nan if None in (one, other) else float(one == other)

        return matrix(value)

    return {
        "piece_overlap": matrix(_overlap),
        "piece_share": matrix(_share),
        "same_script": same("script"),
        "same_order": same("order"),
        "same_family": same("family"),
        "fertility_difference": matrix(lambda a, b: abs(a.fertility - b.fertility)),
        "premium_ratio": matrix(_premium),
    }


def _overlap(a: Language, b: Language) -> float:
    if not a.counts.any() or not b.counts.any():
        return math.nan
    return float(((a.counts > 0) & (b.counts > 0)).sum() / ((a.counts > 0) | (b.counts > 0)).sum())


def _share(a: Language, b: Language) -> float:
    if not a.counts.any() or not b.counts.any():
        return math.nan
    return float(np.minimum(a.counts / a.counts.sum(), b.counts / b.counts.sum()).sum())


def _premium(a: Language, b: Language) -> float:
    if not a.counts.any() or not b.counts.any():
        return math.nan
    return float(b.counts.sum() / a.counts.sum())
