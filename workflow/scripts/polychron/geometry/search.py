"""All measures of retrieval of a set, at one layer of one checkpoint, as rows of scores."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.geometry import folds, mapping, mining, pool, retrieval

logger = logging.getLogger("polychron")

EACH = ("raw", "centred", "standardised")
"""The kinds of states that a language has by itself; `mapped` is of a pair."""


def retrieve(states: Mapping[str, np.ndarray], fold: np.ndarray, settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Search for the translations of sentences in all pairs of languages, in both directions.

    Each half of the sentences is searched with what was learnt on the other: means, deviations and maps. Raw states are
    scored on the same halves, since what is found hangs on how many candidates there are.

    Parameters
    ----------
    states : mapping of str to ndarray, each of shape (n, d)
        The states of each language. Rows are the same sentences.
    fold : ndarray of int8, shape (n,)
        The half of each sentence, 0 or 1.
    settings : mapping
        ``states`` and ``scores``, the kinds of each; ``csls``, ``margin`` and ``normalise``; ``pool`` and ``mining``,
        whether these are measured.

    Returns
    -------
    list of dict
        Rows of scores with ``task`` retrieval, mixed_pool or mining; ``seed`` is the half that was searched. A metric
        such as `p_at_1.centred.csls` names the states and the scores. Of scores other than cosine, `p_at_1` alone.

    Raises
    ------
    InputError
        A half has no sentence.
    """
    languages, rows = sorted(states), []
    for test in range(folds.FOLDS):
        fit, searched = fold != test, fold == test
        if not (fit.any() and searched.any()):
            raise InputError(f"half {test} of the {len(fold)} sentences is empty", remedy="take a larger parallel set")
        number = int(searched.sum())
        if "mapped" in settings["states"] and test == 0 and fit.sum() < states[languages[0]].shape[1]:
            logger.info("%d sentences for a map of %d dimensions", fit.sum(), states[languages[0]].shape[1])
        common = {"seed": test, "examples": number}
        halves = {language: (array[fit], array[searched]) for language, array in states.items()}
        kinds = {kind: _prepared(kind, halves) for kind in EACH if kind in settings["states"]}
        for kind, of in kinds.items():
            retrieval.count_zeros(of, kind, test)
        normal = {}
        if "mapped" in settings["states"]:
            normal = {name: mapping.normalise(*half, settings["normalise"]) for name, half in halves.items()}
            retrieval.count_zeros({name: searched for name, (_, searched) in normal.items()}, "mapped", test)
        for source, target in itertools.combinations(languages, 2):
            pairs = {kind: (of[source], of[target]) for kind, of in kinds.items()}
            if normal:
                (fit_source, test_source), (fit_target, test_target) = normal[source], normal[target]
                pairs["mapped"] = test_source @ mapping.procrustes(fit_source, fit_target), test_target
            for kind, (queries, candidates) in pairs.items():
                rows += _both_ways(source, target, kind, queries, candidates, settings, common)
        if settings["pool"]:
            for kind, of in kinds.items():
                for source, found in pool.search({name: of[name] for name in languages}).items():
                    rows += [
                        {"task": "mixed_pool", "source": source, "target": "*", "metric": f"{metric}.{kind}", **common}
                        | {"value": value}
                        for metric, value in found.items()
                    ]
        if settings["mining"]:
            for source, target in itertools.permutations(languages, 2):
                tuning, tested = ((halves[source][half], halves[target][half]) for half in (0, 1))
                value = mining.mine(tuning, tested, settings["margin"])
                rows.append({"task": "mining", "source": source, "target": target, "metric": "mining_f1", **common})
                rows[-1]["value"] = value
    return rows


def _prepared(kind: str, halves: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return the searched half of each language in one kind of states."""
    if kind == "raw":
        return {name: searched for name, (_, searched) in halves.items()}
    change = {"centred": mapping.centre, "standardised": mapping.standardise}[kind]
    return {name: change(*half) for name, half in halves.items()}


def _both_ways(
    source: str,
    target: str,
    kind: str,
    queries: np.ndarray,
    candidates: np.ndarray,
    settings: Mapping[str, Any],
    common: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return the rows of a pair in one kind of states, in both directions."""
    cosines = retrieval.cosine(queries, candidates)
    scores = {
        "cosine": lambda: cosines,
        "csls": lambda: retrieval.csls(cosines, settings["csls"]),
        "margin": lambda: retrieval.margin(cosines, settings["margin"]),
    }
    found = {name: scores[name]() for name in settings["scores"]}
    if kind == "centred":
        found["euclidean"] = retrieval.euclidean(queries, candidates)
    rows = []
    for here, there, turned in ((source, target, False), (target, source, True)):
        values = {}
        for name, matrix in found.items():
            measured = retrieval.measures(matrix.T if turned else matrix)
            kept = measured if name == "cosine" else {"p_at_1": measured["p_at_1"]}
            values |= {f"{metric}.{kind}.{name}": value for metric, value in kept.items()}
        if kind == "raw":
            values["p_at_1.chance"] = 1 / len(queries)
        place = {"task": "retrieval", "source": here, "target": there, **common}
        rows += [{**place, "metric": metric, "value": value} for metric, value in values.items()]
    return rows
