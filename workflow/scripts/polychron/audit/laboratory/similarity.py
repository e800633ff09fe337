"""What claims require of the similarity of languages and of the search for translations, by layer."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from polychron.analysis import dynamics
from polychron.analysis.laboratory.measures import Measure
from polychron.audit.evidence import Missing
from polychron.audit.laboratory.requirements import Requirement
from polychron.audit.laboratory.results import BySeed, Results, mean, minus, of_layers
from polychron.audit.laboratory.variants import named
from polychron.stats import correlation

CKA, PRINTED, RANDOM, CHANCE = "cka_debiased", "cka", "cka_random", "cka_debiased_p"

WORDS = ("word_retrieval", "p_at_1.csls")
"""The search for words, as the paper scores it."""

SURE = 0.05
"""The chance below which languages are more similar than sentences in a random order."""

FEWEST_LAYERS = 4
"""The fewest layers over which a correlation is computed, or of which lower ones are compared with upper ones."""


def similarity(results: Results, role: str, pair: str, metric: str = CKA) -> dict[int, BySeed]:
    """Return how similar the parallel sentences of a pair are, by layer and seed."""
    first, second = sorted(pair.split("/"))
    return results.over_layers(role, pair, Measure("similarity", metric, first, second, "parallel"))


def mean_of_layers(layers: Mapping[int, BySeed]) -> BySeed:
    """Return the mean over layers for each seed."""
    return of_layers(layers, lambda _, values: float(np.mean(values)))


def alike_alone(results: Results) -> list[Requirement]:
    """Models of one language each are more similar than one of them and an untrained one, in each pair."""
    return [
        Requirement(
            f"{pair}: CKA of {results.variant('mono')} minus that with an untrained model",
            [*minus(*(mean_of_layers(similarity(results, "mono", pair, name)) for name in (CKA, RANDOM))).values()],
            low=0,
        )
        for pair in results.pairs_of("mono")
    ]


def similar_alone(results: Results) -> list[Requirement]:
    """The same, and they are more similar than with their sentences in a random order, in the mean over layers."""
    beside = []
    for pair in results.pairs_of("mono"):
        try:
            layers = similarity(results, "mono", pair, CHANCE)
        except Missing:
            raise Missing("p of CKA of sentences in a random order (geometry.permutations)") from None
        values = [*mean_of_layers(layers).values()]
        beside.append(Requirement(f"{pair}: p of CKA of {results.variant('mono')}", values, high=SURE))
    return [*alike_alone(results), *beside]


def similarity_in_order(results: Results) -> list[Requirement]:
    """CKA is higher in one model than in two, in each pair and by both formulas, and lowest with an untrained one."""
    found = [
        Requirement(
            f"{pair}: {name} of {named(results, 'default', 'mono')}",
            [*minus(*(mean_of_layers(similarity(results, role, pair, name)) for role in ("default", "mono"))).values()],
            low=0,
        )
        for pair in results.pairs_of("default", "mono")
        for name in (CKA, PRINTED)
    ]
    return found + alike_alone(results)


def first_layers(results: Results) -> list[Requirement]:
    """The layer of the highest CKA is in the lower half, in each pair, in one model and in two."""
    return [
        Requirement(
            f"{pair}: share of depth of the most similar layer of {results.variant(role)}",
            [*of_layers(similarity(results, role, pair), best_depth).values()],
            high=0.5,
        )
        for pair in results.pairs_of("default", "mono")
        for role in ("default", "mono")
    ]


def early_more(results: Results) -> list[Requirement]:
    """CKA of the lower third of the layers is higher than that of the upper third, of two models, mean over pairs."""

    def gap(layers: list[int], values: list[float]) -> float:
        enough(layers)
        early = [value for layer, value in zip(layers, values, strict=True) if 3 * layer <= layers[-1]]
        late = [value for layer, value in zip(layers, values, strict=True) if 3 * layer >= 2 * layers[-1]]
        return float(np.mean(early) - np.mean(late))

    values = mean(of_layers(similarity(results, "mono", pair), gap) for pair in results.pairs_of("mono"))
    return [Requirement(f"lower minus upper third of {results.variant('mono')}", values, low=0)]


def mapped(results: Results, pair: str) -> dict[int, BySeed]:
    """Return how many sentences of a pair two models of one language each find after a map, by layer and seed."""
    measure = results.searches().get(("retrieval", pair))
    if measure is None:
        raise Missing("a search for sentences with mapped states (geometry.states)")
    return results.over_layers("mono", pair, measure, "mapped")


def low_retrieval(results: Results) -> list[Requirement]:
    """After a map, sentences of two models are found best in the lower half of the layers, mean over pairs."""
    values = mean(of_layers(mapped(results, pair), best_depth) for pair in results.pairs_of("mono"))
    return [Requirement(f"share of depth of the best layer of {results.variant('mono')}", values, high=0.5)]


def words_higher(results: Results) -> list[Requirement]:
    """After a map, words of a dictionary are found better in higher layers of two models: Spearman, mean over pairs.

    Words are means over their occurrences in text. The embeddings are left out.
    """

    def rise(layers: list[int], values: list[float]) -> float:
        enough(layers)
        return float(correlation.spearman(layers[1:], values[1:])[0]) if len({*values[1:]}) > 1 else math.nan

    found = [
        of_layers(results.over_layers("mono", pair, Measure(*WORDS, *pair.split("/"), "dictionary"), "mapped"), rise)
        for pair in results.pairs_of("mono")
    ]
    return [Requirement(f"correlation of layer and words found by {results.variant('mono')}", mean(found), low=0)]


def similarity_follows_retrieval(results: Results, least: float) -> list[Requirement]:
    """CKA and mapped retrieval of two models correlate over layers (Pearson), in each pair."""
    found = []
    for pair in results.pairs_of("mono"):
        alike, found_there = similarity(results, "mono", pair), mapped(results, pair)
        layers = sorted({*alike} & {*found_there})
        enough(layers)
        columns = [
            of_layers({at: part[at] for at in layers}, lambda _, values: values) for part in (alike, found_there)
        ]
        values = [
            float(np.corrcoef(columns[0][seed], columns[1][seed])[0, 1])
            for seed in sorted({*columns[0]} & {*columns[1]})
        ]
        found.append(Requirement(f"{pair}: correlation of CKA and mapped retrieval over layers", values, low=least))
    return found


def enough(layers: Sequence[int]) -> None:
    """Raise `Missing` for fewer layers than `FEWEST_LAYERS`."""
    if len(layers) < FEWEST_LAYERS:
        raise Missing(f"{FEWEST_LAYERS} layers or more whose languages are compared (geometry.layers)")


def best_depth(layers: Sequence[int], values: Sequence[float]) -> float:
    """Return the layer of the highest value as a share of depth: of equal ones the mean, and NaN if all are equal.

    Examples
    --------
    >>> best_depth([0, 1, 2, 3, 4], [0.1, 0.5, 0.5, 0.2, 0.1]), best_depth([0, 1, 2, 3, 4], [0.0] * 5)
    (0.375, nan)
    """
    enough(layers)
    best = [layer for layer, value in zip(layers, values, strict=True) if value == max(values)]
    return math.nan if len(best) == len(layers) else float(np.mean(best)) / layers[-1]


def expected_layer(layers: Sequence[int], values: Sequence[float]) -> float:
    """Return the mean of the layers, weighted by how far each score is above the lowest; see reading A26."""
    enough(layers)
    return float(dynamics.expected_layer([*layers], np.array(values)[:, None], "minmax_step")[0])


def earlier_tags(results: Results) -> list[Requirement]:
    """Parts of speech are in lower layers of one model than of two: expected layers, mean over pairs and languages."""
    places = {place: one for place, one in results.inside.items() if place[0] == "pos"}
    there = results.pairs_of("default", "mono")
    found = [
        minus(*(of_layers(results.over_layers(role, place[1], one), expected_layer) for role in ("mono", "default")))
        for place, one in places.items()
        if place[1] in there
    ]
    if not found:
        raise Missing("part-of-speech tagging by layer (probing.layerwise)")
    what = f"expected layer of POS tagging: {named(results, 'mono', 'default')}"
    return [Requirement(what, mean(found), low=0)]


def neutral_higher(results: Results) -> list[Requirement]:
    """Centred search for sentences is best in higher layers with pairs of translations: expected layers."""
    there = results.pairs_of("bitext", "default")
    found = [
        minus(
            *(
                of_layers(results.over_layers(role, pair, one, "centred"), expected_layer)
                for role in ("bitext", "default")
            )
        )
        for (_, pair), one in results.searches().items()
        if pair in there
    ]
    if not found:
        raise Missing("a search for sentences (geometry.states)")
    what = f"expected layer of sentences found: {named(results, 'bitext', 'default')}"
    return [Requirement(what, mean(found), low=0)]
