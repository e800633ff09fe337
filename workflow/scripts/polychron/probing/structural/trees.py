"""The dependency trees of a treebank as distances between words."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.probing.tasks import arcs
from polychron.tokenization.pieces import BEYOND, Pieces

logger = logging.getLogger("polychron")

FEWEST = 3
"""Words of a sentence: with two, there is one tree."""


@dataclass(frozen=True)
class Trees:
    """The trees of some sentences.

    Parameters
    ----------
    rows : sequence of ndarray of int64, each of shape (n,)
        The words of each sentence, as rows of the treebank's table and of its features.
    distances : sequence of ndarray of int16, each of shape (n, n)
        The number of arcs between two words, whatever their direction.
    counted : sequence of ndarray of bool, each of shape (n,)
        Whether a word is no punctuation.
    excluded : int
        Sentences left out, because they have fewer than `FEWEST` words or a word beyond the window.
    """

    rows: Sequence[np.ndarray]
    distances: Sequence[np.ndarray]
    counted: Sequence[np.ndarray]
    excluded: int

    def __len__(self) -> int:
        return len(self.rows)


def of_split(table: Any, pieces: Pieces, split: str, *, file: str | None = None) -> Trees:
    """Return the trees of a split of a treebank.

    Parameters
    ----------
    table : pyarrow.Table
        A treebank: columns ``split, sentence, index, form, upos, head``.
    pieces : Pieces
        Which words are beyond the window.
    split : str
        Such as ``train``.
    file : str or None
        The file of the table, for messages.

    Raises
    ------
    InputError
        The table and the pieces do not fit, the arcs of a sentence are no tree, or no sentence is left.
    """
    from scipy import sparse
    from scipy.sparse import csgraph

    if table.num_rows != len(pieces.status):
        raise InputError(
            f"{table.num_rows} rows of examples, and the table of pieces has {len(pieces.status)} of them",
            file=file,
            remedy="delete the table of pieces and run the same command again",
        )
    child, head = arcs.children_and_heads(table)
    sentence = table["sentence"].to_numpy()
    bounds = np.flatnonzero(np.diff(sentence, prepend=-1, append=-1))
    punctuation = np.array(table["upos"].to_pylist()) == "PUNCT"
    splits = table["split"].to_pylist()
    places = np.searchsorted(child, bounds)
    rows, distances, counted, excluded = [], [], [], 0
    for start, stop, first, last in zip(bounds[:-1], bounds[1:], places[:-1], places[1:], strict=True):
        if splits[start] != split:
            continue
        number = stop - start
        if number < FEWEST or (pieces.status[start:stop] == BEYOND).any():
            excluded += 1
            continue
        ends = child[first:last] - start, head[first:last] - start
        graph = sparse.csr_array((np.ones(last - first), ends), shape=(number, number))
        between = csgraph.shortest_path(graph, directed=False, unweighted=True)
        if last - first != number - 1 or not np.isfinite(between).all():
            raise InputError(
                f"the arcs of sentence {sentence[start]} are not one tree",
                file=file,
                remedy="correct the treebank: one word of a sentence is its root, and all others lead to it",
            )
        rows.append(np.arange(start, stop))
        distances.append(between.astype(np.int16))
        counted.append(~punctuation[start:stop])
    logger.info(
        "structural, %s: %d sentences, %d left out (fewer than %d words, or beyond the window)",
        split,
        len(rows),
        excluded,
        FEWEST,
    )
    if not rows:
        raise InputError(
            f"no sentence of the split {split!r} has {FEWEST} words or more within the window",
            file=file,
            remedy="look at the file of this split, or take its language out of probing.structural.languages",
        )
    return Trees(rows, distances, counted, excluded)
