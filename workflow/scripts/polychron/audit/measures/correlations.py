"""Claims about single correlations: those of Tables 4 and 5, and those between measures of transfer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from polychron.audit.evidence import NAMES, PROBING, Evidence, Found, LanguagePair, Missing, across, in_language, listed
from polychron.audit.measures import paper
from polychron.audit.measures.asymmetry import asymmetries
from polychron.audit.measures.forgetting import losses
from polychron.audit.measures.onsets import onsets
from polychron.audit.measures.transfer import bests
from polychron.audit.readings import DEFAULTS
from polychron.stats.correlation import spearman

TABLED = 0.95
"""The share of the best score whose onset is in Tables 4 and 5."""

TOUCHING = ("bits", "relative", "onset", "onset_share", "asymmetry", "sample", "distance", "size", "task_data")
"""The definitions that a table of correlations depends on; it has their default readings."""


def finder(evidence: Evidence) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Return a function that finds the row of a printed cell; `Missing` where the languages are not the paper's."""
    rows = {_cell(row): row for row in evidence.correlations or ()}

    def find(cell: Mapping[str, Any]) -> Mapping[str, Any]:
        task, pairs = cell["task"], int(cell["table"]) == 5
        if evidence.study is not None:
            (across if pairs else in_language)(evidence, task)
        row = rows.get(_cell(cell))
        if row is None or row["rho"] is None:
            raise Missing(f"the correlation of {cell['quantity']} with {cell['factor']} in {NAMES[task]}")
        if row["n"] != cell["n"]:
            unit = "pairs" if pairs else "languages"
            raise Missing(f"the paper's {cell['n']} {unit} of {NAMES[task]}: the study has {row['n']}")
        return row

    return find


def _cell(row: Mapping[str, Any]) -> tuple:
    return (int(row["table"]), row["task"], row["quantity"], row["factor"])


def correlation(evidence: Evidence, table: int, task: str, quantity: str, factor: str) -> Found:
    """Spearman's rho between a quantity and a factor, over languages (Table 4) or ordered pairs (Table 5).

    It is taken from the table of correlations under the default readings, and computed from the curves under others
    (A20 to A33).

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> correlation(specimens.printed((4, "pos", "best", "distance", -0.5)), 4, "pos", "best", "distance")
    Found(value=-0.5, detail='n = 20, printed without stars')
    """
    if evidence.departed or any(evidence.reading[name] != DEFAULTS[name] for name in TOUCHING):
        return recomputed(evidence, table, task, quantity, factor)
    if evidence.correlations is None:
        raise Missing("the table of correlations")
    key = (table, task, quantity, factor)
    cell = next(cell for cell in paper.cells(evidence, table) if _cell(cell) == key)
    row = finder(evidence)(cell)
    return Found(float(row["rho"]), f"n = {row['n']}, printed {cell['stars'] or 'without stars'}")


def recomputed(evidence: Evidence, table: int, task: str, quantity: str, factor: str) -> Found:
    """Correlate a quantity of the curves with a factor, under the chosen readings.

    Examples
    --------
    Best scores of 0.5, 0.8 and 0.6, training data of 1, 2 and 3: ranks 1, 3, 2 and 1, 2, 3 have 1 - 6 x 2 / 24.

    >>> from types import SimpleNamespace
    >>> from polychron.audit import specimens
    >>> rows = {"a": [0.5], "b": [0.8], "c": [0.6]}
    >>> facts = SimpleNamespace(data=lambda task, language, *_: "abc".index(language) + 1, reference="a")
    >>> found = recomputed(specimens.evidence({"pos": rows}, factors=facts), 4, "pos", "best", "task_data")
    >>> round(found.value, 6), found.detail
    (0.5, 'n = 3')
    """
    facts = evidence.factors
    if facts is None:
        raise Missing("facts of the languages")
    unit, counted = evidence.reading["size"], evidence.reading["task_data"]

    def apart(source: str, target: str) -> float:
        distance = facts.distances(source, target)
        return 1 - distance if evidence.reading["distance"] == "similarity" else distance

    if table == 4:
        values = _of_languages(evidence, task, quantity)
        factors = {
            "pretraining_size": lambda one: facts.size(one, unit),
            "task_data": lambda one: facts.data(task, one, unit, counted),
        }
        factors["distance"] = lambda one: apart(one, facts.reference)
        dropped = facts.reference if evidence.reading["sample"] == "without_english" else None
        chosen = [one for one in values if one != dropped]
        sample = [[values[one] for one in chosen], [factors[factor](one) for one in chosen]]
    else:
        values = _of_pairs(evidence, task, quantity)
        factors = {
            "source_size": lambda pair: facts.size(pair[0], unit),
            "target_size": lambda pair: facts.size(pair[1], unit),
            "task_data": lambda pair: facts.data(task, pair[0], unit, counted),
            "distance": lambda pair: apart(*pair),
        }
        sample = _sampled(evidence, values, {pair: factors[factor](pair) for pair in values})
    if not np.isfinite(sample).all():
        raise Missing(f"{factor} of all languages of {NAMES[task]}")
    return Found(_correlated(*sample), f"n = {len(sample[0])}")


