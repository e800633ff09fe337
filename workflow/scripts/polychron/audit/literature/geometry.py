"""Claims about the space that languages share: similarity, retrieval and language identity."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.cluster import hierarchy
from scipy.spatial import distance

from polychron.audit.evidence import Found, Missing
from polychron.audit.literature.results import Metric, Pair, Results, apart, both_ways, languages_of, matrix
from polychron.stats import correlation, dyadic

LEVEL = 0.05
"""The p-value below which a coefficient differs from 0."""

CKA: Metric = ("similarity", "cka_debiased")
PWCCA: Metric = ("similarity", "pwcca")
RAW: Metric = ("retrieval", "p_at_1.raw.cosine")
CENTRED: Metric = ("retrieval", "p_at_1.centred.cosine")
MAPPED: Metric = ("retrieval", "p_at_1.mapped.cosine")
SHIFTED: Metric = ("retrieval", "p_at_1.centred.euclidean")
"""Translation by the difference of means (Pires et al. 2019)."""
WORDS: Metric = ("word_retrieval", "p_at_1.mapped.csls")


def mean_of(values: Mapping[Pair, float], detail: str = "") -> Found:
    """Return the mean over pairs of languages, with its interval."""
    languages = languages_of(values)
    mean, low, high = dyadic.mean_interval(matrix(values, languages))
    known = not math.isnan(low)
    return Found(mean, detail, low if known else None, high if known else None, len(values))


def _difference(first: Mapping[Pair, float], second: Mapping[Pair, float]) -> dict[Pair, float]:
    return {pair: value - second[pair] for pair, value in first.items() if pair in second}


def raw_retrieval(results: Results) -> Found:
    """Return P@1 of states as they are, at the last layer and step, mean over pairs."""
    return mean_of(results.pairs(RAW), f"layer {results.final}")


def gain_of_centring(results: Results) -> Found:
    """Return centred minus raw P@1 at the last layer and step, mean over pairs."""
    raw, centred = results.pairs(RAW), results.pairs(CENTRED)
    detail = f"raw {np.mean([*raw.values()]):.3f}, centred {np.mean([*centred.values()]):.3f}"
    return mean_of(_difference(centred, raw), detail)


def growth_of_retrieval(results: Results) -> Found:
    """Return by how much centred P@1 grows over pretraining between scripts, at the last or the best layer.

    The smaller of the two growths counts.
    """
    same = results.factors.get("same_script", {})
    layers, last = results.over_layers(CENTRED)
    if results.steps()[0] != 0:
        raise Missing("states of the untrained model: step 0")
    if len(results.steps()) < 2:
        raise Missing("states of a trained model: a step after 0")
    _, first = results.over_layers(CENTRED, 0)
    chosen = [pair for pair in last if same.get(pair) == 0 and pair in first]
    if not chosen:
        raise Missing("pairs of languages of different scripts")
    growth = {
        "last layer": {pair: last[pair][-1] - first[pair][-1] for pair in chosen},
        "best layer": {pair: last[pair].max() - first[pair].max() for pair in chosen},
    }
    means = {name: float(np.mean([*values.values()])) for name, values in growth.items()}
    least = min(means, key=means.__getitem__)
    detail = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    return mean_of(
        growth[least], f"{detail}; {len(chosen)} pairs of different scripts, layers {layers[0]} to {layers[-1]}"
    )


def fall_of_pwcca(results: Results) -> Found:
    """Return PWCCA of the embeddings minus that of the last layer, mean over pairs."""
    layers, values = results.over_layers(PWCCA)
    falls = {pair: of_one[0] - of_one[-1] for pair, of_one in values.items()}
    return mean_of(falls, f"layer {layers[0]} minus layer {layers[-1]}")


def _families_apart(results: Results, pairs: Mapping[Pair, float]) -> dict[Pair, float]:
    same = results.factors.get("same_family", {})
    known = {pair: 1 - same[pair] for pair in pairs if pair in same}
    if len({*known.values()}) < 2:
        raise Missing("languages of known families, two of one family and two of different ones")
    return known


def cophenetic_p(results: Results) -> Found:
    """Return the p-value of the agreement of a tree of similarity with families, at the last layer and step.

    The tree is by average linkage on 1 - CKA. Its cophenetic distances are correlated with whether two languages are of
    different families (Spearman), and tested by permuting languages.
    """
    similar = both_ways(results.pairs(CKA))
    kin = both_ways(_families_apart(results, similar))
    languages = languages_of(kin)
    away = 1 - matrix(similar, languages)
    np.fill_diagonal(away, 0)
    if len(languages) < 4 or np.isnan(away).any():
        raise Missing("the similarity of four languages or more of known families")
    tree = distance.squareform(
        hierarchy.cophenet(hierarchy.linkage(distance.squareform(away, checks=False), "average"))
    )
    np.fill_diagonal(tree, np.nan)
    families = matrix(kin, languages)
    rho, _ = correlation.spearman(*(values[~np.eye(len(languages), dtype=bool)] for values in (tree, families)))
    p = dyadic.permutation_p(tree, families, results.permutations, results.seed)
    if rho < 0:
        # two-sided p is as small for a tree that joins different families first
        p = 1 - p / 2
    return Found(p, f"rho {rho:.2f} over {len(languages)} languages")


def peak_layers_of_translation(results: Results, first: int, last: int, of: int) -> Found:
    """Return whether translation by the difference of means is best in some layers for more than half of the pairs.

    The layers are those of a model of `of` layers; those of another model are at the same share of its depth.
    """
    layers, values = results.over_layers(SHIFTED)
    depth = layers[-1]
    peaks = np.array([layers[int(np.argmax(curve))] for curve in values.values()])
    inside = (peaks >= first / of * depth) & (peaks <= last / of * depth)
    detail = f"{inside.sum()} of {len(inside)} pairs, median layer {np.median(peaks):g} of {depth}"
    return Found(bool(inside.mean() > 0.5), detail)


def peak_of_translation(results: Results, pair: list[str]) -> Found:
    """Return the best P@1 of translation by the difference of means over layers, of a pair, in percent."""
    layers, values = results.over_layers(SHIFTED)
    ways = [way for way in (tuple(pair), tuple(reversed(pair))) if way in values]
    if not ways:
        raise Missing(f"parallel sentences of {' and '.join(pair)}")
    curve = np.mean([values[way] for way in ways], axis=0)
    return Found(float(100 * curve.max()), f"layer {layers[int(np.argmax(curve))]} of {layers[-1]}")


def identity_after_centring(results: Results, raw: float, share: float) -> Found:
    """Return whether the language is read from states, and far less after centring, while retrieval rises."""
    before, after, chance = (
        results.pairs(("identity", name))["*", "*"] for name in ("accuracy", "accuracy.centred", "majority")
    )
    gain = gain_of_centring(results).value
    kept = before > raw and after - chance <= share * (before - chance) and gain > 0
    return Found(
        bool(kept), f"accuracy {before:.3f}, centred {after:.3f}, chance {chance:.3f}; P@1 changes by {gain:+.3f}"
    )


def similarity_within_families(results: Results) -> Found:
    """Return mean CKA within families minus across them, at the last layer and step.

    The interval reaches to 0 where permuted languages do not reject 0.
    """
    parts = []
    found: dict[str, tuple[float, float]] = {}
    for name, metric in (("CKA", CKA), ("centred P@1", CENTRED)):
        values = results.pairs(metric)
        values = both_ways(values) if metric == CKA else values
        kin = _families_apart(results, values)
        inside = [values[pair] for pair, other in kin.items() if not other]
        across = [values[pair] for pair, other in kin.items() if other]
        languages = languages_of(kin)
        p = dyadic.permutation_p(
            matrix(values, languages), matrix(both_ways(kin), languages), results.permutations, results.seed
        )
        found[name] = float(np.mean(inside) - np.mean(across)), p
        parts.append(f"{name} {np.mean(inside):.3f} within, {np.mean(across):.3f} across, p {p:.3f}")
    value, p = found["CKA"]
    ends = (min(value, 0.0), max(value, 0.0)) if p >= LEVEL else (None, None)
    return Found(value, "; ".join(parts), *ends)


def retrieval_best_inside(results: Results) -> Found:
    """Return whether centred P@1 is best at an inner layer for more than half of the pairs, at the last step."""
    layers, values = results.over_layers(CENTRED)
    if len(layers) < 3:
        raise Missing("three layers or more whose languages are compared")
    inside = [0 < int(np.argmax(curve)) < len(layers) - 1 for curve in values.values()]
    return Found(sum(inside) > len(inside) / 2, f"{sum(inside)} of {len(inside)} pairs")


def gain_of_centred_transfer(results: Results) -> Found:
    """Return transfer with centred targets minus without, mean over pairs, least of the tasks."""
    tasks = sorted({key[0] for key in results.geometry or {} if key[1] == "accuracy.centred" and key[0] != "identity"})
    if not tasks:
        raise Missing("transfer with centred targets")
    gains = {}
    for task in tasks:
        centred = apart(results.pairs((task, "accuracy.centred")))
        gains[task] = mean_of(_difference(centred, results.transfer(task)))
    least = min(gains, key=lambda task: gains[task].value)
    return gains[least]._replace(detail=", ".join(f"{task} {found.value:+.3f}" for task, found in gains.items()))


def word_retrieval_by_layer(results: Results) -> Found:
    """Return Spearman's rho of the layer with P@1 of mapped words, layers from 1, mean over pairs of P@1."""
    layers, values = results.over_layers(WORDS)
    means = np.mean([*values.values()], axis=0)[1:]
    rho, _ = correlation.spearman(layers[1:], means)
    return Found(rho, f"{len(values)} pairs, layers {layers[1]} to {layers[-1]}")


