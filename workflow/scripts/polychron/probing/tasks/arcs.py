"""The arcs of a dependency tree, as pairs of rows of a treebank table."""

from __future__ import annotations

from typing import Any

import numpy as np

from polychron.errors import InputError


def children_and_heads(table: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of each arc's two words. Heads are found by ID: word numbers may have gaps (reading A8).

    Returns
    -------
    child, head : ndarray of int64, shape (arcs,)
        In the order of the children; the root of a sentence is no child.

    Raises
    ------
    InputError
        Words are out of order, or a head is not in its sentence.
    """
    sentence, index, head = (table[name].to_numpy().astype(np.int64) for name in ("sentence", "index", "head"))
    span = max(index.max(initial=0), head.max(initial=0)) + 1
    key = sentence * span + index
    if np.any(np.diff(key) <= 0):
        row = int(np.flatnonzero(np.diff(key) <= 0)[0]) + 1
        raise InputError(
            f"word {index[row]} of sentence {sentence[row]} does not come after the word before it",
            remedy="delete the table of examples and run the same command again",
        )
    child = np.flatnonzero(head != 0)
    wanted = sentence[child] * span + head[child]
    row = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
    lost = np.flatnonzero(key[row] != wanted) if len(child) else np.zeros(0, np.int64)
    if len(lost):
        word = child[lost[0]]
        raise InputError(
            f"word {index[word]} of sentence {sentence[word]} has the head {head[word]}, which is not in the sentence",
            remedy="delete the table of examples and run the same command again",
        )
    return child, row
