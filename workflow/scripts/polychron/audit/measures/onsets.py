"""Claims about how well and when in-language and transfer abilities are learned."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

import numpy as np

from polychron.audit import noise, readings
from polychron.audit.evidence import (
    NAMES,
    PROBING,
    Evidence,
    Found,
    across,
    in_language,
    listed,
    off_diagonal,
    schedule,
    shared_languages_of,
)
from polychron.stats import dyadic, intervals


def extreme_best(evidence: Evidence, task: str, of: str) -> Found:
    """The lowest or highest best score over languages (section 3.1, Figure 1).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> extreme_best(specimens.evidence({"pos": {"de": [0.5, 0.75], "en": [0.9, 0.7]}}), "pos", "min")
    Found(value=75.0, detail='de, of 2 languages')
    """
    curves = in_language(evidence, task)
    scale = 1 if task == "bits" else 100
    tops = {
        one: scale * float(curve.values.min() if curve.lower else curve.values.max()) for one, curve in curves.items()
    }
    language = (min if of == "min" else max)(tops, key=tops.get)
    return Found(tops[language], f"{language}, of {len(tops)} languages")


def onsets(evidence: Evidence, task: str, share: float, transfer: bool = False, fitted: bool = False) -> dict:
    """Return the step to a share of the best of each language, or of each pair, the diagonal included (A21 to A23).

    Parameters
    ----------
    fitted : bool
        Whether curves are fitted first (see `noise.settled`): the noisier a curve, the later its luckiest checkpoint is
        approached, so that without a fit the noisier of two tasks seems to be learned later.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> onsets(specimens.evidence({"pos": {"de": [0.5, 0.8, 0.8], "en": [0.9, 0.9, 1.0]}}), "pos", 0.95)
    {'de': 20.0, 'en': 30.0}
    """
    choice = (evidence.reading["onset"], evidence.reading["relative"])
    share = readings.share_of(share, evidence.reading["onset_share"])

    def make() -> dict:
        curves = across(evidence, task) if transfer else in_language(evidence, task)
        if fitted:
            key = ("settled", task, transfer, evidence.reading["bits"])
            curves = evidence.once(key, lambda: noise.settled(curves))
        return {place: readings.onset(curve, share, *choice) for place, curve in curves.items()}

    return evidence.once(("onsets", task, share, transfer, fitted, *choice, evidence.reading["bits"]), make)


def average(values: Mapping | Iterable[float], choice: str) -> float:
    """Average over languages or pairs (A29); the diagonal is left out by default.

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
    """Find the step by which all languages have reached a share of their best (section 3.2).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> latest_onset(specimens.learned({"pos": {"de": 20, "en": 30}}), "pos", 0.98)
    Found(value=30.0, detail='en is the last of 2 languages')
    """
    steps = onsets(evidence, task, share)
    language = max(steps, key=steps.get)
    return Found(steps[language], f"{language} is the last of {len(steps)} languages")


def share_later(evidence: Evidence, task: str, share: float, step: int) -> Found:
    """Return the share of languages that reach a share of their best after a step (section 3.2).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> share_later(specimens.learned({"pos": {"de": 10, "en": 30}}), "pos", 0.98, step=20)
    Found(value=0.5, detail='1 of 2 languages, 1 by fitted curves')
    """
    raw, fitted = ([one > step for one in onsets(evidence, task, share, fitted=fit).values()] for fit in (False, True))
    return Found(sum(raw) / len(raw), f"{sum(raw)} of {len(raw)} languages, {sum(fitted)} by fitted curves")


def onset_gap(evidence: Evidence, tasks: list[str], share: float) -> Found:
    """The median distance, in checkpoints, between the onsets of two tasks in a language (A41).

    Examples
    --------
    One checkpoint apart in German, two in English:

    >>> from polychron.audit import specimens
    >>> one = specimens.learned({"pos": {"de": 20, "en": 10}, "xnli": {"de": 30, "en": 30}})
    >>> onset_gap(one, ["pos", "xnli"], 0.98)
    Found(value=1.5, detail='largest 2, over 2 languages', n=2)
    """
    grid = [0, *schedule(evidence)]
    places = [
        np.interp([steps[language] for language in shared_languages_of(evidence)], grid, range(len(grid)))
        for steps in (onsets(evidence, task, share) for task in tasks)
    ]
    gaps = np.abs(places[0] - places[1])
    return Found(float(np.median(gaps)), f"largest {gaps.max():g}, over {len(gaps)} languages", n=len(gaps))