def best_layer_of_mapped_retrieval(results: Results) -> Found:
    """Return the layer of the best mean P@1 of mapped sentences, as a share of the depth."""
    layers, values = results.over_layers(MAPPED)
    means = np.mean([*values.values()], axis=0)
    if not np.ptp(means):
        raise Missing("layers at which mapped retrieval differs")
    best = layers[int(np.argmax(means))]
    return Found(best / layers[-1], f"layer {best} of {layers[-1]}")


def _by_layer(results: Results) -> tuple[dict[Pair, NDArray], dict[Pair, NDArray]]:
    """Return CKA and mapped P@1 by pair, at the layers that both have: where all states are alike, there is no CKA."""
    found = results.over_layers(CKA), results.over_layers(MAPPED)
    shared = sorted({*found[0][0]} & {*found[1][0]})
    similar, mapped = (
        {pair: curve[[layers.index(layer) for layer in shared]] for pair, curve in values.items()}
        for layers, values in found
    )
    return both_ways(similar), mapped


def similarity_follows_retrieval(results: Results) -> Found:
    """Return the least Pearson correlation, over pairs, of CKA with mapped P@1 over layers."""
    similar, mapped = _by_layer(results)
    found = {
        pair: float(np.corrcoef(similar[pair], curve)[0, 1])
        for pair, curve in mapped.items()
        if pair in similar and len(curve) > 2 and np.ptp(curve) and np.ptp(similar[pair])
    }
    if not found:
        raise Missing("similarity and mapped retrieval at three layers or more")
    least = min(found, key=found.__getitem__)
    return Found(found[least], f"of {least[0]} to {least[1]}; median {np.median([*found.values()]):.2f}")


