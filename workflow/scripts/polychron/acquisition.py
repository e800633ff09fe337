"""Acquisition: the claims about when in-language and transfer abilities are learned, and when they are forgotten."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

import numpy as np

from polychron import reading, uncertainty
from polychron.correlation import spearman
from polychron.evidence import (
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
    schedule,
    shared_languages_of,
)


def extreme_best(evidence: Evidence, task: str, of: str) -> Found:
    """Take the lowest or highest best score over languages (section 3.1, Figure 1)."""
    curves = in_language(evidence, task)
    scale = 1 if task == "bits" else 100
    tops = {
        one: scale * float(curve.values.min() if curve.lower else curve.values.max()) for one, curve in curves.items()
    }
    language = (min if of == "min" else max)(tops, key=tops.get)
    return Found(tops[language], f"{language}, of {len(tops)} languages")


def onsets(evidence: Evidence, task: str, share: float, transfer: bool = False) -> dict:
    """Give the step to a share of the best of each language, or of each pair, the diagonal included (A21 to A23)."""
    choice = (evidence.reading["onset"], evidence.reading["relative"])
    share = reading.share_of(share, evidence.reading["onset_share"])

    def make() -> dict:
        curves = across(evidence, task) if transfer else in_language(evidence, task)
        return {place: reading.onset(curve, share, *choice) for place, curve in curves.items()}

    return evidence.once(("onsets", task, share, transfer, *choice, evidence.reading["bits"]), make)


def average(values: Mapping | Iterable[float], choice: str) -> float:
    """Average over languages or pairs (A29); pairs are off the diagonal unless it is asked for.

    Examples
    --------
    >>> pairs = {("a", "b"): 1.0, ("b", "a"): 2.0, ("c", "a"): 6.0, ("a", "a"): 9.0}
    >>> [average(pairs, choice) for choice in ("mean", "with_diagonal", "median")]
    [3.0, 4.5, 2.0]
    """
    if isinstance(values, Mapping):
        paired = any(isinstance(place, tuple) for place in values)
        values = (off_diagonal(values) if paired and choice != "with_diagonal" else values).values()
    values = np.asarray([*values], float)
    return float(np.median(values) if choice == "median" else values.mean())


def latest_onset(evidence: Evidence, task: str, share: float) -> Found:
    """Find the step by which all languages have reached a share of their best (section 3.2)."""
    steps = onsets(evidence, task, share)
    language = max(steps, key=steps.get)
    return Found(steps[language], f"{language} is the last of {len(steps)} languages")


def share_later(evidence: Evidence, task: str, share: float, step: int) -> Found:
    """Give the share of languages that reach a share of their best after a step (section 3.2)."""
    steps = onsets(evidence, task, share)
    later = sum(one > step for one in steps.values())
    return Found(later / len(steps), f"{later} of {len(steps)} languages")


def onset_gap(evidence: Evidence, tasks: list[str], share: float) -> Found:
    """Take the median distance, in checkpoints, of the onsets of two tasks in a language (A41)."""
    grid = [0, *schedule(evidence)]
    places = [
        np.interp([steps[language] for language in shared_languages_of(evidence)], grid, range(len(grid)))
        for steps in (onsets(evidence, task, share) for task in tasks)
    ]
    gaps = np.abs(places[0] - places[1])
    return Found(float(np.median(gaps)), f"largest {gaps.max():g}, over {len(gaps)} languages")


def languages_in_order(evidence: Evidence, share: float) -> Found:
    """Count the shared languages that acquire {POS, arc prediction}, arc classification, XNLI in this order (A42)."""
    steps = {task: onsets(evidence, task, share) for task in PROBING}
    shared = shared_languages_of(evidence)
    chosen = evidence.reading["order"]
    broken = [one for one in shared if not reading.in_order({task: steps[task][one] for task in PROBING}, chosen)]
    return Found(len(shared) - len(broken), f"not {listed(broken)}" if broken else "all of them")


def pairs_in_order(evidence: Evidence, share: float) -> Found:
    """Give the share of the pairs of all four transfer tasks that are acquired in the expected order (4.2, A42)."""
    steps = {task: onsets(evidence, task, share, transfer=True) for task in PROBING}
    shared = shared_languages_of(evidence, transfer=True)
    pairs = [*itertools.product(shared, shared)]
    if evidence.reading["average"] != "with_diagonal":
        pairs = [pair for pair in pairs if pair[0] != pair[1]]
    chosen = evidence.reading["order"]
    kept = sum(reading.in_order({task: steps[task][pair] for task in PROBING}, chosen) for pair in pairs)
    return Found(kept / len(pairs), f"{kept} of {len(pairs)} pairs")


def mean_onset(evidence: Evidence, task: str, share: float) -> Found:
    """Average the step to a share of the best over pairs (section 4.2, A22, A29)."""
    steps = onsets(evidence, task, share, transfer=True)
    spread = np.std([*off_diagonal(steps).values()])
    return Found(average(steps, evidence.reading["average"]), f"s.d. {spread:.0f} over pairs")


def _means(evidence: Evidence, share: float, transfer: bool) -> dict[str, float]:
    choice = evidence.reading["average"]
    return {task: average(onsets(evidence, task, share, transfer), choice) for task in PROBING}


def _said(means: Mapping[str, float]) -> str:
    return listed([f"{NAMES[task]} {mean:.0f}" for task, mean in means.items()])


def tasks_in_order(evidence: Evidence, share: float) -> Found:
    """Say whether mean in-language onsets are in the order {POS, arc prediction}, arc classification, XNLI."""
    means = _means(evidence, share, transfer=False)
    return Found(reading.in_order(means, "strict"), _said(means))


def means_in_order(evidence: Evidence, share: float) -> Found:
    """Say whether mean transfer onsets are in the order arc prediction, POS, arc classification, XNLI."""
    means = _means(evidence, share, transfer=True)
    order = ("arc_prediction", "pos", "arc_classification", "xnli")
    return Found(all(means[a] < means[b] for a, b in itertools.pairwise(order)), _said(means))


def later_across(evidence: Evidence, share: float) -> Found:
    """Say whether transfer is acquired later than in-language ability and varies more, in mean and s.d., per task."""
    parts, good = [], True
    for task in PROBING:
        inside = np.array([*onsets(evidence, task, share).values()])
        pairs = np.array([*off_diagonal(onsets(evidence, task, share, transfer=True)).values()])
        good &= bool(pairs.mean() > inside.mean() and pairs.std() > inside.std())
        parts.append(
            f"{NAMES[task]} {inside.mean():.0f} ± {inside.std():.0f} and {pairs.mean():.0f} ± {pairs.std():.0f}"
        )
    return Found(good, listed(parts))


def worsened(evidence: Evidence, task: str, slack: float) -> Found:
    """Say whether every language ends at its best, up to a share of it (3.2, Appendix D)."""
    lost = {one: reading.forgetting(curve, "relative") for one, curve in in_language(evidence, task).items()}
    worse = [f"{language} {loss:.1%}" for language, loss in lost.items() if loss > slack]
    return Found(not worse, f"worse at the end: {listed(worse)}" if worse else f"all {len(lost)} languages")


def losses(evidence: Evidence, task: str, transfer: bool, printed: str) -> dict:
    """Give the forgetting of each language, or of each pair, the diagonal included (A24)."""
    choice = evidence.reading["forgetting"]

    def make() -> dict:
        curves = across(evidence, task) if transfer else in_language(evidence, task)
        return {place: reading.forgetting(curve, choice, printed) for place, curve in curves.items()}

    return evidence.once(("losses", task, transfer, choice, printed), make)


def forgetting_uncorrelated(evidence: Evidence, level: float) -> Found:
    """Say whether the forgetting of languages is uncorrelated between any two tasks (section 3.2, A24)."""
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
    """Say whether some language forgets in every task, beyond what choosing the best of noisy checkpoints gives.

    Cross-fitted, see `uncertainty.forgetting`: a language forgets where the lower end of its interval lies above 0, the
    intervals of all languages together at 1 - `level` (Bonferroni).
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
    """Say whether transfer is forgotten more in some tasks than in another (Figure 7, A24)."""
    means = {
        task: 100 * float(np.mean([*off_diagonal(losses(evidence, task, True, "absolute")).values()]))
        for task in (*tasks, than)
    }
    detail = listed([f"{NAMES[task]} {mean:.2f}" for task, mean in means.items()])
    return Found(all(means[task] > means[than] for task in tasks), detail)


def forgetting_varies(evidence: Evidence, at_least: float) -> Found:
    """Say whether forgetting varies across the targets of a source: s.d. / mean, averaged over sources and tasks."""
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
    for function in (
        extreme_best, latest_onset, share_later, onset_gap, languages_in_order, pairs_in_order, mean_onset,
        tasks_in_order, means_in_order, later_across, worsened, forgetting_uncorrelated, forgetting_found,
        forgetting_larger, forgetting_varies,
    )
}  # fmt: skip
