"""How many words of a parse have the right head, and the right relation to it.

Scores are those of the CoNLL 2018 shared task [1]_ for texts whose words are given: relations count up to their colon.

References
----------
.. [1] Zeman et al.: CoNLL 2018 Shared Task: Multilingual Parsing from Raw Text to Universal Dependencies. CoNLL 2018.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

METRICS = ("las", "uas", "las_without_punctuation")


class Attached(NamedTuple):
    """Counts of words: all, with the right head, with the right relation too; no punctuation, of these with both."""

    words: int = 0
    heads: int = 0
    arcs: int = 0
    others: int = 0
    other_arcs: int = 0

    @property
    def scores(self) -> dict[str, tuple[float, int]]:
        """The share of words of each of `METRICS`, NaN where there is none, and what it is a share of."""
        shares = ((self.arcs, self.words), (self.heads, self.words), (self.other_arcs, self.others))
        return {
            name: (right / words if words else float("nan"), words)
            for name, (right, words) in zip(METRICS, shares, strict=True)
        }


def count(
    heads: np.ndarray,
    relations: np.ndarray,
    gold_heads: np.ndarray,
    gold_relations: np.ndarray,
    punctuation: np.ndarray,
) -> Attached:
    """Count the words of a text that are attached as in the gold trees.

    Parameters
    ----------
    heads, gold_heads : ndarray of int, shape (words,)
        The head of each word, in any numbering that is the same for both.
    relations, gold_relations : ndarray of int or str, shape (words,)
        The relation to it, without a subtype.
    punctuation : ndarray of bool, shape (words,)
        Whether the word is punctuation.

    Examples
    --------
    >>> heads, gold = np.array([2, 0, 1]), np.array([2, 0, 2])
    >>> found = count(heads, np.array([7, 8, 9]), gold, np.array([6, 8, 9]), np.array([False, False, True]))
    >>> found.scores["las_without_punctuation"]
    (0.5, 2)
    """
    right = heads == gold_heads
    arcs = right & (relations == gold_relations)
    return Attached(
        len(heads), int(right.sum()), int(arcs.sum()), int((~punctuation).sum()), int((arcs & ~punctuation).sum())
    )
