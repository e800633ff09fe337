"""Search for the translations of word types by a dictionary at one layer of one checkpoint, as rows of scores."""

from __future__ import annotations

import hashlib
import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from polychron.geometry import mapping, retrieval
from polychron.geometry.words import scores

logger = logging.getLogger("polychron")

FIT, TEST = 5000, 1500
"""The most pairs that a map is fitted on, and that are searched (Conneau et al. 2018)."""

SHARE = 0.3
"""The share of pairs that are searched where there are fewer."""

FEWEST = 20
"""With fewer heads to search, or pairs to fit a map on, nothing is said."""


@dataclass(frozen=True)
class Parts:
    """The pairs of a dictionary between types that are known, as rows of the two tables of types.

    Parameters
    ----------
    fit : ndarray of int64, shape (pairs, 2)
        What means, deviations and maps are learnt on.
    heads : ndarray of int64, shape (heads,)
        The source words that are searched. None of them is in `fit`.
    right : ndarray of bool, shape (heads, target types)
        Their translations.
    """

    fit: np.ndarray
    heads: np.ndarray
    right: np.ndarray


def directions(pairs: Sequence[tuple[str, str]], both: bool) -> list[tuple[int, int, list[tuple[str, str]]]]:
    """Return the directions in which a dictionary is searched, each with its pairs of a word and a translation.

    Backwards, a word of the second language has all words as translations that it translates.

    Examples
    --------
    >>> directions([("Bank", "bank"), ("Ufer", "bank")], both=True)[1]
    (1, 0, [('bank', 'Bank'), ('bank', 'Ufer')])
    """
    found = [(0, 1, [*pairs])]
    return [*found, (1, 0, [(word, head) for head, word in pairs])] if both else found


def divide(pairs: Sequence[tuple[str, str]], source: Sequence[str], target: Sequence[str]) -> Parts:
    """Divide the pairs of a dictionary into those that a map is fitted on and those that are searched.

    A hash of the source word decides, so that no head is in both.

    Parameters
    ----------
    pairs : sequence of (str, str)
        In the case of the types.
    source, target : sequence of str
        The types of each language.

    Returns
    -------
    Parts
        30% of the pairs are searched, at most 1,500; of the others, at most 5,000 are fitted on. Pairs of unknown types
        are left out and counted in the log.
    """
    rows, columns = ({word: place for place, word in enumerate(words)} for words in (source, target))
    known = [*dict.fromkeys((head, word) for head, word in pairs if head in rows and word in columns)]
    logger.info("%d of %d pairs are of types of both texts", len(known), len(pairs))
    of_head: dict[str, list[str]] = {}
    for head, word in known:
        of_head.setdefault(head, []).append(word)
    order = sorted(of_head, key=lambda head: hashlib.blake2b(head.encode("utf-8"), digest_size=8).digest())
    wanted, heads, searched = min(TEST, int(SHARE * len(known))), [], 0
    while order and searched + len(of_head[order[0]]) <= wanted:
        heads.append(order.pop(0))
        searched += len(of_head[heads[-1]])
    fit = [(rows[head], columns[word]) for head in order for word in of_head[head]][:FIT]
    right = np.zeros((len(heads), len(target)), bool)
    for place, head in enumerate(heads):
        right[place, [columns[word] for word in of_head[head]]] = True
    return Parts(np.array(fit, np.int64).reshape(-1, 2), np.array([rows[head] for head in heads], np.int64), right)


