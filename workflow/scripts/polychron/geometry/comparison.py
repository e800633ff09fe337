"""All measures of similarity of a set, at one layer of one checkpoint, as rows of scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.errors import InputError
from polychron.geometry import canonical, neighbours, similarity
from polychron.geometry.large import columns, nearest

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
    similarity.require(number)
    if "shared_neighbours" in asked and settings["neighbours"] >= number:
        raise InputError(
            f"{settings['neighbours']} neighbours of each of {number} sentences are asked for",
            remedy="lower geometry.neighbours",
        )
    if _canonical(asked) and settings["components"] > number / 2:
        raise InputError(
            f"geometry.components is {settings['components']}, and there are {number} sentences: with more than one "
            "direction for two sentences, independent states correlate",
            remedy=f"lower geometry.components to {number // 2} or less, or take svcca and pwcca out of "
            "geometry.similarity",
        )
    similarity.warn_of_constant(states)
    # of many sentences, the same values without matrices of all pairs of sentences
    many = columns.suit(states)
    cka, near_by = (columns, nearest) if many else (similarity, neighbours)
    prepare = columns.Columns.of if many else similarity.Gram.of
    grams = {language: prepare(array) for language, array in states.items()}
    random = {language: prepare(array) for language, array in (untrained or {}).items()}
    kept = {
        language: canonical.keep(array, settings["variance"], settings["components"]) if _canonical(asked) else None
        for language, array in states.items()
    }
    near = {
        language: near_by.nearest(array, settings["neighbours"]) if "shared_neighbours" in asked else None
        for language, array in states.items()
    }
    names = sorted(states)
    calibrating = "cka_debiased" in asked and settings["permutations"] > 0
    orders = similarity.permutations(number, settings["permutations"] if calibrating else 0, settings["seed"])
    null = cka.null([grams[name] for name in names], orders)
    measures = {
        "cka": lambda one, other: cka.as_printed(grams[one], grams[other]),
        "cka_debiased": lambda one, other: cka.debiased(grams[one], grams[other]),
        "svcca": lambda one, other: canonical.svcca(kept[one], kept[other]),
        "pwcca": lambda one, other: canonical.pwcca(kept[one], kept[other]),
        "neuron_correlation": lambda one, other: _neurons(states[one], states[other]),
        "shared_neighbours": lambda one, other: near_by.shared_neighbours(near[one], near[other]),
    }
    rows = []
    for source, target in itertools.combinations(names, 2):
        found = {name: measures[name](source, target) for name in asked}
        if calibrating:
            permuted = null[:, names.index(source), names.index(target)]
            found |= zip(NULL, similarity.calibrated(found["cka_debiased"], permuted), strict=True)
        if "cka_debiased" in asked and random:
            sides = (
                cka.debiased(grams[source], random[target]),
                cka.debiased(random[source], grams[target]),
            )
            found["cka_random"] = sum(sides) / 2
        if "shared_neighbours" in asked:
            found["shared_neighbours_chance"] = settings["neighbours"] / (number - 1)
        common = {"task": "similarity", "source": source, "target": target, "seed": None, "examples": number}
        rows += [{**common, "metric": name, "value": value} for name, value in found.items()]
    return rows


def _canonical(asked: list[str]) -> bool:
    return "svcca" in asked or "pwcca" in asked


def _neurons(one: np.ndarray, other: np.ndarray) -> float:
    return neighbours.neuron_correlation(one, other) if one.shape == other.shape else math.nan