def languages_in_order(evidence: Evidence, share: float) -> Found:
    """Count the shared languages that acquire {POS, arc prediction}, arc classification, XNLI in this order (A42).

    Examples
    --------
    In English, arc prediction is learned after arc classification:

    >>> from polychron.audit import specimens
    >>> steps = [("pos", 20, 10), ("arc_prediction", 10, 30), ("arc_classification", 20, 20), ("xnli", 30, 30)]
    >>> languages_in_order(specimens.learned({task: {"de": de, "en": en} for task, de, en in steps}), 0.98)
    Found(value=1, detail='not en; 1 of 2 by fitted curves', n=2)
    """
    shared = shared_languages_of(evidence)
    broken, by_fits = (_out_of_order(evidence, share, shared, fitted) for fitted in (False, True))
    words = f"not {listed(broken)}" if broken else "all of them"
    detail = f"{words}; {len(shared) - len(by_fits)} of {len(shared)} by fitted curves"
    return Found(len(shared) - len(broken), detail, n=len(shared))


def _out_of_order(evidence: Evidence, share: float, languages: list[str], fitted: bool) -> list[str]:
    steps = {task: onsets(evidence, task, share, fitted=fitted) for task in PROBING}
    chosen = evidence.reading["order"]
    return [one for one in languages if not readings.in_order({task: steps[task][one] for task in PROBING}, chosen)]


def pairs_in_order(evidence: Evidence, share: float) -> Found:
    """Return the share of the pairs of all four transfer tasks that are acquired in the expected order (4.2, A42).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> steps = [("pos", 20, 10), ("arc_prediction", 10, 30), ("arc_classification", 20, 20), ("xnli", 30, 30)]
    >>> tables = {task: {("de", "en"): there, ("en", "de"): back} for task, there, back in steps}
    >>> pairs_in_order(specimens.learned(across=tables), 0.98)
    Found(value=0.5, detail='1 of 2 pairs', n=2)
    """
    steps = {task: onsets(evidence, task, share, transfer=True) for task in PROBING}
    shared = shared_languages_of(evidence, transfer=True)
    pairs = [*itertools.product(shared, shared)]
    if evidence.reading["average"] != "with_diagonal":
        pairs = [pair for pair in pairs if pair[0] != pair[1]]
    chosen = evidence.reading["order"]
    kept = sum(readings.in_order({task: steps[task][pair] for task in PROBING}, chosen) for pair in pairs)
    return Found(kept / len(pairs), f"{kept} of {len(pairs)} pairs", n=len(pairs))


def mean_onset(evidence: Evidence, task: str, share: float) -> Found:
    """Average the step to a share of the best over pairs (section 4.2, A22, A29).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> mean_onset(specimens.learned(across={"pos": {("de", "en"): 20, ("en", "de"): 10}}), "pos", 0.98)
    Found(value=15.0, detail='s.d. 5 over pairs, mean of fitted curves 15')
    """
    steps = onsets(evidence, task, share, transfer=True)
    spread = np.std([*off_diagonal(steps).values()])
    value = average(steps, evidence.reading["average"])
    low, high = interval(steps) if evidence.reading["average"] == "mean" else (None, None)
    fitted = average(onsets(evidence, task, share, True, fitted=True), evidence.reading["average"])
    return Found(value, f"s.d. {spread:.0f} over pairs, mean of fitted curves {fitted:.0f}", low, high)


def interval(values: Mapping) -> tuple[float | None, float | None]:
    """Return the 95% interval of a mean over languages, or over pairs of different ones, as dyads; None without one.

    Examples
    --------
    >>> low, high = interval({"de": 10.0, "en": 20.0, "fr": 30.0})
    >>> round(low, 2), round(high, 2)
    (-4.84, 44.84)
    """
    if any(isinstance(place, tuple) for place in values):
        codes = [*dict.fromkeys(source for source, _ in values)]
        _, low, high = dyadic.mean_interval([[values.get((a, b), np.nan) for b in codes] for a in codes])
    else:
        _, low, high = intervals.mean_interval([*values.values()])
    return (low, high) if np.isfinite([low, high]).all() else (None, None)


def _means(evidence: Evidence, share: float, transfer: bool, fitted: bool) -> dict[str, float]:
    choice = evidence.reading["average"]
    return {task: average(onsets(evidence, task, share, transfer, fitted), choice) for task in PROBING}


def _said(means: Mapping[str, float], fits: Mapping[str, float]) -> str:
    return f"{_steps(means)}; of fitted curves {_steps(fits)}"


def _steps(means: Mapping[str, float]) -> str:
    return listed([f"{NAMES[task]} {mean:.0f}" for task, mean in means.items()])


def later(steps: Iterable[float], others: Iterable[float], errors: float) -> bool:
    """Whether the mean of some steps is later than that of others, by more than standard errors of the difference.

    Examples
    --------
    Means of 25 and 15, each with a standard error of 5: the difference of 10 has one of 7.07.

    >>> later([20, 30], [10, 20], errors=1), later([20, 30], [10, 20], errors=2)
    (True, False)
    """
    one, other = np.array([*steps], float), np.array([*others], float)
    spread = np.sqrt(sum(part.var(ddof=1) / len(part) for part in (one, other) if len(part) > 1))
    return bool(one.mean() - other.mean() > errors * spread)


