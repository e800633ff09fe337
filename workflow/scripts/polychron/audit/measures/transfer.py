"""Claims about how well transfer works, and between which languages (section 4.1, Table 3)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from polychron.analysis.dynamics import ROUNDING
from polychron.audit.evidence import (
    NAMES,
    PROBING,
    TREEBANK,
    Evidence,
    Found,
    LanguagePair,
    Missing,
    across,
    in_language,
    listed,
    off_diagonal,
)
from polychron.audit.measures.onsets import average as averaged
from polychron.audit.measures.onsets import interval


def bests(evidence: Evidence, task: str) -> dict[LanguagePair, float]:
    """Return the best score from each source to each target, including the diagonal (Figure 4).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> rows = {("de", "de"): [0.9, 0.8], ("de", "en"): [0.5, 0.6], ("en", "de"): [0.7, 0.7], ("en", "en"): [0.8, 0.9]}
    >>> bests(specimens.evidence(across={"pos": rows}), "pos")["de", "en"]
    0.6
    """

    def make() -> dict[LanguagePair, float]:
        return {pair: float(curve.values.max()) for pair, curve in across(evidence, task).items()}

    return evidence.once(("bests", task), make)


def margins(table: Mapping[LanguagePair, float], of: str) -> dict[str, float]:
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
    """Return the rank of a name, 1 for the highest value.

    Examples
    --------
    >>> rank({"de": 0.9, "en": 0.7, "fr": 0.8}, "en")
    3
    """
    return 1 + sum(value > values[name] for value in values.values())


def better_on_english(evidence: Evidence, task: str) -> Found:
    """Count the sources other than English that do at least as well on English as on themselves.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> table = [[0.7, 0.8, 0.5], [0.6, 0.9, 0.5], [0.5, 0.5, 0.6]]
    >>> better_on_english(specimens.transfer(["de", "en", "fr"], xnli=table), "xnli")
    Found(value=1, detail='not fr')
    """
    table = bests(evidence, task)
    sources = [source for source in dict.fromkeys(pair[0] for pair in table) if source != "en"]
    worse = [source for source in sources if table[source, "en"] < table[source, source]]
    return Found(len(sources) - len(worse), f"not {listed(worse)}" if worse else "all of them")


def diagonal_best(evidence: Evidence, points: float) -> Found:
    """Whether most sources of all tasks do best on themselves: better than on any other target, by points.

    Examples
    --------
    In every task German does best on English and English on itself: half of the rows, which is not most.

    >>> from polychron.audit import specimens
    >>> one = specimens.transfer(["de", "en"], **dict.fromkeys(PROBING, [[0.7, 0.8], [0.6, 0.9]]))
    >>> diagonal_best(one, points=0.5)
    Found(value=False, detail='4 of 8 rows')
    """
    own = every = 0
    for task in PROBING:
        table = bests(evidence, task)
        for source in dict.fromkeys(pair[0] for pair in table):
            others = [value for pair, value in table.items() if pair[0] == source != pair[1]]
            own += table[source, source] >= max(others) + points / 100 - ROUNDING
            every += 1
    return Found(2 * own > every, f"{own} of {every} rows")


def arc_prediction_easiest(evidence: Evidence, points: float) -> Found:
    """Whether arc prediction keeps more of the diagonal's scores across languages than other tasks, by points.

    Half of its answers are right by chance. So it must also keep more of what scores are above the majority class,
    where that is known.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> half, most = [[1.0, 0.5], [0.5, 1.0]], [[0.8, 0.6], [0.6, 0.8]]
    >>> one = specimens.transfer(["de", "en"], pos=half, arc_prediction=most, arc_classification=half)
    >>> arc_prediction_easiest(one, points=5)
    Found(value=True, detail='POS tagging 50.0%, arc prediction 75.0%, arc classification 50.0%')
    """
    kept, above = {}, {}
    for task in TREEBANK:
        table = bests(evidence, task)
        curves = across(evidence, task)
        kept[task] = _kept(table)
        above[task] = _kept({pair: value - curves[pair].chance for pair, value in table.items()})
    detail = _shares(kept)
    easiest = kept["arc_prediction"] >= _most(kept) + points / 100 - ROUNDING
    if np.isfinite([*above.values()]).all():
        easiest &= above["arc_prediction"] > _most(above)
        detail += f"; above chance {_shares(above)}"
    return Found(bool(easiest), detail)


def _kept(table: Mapping[LanguagePair, float]) -> float:
    """Return the mean over pairs of different languages, as a share of that of the diagonal."""
    diagonal = np.mean([value for pair, value in table.items() if pair[0] == pair[1]])
    return float(np.mean([value for pair, value in table.items() if pair[0] != pair[1]]) / diagonal)


def _shares(kept: Mapping[str, float]) -> str:
    return listed([f"{NAMES[task]} {share:.1%}" for task, share in kept.items()])


def _most(shares: Mapping[str, float]) -> float:
    return max(share for task, share in shares.items() if task != "arc_prediction")


def good_sources(evidence: Evidence, languages: list[str], one_in: int) -> Found:
    """Whether languages transfer well to most targets in all treebank tasks.

    A source transfers well to a target where it is among the best sources for it: the best third where `one_in` is 3. A
    source is behind those that equal it.

    Examples
    --------
    For each target there are two sources. English is the better one for both others, German for none:

    >>> from polychron.audit import specimens
    >>> table = [[0.9, 0.6, 0.4], [0.8, 0.9, 0.8], [0.4, 0.6, 0.9]]
    >>> one = specimens.transfer(["de", "en", "ja"], **dict.fromkeys(TREEBANK, table))
    >>> good_sources(one, ["en"], one_in=2).value, good_sources(one, ["de"], one_in=2).value
    (True, False)
    """
    good, parts = True, []
    for task in TREEBANK:
        table = bests(evidence, task)
        names = list(dict.fromkeys(target for _, target in table))
        for language in languages:
            targets = [target for target in names if target != language]
            well = 0
            for target in targets:
                others = [table[source, target] for source in names if source not in (target, language)]
                place = 1 + sum(value >= table[language, target] for value in others)
                well += one_in * place <= len(others) + 1
            good &= 2 * well > len(targets)
            parts.append(f"{language} to {well} of {len(targets)} in {NAMES[task]}")
    return Found(bool(good), listed(parts))


def isolated(evidence: Evidence, language: str, points: float) -> Found:
    """Whether a language is isolated in transfer, although good in-language.

    It is in the worst third of sources and of targets, its mean as either is below that of the others by points, and it
    is above the median in-language. Scores are averaged over the treebank tasks.

    Examples
    --------
    Japanese is the third of three sources and targets, and the best in-language. As a source it has 0.4 where the
    others have 0.55 and 0.6, as a target 0.45 where they have 0.55:

    >>> from polychron.audit import specimens
    >>> table = [[0.8, 0.7, 0.4], [0.7, 0.8, 0.5], [0.4, 0.4, 0.9]]
    >>> one = specimens.transfer(["de", "en", "ja"], **dict.fromkeys(TREEBANK, table))
    >>> isolated(one, "ja", points=2)
    Found(value=True, detail='number 3 as a source, 3 as a target, 1 in-language, of 3; 17.50 and 10.00 points below')
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
    below = [
        100 * (np.mean([mean for one, mean in means.items() if one != language]) - means[language])
        for means in (sources, targets)
    ]
    apart = min(places[0], places[1]) > 2 * number / 3 and min(below) >= points - ROUNDING
    good = apart and own[language] > np.median([*own.values()])
    detail = f"number {places[0]} as a source, {places[1]} as a target, {places[2]} in-language, of {number}"
    return Found(bool(good), f"{detail}; {below[0]:.2f} and {below[1]:.2f} points below")


