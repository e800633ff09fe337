"""Crossing: the claims about how well transfer works, from where to where (section 4.1, Table 3)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from polychron import reading
from polychron.acquisition import average as averaged
from polychron.evidence import NAMES, PROBING, TREEBANK, Curve, Evidence, Found, Missing, across, in_language, listed

Pair = tuple[str, str]


def bests(evidence: Evidence, task: str) -> dict[Pair, float]:
    """Give the best score from each source to each target, the diagonal included (Figure 4)."""

    def make() -> dict[Pair, float]:
        return {pair: float(curve.values.max()) for pair, curve in across(evidence, task).items()}

    return evidence.once(("bests", task), make)


def margins(table: Mapping[Pair, float], of: str) -> dict[str, float]:
    """Average a table off its diagonal, by source or by target.

    Examples
    --------
    >>> margins({("a", "a"): 9.0, ("a", "b"): 1.0, ("b", "a"): 3.0, ("b", "b"): 9.0}, "source")
    {'a': 1.0, 'b': 3.0}
    """
    place = 0 if of == "source" else 1
    names = dict.fromkeys(pair[place] for pair in table)
    return {
        name: float(np.mean([value for pair, value in table.items() if pair[place] == name and pair[0] != pair[1]]))
        for name in names
    }


def rank(values: Mapping[str, float], name: str) -> int:
    """Give a name's rank, 1 for the highest value."""
    return 1 + sum(value > values[name] for value in values.values())


def better_on_english(evidence: Evidence, task: str) -> Found:
    """Count the sources other than English that do as well or better on English than on themselves."""
    table = bests(evidence, task)
    sources = [source for source in dict.fromkeys(pair[0] for pair in table) if source != "en"]
    worse = [source for source in sources if table[source, "en"] < table[source, source]]
    return Found(len(sources) - len(worse), f"not {listed(worse)}" if worse else "all of them")


def diagonal_best(evidence: Evidence) -> Found:
    """Say whether most sources of all tasks do best on themselves."""
    own = every = 0
    for task in PROBING:
        table = bests(evidence, task)
        for source in dict.fromkeys(pair[0] for pair in table):
            row = {target: value for (one, target), value in table.items() if one == source}
            own += row[source] == max(row.values())
            every += 1
    return Found(2 * own > every, f"{own} of {every} rows")


def arc_prediction_easiest(evidence: Evidence) -> Found:
    """Say whether arc prediction keeps the largest share of the diagonal's scores across languages."""
    kept = {}
    for task in TREEBANK:
        table = bests(evidence, task)
        diagonal = np.mean([value for pair, value in table.items() if pair[0] == pair[1]])
        kept[task] = float(np.mean([value for pair, value in table.items() if pair[0] != pair[1]]) / diagonal)
    detail = listed([f"{NAMES[task]} {share:.1%}" for task, share in kept.items()])
    return Found(max(kept, key=kept.get) == "arc_prediction", detail)


def good_sources(evidence: Evidence, languages: list[str]) -> Found:
    """Say whether languages are in the best third of sources, in all treebank tasks."""
    ranks, limit = [], 0.0
    for task in TREEBANK:
        means = margins(bests(evidence, task), "source")
        limit = len(means) / 3
        ranks += [(NAMES[task], language, rank(means, language)) for language in languages]
    good = all(place <= limit for *_, place in ranks)
    return Found(good, listed([f"{language} {place}th in {task}" for task, language, place in ranks]))


def isolated(evidence: Evidence, language: str) -> Found:
    """Say whether a language is in the worst third of sources and of targets, and above the median in-language.

    In the mean over the treebank tasks.
    """
    sources, targets, own = ({} for _ in range(3))
    for task in TREEBANK:
        table = bests(evidence, task)
        for means, of in ((sources, "source"), (targets, "target")):
            for one, mean in margins(table, of).items():
                means[one] = means.get(one, 0.0) + mean / len(TREEBANK)
        for (source, target), value in table.items():
            if source == target:
                own[source] = own.get(source, 0.0) + value / len(TREEBANK)
    number = len(sources)
    places = rank(sources, language), rank(targets, language), rank(own, language)
    good = min(places[0], places[1]) > 2 * number / 3 and own[language] > np.median([*own.values()])
    return Found(good, f"{places[0]}th source, {places[1]}th target, {places[2]}th in-language of {number}")


def target_over_source(evidence: Evidence, task: str) -> Found:
    """Say whether targets differ more than sources: the variances of their means off the diagonal."""
    table = bests(evidence, task)
    spread = {of: np.std([*margins(table, of).values()]) * 100 for of in ("target", "source")}
    return Found(
        bool(spread["target"] > spread["source"]), listed([f"s.d. of {of}s {x:.2f}" for of, x in spread.items()])
    )


def asymmetries(evidence: Evidence, task: str) -> dict[Pair, float]:
    """Give the asymmetry of each ordered pair (A25)."""
    curves, choice = across(evidence, task), evidence.reading["asymmetry"]
    return {(a, b): reading.asymmetry(curve, curves[b, a], choice) for (a, b), curve in curves.items() if a != b}


