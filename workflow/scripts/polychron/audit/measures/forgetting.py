"""Claims about what is lost from the best checkpoint to the last."""

from __future__ import annotations

import itertools

import numpy as np

from polychron.analysis import uncertainty
from polychron.audit import readings
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


def worsened(evidence: Evidence, task: str, slack: float) -> Found:
    """Whether no language loses more than a share of its best by the end (3.2, Appendix D).

    Examples
    --------
    English bits rise from 1 to 1.25: 1 - 1 / 1.25 of the best is lost.


    >>> from polychron.audit import specimens
    >>> worsened(specimens.evidence({"bits": {"de": [2.0, 1.0], "en": [1.0, 1.25]}}), "bits", slack=0.01)
    Found(value=False, detail='worse at the end: en 20.0%')
    """
    lost = {one: readings.forgetting(curve, "relative") for one, curve in in_language(evidence, task).items()}
    worse = [f"{language} {loss:.1%}" for language, loss in lost.items() if loss > slack]
    return Found(not worse, f"worse at the end: {listed(worse)}" if worse else f"all {len(lost)} languages")


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


def forgetting_uncorrelated(evidence: Evidence, level: float) -> Found:
    """Whether the forgetting of languages is uncorrelated between any two tasks (section 3.2, A24).

    Examples
    --------
    Losses of two tasks with ranks 1, 2, 3, 4 and 2, 1, 4, 3 have rho = 0.6; other tasks have 0, -0.6 and so on:

    >>> from polychron.audit import specimens
    >>> ranks = dict(zip(PROBING, [(1, 2, 3, 4), (2, 1, 4, 3), (3, 1, 2, 4), (2, 4, 1, 3)], strict=True))
    >>> rows = {task: {"abcd"[at]: [1, 1 - rank / 10] for at, rank in enumerate(of)} for task, of in ranks.items()}
    >>> found = forgetting_uncorrelated(specimens.evidence(rows), level=0.05)
    >>> found.value, found.detail.partition(",")[0]
    (True, 'POS tagging and arc prediction 0.60 (n = 4)')
    """
    found = {task: losses(evidence, task, False, "relative") for task in PROBING}
    related, parts = False, []
    for one, other in itertools.combinations(PROBING, 2):
        shared = [language for language in languages_of(evidence, one) if language in found[other]]
        rho, p = spearman(*([found[task][language] for language in shared] for task in (one, other)))
        if not np.isfinite(rho):
            raise Missing(f"forgetting that differs between languages in {NAMES[one]} and {NAMES[other]}")
        related |= p < level
        parts.append(f"{NAMES[one]} and {NAMES[other]} {rho:.2f} (n = {len(shared)})")
    return Found(not related, listed(parts))


def forgetting_found(evidence: Evidence, level: float) -> Found:
    """Whether some language forgets in every task, beyond what choosing the best of noisy checkpoints gives.

    Forgetting is cross-fitted; see `uncertainty.forgetting`. A language forgets where the lower end of its interval is
    above 0; the intervals of all languages together have the level 1 - `level` (Bonferroni).

    Examples
    --------
    Three runs agree on the best step; from it to the last, they lose 0.2, 0.2 and 0.1 in every task: 0.17 on average,
    and from 0.02 to 0.31 with 95%.

    >>> from polychron.audit import specimens
    >>> three = {task: {"de": [[0.5, 0.9, 0.7], [0.5, 0.9, 0.7], [0.5, 0.8, 0.7]]} for task in PROBING}
    >>> mean = {task: {"de": np.mean(of["de"], axis=0)} for task, of in three.items()}
    >>> forgetting_found(specimens.evidence(mean, runs=three), level=0.05).value
    True
    """
    if evidence.study is None:
        raise Missing("the study's scores")
    parts, good = [], True
    for task in PROBING:
        languages = [*in_language(evidence, task)]
        absent = [one for one in languages if len(evidence.study.runs.get((task, one), ())) < 2]
        if absent:
            raise Missing(f"two or more runs of {NAMES[task]} in {listed(absent)}")
        fitted = [
            uncertainty.forgetting(evidence.study.runs[task, one], level=1 - level / len(languages))[0]
            for one in languages
        ]
        lost = sum(loss.low > 0 for loss in fitted)
        good &= lost > 0
        parts.append(f"{NAMES[task]} {lost} of {len(languages)} languages")
    return Found(good, listed(parts))


def forgetting_larger(evidence: Evidence, tasks: list[str], than: str) -> Found:
    """Whether transfer is forgotten more in some tasks than in another (Figure 7, A24).

    Examples
    --------
    From the best to the last, part of speech loses 5 and 1 points across languages, arc prediction 2 and 1:

    >>> from polychron.audit import specimens
    >>> lost = {"pos": (0.05, 0.01), "arc_prediction": (0.02, 0.01)}
    >>> pairs = [("de", "en"), ("en", "de"), ("de", "de"), ("en", "en")]
    >>> rows = {task: dict(zip(pairs, [[0.9, 0.9 - loss] for loss in (*of, 0, 0)])) for task, of in lost.items()}
    >>> forgetting_larger(specimens.evidence(across=rows), ["pos"], "arc_prediction")
    Found(value=True, detail='POS tagging 3.00, arc prediction 1.50')
    """
    means = {
        task: 100 * float(np.mean([*off_diagonal(losses(evidence, task, True, "absolute")).values()]))
        for task in (*tasks, than)
    }
    detail = listed([f"{NAMES[task]} {mean:.2f}" for task, mean in means.items()])
    return Found(all(means[task] > means[than] for task in tasks), detail)


def forgetting_varies(evidence: Evidence, at_least: float) -> Found:
    """Whether forgetting varies across the targets of a source: s.d. / mean, averaged over sources and tasks.

    Examples
    --------
    One source loses 0.1 to one target and 0.3 to the other, s.d. 0.1 and mean 0.2; the others lose nothing:

    >>> from polychron.audit import specimens
    >>> lost = {("de", "en"): 0.1, ("de", "fr"): 0.3}
    >>> pairs = itertools.product(("de", "en", "fr"), repeat=2)
    >>> rows = {pair: [0.9, 0.9 - lost.get(pair, 0)] for pair in pairs}
    >>> forgetting_varies(specimens.evidence(across=dict.fromkeys(PROBING, rows)), at_least=0.25)
    Found(value=True, detail='s.d. / mean is 0.50, over 4 sources')
    """
    ratios = []
    for task in PROBING:
        found = off_diagonal(losses(evidence, task, True, "absolute"))
        for source in dict.fromkeys(source for source, _ in found):
            own = np.array([loss for pair, loss in found.items() if pair[0] == source])
            if own.mean() > 0:
                ratios.append(own.std() / own.mean())
    if not ratios:
        raise Missing("transfer that is forgotten: no pair loses anything")
    return Found(float(np.mean(ratios)) > at_least, f"s.d. / mean is {np.mean(ratios):.2f}, over {len(ratios)} sources")


MEASURES = {
    function.__name__: function
    for function in (worsened, forgetting_uncorrelated, forgetting_found, forgetting_larger, forgetting_varies)
}
