"""What a study must show: named checks of the gathered scores, each with a measured value, a threshold and a verdict.

Most checks compare the last step with a baseline on the same test set, with step 0, or with the first trained step: an
untrained model is a strong baseline. A check is a number that must reach a threshold. Thresholds belong to the study,
not to this module.
"""

from __future__ import annotations

import functools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from polychron.checks.score_lookup import Lacking, Relations, Scores
from polychron.errors import InputError
from polychron.probing.tasks import registry


@dataclass(frozen=True)
class Finding:
    """A measured value, with the values that it is made of.

    Attributes
    ----------
    value : float
        The number that is compared with the threshold: a fraction, such as a difference of accuracies.
    parts : dict of str to float
        The same number for each language, pair, or group.
    worst : bool
        Whether `value` is the least of the parts. Otherwise it is their mean, or another combination that the check
        names.
    interval : dict of str to float
        Half of the 95% interval of each part, where it is known.
    """

    value: float
    parts: dict[str, float]
    worst: bool = False
    interval: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """A check and its result.

    Attributes
    ----------
    check : str
        Name of the check.
    question : str
        What is measured.
    finding : Finding or None
        The measured value; None where the scores lack what the check needs.
    at_least : float or None
        The threshold; None where the value is only reported.
    missing : str
        What the scores lack.
    """

    check: str
    question: str
    finding: Finding | None
    at_least: float | None
    missing: str = ""

    @property
    def word(self) -> str:
        """``passed``, ``failed``, or ``reported`` where there is no threshold."""
        if self.at_least is None:
            return "reported"
        return "passed" if self.finding is not None and self.finding.value >= self.at_least else "failed"


def _difference(left: Mapping, right: Mapping) -> dict[str, float]:
    missing = sorted(set(map(_name, left)) ^ set(map(_name, right)))
    if missing:
        raise Lacking(f"one side of the comparison for {', '.join(missing)}")
    return {_name(key): left[key] - right[key] for key in left}


def _name(key: str | tuple[str, str]) -> str:
    return key if isinstance(key, str) else f"{key[0]} – {key[1]}"


def _each(parts: dict[str, float], **more: Any) -> Finding:
    return Finding(min(parts.values()), parts, worst=True, **more)


def _mean(parts: dict[str, float], **more: Any) -> Finding:
    return Finding(sum(parts.values()) / len(parts), parts, **more)


def _over(task: str, metric: str) -> Callable[[Scores], Finding]:
    """Compare the last step with a baseline, in each language."""

    def measure(scores: Scores) -> Finding:
        parts = _difference(scores.accuracy(task, scores.last), scores.baseline(task, metric))
        return _each(parts, interval=scores.error(task, scores.last))

    return measure


def _growth(task: str, since: str, metric: str = "accuracy", of: Callable[..., Finding] = _each) -> Callable:
    """Compare the last step with step 0 or with the first trained one."""

    def measure(scores: Scores) -> Finding:
        start = 0 if since == "untrained" else scores.first
        return of(_difference(scores.accuracy(task, scores.last, metric), scores.accuracy(task, start, metric)))

    return measure


def _bits(scores: Scores) -> Finding:
    start, end = (
        {source: value for (source, _), value in found.items()}
        for found in (
            scores.of("bits", "bits_per_character", step, layer=scores.whole, split="heldout")
            for step in (scores.first, scores.last)
        )
    )
    _difference(start, end)
    return _each({language: 1 - end[language] / start[language] for language in start})


def _layers(scores: Scores, step: int) -> Finding:
    return _mean(_difference(scores.accuracy("pos", step), scores.accuracy("pos", step, layer=0)))


def _layers_untrained(scores: Scores) -> Finding:
    found = _layers(scores, 0)
    return Finding(-abs(found.value), found.parts)


def _aligned(scores: Scores, same_order: bool) -> Finding:
    start, end = scores.aligned(0), scores.aligned(scores.last)
    parts = {
        _name(pair): end[pair] - start.get(pair, math.nan)
        for pair in end
        if (scores.relation(*pair) in ("related", "order")) == same_order
    }
    if not parts:
        raise Lacking("a pair of languages of this kind")
    return _mean(parts)


def _transfer(task: str, kind: str) -> Callable[[Scores], Finding]:
    """Compare the transfer between languages of a kind with that between languages that share neither."""

    def measure(scores: Scores) -> Finding:
        groups: dict[str, list[float]] = defaultdict(list)
        found = scores.of(task, "accuracy", scores.last, layer=scores.final, split="parallel", transfer=True)
        for pair, value in found.items():
            groups[scores.relation(*pair)].append(value)
        if kind not in groups or "neither" not in groups:
            raise Lacking(f"pairs of the kinds {kind!r} and 'neither'")
        means = {name: sum(each) / len(each) for name, each in sorted(groups.items())}
        return Finding(means[kind] - means["neither"], means)

    return measure


def _control(scores: Scores) -> Finding:
    parts = {}
    controlled = {key[0] for key in scores.mean if key[-1] == "shuffled_accuracy"}
    if not controlled:
        raise Lacking("shuffled_accuracy of any task")
    for task in registry.in_order(controlled):
        majority = scores.baseline(task, "majority")
        for language, value in scores.accuracy(task, scores.last, "shuffled_accuracy").items():
            parts[f"{task} {language}"] = value - majority[language]
    return Finding(-max(abs(part) for part in parts.values()), parts)


