"""Claims about what is lost from the best checkpoint to the last."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np

from polychron.analysis import uncertainty
from polychron.analysis.dynamics import ROUNDING
from polychron.audit import noise, readings
from polychron.audit.curves import Curve
from polychron.audit.evidence import (
    NAMES,
    PROBING,
    Evidence,
    Found,
    Missing,
    across,
    in_language,
    languages_of,
    listed,
    off_diagonal,
)
from polychron.stats.correlation import spearman


def improves_throughout(evidence: Evidence, task: str, parts: int, least: float, slack: float) -> Found:
    """Whether every language improves throughout pretraining (section 3.2, Appendix D).

    The checkpoints after the first are cut into `parts` of equal length. In each of them the best score so far must
    improve by a share of more than `least`. At no checkpoint may a score be worse than the best before it by a share of
    more than `slack`.

    Examples
    --------
    English bits rise from 1 to 1.25, and those of Finnish stay at 1:

    >>> from polychron.audit import specimens
    >>> rows = {"de": [2.0, 1.5, 1.0], "en": [2.0, 1.0, 1.25], "fi": [2.0, 1.0, 1.0]}
    >>> improves_throughout(specimens.evidence({"bits": rows}), "bits", parts=2, least=0.001, slack=0.005)
    Found(value=False, detail='not throughout: en, fi; of 3 languages')
    """
    chosen = in_language(evidence, task)
    stalled = [language for language, curve in chosen.items() if not _improves(curve, parts, least, slack)]
    words = f"not throughout: {listed(stalled)}; of" if stalled else "all"
    return Found(not stalled, f"{words} {len(chosen)} languages")


def _improves(curve: Curve, parts: int, least: float, slack: float) -> bool:
    """Whether a curve improves in each part of its checkpoints, and is nowhere much worse than before."""
    costs = curve.values if curve.lower else 1 / curve.values
    lowest = np.minimum.accumulate(costs)
    ends = [part[-1] for part in np.array_split(np.arange(1, len(costs)), min(parts, len(costs) - 1)) if len(part)]
    falls = [lowest[end] < (1 - least) * lowest[start] for start, end in itertools.pairwise([0, *ends])]
    return bool(falls) and all(falls) and bool((costs <= (1 + slack) * lowest + ROUNDING).all())


def losses(evidence: Evidence, task: str, transfer: bool, printed: str) -> dict:
    """Return the forgetting of each language, or of each pair, the diagonal included (A24).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> found = losses(specimens.evidence({"pos": {"de": [0.8, 0.6], "en": [0.7, 0.9]}}), "pos", False, "relative")
    >>> {language: round(loss, 6) for language, loss in found.items()}
    {'de': 0.25, 'en': 0.0}
    """
    choice = evidence.reading["forgetting"]

    def make() -> dict:
        curves = across(evidence, task) if transfer else in_language(evidence, task)
        return {place: readings.forgetting(curve, choice, printed) for place, curve in curves.items()}

    return evidence.once(("losses", task, transfer, choice, printed), make)


def noise_of_losses(evidence: Evidence, curves: Mapping[Any, Curve], what: str, printed: str) -> dict:
    """Return the noise of scores as losses are read: of relative ones, as a share of the best score (A24).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> one = specimens.evidence({"pos": {"de": [0.5, 0.4]}}, error=0.01)
    >>> curves = in_language(one, "pos")
    >>> [noise_of_losses(one, curves, "POS tagging", printed)["de"] for printed in ("absolute", "relative")]
    [0.01, 0.02]
    """
    known, choice = noise.noises(curves, what), evidence.reading["forgetting"]
    if (printed if choice == "as_printed" else choice) == "absolute":
        return known
    return {place: one / float(curves[place].values.max()) for place, one in known.items()}


def forgetting_uncorrelated(evidence: Evidence, level: float, weak: float) -> Found:
    """Whether the forgetting of languages is correlated neither between two tasks nor on the whole (section 3.2, A24).

    No pair of tasks may have a coefficient at p < `level`, and the mean of all coefficients must be between -`weak` and
    `weak`: a common tendency shows in the mean before it does in a single pair.

    Examples
    --------
    Losses of two tasks with ranks 1, 2, 3, 4 and 2, 1, 4, 3 have rho = 0.6; other tasks have 0, -0.6 and so on:

    >>> from polychron.audit import specimens
    >>> ranks = dict(zip(PROBING, [(1, 2, 3, 4), (2, 1, 4, 3), (3, 1, 2, 4), (2, 4, 1, 3)], strict=True))
    >>> rows = {task: {"abcd"[at]: [1, 1 - rank / 10] for at, rank in enumerate(of)} for task, of in ranks.items()}
    >>> found = forgetting_uncorrelated(specimens.evidence(rows), level=0.05, weak=0.2)
    >>> found.value, found.detail.partition(",")[0]
    (True, 'mean 0.07: POS tagging and arc prediction 0.60 (n = 4)')
    """
    found = {task: losses(evidence, task, False, "relative") for task in PROBING}
    related, rhos, parts = False, [], []
    for one, other in itertools.combinations(PROBING, 2):
        shared = [language for language in languages_of(evidence, one) if language in found[other]]
        rho, p = spearman(*([found[task][language] for language in shared] for task in (one, other)))
        if not np.isfinite(rho):
            raise Missing(f"forgetting that differs between languages in {NAMES[one]} and {NAMES[other]}")
        related |= p < level
        rhos.append(rho)
        parts.append(f"{NAMES[one]} and {NAMES[other]} {rho:.2f} (n = {len(shared)})")
    mean = float(np.mean(rhos))
    return Found(bool(not related and abs(mean) <= weak), f"mean {mean:.2f}: {listed(parts)}")


def forgetting_found(evidence: Evidence, level: float) -> Found:
    """Whether some language forgets in every task, beyond what choosing the best of noisy checkpoints gives.

    A language forgets where it does so beyond the noise of seeds and that of checkpoints. Cross-fitted forgetting (see
    `uncertainty.forgetting`) must have an interval above 0, and a flat curve with the noise of this one must be
    unlikely to lose as much (see `noise.chance_of_loss`). Both are corrected for the number of languages (Bonferroni).

    Examples
    --------
    Three runs agree on the best step; from it to the last, they lose 0.2, 0.2 and 0.1 in every task: 0.17 on average,
    and from 0.02 to 0.31 with 95%. Means over seeds have a standard error of 0.01.

    >>> from polychron.audit import specimens
    >>> three = {task: {"de": [[0.5, 0.9, 0.7], [0.5, 0.9, 0.7], [0.5, 0.8, 0.7]]} for task in PROBING}
    >>> mean = {task: {"de": np.mean(of["de"], axis=0)} for task, of in three.items()}
    >>> forgetting_found(specimens.evidence(mean, runs=three, error=0.01), level=0.05).value
    True
    """
    if evidence.study is None:
        raise Missing("the study's scores")
    parts, good = [], True
    for task in PROBING:
        curves = in_language(evidence, task)
        languages = [*curves]
        absent = [one for one in languages if len(evidence.study.runs.get((task, one), ())) < 2]
        if absent:
            raise Missing(f"two or more runs of {NAMES[task]} in {listed(absent)}")
        fitted = [
            uncertainty.forgetting(evidence.study.runs[task, one], level=1 - level / len(languages))[0]
            for one in languages
        ]
        known = noise.noises(curves, NAMES[task])
        lucky = [noise.chance_of_loss(_loss(curve), known[one], len(curve.values)) for one, curve in curves.items()]
        both = zip(fitted, lucky, strict=True)
        lost = sum(loss.low > 0 and chance <= level / len(languages) for loss, chance in both)
        good &= lost > 0
        parts.append(f"{NAMES[task]} {lost} of {len(languages)} languages")
    return Found(good, listed(parts))


def _loss(curve: Curve) -> float:
    return readings.forgetting(curve, "absolute")


def forgetting_larger(evidence: Evidence, tasks: list[str], than: list[str], times: float) -> Found:
    """Whether transfer is forgotten in particular in some tasks: more than in the others by a factor (Figure 7, A24).

    What the best of noisy checkpoints is above the last one in a flat curve is taken off all means (see `noise`).

    Examples
    --------
    From the best to the last, part of speech loses 5 and 1 points across languages, arc prediction 2 and 1:

    >>> from polychron.audit import specimens
    >>> lost = {"pos": (0.05, 0.01), "arc_prediction": (0.02, 0.01)}
    >>> pairs = [("de", "en"), ("en", "de"), ("de", "de"), ("en", "en")]
    >>> rows = {task: dict(zip(pairs, [[0.9, 0.9 - loss] for loss in (*of, 0, 0)])) for task, of in lost.items()}
    >>> one = specimens.evidence(across=rows, error=0.0)
    >>> forgetting_larger(one, ["pos"], ["arc_prediction"], times=1.25)
    Found(value=True, detail='POS tagging 3.00, arc prediction 1.50')
    """
    means = {}
    for task in (*tasks, *than):
        lost = np.mean([*off_diagonal(losses(evidence, task, True, "absolute")).values()])
        curves = off_diagonal(across(evidence, task))
        known = noise_of_losses(evidence, curves, f"{NAMES[task]} across languages", "absolute")
        luck = np.mean([noise.lifted(len(curve.values)) * known[pair] for pair, curve in curves.items()])
        means[task] = 100 * float(lost - luck)
    detail = listed([f"{NAMES[task]} {mean:.2f}" for task, mean in means.items()])
    most = max(0.0, *(means[task] for task in than))
    return Found(bool(min(means[task] for task in tasks) > times * most + ROUNDING), detail)


def forgetting_varies(evidence: Evidence, at_least: float) -> Found:
    """Whether forgetting varies across the targets of a source: s.d. / mean, averaged over sources and tasks.

    What noise alone gives is taken off the variance, for the best and for the last score. A source that forgets nothing
    has a ratio of 0.

    Examples
    --------
    One source loses 0.1 to one target and 0.3 to the other, s.d. 0.1 and mean 0.2; the others lose nothing, and there
    is no noise:

    >>> from polychron.audit import specimens
    >>> lost = {("de", "en"): 0.1, ("de", "fr"): 0.3}
    >>> pairs = itertools.product(("de", "en", "fr"), repeat=2)
    >>> rows = {pair: [0.9, 0.9 - lost.get(pair, 0)] for pair in pairs}
    >>> forgetting_varies(specimens.evidence(across=dict.fromkeys(PROBING, rows), error=0.0), at_least=0.1)
    Found(value=True, detail='s.d. / mean is 0.17 beyond noise, over 12 sources')
    """
    ratios = []
    for task in PROBING:
        curves = across(evidence, task)
        known = noise_of_losses(evidence, curves, f"{NAMES[task]} across languages", "absolute")
        found = off_diagonal(losses(evidence, task, True, "absolute"))
        for source in dict.fromkeys(source for source, _ in found):
            pairs = [pair for pair in found if pair[0] == source]
            own = np.array([found[pair] for pair in pairs])
            spread = np.sqrt(max(own.var() - np.mean([2 * known[pair] ** 2 for pair in pairs]), 0.0))
            ratios.append(spread / own.mean() if own.mean() > ROUNDING else 0.0)
    mean = float(np.mean(ratios))
    return Found(mean > at_least, f"s.d. / mean is {mean:.2f} beyond noise, over {len(ratios)} sources")


MEASURES = {
    function.__name__: function
    for function in (
        improves_throughout, forgetting_uncorrelated, forgetting_found, forgetting_larger, forgetting_varies,
    )
}  # fmt: skip
