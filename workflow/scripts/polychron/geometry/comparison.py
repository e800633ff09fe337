"""All measures of similarity of a set, at one layer of one checkpoint, as rows of scores."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.geometry import canonical, neighbours, similarity

logger = logging.getLogger("polychron")

NULL = ("cka_debiased_p", "cka_calibrated")
"""What is measured beside `cka_debiased` where there are permutations."""


def compare(
    states: Mapping[str, np.ndarray], untrained: Mapping[str, np.ndarray] | None, settings: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Measure how similar the states of all pairs of languages are.

    Parameters
    ----------
    states : mapping of str to ndarray, each of shape (n, d)
        The states of each language. Rows are the same sentences in all of them.
    untrained : mapping of str to ndarray or None
        The same of an untrained encoder, for `cka_random`; None where there is none.
    settings : mapping
        ``similarity``, the measures; ``permutations`` and ``seed`` of the null; ``variance`` and ``components`` of the
        canonical correlations; ``neighbours``.

    Returns
    -------
    list of dict
        Rows of scores with ``task`` similarity, ``source`` before ``target``, ``metric``, ``value`` and ``examples``.

    Raises
    ------
    InputError
        There are fewer than four sentences, or not more than neighbours, or fewer than two for each direction of a
        canonical correlation.
    """
    number = len(next(iter(states.values())))
    asked = settings["similarity"]
    _check(number, settings["neighbours"] if "shared_neighbours" in asked else 0)
    if _canonical(asked) and settings["components"] > number / 2:
        raise InputError(
            f"geometry.components is {settings['components']}, and there are {number} sentences: with more than one "
            "direction for two sentences, independent states correlate",
            remedy=f"lower geometry.components to {number // 2} or less, or take svcca and pwcca out of "
            "geometry.similarity",
        )
    for language, array in states.items():
        if similarity.is_constant(array):
            logger.warning("%s: all sentences have the same state, so that it is similar to nothing", language)
    grams = {language: similarity.Gram.of(array) for language, array in states.items()}
    random = {language: similarity.Gram.of(array) for language, array in (untrained or {}).items()}
    kept = {
        language: canonical.keep(array, settings["variance"], settings["components"]) if _canonical(asked) else None
        for language, array in states.items()
    }
    near = {
        language: neighbours.nearest(array, settings["neighbours"]) if "shared_neighbours" in asked else None
        for language, array in states.items()
    }
    names = sorted(states)
    calibrating = "cka_debiased" in asked and settings["permutations"] > 0
    orders = similarity.permutations(number, settings["permutations"] if calibrating else 0, settings["seed"])
    null = similarity.null([grams[name] for name in names], orders)
    rows = []
    for source, target in itertools.combinations(names, 2):
        one, other = grams[source], grams[target]
        values = {
            "cka": lambda one=one, other=other: similarity.of_grams(one, other),
            "cka_debiased": lambda one=one, other=other: similarity.debiased(one, other),
            "svcca": lambda pair=(source, target): canonical.svcca(*(kept[name] for name in pair)),
            "pwcca": lambda pair=(source, target): canonical.pwcca(*(kept[name] for name in pair)),
            "neuron_correlation": lambda pair=(source, target): _neurons(*(states[name] for name in pair)),
            "shared_neighbours": lambda pair=(source, target): neighbours.shared_neighbours(
                *(near[name] for name in pair)
            ),
        }
        found = {name: values[name]() for name in asked}
        if calibrating:
            permuted = null[:, names.index(source), names.index(target)]
            found |= zip(NULL, similarity.calibrated(found["cka_debiased"], permuted), strict=True)
        if "cka_debiased" in asked and random:
            sides = (similarity.debiased(one, random[target]), similarity.debiased(random[source], other))
            found["cka_random"] = sum(sides) / 2
        if "shared_neighbours" in asked:
            found["shared_neighbours_chance"] = settings["neighbours"] / (number - 1)
        common = {"task": "similarity", "source": source, "target": target, "seed": None, "examples": number}
        rows += [{**common, "metric": name, "value": value} for name, value in found.items()]
    return rows


def compare_steps(language: str, of_steps: Mapping[int, np.ndarray]) -> list[dict[str, Any]]:
    """Measure how similar the states of a language are to its own at other steps, by debiased CKA.

    Parameters
    ----------
    language : str
    of_steps : mapping of int to ndarray, each of shape (n, d)
        The states at each step. Rows are the same sentences.

    Returns
    -------
    list of dict
        Rows of scores with ``task`` stability and the language as ``source`` and ``target``: `cka_to_previous` from the
        second step on, and `cka_to_last` before the last.
    """
    steps, rows, before = sorted(of_steps), [], None
    last = similarity.Gram.of(of_steps[steps[-1]])
    for step in steps:
        states = of_steps[step]
        _check(len(states), 0)
        own = similarity.Gram.of(states)
        found = {"cka_to_previous": before, "cka_to_last": None if step == steps[-1] else last}
        common = {"task": "stability", "source": language, "target": language, "seed": None, "examples": len(states)}
        rows += [
            {**common, "step": step, "metric": metric, "value": similarity.debiased(own, other)}
            for metric, other in found.items()
            if other is not None
        ]
        before = own
    return rows


def _canonical(asked: list[str]) -> bool:
    return "svcca" in asked or "pwcca" in asked


def _neurons(one: np.ndarray, other: np.ndarray) -> float:
    return neighbours.neuron_correlation(one, other) if one.shape == other.shape else math.nan


def _check(number: int, near: int) -> None:
    if number < similarity.FEWEST:
        raise InputError(
            f"similarity needs {similarity.FEWEST} sentences; there are {number}", remedy="take a larger parallel set"
        )
    if near >= number:
        raise InputError(
            f"{near} neighbours of each of {number} sentences are asked for", remedy="lower geometry.neighbours"
        )