CHECKS: dict[str, tuple[str, Callable[[Scores], Finding]]] = {
    "bits_fall": ("bits per character, fall from the first trained step to the last, in each language", _bits),
    "pos_over_word_majority": (
        "POS, final layer, above the word-majority baseline in each language",
        _over("pos", "word_majority"),
    ),
    "pos_ambiguous_growth": (
        "POS of ambiguous forms, final layer, above the first trained step in each language",
        _growth("pos", "trained", "accuracy_ambiguous"),
    ),
    "pos_over_embeddings": (
        "POS, final layer above the embeddings, mean of the languages",
        lambda scores: _layers(scores, scores.last),
    ),
    "pos_layers_alike_untrained": (
        "POS at step 0, minus the difference of final layer and embeddings, mean of the languages",
        _layers_untrained,
    ),
    "arc_classification_over_pair_majority": (
        "arc classification, above the word-pair-majority baseline in each language",
        _over("arc_classification", "pair_majority"),
    ),
    "arc_classification_growth": (
        "arc classification, above step 0 in each language",
        _growth("arc_classification", "untrained"),
    ),
    "arc_prediction_level": (
        "arc prediction, accuracy in each language",
        lambda scores: _each(scores.accuracy("arc_prediction", scores.last)),
    ),
    "arc_prediction_growth": (
        "arc prediction, above step 0 in each language",
        _growth("arc_prediction", "untrained"),
    ),
    "xnli_over_hypothesis_only": (
        "XNLI, above the hypothesis-only baseline in each language",
        _over("xnli", "hypothesis_only"),
    ),
    "xnli_growth": ("XNLI, above step 0, mean of the languages", _growth("xnli", "untrained", of=_mean)),
    "alignment_growth_same_order": (
        "word alignment F1, best layer, above step 0, mean of the pairs with the same word order",
        functools.partial(_aligned, same_order=True),
    ),
    "alignment_growth_other_order": (
        "word alignment F1, best layer, above step 0, mean of the other pairs",
        functools.partial(_aligned, same_order=False),
    ),
    "pos_transfer_related": (
        "POS transfer, pairs that share order and cognates above pairs that share neither",
        _transfer("pos", "related"),
    ),
    "arc_classification_transfer_related": (
        "arc classification transfer, pairs that share order and cognates above pairs that share neither",
        _transfer("arc_classification", "related"),
    ),
    "arc_prediction_transfer_related": (
        "arc prediction transfer, pairs that share order and cognates above pairs that share neither",
        _transfer("arc_prediction", "related"),
    ),
    "pos_transfer_order": (
        "POS transfer, pairs that share order without a script above pairs that share neither",
        _transfer("pos", "order"),
    ),
    "arc_classification_transfer_order": (
        "arc classification transfer, pairs that share order without a script above pairs that share neither",
        _transfer("arc_classification", "order"),
    ),
    "arc_prediction_transfer_order": (
        "arc prediction transfer, pairs that share order without a script above pairs that share neither",
        _transfer("arc_prediction", "order"),
    ),
    "control_at_majority": (
        "probes on shuffled labels, minus the largest distance from the majority in any language and task",
        _control,
    ),
}
"""Every check: what it measures, and the function that measures it."""


def verdicts(
    rows: Iterable[Mapping[str, Any]], expect: Sequence[Mapping[str, Any]], relations: Relations
) -> list[Verdict]:
    """Compare the scores with what the study must show.

    Parameters
    ----------
    rows : iterable of mapping
        The gathered scores of one model.
    expect : sequence of mapping
        The expectations of the study: ``check``, a key of `CHECKS`, and ``at_least``, the least value that passes.
    relations : Relations
        How the languages are related; empty if that is not known.

    Returns
    -------
    list of Verdict
        One for each expectation, in their order, then one without a threshold for every other check that the scores
        allow.

    Raises
    ------
    InputError
        An expectation names an unknown check.
    """
    thresholds = {}
    for line in expect:
        if line["check"] not in CHECKS:
            raise InputError(f"expect: unknown check {line['check']!r}", remedy=f"name one of {', '.join(CHECKS)}")
        thresholds[line["check"]] = line["at_least"]
    try:
        scores = Scores(rows, relations)
    except Lacking as lack:
        return [Verdict(name, CHECKS[name][0], None, bound, str(lack)) for name, bound in thresholds.items()]
    found = []
    for name in (*thresholds, *(name for name in CHECKS if name not in thresholds)):
        question, measure = CHECKS[name]
        try:
            found.append(Verdict(name, question, measure(scores), thresholds.get(name)))
        except Lacking as lack:
            if name in thresholds:
                found.append(Verdict(name, question, None, thresholds[name], str(lack)))
    return found


def untrained(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Replace the last step by a copy of step 0: the negative control, which the checks of a study must refuse.

    Examples
    --------
    >>> [row["value"] for row in untrained([{"step": 0, "value": 0.2}, {"step": 50, "value": 0.9}])]
    [0.2, 0.2]
    """
    rows = [dict(row) for row in rows]
    last = max(row["step"] for row in rows if row["step"] is not None)
    kept = [row for row in rows if row["step"] != last]
    return kept + [{**row, "step": last} for row in rows if row["step"] == 0]