def _correlated(values: Sequence[float], others: Sequence[float]) -> float:
    """Correlate ranks. Means of the same accuracies in another order differ in their last digits, and count as ties."""
    return spearman(np.round(values, 12), np.round(others, 12))[0]


def _of_languages(evidence: Evidence, task: str, quantity: str) -> dict[str, float]:
    match quantity:
        case "onset":
            return onsets(evidence, task, TABLED)
        case "forgetting":
            return losses(evidence, task, False, "relative")
    curves = in_language(evidence, task)
    return {one: float(curve.values.min() if curve.lower else curve.values.max()) for one, curve in curves.items()}


def _of_pairs(evidence: Evidence, task: str, quantity: str) -> dict[LanguagePair, float]:
    match quantity:
        case "onset":
            return onsets(evidence, task, TABLED, transfer=True)
        case "forgetting":
            return losses(evidence, task, True, "relative")
        case "asymmetry":
            return {pair: 0.0 for pair in bests(evidence, task)} | asymmetries(evidence, task)
    return bests(evidence, task)


def _sampled(evidence: Evidence, *tables: Mapping[LanguagePair, float]) -> list[list[float]]:
    """Select the values of the pairs of a sample from tables over all pairs (A30)."""
    choice = evidence.reading["sample"]
    pairs = [pair for pair in tables[0] if pair[0] != pair[1] or choice == "with_diagonal"]
    if choice == "without_english":
        pairs = [pair for pair in pairs if "en" not in pair]
    if choice == "unordered":
        return [[(table[a, b] + table[b, a]) / 2 for a, b in pairs if a < b] for table in tables]
    return [[table[pair] for pair in pairs] for table in tables]


def best_with_onset(evidence: Evidence, task: str, share: float) -> Found:
    """Correlate the best score of transfer with the step to a share of it, over pairs of languages (B.2).

    Examples
    --------
    Of the six pairs of three languages, the better three are learned at 10 and the others at 30. Ranks 1 to 6 with
    ranks 5, 5, 5, 2, 2, 2 have rho = -13.5 / sqrt(17.5 x 13.5).

    >>> from polychron.audit import specimens
    >>> pairs = [(a, b) for a in "abc" for b in "abc" if a != b]
    >>> rows = {pair: [top, top, top] if at > 2 else [top / 2, top / 2, top]
    ...         for at, (pair, top) in enumerate(zip(pairs, np.linspace(0.4, 0.9, 6)))}
    >>> own = {(one, one): [1.0, 1.0, 1.0] for one in "abc"}
    >>> round(best_with_onset(specimens.evidence(across={"pos": own | rows}), "pos", 0.95).value, 3)
    -0.878
    """
    sample = _sampled(evidence, bests(evidence, task), onsets(evidence, task, share, transfer=True))
    return Found(_correlated(*sample), f"n = {len(sample[0])}")


def best_with_forgetting(evidence: Evidence, of: str) -> Found:
    """Correlate the best score of transfer with forgetting in each task, and return the weakest or strongest (B.2).

    Examples
    --------
    In three tasks, the better a pair, the more it forgets; in XNLI, the less.

    >>> from polychron.audit import specimens
    >>> pairs = [(a, b) for a in "abc" for b in "abc"]
    >>> def rows(sign):
    ...     return {pair: [0.4 + at / 20, (0.4 + at / 20) * (0.8 - sign * at / 100)] for at, pair in enumerate(pairs)}
    >>> tables = {task: rows(-1 if task == "xnli" else 1) for task in PROBING}
    >>> found = best_with_forgetting(specimens.evidence(across=tables), of="weakest")
    >>> found.detail
    'POS tagging 1.000, arc prediction 1.000, arc classification 1.000, XNLI -1.000'
    """
    rhos = {}
    for task in PROBING:
        lost = losses(evidence, task, True, "relative")
        rhos[task] = _correlated(*_sampled(evidence, bests(evidence, task), lost))
    if not np.isfinite([*rhos.values()]).all():
        raise Missing("scores that are forgotten: a task has none, or all alike")
    pick = min if of == "weakest" else max
    task = pick(rhos, key=lambda one: abs(rhos[one]))
    return Found(rhos[task], listed([f"{NAMES[one]} {rho:.3f}" for one, rho in rhos.items()]))


MEASURES = {function.__name__: function for function in (correlation, best_with_onset, best_with_forgetting)}