def target_over_source(evidence: Evidence, task: str, times: float) -> Found:
    """Whether targets differ more than sources, by a factor: standard deviations of their means off the diagonal.

    Examples
    --------
    Means of rows 0.6, 0.7 and 0.7, of columns 0.8, 0.7 and 0.5:

    >>> from polychron.audit import specimens
    >>> table = [[0.9, 0.7, 0.5], [0.9, 0.9, 0.5], [0.7, 0.7, 0.9]]
    >>> target_over_source(specimens.transfer(["de", "en", "ja"], pos=table), "pos", times=1.6)
    Found(value=True, detail='s.d. of targets 12.47, s.d. of sources 4.71')
    """
    table = bests(evidence, task)
    spread = {of: np.std([*margins(table, of).values()]) * 100 for of in ("target", "source")}
    more = spread["target"] > max(times * spread["source"], ROUNDING)
    return Found(bool(more), listed([f"s.d. of {of}s {x:.2f}" for of, x in spread.items()]))


def hardest_targets(evidence: Evidence, task: str, languages: list[str]) -> Found:
    """Whether languages are the targets with the lowest mean scores, all below those of the others.

    Examples
    --------
    Off the diagonal, columns have the means 0.8, 0.7 and 0.5:

    >>> from polychron.audit import specimens
    >>> table = [[0.9, 0.7, 0.5], [0.9, 0.9, 0.5], [0.7, 0.7, 0.9]]
    >>> hardest_targets(specimens.transfer(["de", "en", "ja"], pos=table), "pos", ["ja"])
    Found(value=True, detail='lowest: ja')
    """
    means = margins(bests(evidence, task), "target")
    lowest = sorted(means, key=means.get)[: len(languages)]
    worst = max(means[language] for language in languages)
    apart = all(mean > worst + ROUNDING for one, mean in means.items() if one not in languages)
    return Found(bool(apart), f"lowest: {listed(lowest)}")