def most_similar_layers(results: Results) -> Found:
    """Return whether the layer of the highest CKA lies in the lower half, for each pair.

    A pair whose CKA is the same at all layers has no such layer.
    """
    layers, values = results.over_layers(CKA)
    low = sum(bool(np.ptp(curve)) and layers[int(np.argmax(curve))] <= layers[-1] / 2 for curve in values.values())
    return Found(low == len(values), f"{low} of {len(values)} pairs")


def early_minus_late_similarity(results: Results) -> Found:
    """Return the mean CKA of the lower third of layers minus that of the upper third, mean over pairs."""
    layers, values = results.over_layers(CKA)
    third = max(1, len(layers) // 3)
    falls = {pair: float(curve[:third].mean() - curve[-third:].mean()) for pair, curve in values.items()}
    return mean_of(falls, f"{third} of {len(layers)} layers at each end")


def relatedness(results: Results) -> Found:
    """Return the smaller of two Spearman correlations of closeness: with CKA and with mapped P@1, over pairs."""
    if results.distances is None:
        raise Missing("distances of languages")
    found, parts = [], []
    for name, metric in (("CKA", CKA), ("mapped P@1", MAPPED)):
        values = results.pairs(metric)
        values = both_ways(values) if metric == CKA else values
        languages = languages_of(values)
        near = matrix({pair: -results.distances(*pair) for pair in values}, languages)
        scores = matrix(values, languages)
        both = np.isfinite(near) & np.isfinite(scores)
        rho, _ = correlation.spearman(near[both], scores[both])
        if math.isnan(rho):
            raise Missing("distances of languages that differ")
        p = dyadic.permutation_p(near, scores, results.permutations, results.seed)
        found.append(rho)
        parts.append(f"{name} {rho:.2f}, p {p:.3f}")
    return Found(min(found), "; ".join(parts))


MEASURES = {
    function.__name__: function
    for function in (
        raw_retrieval, gain_of_centring, growth_of_retrieval, fall_of_pwcca, cophenetic_p, peak_layers_of_translation,
        peak_of_translation, identity_after_centring, similarity_within_families, retrieval_best_inside,
        gain_of_centred_transfer, word_retrieval_by_layer, best_layer_of_mapped_retrieval, similarity_follows_retrieval,
        most_similar_layers, early_minus_late_similarity, relatedness,
    )
}  # fmt: skip