def retrieve(source: np.ndarray, target: np.ndarray, parts: Parts, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Search for the translations of source words among all types of the target language.

    Parameters
    ----------
    source, target : ndarray of float64, shapes (source types, d) and (target types, d)
        The vectors of types.
    parts : Parts
        See `divide`.
    settings : mapping
        ``states`` and ``scores``, the kinds of each; ``csls``, ``margin`` and ``normalise``.

    Returns
    -------
    list of dict
        ``metric``, ``value`` and ``examples``, the number of heads. A head counts as found where any of its
        translations is the first: ``p_at_1``, of which a tie of k with r right ones counts r / k; ``p_at_5`` and
        ``mrr`` are of the first translation, and given for cosine. ``p_at_1.chance`` is that of guessing. With fewer
        than 20 heads, or 20 pairs to fit a map on, all others are NaN.
    """
    heads, few = len(parts.heads), min(len(parts.heads), len(parts.fit)) < FEWEST
    if few:
        logger.warning("%d heads and %d pairs to fit a map on, of which %d are needed", heads, len(parts.fit), FEWEST)
    values: dict[str, float] = {}
    for kind in settings["states"]:
        names = [*settings["scores"], *(["euclidean"] if kind == "centred" else [])]
        if few:
            for name in names:
                metrics = ("p_at_1", "p_at_5", "mrr") if name == "cosine" else ("p_at_1",)
                values |= {f"{metric}.{kind}.{name}": math.nan for metric in metrics}
            continue
        neighbours = {name: settings[name] for name in ("csls", "margin")}
        prepared = _prepared(kind, source, target, parts.fit, settings["normalise"])
        _count_zeros(prepared, kind)
        sides = scores.sides(*prepared, max(neighbours.values()))
        first: dict[str, list[np.ndarray]] = {name: [] for name in names}
        ranks: list[np.ndarray] = []
        for rows in scores.blocks(heads, len(target)):
            for name, found in scores.each(*sides, parts.heads[rows], names, neighbours):
                first[name].append(first_right(found, parts.right[rows]))
                if name == "cosine":
                    ranks.append(rank_of_first(found, parts.right[rows]))
        values |= {f"p_at_1.{kind}.{name}": float(np.concatenate(of).mean()) for name, of in first.items()}
        if ranks:
            rank = np.concatenate(ranks)
            values[f"p_at_5.{kind}.cosine"] = float((rank <= retrieval.FIRST).mean())
            values[f"mrr.{kind}.cosine"] = float((1 / rank).mean())
    values["p_at_1.chance"] = float(parts.right.mean()) if heads else math.nan
    return [{"metric": metric, "value": value, "examples": heads} for metric, value in values.items()]


def _count_zeros(types: tuple[np.ndarray, np.ndarray], kind: str) -> None:
    """Log how many vectors of either language are zeros, whose cosine with all others is -1, as for sentences."""
    zeros = [int((~vectors.any(axis=1)).sum()) for vectors in types]
    if any(zeros):
        of = zip(zeros, types, ("source", "target"), strict=True)
        counts = ", ".join(f"{number} of {len(vectors)} {side} types" for number, vectors, side in of if number)
        logger.warning("%s vectors are zeros, whose cosine with all others is -1: %s", kind, counts)


def _prepared(
    kind: str, source: np.ndarray, target: np.ndarray, fit: np.ndarray, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return all types in one kind of states; what is learnt is learnt on the pairs that are fitted on."""
    if kind == "raw":
        return source, target
    learnt = source[fit[:, 0]], target[fit[:, 1]]
    if kind == "mapped":
        (fit_source, one), (fit_target, other) = (
            mapping.normalise(few, every, rounds) for few, every in zip(learnt, (source, target), strict=True)
        )
        return one @ mapping.procrustes(fit_source, fit_target), other
    change = {"centred": mapping.centre, "standardised": mapping.standardise}[kind]
    return change(learnt[0], source), change(learnt[1], target)


def _least_equal(values: np.ndarray) -> np.ndarray:
    """Return the least scores that are taken for the same as scores, which differ by rounding."""
    return values - retrieval.ROUNDING * np.maximum(1, np.abs(values))


def first_right(found: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return how far a right candidate is the first of each query: float64, shape (n,).

    Parameters
    ----------
    found : ndarray of float, shape (n, m)
        The scores.
    right : ndarray of bool, shape (n, m)
        The candidates that are right.

    Returns
    -------
    ndarray of float64
        The share of right ones among the candidates with the highest score.
    """
    highest = found >= _least_equal(found.max(axis=1))[:, None]
    return (highest & right).sum(axis=1) / highest.sum(axis=1)


def rank_of_first(found: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the rank of the nearest right candidate of each query, from 1. Of a tie with wrong ones, the mean rank."""
    best = np.where(right, found, -np.inf).max(axis=1)
    wrong = np.where(right, -np.inf, found)
    as_high = (wrong >= _least_equal(best)[:, None]).sum(axis=1)
    higher = (_least_equal(wrong) > best[:, None]).sum(axis=1)
    return 1 + higher + (as_high - higher) / 2