def _mean_final(evidence: Evidence, task: str, transfer: bool, model: str) -> tuple[float, int]:
    given = evidence.averages.get((model, task, transfer))
    if given is not None:
        return given, 0
    finals, choice = _finals(evidence, task, transfer, model), evidence.reading["average"]
    counted = finals if choice == "with_diagonal" or not transfer else off_diagonal(finals)
    return averaged(finals, choice), len(counted)


def _finals(evidence: Evidence, task: str, transfer: bool, model: str) -> dict:
    """Return the last checkpoint's scores, in points or in bits."""
    curves = (across if transfer else in_language)(evidence, task, last=True, model=model)
    return {place: float(curve.values[-1]) * (1 if task == "bits" else 100) for place, curve in curves.items()}


def average(evidence: Evidence, task: str, transfer: bool, model: str) -> Found:
    """Average the last checkpoint's scores over languages, or over pairs (Table 3, A29).

    Examples
    --------
    Pairs of a language with itself are left out, (60 + 75) / 2, unless the reading has them:

    >>> from polychron.audit import specimens
    >>> one = specimens.transfer(["de", "en"], pos=[[0.9, 0.6], [0.75, 0.9]])
    >>> average(one, "pos", True, "study")
    Found(value=67.5, detail='over 2 pairs of different languages')
    >>> average(one.under({"average": "with_diagonal"}), "pos", True, "study")
    Found(value=78.75, detail='over 4 pairs, the diagonal counted')
    """
    value, number = _mean_final(evidence, task, transfer, model)
    diagonal = evidence.reading["average"] == "with_diagonal"
    pairs = "pairs, the diagonal counted" if diagonal else "pairs of different languages"
    detail = f"over {number} {pairs if transfer else 'languages'}"
    if evidence.averages or evidence.reading["average"] != "mean":
        return Found(value, detail)
    return Found(value, detail, *interval(_finals(evidence, task, transfer, model)))


def _both(evidence: Evidence, task: str, transfer: bool) -> tuple[float, float]:
    if evidence.reference is None and not evidence.averages:
        raise Missing("scores of XLM-R base, as a second model (models.original)")
    return tuple(_mean_final(evidence, task, transfer, model)[0] for model in ("study", "reference"))


def replica_worse(evidence: Evidence, least: float, most: float) -> Found:
    """Whether the model under study is slightly worse than XLM-R base in-language: bits, POS tagging and XNLI.

    Slightly worse is by at least a share `least` and at most a share `most` of XLM-R base's score.

    Examples
    --------
    Worse by 8, 2 and 5% of the score:

    >>> from polychron.audit import specimens
    >>> means = {"bits": (0.648, 0.6), "pos": (88.2, 90.0), "xnli": (57.0, 60.0)}
    >>> known = {("study", task, False): study for task, (study, _) in means.items()}
    >>> known |= {("reference", task, False): base for task, (_, base) in means.items()}
    >>> replica_worse(specimens.evidence(averages=known), least=0.005, most=0.1)
    Found(value=True, detail='bits per character 0.648 and 0.6, POS tagging 88.2 and 90, XNLI 57 and 60')
    """
    means = {task: _both(evidence, task, False) for task in ("bits", "pos", "xnli")}
    gaps = [(study - base if task == "bits" else base - study) / base for task, (study, base) in means.items()]
    worse = all(least - ROUNDING <= gap <= most + ROUNDING for gap in gaps)
    return Found(worse, listed([f"{NAMES[task]} {study:.4g} and {base:.4g}" for task, (study, base) in means.items()]))


def replica_better(evidence: Evidence, task: str, least: float) -> Found:
    """Whether the model under study is better than XLM-R base across languages, by a share of its score.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> means = {("study", "pos", True): 66.0, ("reference", "pos", True): 65.0}
    >>> replica_better(specimens.evidence(averages=means), "pos", least=0.005)
    Found(value=True, detail='66 and 65')
    """
    study, base = _both(evidence, task, True)
    return Found(study >= (1 + least) * base - ROUNDING, f"{study:.4g} and {base:.4g}")


MEASURES = {
    function.__name__: function
    for function in (
        better_on_english, diagonal_best, arc_prediction_easiest, good_sources, isolated, target_over_source,
        hardest_targets, average, replica_worse, replica_better,
    )
}  # fmt: skip