def tasks_in_order(evidence: Evidence, share: float, errors: float) -> Found:
    """Whether in-language onsets are in the order {POS, arc prediction}, arc classification, XNLI, beyond noise.

    Each is later than the one before it by more than `errors` standard errors of the difference of the means over
    languages, in the curves as they are and in fitted ones (see `onsets`).

    Examples
    --------
    Means of 15 and 10, then 20, then 30, with standard errors of 5 and 0, 0 and 0:

    >>> from polychron.audit import specimens
    >>> steps = [("pos", 20, 10), ("arc_prediction", 10, 10), ("arc_classification", 20, 20), ("xnli", 30, 30)]
    >>> one = specimens.learned({task: {"de": de, "en": en} for task, de, en in steps})
    >>> tasks_in_order(one, 0.98, errors=0.5).value, tasks_in_order(one, 0.98, errors=2).value
    (True, False)
    """
    apart = all(_tasks_apart(evidence, share, errors, fitted) for fitted in (False, True))
    means, fits = (_means(evidence, share, False, fitted) for fitted in (False, True))
    return Found(apart and readings.in_order(means, "strict"), _said(means, fits))


def _tasks_apart(evidence: Evidence, share: float, errors: float, fitted: bool) -> bool:
    steps = {task: onsets(evidence, task, share, fitted=fitted).values() for task in PROBING}
    return all(
        later(steps[second], steps[first], errors)
        for first, second in (
            ("pos", "arc_classification"), ("arc_prediction", "arc_classification"), ("arc_classification", "xnli"),
        )
    )  # fmt: skip


def means_in_order(evidence: Evidence, share: float, errors: float) -> Found:
    """Whether mean transfer onsets are in the order arc prediction, POS, arc classification, XNLI, fitted too.

    Of neighbours the means decide; others are apart by more than `errors` standard errors of the difference.

    Examples
    --------
    Means of 10, 15, 20 and 30, the second one with a standard error of 5:

    >>> from polychron.audit import specimens
    >>> steps = [("pos", 20, 10), ("arc_prediction", 10, 10), ("arc_classification", 20, 20), ("xnli", 30, 30)]
    >>> tables = {task: {("de", "en"): there, ("en", "de"): back} for task, there, back in steps}
    >>> one = specimens.learned(across=tables)
    >>> means_in_order(one, 0.98, errors=2).value, means_in_order(one, 0.98, errors=4).value
    (True, False)
    """
    order = ("arc_prediction", "pos", "arc_classification", "xnli")
    means, fits = (_means(evidence, share, True, fitted) for fitted in (False, True))
    kept = all(of[a] < of[b] for of in (means, fits) for a, b in itertools.pairwise(order))
    for fitted, (before, after) in itertools.product((False, True), zip(order, order[2:], strict=False)):
        steps = [off_diagonal(onsets(evidence, task, share, True, fitted)).values() for task in (after, before)]
        kept &= later(*steps, errors)
    return Found(kept, _said(means, fits))


def later_across(evidence: Evidence, share: float, errors: float) -> Found:
    """Whether transfer is acquired later than in-language ability and varies more, in mean and s.d., per task.

    Later is by more than `errors` standard errors of the difference of the means. Both must be so in the curves as they
    are and in fitted ones (see `onsets`).

    Examples
    --------
    In-language at 10 in both languages, transfer at 10 and 30:

    >>> from polychron.audit import specimens
    >>> inside = {task: {"de": 10, "en": 10} for task in PROBING}
    >>> pairs = {task: {("de", "en"): 10, ("en", "de"): 30} for task in PROBING}
    >>> later_across(specimens.learned(inside, pairs), 0.98, errors=2).detail.partition(",")[0]
    'POS tagging 10 ± 0 and 20 ± 10'
    """
    parts, good = {False: [], True: []}, True
    for task, fitted in itertools.product(PROBING, (False, True)):
        inside = np.array([*onsets(evidence, task, share, fitted=fitted).values()])
        pairs = np.array([*off_diagonal(onsets(evidence, task, share, True, fitted)).values()])
        good &= later(pairs, inside, errors) and bool(pairs.std() > inside.std())
        parts[fitted].append(
            f"{NAMES[task]} {inside.mean():.0f} ± {inside.std():.0f} and {pairs.mean():.0f} ± {pairs.std():.0f}"
        )
    return Found(good, f"{listed(parts[False])}; of fitted curves {listed(parts[True])}")


MEASURES = {
    function.__name__: function
    for function in (
        extreme_best, latest_onset, share_later, onset_gap, languages_in_order, pairs_in_order, mean_onset,
        tasks_in_order, means_in_order, later_across,
    )
}  # fmt: skip
