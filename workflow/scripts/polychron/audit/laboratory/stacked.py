"""What claims require of heads that are stacked on a frozen layer, and read another model's layer through a map.

Wu et al. (2020, section 5.1.2) compare them with a model of both languages. Where a claim is about the best layer, that
of a seed is chosen on the others, so that the best of many layers is not the luckiest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from polychron.analysis.laboratory.measures import Measure, whole
from polychron.audit.evidence import Missing
from polychron.audit.laboratory.requirements import Requirement
from polychron.audit.laboratory.results import BySeed, Results, common, mean, minus
from polychron.audit.laboratory.similarity import mean_of_layers
from polychron.audit.laboratory.variants import named

Layers = Mapping[int, BySeed]


def _places(results: Results, tasks: Iterable[str] = (), pair: str = "") -> dict[tuple[str, str], Measure]:
    there = results.pairs_of("mono", "default")
    found = {
        (task.removesuffix("_stacked_tuned"), where): one
        for (task, where), one in results.stacked().items()
        if where in there
    }
    chosen = {
        place: one
        for place, one in found.items()
        if (not tasks or place[0] in tasks) and (not pair or place[1] == pair)
    }
    if not chosen:
        wanted = f" for {' and '.join(tasks)}" if tasks else ""
        where = f" of {pair}" if pair else ""
        raise Missing(f"stacked heads{wanted} on models of one language each{where} (finetuning.stacked)")
    return chosen


def _layers(results: Results, place: tuple[str, str], measure: Measure) -> Layers:
    return results.over_layers("mono", place[1], measure, embeddings=False)


def _bilingual(results: Results, place: tuple[str, str], measure: Measure) -> BySeed:
    return results.at_last(results.variant("default"), place[1], whole(measure))


def best_elsewhere(layers: Layers, among: Iterable[int] | None = None) -> BySeed:
    """Return the score of each seed at the layer that is best in the mean over the other seeds.

    Parameters
    ----------
    layers : mapping of int to mapping of int to float
        By layer and seed.
    among : iterable of int, optional
        The layers that are chosen from; all by default.

    Examples
    --------
    >>> best_elsewhere({0: {1: 0.5, 2: 0.5, 3: 0.5}, 1: {1: 0.9, 2: 0.4, 3: 0.4}})
    {1: 0.5, 2: 0.4, 3: 0.4}
    """
    chosen = {layer: layers[layer] for layer in (layers if among is None else among)}
    seeds, found = common(chosen.values()), {}
    for seed in seeds if len(seeds) > 1 else ():
        others = {layer: np.mean([of[one] for one in seeds if one != seed]) for layer, of in chosen.items()}
        found[seed] = chosen[max(others, key=others.__getitem__)][seed]
    return found


def between(results: Results) -> list[Requirement]:
    """Transfer of stacked heads is above that of two models without a map, and below that of one model.

    Both others are fine-tuned as far as they can be. Mean over layers, tasks and pairs.
    """
    mono = results.variant("mono")
    found = {place: (one, mean_of_layers(_layers(results, place, one))) for place, one in _places(results).items()}
    above = [minus(heads, results.at_last(mono, place[1], whole(one))) for place, (one, heads) in found.items()]
    below = [minus(_bilingual(results, place, one), heads) for place, (one, heads) in found.items()]
    return [
        Requirement(f"stacked heads minus {mono} without a map", mean(above), low=0),
        Requirement(f"{results.variant('default')} minus stacked heads", mean(below), low=0),
    ]


def parsing_of_french(results: Results) -> list[Requirement]:
    """Stacked heads parse French better than one model of English and French does, at the best layer."""
    [(place, one)] = _places(results, ["parsing"], "en/fr").items()
    values = minus(best_elsewhere(_layers(results, place, one)), _bilingual(results, place, one))
    return [Requirement(f"en/fr: stacked heads minus {results.variant('default')}", [*values.values()], low=0)]


def best_inside(results: Results) -> list[Requirement]:
    """The best layer between is better than the better one of the embeddings and the last, mean of tasks and pairs."""
    found = []
    for place, one in _places(results).items():
        layers = _layers(results, place, one)
        inner = [layer for layer in layers if 0 < layer < max(layers)]
        if 0 not in layers or not inner or max(layers) < results.depth("default", place[1]):
            raise Missing("stacked heads on the embeddings, the last layer and one between (finetuning.stacked)")
        found.append(minus(best_elsewhere(layers, inner), best_elsewhere(layers, (0, max(layers)))))
    return [Requirement("best layer between minus the better one of the first and the last", mean(found), low=0)]


def wider_for_names(results: Results) -> list[Requirement]:
    """The share of one model's score that stacked heads lack is larger for names than for parses, mean over pairs."""

    def lacking(task: str, pair: str) -> BySeed:
        [(place, one)] = _places(results, [task], pair).items()
        heads, both = best_elsewhere(_layers(results, place, one)), _bilingual(results, place, one)
        return {seed: 1 - heads[seed] / both[seed] for seed in common([heads, both]) if both[seed] > 0}

    pairs = [{pair for _, pair in _places(results, [task])} for task in ("entities", "parsing")]
    if not (both := sorted(set.intersection(*pairs))):
        raise Missing("stacked heads for names and for parses of the same pair")
    values = mean(minus(lacking("entities", pair), lacking("parsing", pair)) for pair in both)
    return [Requirement("share that stacked heads lack: names minus parses", values, low=0)]


def better_than_one(results: Results) -> list[Requirement]:
    """Stacked heads transfer better than one model of both languages, at the best layer, mean of tasks and pairs."""
    found = [
        minus(best_elsewhere(_layers(results, place, one)), _bilingual(results, place, one))
        for place, one in _places(results).items()
    ]
    return [Requirement(f"stacked heads on {named(results, 'mono', 'default')}", mean(found), low=0)]
