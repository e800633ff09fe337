"""Words and their subword pieces: the arrays behind a table of pieces."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.errors import InputError

KEPT, BEYOND, EMPTY = 0, 1, 2
"""Status of a word: all its pieces are in the window; some are beyond it; it has none."""

VOCABULARY = b"vocabulary"
"""The key of a table's metadata that holds facts of the tokenizer, as JSON."""


@dataclass(frozen=True)
class Pieces:
    """The pieces of a dataset's sentences and words, as flat arrays.

    Parameters
    ----------
    ids : ndarray of int32, shape (pieces,)
        All sentences one after the other, each with its special pieces, such as ``<s>`` and ``</s>``.
    sentence_offsets : ndarray of int64, shape (sentences + 1,)
        Sentence `i` is ``ids[sentence_offsets[i]:sentence_offsets[i + 1]]``.
    first, stop : ndarray of int32, shape (words,)
        The half-open span of a word's pieces, counted from its sentence's first; 0, 0 where `status` is not 0.
    status : ndarray of int8, shape (words,)
        0 kept; 1 beyond the window (some of its pieces were cut off); 2 without pieces.
    word_sentence : ndarray of int32, shape (words,)
        The sentence of a word.
    word_offsets : ndarray of int64, shape (sentences + 1,)
        The words of sentence `i` are ``word_offsets[i]`` to ``word_offsets[i + 1]``, exclusive.
    characters : ndarray of int32, shape (sentences,)
        Characters that a sentence's pieces spell (see `polychron.tokenization.segmentation.segment`).
    mask, vocabulary : int, optional
        The id of ``<mask>``, and the number of ids.
    special : tuple of int
        Ids that no text becomes: ``<s>``, ``<pad>``, ``</s>``, ``<unk>``; without ``<mask>``.
    edges : tuple of int
        How many special pieces are before and after a sentence.
    """

    ids: np.ndarray
    sentence_offsets: np.ndarray
    first: np.ndarray
    stop: np.ndarray
    status: np.ndarray
    word_sentence: np.ndarray
    word_offsets: np.ndarray
    characters: np.ndarray
    mask: int | None = None
    vocabulary: int | None = None
    special: tuple[int, ...] = ()
    edges: tuple[int, int] = (1, 1)

    @property
    def lengths(self) -> np.ndarray:
        """Pieces of each sentence, special ones included: int64, shape (sentences,)."""
        return np.diff(self.sentence_offsets)


def to_table(pieces: Pieces) -> Any:
    """Make the table of pieces: a `pyarrow.Table` with one row per sentence.

    Columns: ``pieces`` list of int32, ``first`` and ``stop`` list of int32, ``status`` list of int8 (one entry per
    word), ``characters`` int32. The metadata hold `mask`, `vocabulary`, `special` and `edges`.
    """
    import pyarrow

    def rows(values: np.ndarray, offsets: np.ndarray) -> pyarrow.ListArray:
        return pyarrow.ListArray.from_arrays(offsets.astype(np.int32), pyarrow.array(values))

    words = pieces.word_offsets
    table = pyarrow.table(
        {
            "pieces": rows(pieces.ids.astype(np.int32), pieces.sentence_offsets),
            "first": rows(pieces.first.astype(np.int32), words),
            "stop": rows(pieces.stop.astype(np.int32), words),
            "status": rows(pieces.status.astype(np.int8), words),
            "characters": pyarrow.array(pieces.characters.astype(np.int32)),
        }
    )
    facts = {
        "edges": list(pieces.edges),
        "mask": pieces.mask,
        "special": list(pieces.special),
        "vocabulary": pieces.vocabulary,
    }
    return table.replace_schema_metadata({VOCABULARY: json.dumps(facts, sort_keys=True)})


def from_table(table: Any) -> Pieces:
    """Read the arrays back from a table of pieces.

    Parameters
    ----------
    table : pyarrow.Table
        As `to_table` makes it; slices and several chunks are fine.

    Raises
    ------
    InputError
        The spans, their status and the sentences do not fit each other.

    Examples
    --------
    >>> import pyarrow
    >>> rows = [{"pieces": [0, 7, 8, 2], "first": [1, 0], "stop": [3, 0], "status": [0, 2], "characters": 5}]
    >>> pieces = from_table(pyarrow.Table.from_pylist(rows))
    >>> pieces.lengths, pieces.stop - pieces.first, pieces.word_sentence
    (array([4]), array([2, 0], dtype=int32), array([0, 0], dtype=int32))
    """
    ids, sentences = _flat(table["pieces"], np.int32)
    first, words = _flat(table["first"], np.int32)
    stop, _ = _flat(table["stop"], np.int32)
    status, status_words = _flat(table["status"], np.int8)
    number = np.diff(words)
    word_sentence = np.repeat(np.arange(len(number), dtype=np.int32), number)
    if not (len(first) == len(stop) == len(status) and np.array_equal(words, status_words)):
        raise InputError("a table of pieces whose first, stop and status differ in length", remedy="tokenise again")
    if np.any((first < 0) | (first > stop) | (stop > np.diff(sentences)[word_sentence])):
        raise InputError("a table of pieces with a word that reaches beyond its sentence", remedy="tokenise again")
    facts = json.loads((table.schema.metadata or {}).get(VOCABULARY, b"{}"))
    return Pieces(
        ids=ids,
        sentence_offsets=sentences,
        first=first,
        stop=stop,
        status=status,
        word_sentence=word_sentence,
        word_offsets=words,
        characters=table["characters"].to_numpy().astype(np.int32),
        mask=facts.get("mask"),
        vocabulary=facts.get("vocabulary"),
        special=tuple(facts.get("special", ())),
        edges=tuple(facts.get("edges", (1, 1))),
    )


def _flat(column: Any, dtype: type) -> tuple[np.ndarray, np.ndarray]:
    """Return a list column's values one after the other, and the offsets of its rows, from 0."""
    import pyarrow

    if column.num_chunks == 0:
        return np.zeros(0, dtype), np.zeros(1, np.int64)
    rows = pyarrow.concat_arrays(column.chunks)
    offsets = rows.offsets.to_numpy().astype(np.int64)
    return rows.flatten().to_numpy(zero_copy_only=False).astype(dtype), offsets - offsets[0]
