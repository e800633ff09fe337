"""Dependency trees from scores of arcs: the best tree with exactly one root, projective or not.

The best tree is found by contracting cycles [1]_ [2]_, as for parsing in McDonald et al. [3]_. Without a constraint it
may have several roots. A constant that is subtracted from the scores of all roots, larger than any difference between
two trees, leaves the best of those with one root [4]_.

References
----------
.. [1] Chu, Liu: On the Shortest Arborescence of a Directed Graph. Scientia Sinica 1965.
.. [2] Edmonds: Optimum Branchings. Journal of Research of the National Bureau of Standards 1967.
.. [3] McDonald, Pereira, Ribarov, Hajič: Non-projective Dependency Parsing using Spanning Tree Algorithms. HLT 2005.
.. [4] Zmigrod, Vieira, Cotterell: Please Mind the Root: Decoding Arborescences for Dependency Parsing. EMNLP 2020.
"""

from __future__ import annotations

import numpy as np

from polychron.errors import InputError


def decode(scores: np.ndarray) -> np.ndarray:
    """Return the tree whose arcs have the highest sum of scores, among those with one root.

    Parameters
    ----------
    scores : ndarray of floating point, shape (words, words + 1)
        ``scores[i, j]`` says how good it is that word ``i + 1`` has word ``j`` as its head; word 0 is the root, of
        which exactly one word depends. What is said of a word and itself is not read.

    Returns
    -------
    ndarray of int64, shape (words,)
        The head of each word, 0 for the one that depends on the root. Of trees that are equally good, always the same.

    Raises
    ------
    InputError
        A score is not finite.

    Examples
    --------
    Both words want to depend on the root; the second gives way.

    >>> decode(np.array([[5.0, 0.0, 1.0], [4.0, 2.0, 0.0]])).tolist()
    [0, 1]
    """
    words = len(scores)
    if not words:
        return np.zeros(0, np.int64)
    within = np.full((words + 1, words + 1), -np.inf)
    within[1:] = scores
    np.fill_diagonal(within, -np.inf)
    known = within[1:][~np.eye(words, words + 1, 1, dtype=bool)]
    if not np.isfinite(known).all():
        raise InputError(
            "a score of an arc is not finite",
            remedy="lower finetuning.learning_rate: the training of this parser has diverged",
        )
    heads = _arborescence(within)[1:]
    if (heads == 0).sum() > 1:
        # no two trees differ by more than this
        within[:, 0] -= 1 + words * (known.max() - known.min())
        heads = _arborescence(within)[1:]
    return heads


def _arborescence(scores: np.ndarray) -> np.ndarray:
    """Return the best head of each node such that all are below node 0; `scores` has a row for each node's heads."""
    heads = scores.argmax(axis=1)
    heads[0] = 0
    cycle = _cycle(heads)
    if cycle is None:
        return heads
    inside = np.zeros(len(scores), bool)
    inside[cycle] = True
    outer, cycle = np.flatnonzero(~inside), np.flatnonzero(inside)
    # The cycle becomes the last node. An arc into it replaces the arc of the cycle to the same word.
    gains = scores[np.ix_(cycle, outer)] - scores[cycle, heads[cycle]][:, None]
    entered, left = gains.argmax(axis=0), scores[np.ix_(outer, cycle)].argmax(axis=1)
    number = len(outer)
    smaller = np.full((number + 1, number + 1), -np.inf)
    smaller[:number, :number] = scores[np.ix_(outer, outer)]
    smaller[number, :number] = gains.max(axis=0)
    smaller[:number, number] = scores[outer, cycle[left]]
    found = _arborescence(smaller)
    above = found[:number]
    heads[outer] = np.where(above == number, cycle[left], outer[np.minimum(above, number - 1)])
    heads[0] = 0
    word = cycle[entered[found[number]]]
    heads[word] = outer[found[number]]
    return heads


def _cycle(heads: np.ndarray) -> list[int] | None:
    """Return the nodes of a cycle, None if all nodes are below node 0."""
    state = np.zeros(len(heads), np.int64)  # in which search a node was seen
    for start in range(1, len(heads)):
        node = start
        while node and not state[node]:
            state[node] = start
            node = int(heads[node])
        if node and state[node] == start:
            found = [node]
            while heads[found[-1]] != node:
                found.append(int(heads[found[-1]]))
            return found
    return None
