"""Search for the translations of words in context at one layer of one checkpoint, as rows of scores."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.geometry import mapping, retrieval
from polychron.geometry.words import scores
from polychron.geometry.words.links import Half

logger = logging.getLogger("polychron")

FEWEST = 200
"""With fewer links in a half, nothing is said: neither a map nor a share rests on enough of them."""

MEASURES = ("p_at_1", "p_at_5", "mrr", "mutual_p_at_1")
"""What is given for cosine; of other scores, `p_at_1` alone."""


def retrieve(
    states: np.ndarray, halves: Sequence[Half], names: tuple[str, str], settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Search for the translations of linked words among all words of a half, in both directions.

    Means, deviations and maps are learnt on the linked words of the other half.

    Parameters
    ----------
    states : ndarray, shape (words, d)
        The states of the words of both languages.
    halves : sequence of two Half
        See `polychron.geometry.words.links.halves`.
    names : tuple of two str
        The languages.
    settings : mapping
        ``states`` and ``scores``, the kinds of each; ``csls``, ``margin`` and ``normalise``.

    Returns
    -------
    list of dict
        Rows of scores with ``task`` word_retrieval; ``seed`` is the half that was searched, and ``examples`` the number
        of its links. Metrics are those of `polychron.geometry.search.retrieve`. ``p_at_1.chance`` is 1 / the number of
        candidates. With fewer than 200 links in a half, all others are NaN.
    """
    rows, fewest = [], min(half.linked for half in halves)
    if fewest < FEWEST:
        logger.warning("a half has %d links, fewer than %d: no translation is searched", fewest, FEWEST)
    for test, half in enumerate(halves):
        found: tuple[dict[str, float], dict[str, float]] = ({}, {})
        for kind in settings["states"]:
            if fewest < FEWEST:
                for values in found:
                    values |= {
                        f"{metric}.{kind}.{name}": math.nan
                        for name in _names(kind, settings)
                        for metric in _measures(name)
                    }
            else:
                pair = _prepared(kind, states, half, halves[1 - test], settings["normalise"])
                retrieval.count_zeros(dict(zip(names, pair, strict=True)), kind, test)
                for values, measured in zip(found, _both_ways(pair, half.linked, kind, settings), strict=True):
                    values |= {f"{metric}.{kind}.{name}": value for (metric, name), value in measured.items()}
        for values, candidates, (source, target) in zip(
            found, (half.target, half.source), (names, names[::-1]), strict=True
        ):
            values["p_at_1.chance"] = 1 / len(candidates) if len(candidates) else math.nan
            place = {"task": "word_retrieval", "source": source, "target": target, "seed": test}
            place["examples"] = half.linked
            rows += [{**place, "metric": metric, "value": value} for metric, value in values.items()]
    return rows


def _names(kind: str, settings: Mapping[str, Any]) -> list[str]:
    """Return the scores of a kind of states."""
    return [*settings["scores"], *(["euclidean"] if kind == "centred" else [])]


def _measures(name: str) -> tuple[str, ...]:
    return MEASURES if name == "cosine" else MEASURES[:1]


def _prepared(kind: str, states: np.ndarray, half: Half, fit: Half, rounds: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the words of a half in one kind of states; what is learnt is learnt on the links of the other half."""
    searched = [np.asarray(states[words], np.float64) for words in (half.source, half.target)]
    if kind == "raw":
        return searched[0], searched[1]
    learnt = [np.asarray(states[words[: fit.linked]], np.float64) for words in (fit.source, fit.target)]
    if kind == "mapped":
        (fit_source, source), (fit_target, target) = (
            mapping.normalise(one, all_words, rounds) for one, all_words in zip(learnt, searched, strict=True)
        )
        return source @ mapping.procrustes(fit_source, fit_target), target
    change = {"centred": mapping.centre, "standardised": mapping.standardise}[kind]
    return change(learnt[0], searched[0]), change(learnt[1], searched[1])


def _both_ways(
    pair: tuple[np.ndarray, np.ndarray], linked: int, kind: str, settings: Mapping[str, Any]
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    """Return the values of each measure and score, from the first language to the second and back."""
    names, neighbours = _names(kind, settings), {name: settings[name] for name in ("csls", "margin")}
    one, other = scores.sides(*pair, max(neighbours.values()))
    there, back = (scores.found(*ways, linked, names, neighbours) for ways in ((one, other), (other, one)))
    forward: dict[tuple[str, str], float] = {}
    backward: dict[tuple[str, str], float] = {}
    for name in names:
        for values, found in ((forward, there), (backward, back)):
            values["p_at_1", name] = float(found[name]["first"].mean())
            if "rank" in found[name]:
                rank = found[name]["rank"]
                values["p_at_5", name] = float((rank <= retrieval.FIRST).mean())
                values["mrr", name] = float((1 / rank).mean())
                values["mutual_p_at_1", name] = float((there[name]["first"] * back[name]["first"]).mean())
    return forward, backward
