"""Claims about probes and their transfer: sizes of languages, word order, scripts, tasks and layers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from polychron.audit.evidence import Found, Missing
from polychron.audit.literature.geometry import LEVEL, mean_of
from polychron.audit.literature.results import Pair, Results, apart, languages_of, matrix
from polychron.probing.tasks import registry
from polychron.stats import correlation, dyadic

ORDERS = ("SVO", "SOV")


def _tasks(results: Results) -> list[str]:
    """Return the tasks whose probes are evaluated across languages."""
    found = {key[0] for key in results.scores if key[4:] == ("parallel", "accuracy") and key[1] != key[2]}
    if not found:
        raise Missing("scores of probes across languages")
    return registry.in_order(found)


def _gap(first: Sequence[float], second: Sequence[float], detail: str) -> Found:
    """Return the mean of some languages minus that of others, with its interval (Welch's)."""
    interval = stats.ttest_ind(first, second, equal_var=False).confidence_interval()
    known = math.isfinite(interval.low)
    value = float(np.mean(first) - np.mean(second))
    return Found(value, detail, float(interval.low) if known else None, float(interval.high) if known else None)


def _tested(found: Found, p: float) -> Found:
    """Return what was found, with an interval that reaches to 0 where permuted languages do not reject 0."""
    if p < LEVEL:
        return found
    low, high = (found.value if bound is None else bound for bound in (found.low, found.high))
    return found._replace(low=min(low, 0.0), high=max(high, 0.0))


def size_gap(results: Results, share: float) -> Found:
    """Return the mean relative score of languages with more pretraining text minus that of those with the least.

    A score is relative to the mean of its task over languages, and averaged over the tasks of the paper: a language
    needs all of them. `share` of the languages are those with the least text.
    """
    tasks = [task for task in _tasks(results) if task in registry.PAPER]
    if not tasks:
        raise Missing("scores of the paper's probes across languages")
    scores = [results.in_language(task) for task in tasks]
    known = sorted(set.intersection(set(results.sizes), *map(set, scores)), key=lambda one: (results.sizes[one], one))
    low = math.floor(share * len(known))
    if low < 2:
        raise Missing(
            f"scores of all tasks in {math.ceil(2 / share)} languages or more whose amounts of text are known"
        )
    relative = np.array([[of_task[one] for one in known] for of_task in scores])
    relative /= relative.mean(axis=1, keepdims=True)
    gaps = relative[:, low:].mean(axis=1) - relative[:, :low].mean(axis=1)
    detail = ", ".join(f"{task} {gap:+.3f}" for task, gap in zip(tasks, gaps, strict=True))
    mean = relative.mean(axis=0)
    return _gap(mean[low:], mean[:low], f"{detail}; monolingual models are not compared")


def _losses(results: Results, task: str) -> dict[Pair, float]:
    """Return in-language minus transfer on the same test set, by source and target."""
    scores = results.transfer(task)
    inside = {source: value for (source, target), value in scores.items() if source == target}
    return {pair: inside[pair[1]] - value for pair, value in apart(scores).items() if pair[1] in inside}


def relative_losses_in_order(results: Results, tasks: Sequence[str]) -> Found:
    """Return whether the share of the score above chance that transfer loses rises from task to task."""
    means = {}
    for task in tasks:
        scores, chance = results.transfer(task), results.majority(task)
        values = [
            loss / (scores[target, target] - chance[target])
            for (_, target), loss in _losses(results, task).items()
            if target in chance and scores[target, target] > chance[target]
        ]
        if not values:
            raise Missing(f"scores of {task.replace('_', ' ')} above chance across languages")
        means[task] = float(np.mean(values))
    detail = ", ".join(f"{task} {value:.3f}" for task, value in means.items())
    return Found(all(a < b for a, b in pairwise(means.values())), detail)


def least_transfer_gap(results: Results) -> Found:
    """Return in-language minus transfer on the same test set, mean over pairs, least of the tasks."""
    gaps = {task: mean_of(_losses(results, task)) for task in _tasks(results)}
    least = min(gaps, key=lambda task: gaps[task].value)
    return gaps[least]._replace(detail=", ".join(f"{task} {found.value:.3f}" for task, found in gaps.items()))


def _ordered(results: Results, languages: Sequence[str]) -> dict[str, list[str]]:
    groups = {order: [one for one in languages if results.orders.get(one) == order] for order in ORDERS}
    if min(map(len, groups.values())) < 2:
        raise Missing("two languages or more of each of the orders SVO and SOV")
    return groups


def order_gap_of_parsing(results: Results) -> Found:
    """Return how much better trees are found in SVO languages than in SOV languages, on average.

    Trees are those of structural probes (UUAS) if enough languages have them, or else of arc prediction (accuracy).
    """
    try:
        scores, name = results.in_language("structural", "uuas"), "UUAS"
        groups = _ordered(results, sorted(scores))
    except Missing:
        scores, name = results.in_language("arc_prediction"), "arc prediction"
        groups = _ordered(results, sorted(scores))
    svo, sov = ([scores[language] for language in groups[order]] for order in ORDERS)
    test = stats.permutation_test(
        (svo, sov),
        lambda one, other: np.mean(one) - np.mean(other),
        n_resamples=results.permutations,
        rng=np.random.default_rng(results.seed),
    )
    means = f"SVO {np.mean(svo):.3f} ({len(svo)} languages), SOV {np.mean(sov):.3f} ({len(sov)})"
    return _tested(_gap(svo, sov, f"{name}: {means}, p {test.pvalue:.3f}"), test.pvalue)


def order_gap_of_transfer(results: Results, task: str) -> Found:
    """Return mean transfer within SVO and within SOV languages minus that between them.

    The interval reaches to 0 where languages whose orders are permuted do not reject 0.
    """
    scores = apart(results.transfer(task))
    groups = _ordered(results, languages_of(scores))
    languages = [language for order in ORDERS for language in groups[order]]
    values, first = matrix(scores, languages), len(groups[ORDERS[0]])
    means = _means_by_order(values, np.arange(len(languages)) < first)
    value = _order_gap(means)
    permuted = [
        _order_gap(_means_by_order(values, order < first))
        for block in dyadic.orders(len(languages), results.permutations, results.seed)
        for order in block
    ]
    # where pairs are missing, some permutations leave a group without any
    known = np.abs([gap for gap in permuted if math.isfinite(gap)])
    complete = correlation.exact(len(languages), results.permutations)
    p = dyadic.permuted_share(int((known >= abs(value) - dyadic.TOLERANCE).sum()), len(known), complete)
    detail = ", ".join(f"{a} to {b} {mean:.3f}" for (a, b), mean in zip(product(ORDERS, ORDERS), means, strict=True))
    return _tested(Found(value, f"{detail}, p {p:.3f}"), p)


def _means_by_order(values: NDArray[np.float64], svo: NDArray[np.bool_]) -> tuple[float, float, float, float]:
    """Return the means of known pairs within SVO, from SVO to SOV, from SOV to SVO, and within SOV; NaN for none."""
    groups = (values[np.ix_(a, b)] for a, b in product((svo, ~svo), (svo, ~svo)))
    known = (group[np.isfinite(group)] for group in groups)
    first, second, third, fourth = (float(one.mean()) if one.size else math.nan for one in known)
    return first, second, third, fourth


def _order_gap(means: tuple[float, float, float, float]) -> float:
    return (means[0] + means[3]) / 2 - (means[1] + means[2]) / 2


def transfer_between_scripts(results: Results, task: str) -> Found:
    """Return transfer between languages of different scripts minus the target's majority class, mean over pairs."""
    same, chance = results.factors.get("same_script", {}), results.majority(task)
    gains = {
        pair: value - chance[pair[1]]
        for pair, value in apart(results.transfer(task)).items()
        if same.get(pair) == 0 and pair[1] in chance
    }
    if not gains:
        raise Missing("transfer between languages of known and different scripts")
    least = min(gains, key=gains.__getitem__)
    return mean_of(gains, f"least {gains[least]:+.3f} ({least[0]} to {least[1]}) of {len(gains)} pairs")


def _related(results: Results, factor: Callable[[str, str], float], known: str) -> dict[str, tuple[float, ...]]:
    """Return Spearman's rho of transfer with a factor by task, its interval and its p-value over pairs."""
    found = {}
    for task in _tasks(results):
        scores = apart(results.transfer(task))
        languages = languages_of(scores)
        x = matrix({pair: factor(*pair) for pair in scores}, languages)
        y = matrix(scores, languages)
        both = np.isfinite(x) & np.isfinite(y)
        rho, _ = correlation.spearman(x[both], y[both])
        if not math.isnan(rho):
            p = dyadic.permutation_p(x, y, results.permutations, results.seed)
            found[task] = (rho, *dyadic.interval(x, y), p)
    if not found:
        raise Missing(known)
    return found


def _extreme(found: dict[str, tuple[float, ...]], pick: Callable) -> Found:
    """Return the least or largest coefficient; its interval reaches to 0 where permuted languages do not reject 0."""
    task = pick(found, key=lambda name: found[name][0])
    rho, low, high, p = found[task]
    if p >= LEVEL:
        low, high = min(rho, 0.0) if math.isnan(low) else min(low, 0.0), np.fmax(high, max(rho, 0.0))
    known = not math.isnan(low)
    detail = ", ".join(f"{name} {values[0]:+.2f} (p {values[3]:.3f})" for name, values in found.items())
    return Found(rho, detail, low if known else None, high if known else None)


def transfer_with_overlap(results: Results) -> Found:
    """Return Spearman's rho of transfer with the pieces that two languages share, least of the tasks."""
    shared = results.factors.get("piece_overlap", {})
    found = _related(results, lambda *pair: shared.get(pair, math.nan), "transfer and pieces of pairs that differ")
    return _extreme(found, min)


def transfer_with_distance(results: Results) -> Found:
    """Return Spearman's rho of transfer with syntactic distance, largest of the tasks."""
    if results.distances is None:
        raise Missing("distances of languages")
    return _extreme(_related(results, results.distances, "transfer and distances of pairs that differ"), max)


def transfer_with_target_size(results: Results, first: str, others: Sequence[str]) -> Found:
    """Return Spearman's rho of transfer of one task with the target's pretraining text, minus the largest of others.

    The interval reaches to 0 where permuted languages do not reject that the first is 0: it is then no relation that
    could be the strongest.
    """
    sizes = results.sizes
    found = _related(results, lambda _, target: sizes.get(target, math.nan), "targets of different sizes")
    lacking = [task for task in (first, *others) if task not in found]
    if lacking:
        raise Missing(f"scores of {' and '.join(lacking)} across languages whose sizes are known")
    detail = ", ".join(f"{task} {found[task][0]:+.2f} (p {found[task][3]:.3f})" for task in (first, *others))
    return _tested(Found(found[first][0] - max(found[task][0] for task in others), detail), found[first][3])


def alignment_best_inside(results: Results) -> Found:
    """Return whether words are aligned best from an inner layer rather than the last, in every pair.

    Pairs that are not aligned at the model's last layer (``alignment.layers``) do not count.
    """
    curves: dict[Pair, dict[int, float]] = {}
    for (task, source, target, layer, _, metric), value in results.scores.items():
        if (task, metric) == ("alignment", "f1"):
            curves.setdefault((source, target), {})[layer] = value
    inner = {
        pair: max(inner) > curve[results.final]
        for pair, curve in curves.items()
        if results.final in curve and (inner := [value for layer, value in curve.items() if 0 < layer < results.final])
    }
    if not inner:
        raise Missing("word alignment at the last layer and at layers between that and the embeddings")
    return Found(all(inner.values()), f"{sum(inner.values())} of {len(inner)} pairs")


def iterative_aligns_best(results: Results) -> Found:
    """Return whether iterative matching aligns words at least as well as the other methods, mean over pairs.

    Each method counts at its best layer. The others are mutual nearest neighbours (argmax) and maximum-weight matching.
    """
    means = {}
    for name, metric in (("itermax", "f1"), ("argmax", "f1.argmax"), ("match", "f1.match")):
        best: dict[Pair, float] = {}
        for (task, source, target, _, _, measured), value in results.scores.items():
            if (task, measured) == ("alignment", metric):
                best[source, target] = max(value, best.get((source, target), value))
        if not best:
            raise Missing(f"word alignment by {name} (alignment.methods)")
        means[name] = float(np.mean([*best.values()]))
    detail = ", ".join(f"{name} {value:.3f}" for name, value in means.items())
    return Found(means["itermax"] >= max(means.values()), detail)


def trees_best_inside(results: Results) -> Found:
    """Return whether trees are found best at an inner layer for more than half of the languages.

    Trees are those of structural probes (undirected attachment, UUAS) and of arc prediction; both count where both are
    measured.
    """
    curves: dict[tuple[str, str], dict[int, float]] = {}
    asked = {("structural", "uuas"): "UUAS", ("arc_prediction", "accuracy"): "arc prediction"}
    for (task, source, target, layer, split, metric), value in results.scores.items():
        if (task, metric) in asked and split == "test" and source == target and layer is not None:
            curves.setdefault((asked[task, metric], source), {})[layer] = value
    whole = {place: curve for place, curve in curves.items() if len(curve) > 2 and {0, results.final} <= {*curve}}
    if not whole:
        raise Missing("structural probes or arc prediction at the first, the last and inner layers of a language")
    shares, parts = [], []
    for name in sorted({name for name, _ in whole}):
        inside = [0 < max(of, key=of.__getitem__) < max(of) for (of_name, _), of in whole.items() if of_name == name]
        shares.append(sum(inside) / len(inside))
        parts.append(f"{name}: {sum(inside)} of {len(inside)} languages")
    return Found(min(shares) > 0.5, "; ".join(parts))


def gain_of_mixture(results: Results) -> Found:
    """Return the accuracy of probes on a learnt mixture of layers minus that of the best single layer.

    The value is the mean over tasks and languages that are probed at all layers.
    """
    gains = {}
    for (task, source, _, _, split, metric), value in results.scores.items():
        if (split, metric) == ("test", "accuracy.mixture"):
            layers = {
                key[3]: single
                for key, single in results.scores.items()
                if key[:3] == (task, source, source) and key[4:] == ("test", "accuracy") and key[3] is not None
            }
            if len(layers) > results.final:
                gains[task, source] = value - max(layers.values())
    if not gains:
        raise Missing("a mixture of layers (probing.mixture) of a task and language that are probed at all layers")
    detail = ", ".join(f"{task} {language} {gain:+.3f}" for (task, language), gain in sorted(gains.items())[:6])
    return mean_of(gains, f"{detail}; {len(gains)} in all")


MEASURES = {
    function.__name__: function
    for function in (
        size_gap, relative_losses_in_order, least_transfer_gap, order_gap_of_parsing, order_gap_of_transfer,
        transfer_between_scripts, transfer_with_overlap, transfer_with_distance, transfer_with_target_size,
        alignment_best_inside, iterative_aligns_best, trees_best_inside, gain_of_mixture,
    )
}  # fmt: skip