def _error(curve: Curve) -> float:
    return 0.0 if curve.error is None else float(np.nan_to_num(curve.error[curve.values.argmax()]))


def asymmetric(evidence: Evidence, level: float) -> Found:
    """Say whether the two directions of a pair differ by more than the seeds' noise, on average over pairs.

    The mean of |asymmetry| is compared with what noise alone would give, sqrt(2 / pi) of its standard error, and the
    lower end of a bootstrap interval over unordered pairs must lie above 0, in every task.
    """
    parts, good = [], True
    for task in PROBING:
        curves = across(evidence, task)
        found = {pair: value for pair, value in asymmetries(evidence, task).items() if pair[0] < pair[1]}
        noise = [np.sqrt(2 / np.pi) * np.hypot(_error(curves[a, b]), _error(curves[b, a])) for a, b in found]
        excess = np.abs([*found.values()]) - noise
        drawn = np.random.default_rng(0).integers(len(excess), size=(1000, len(excess)))
        low = float(np.quantile(excess[drawn].mean(axis=1), level / 2))
        good &= low > 0
        parts.append(f"{NAMES[task]} {100 * np.abs([*found.values()]).mean():.2f}, beyond noise from {100 * low:.2f}")
    return Found(good, listed(parts))


def mean_asymmetries(evidence: Evidence, language: str) -> dict[str, float]:
    """Average the asymmetries of a source over its targets, for each treebank task."""
    return {
        task: float(np.mean([value for pair, value in asymmetries(evidence, task).items() if pair[0] == language]))
        for task in TREEBANK
    }


def _points(values: Mapping[str, float]) -> str:
    return listed([f"{NAMES[task]} {100 * value:+.2f}" for task, value in values.items()])


def asymmetry_signs(evidence: Evidence, language: str, signs: Mapping[str, int]) -> Found:
    """Say whether a language's mean asymmetries as a source have the signs that are expected."""
    means = mean_asymmetries(evidence, language)
    return Found(all(means[task] * sign > 0 for task, sign in signs.items()), _points(means))


def asymmetry_alike(evidence: Evidence, language: str) -> Found:
    """Say whether a language's mean asymmetries as a source have one sign in all treebank tasks."""
    means = mean_asymmetries(evidence, language)
    return Found(len({np.sign(value) for value in means.values()}) == 1, _points(means))


def hardest_targets(evidence: Evidence, task: str, languages: list[str]) -> Found:
    """Say whether languages are the targets with the lowest mean scores."""
    means = margins(bests(evidence, task), "target")
    lowest = sorted(means, key=means.get)[: len(languages)]
    return Found({*lowest} == {*languages}, f"lowest: {listed(lowest)}")


def _mean_final(evidence: Evidence, task: str, transfer: bool, model: str) -> tuple[float, int]:
    given = evidence.averages.get((model, task, transfer))
    if given is not None:
        return given, 0
    curves = (across if transfer else in_language)(evidence, task, last=True, model=model)
    finals = {place: float(curve.values[-1]) for place, curve in curves.items()}
    return averaged(finals, evidence.reading["average"]) * (1 if task == "bits" else 100), len(finals)


def average(evidence: Evidence, task: str, transfer: bool, model: str) -> Found:
    """Average the last checkpoint's scores over languages, or over pairs (Table 3, A29)."""
    value, number = _mean_final(evidence, task, transfer, model)
    return Found(value, f"over {number} {'pairs, the diagonal counted' if transfer else 'languages'}")


def _both(evidence: Evidence, task: str, transfer: bool) -> tuple[float, float]:
    if evidence.reference is None and not evidence.averages:
        raise Missing("scores of XLM-R base, as a second model (models.original)")
    return tuple(_mean_final(evidence, task, transfer, model)[0] for model in ("study", "reference"))


def replica_worse(evidence: Evidence) -> Found:
    """Say whether the model under study is worse than XLM-R base in-language: bits, POS tagging and XNLI."""
    means = {task: _both(evidence, task, False) for task in ("bits", "pos", "xnli")}
    worse = all(study > base if task == "bits" else study < base for task, (study, base) in means.items())
    return Found(worse, listed([f"{NAMES[task]} {study:.4g} and {base:.4g}" for task, (study, base) in means.items()]))


def replica_better(evidence: Evidence, task: str) -> Found:
    """Say whether the model under study is better than XLM-R base across languages."""
    study, base = _both(evidence, task, True)
    return Found(study > base, f"{study:.4g} and {base:.4g}")


MEASURES = {
    function.__name__: function
    for function in (
        better_on_english, diagonal_best, arc_prediction_easiest, good_sources, isolated, target_over_source,
        asymmetric, asymmetry_signs, asymmetry_alike, hardest_targets, average, replica_worse, replica_better,
    )
}  # fmt: skip
