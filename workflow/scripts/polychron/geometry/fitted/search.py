"""Search for the translations of the sentences of one set with what was learnt on another, as rows of scores."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.geometry import folds, mapping, mining, pool, retrieval, search

logger = logging.getLogger("polychron")

LEARNT = {"centred": mapping.centre, "standardised": mapping.standardise}
"""What is learnt of each language by itself."""


def retrieve(
    states: Mapping[str, np.ndarray], fold: np.ndarray, fit: Mapping[str, np.ndarray], settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Search as `polychron.geometry.search.retrieve` does, with means, deviations and maps of other sentences.

    Each half is searched by itself all the same: so raw states have the same values with and without such a set, and
    what is found of other states can be compared with these.

    Parameters
    ----------
    states : mapping of str to ndarray, each of shape (n, d)
        The states of each language. Rows are the same sentences.
    fold : ndarray of int8, shape (n,)
        The half of each sentence, 0 or 1.
    fit : mapping of str to ndarray, each of shape (m, d)
        The states of the sentences that are learnt on, none of which may be among the others
        (`polychron.geometry.fitted.overlap.apart`). Rows are the same sentences.
    settings : mapping
        As of `polychron.geometry.search.retrieve`. Mining tunes its threshold on the other half, as there.

    Returns
    -------
    list of dict
        As `polychron.geometry.search.retrieve`.
    """
    languages, rows = sorted(states), []
    if "mapped" in settings["states"]:
        sentences, dimensions = fit[languages[0]].shape
        logger.info("%d sentences for maps of %d dimensions", sentences, dimensions)
    for test in range(folds.FOLDS):
        searched = {language: array[fold == test] for language, array in states.items()}
        common = {"seed": test, "examples": int((fold == test).sum())}
        kinds = {"raw": searched} if "raw" in settings["states"] else {}
        kinds |= {
            kind: {name: learn(fit[name], searched[name]) for name in languages}
            for kind, learn in LEARNT.items()
            if kind in settings["states"]
        }
        for kind, of in kinds.items():
            retrieval.count_zeros(of, kind, test)
        normal = {}
        if "mapped" in settings["states"]:
            normal = {name: mapping.normalise(fit[name], searched[name], settings["normalise"]) for name in languages}
            retrieval.count_zeros({name: of for name, (_, of) in normal.items()}, "mapped", test)
        for source, target in itertools.combinations(languages, 2):
            pairs = {kind: (of[source], of[target]) for kind, of in kinds.items()}
            if normal:
                (fit_source, test_source), (fit_target, test_target) = normal[source], normal[target]
                pairs["mapped"] = test_source @ mapping.procrustes(fit_source, fit_target), test_target
            for kind, (queries, candidates) in pairs.items():
                # private, because an edit of that module computes all other searches again
                rows += search._both_ways(source, target, kind, queries, candidates, settings, common)
        if settings["pool"]:
            for kind, of in kinds.items():
                for source, found in pool.search({name: of[name] for name in languages}).items():
                    rows += [
                        {"task": "mixed_pool", "source": source, "target": "*", "metric": f"{metric}.{kind}", **common}
                        | {"value": value}
                        for metric, value in found.items()
                    ]
        if settings["mining"]:
            tuning = {language: array[fold != test] for language, array in states.items()}
            for source, target in itertools.permutations(languages, 2):
                halves = (tuning[source], tuning[target]), (searched[source], searched[target])
                rows.append({"task": "mining", "source": source, "target": target, "metric": "mining_f1", **common})
                rows[-1]["value"] = mining.mine(*halves, settings["margin"])
    return rows
