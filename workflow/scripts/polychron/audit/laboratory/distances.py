"""What claims require of the effects of variants over pairs of languages, by their syntactic distance."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from scipy import stats

from polychron.audit.evidence import Missing
from polychron.audit.laboratory.requirements import Requirement
from polychron.audit.laboratory.results import BySeed, Results, common, minus
from polychron.audit.laboratory.similarity import mapped, mean_of_layers, similarity
from polychron.audit.laboratory.variants import gaps, named
from polychron.stats import dyadic

PAIRS = 3
"""The fewest pairs whose order is compared with that of their distances."""

LEVEL = 0.05
"""At what chance languages or pairs in a random order may have as strong a correlation."""

PERMUTATIONS = 5040
"""The most orders that are tried: all of up to seven pairs or languages."""


def _correlation(
    results: Results, effects: Mapping[str, BySeed], what: str, *, sign: int = 1, low: float = -math.inf, high=math.inf
) -> Requirement:
    """Correlate effects with the distances of their pairs (Spearman), for each seed.

    Seeds say what other pretrainings of these pairs would give. Where languages in a random order have as strong a
    correlation by chance, as three pairs always may, the number is shown and decides nothing.

    Parameters
    ----------
    results : Results
    effects : mapping of str to mapping of int to float
        By pair and seed.
    what : str
    sign : int
        -1 for the correlation with minus the distance.
    low, high : float
    """
    known = {pair: results.distance(*pair.split("/")) for pair in effects}
    pairs = [pair for pair, distance in known.items() if math.isfinite(distance)]
    if len(pairs) < PAIRS or len({known[pair] for pair in pairs}) < 2:
        raise Missing(f"{PAIRS} pairs of known and different syntactic distance (lab.pairs), and has {len(pairs)}")
    distances = sign * np.array([known[pair] for pair in pairs])
    seeds = common(effects[pair] for pair in pairs)
    values = [_spearman(distances, [effects[pair][seed] for pair in pairs]) for seed in seeds]
    means = [float(np.mean([effects[pair][seed] for seed in seeds])) for pair in pairs] if seeds else []
    p = 1.0 if not seeds or len({*means}) < 2 else chance(results.distance, dict(zip(pairs, means, strict=True)), sign)
    return Requirement(f"{what}, over {len(pairs)} pairs (p {p:.2g})", values, low, high, shown_alone=p >= LEVEL)


def _spearman(distances: np.ndarray, effects: Sequence[float]) -> float:
    return float(stats.spearmanr(distances, effects).statistic) if len({*effects}) > 1 else math.nan


def chance(distance: Callable[[str, str], float], effects: Mapping[str, float], sign: int = 1) -> float:
    """Return how often as strong a correlation with distances is found in its direction by chance.

    Where pairs share languages, these are permuted, since what is special about a language is in all of its pairs.
    Pairs around one language are permuted themselves, as their other languages are then, and so are pairs apart.

    Parameters
    ----------
    distance : callable
        Of two languages, NaN where it is not known.
    effects : mapping of str to float
        By pair, all of known distance.
    sign : int
        -1 for the correlation with minus the distance.
    """
    ends = [tuple(pair.split("/")) for pair in effects]
    distances, values = sign * np.array([distance(*pair) for pair in ends]), [*effects.values()]
    direction = 1 if _spearman(distances, values) > 0 else -1
    languages = sorted({*itertools.chain(*ends)})
    if len(languages) == 2 * len(ends) or set.intersection(*map(set, ends)):
        return _of_free_pairs(distances, values, "greater" if direction > 0 else "less")
    apart = np.array([[math.nan if a == b else sign * distance(a, b) for b in languages] for a in languages])
    found = np.full(apart.shape, math.nan)
    for (one, other), value in zip(ends, values, strict=True):
        i, j = languages.index(one), languages.index(other)
        found[i, j] = found[j, i] = value
    p = dyadic.permutation_p(apart, found, PERMUTATIONS, 0, direction)
    return 1.0 if math.isnan(p) else p


def _of_free_pairs(distances: np.ndarray, effects: Sequence[float], alternative: str) -> float:
    ranks = stats.rankdata(distances)
    tested = stats.permutation_test(
        (stats.rankdata(effects),),
        lambda values: float(np.dot(values, ranks)),
        permutation_type="pairings",
        alternative=alternative,
        n_resamples=PERMUTATIONS,
        rng=np.random.default_rng(0),
    )
    return float(tested.pvalue)


def anchors_by_distance(results: Results) -> list[Requirement]:
    """Replaced words help the more, the more distant two languages are."""
    pairs = results.pairs_of("extra_anchors", "default")
    effects = {pair: gaps(results, "extra_anchors", "default", pair=pair) for pair in pairs}
    what = f"correlation of {named(results, 'extra_anchors', 'default')} with distance"
    return [_correlation(results, effects, what, low=0)]


def gap_by_distance(results: Results) -> list[Requirement]:
    """The CKA of one model is above that of two by the less, the more distant two languages are."""
    effects = {
        pair: minus(*(mean_of_layers(similarity(results, role, pair)) for role in ("default", "mono")))
        for pair in results.pairs_of("default", "mono")
    }
    what = f"correlation of CKA of {named(results, 'default', 'mono')} with distance"
    return [_correlation(results, effects, what, high=0)]


def closer_alike(results: Results) -> list[Requirement]:
    """Of two models of one language each, CKA and the search after a map are the better, the closer the languages."""
    pairs, mono = results.pairs_of("mono"), results.variant("mono")
    alike = {pair: mean_of_layers(similarity(results, "mono", pair)) for pair in pairs}
    found = {pair: mean_of_layers(mapped(results, pair)) for pair in pairs}
    return [
        _correlation(results, effects, f"correlation of {what} of {mono} with closeness", sign=-1, low=0)
        for effects, what in ((alike, "CKA"), (found, "mapped retrieval"))
    ]
