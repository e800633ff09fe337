"""Claims about single correlations: those of Tables 4 and 5, and those between measures of transfer."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from polychron.audit.evidence import NAMES, PROBING, Evidence, Found, LanguagePair, Missing, across, in_language, listed
from polychron.audit.measures import paper
from polychron.audit.measures.asymmetry import asymmetries
from polychron.audit.measures.forgetting import losses
from polychron.audit.measures.onsets import onsets
from polychron.audit.measures.transfer import bests
from polychron.audit.readings import DEFAULTS, share_of
from polychron.stats import correlation as independent
from polychron.stats import dyadic

TABLED = 0.95
"""The share of the best score whose onset is in Tables 4 and 5."""

TOUCHING = ("bits", "relative", "onset", "onset_share", "asymmetry", "sample", "distance", "size", "task_data")
"""The definitions that a table of correlations depends on; it has their default readings (see also `_as_read`)."""

Values = Mapping[Any, float]
"""By language, or by source and target."""


def finder(evidence: Evidence) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Return a function that finds the row of a printed cell; `Missing` where the languages are not the paper's."""
    rows = {_cell(row): row for row in evidence.correlations or ()}

    def find(cell: Mapping[str, Any]) -> Mapping[str, Any]:
        task, pairs = cell["task"], int(cell["table"]) == 5
        if evidence.part or (evidence.study is not None and not _as_read(evidence, cell["quantity"])):
            found = recomputed(replace(evidence, intervals=False), **dict(zip(PLACE, _cell(cell), strict=True)))
            return {**cell, "rho": found.value, "n": found.n}
        if evidence.study is not None:
            (across if pairs else in_language)(evidence, task)
        row = rows.get(_cell(cell))
        if row is None or row["rho"] is None:
            note = f": {row['note']}" if row and row.get("note") else ""
            raise Missing(f"the correlation of {cell['quantity']} with {cell['factor']} in {NAMES[task]}{note}")
        if row["n"] != cell["n"]:
            unit = "pairs" if pairs else "languages"
            note = f" ({row['note']})" if row.get("note") else ""
            raise Missing(f"the paper's {cell['n']} {unit} of {NAMES[task]}: the study has {row['n']}{note}")
        return row

    return find


PLACE = ("table", "task", "quantity", "factor")


def _as_read(evidence: Evidence, quantity: str) -> bool:
    """Whether the study's table of correlations has a quantity as it is read here (A23, A24).

    The table has its onset and its forgetting from ``analysis.correlation`` of the config, and the claims have theirs
    from ``analysis.readings``.
    """
    config = evidence.config or {}
    told = (config.get("analysis") or {}).get("correlation") or {}
    match quantity:
        case "onset":
            return told.get("onset", TABLED) == share_of(TABLED, evidence.reading["onset_share"])
        case "forgetting":
            read = evidence.reading["forgetting"]
            return told.get("forgetting", "relative") == ("relative" if read == "as_printed" else read)
    return True


def _cell(row: Mapping[str, Any]) -> tuple:
    return (int(row["table"]), row["task"], row["quantity"], row["factor"])


def correlation(evidence: Evidence, table: int, task: str, quantity: str, factor: str) -> Found:
    """Spearman's rho between a quantity and a factor, over languages (Table 4) or ordered pairs (Table 5).

    It is taken from the table of correlations under the default readings, and computed from the curves under others
    (A20 to A33). Its interval is Fisher's, or that of dyads; its stars are the paper's, who take pairs as independent.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> found = correlation(specimens.printed((4, "pos", "best", "distance", -0.5)), 4, "pos", "best", "distance")
    >>> found.value, found.detail, found.stars
    (-0.5, 'n = 20, p < 0.05, printed without stars', '*')
    """
    departed = evidence.departed or any(evidence.reading[name] != DEFAULTS[name] for name in TOUCHING)
    if departed or not _as_read(evidence, quantity):
        return recomputed(evidence, table, task, quantity, factor)
    if evidence.correlations is None:
        raise Missing("the table of correlations")
    key = (table, task, quantity, factor)
    cell = next(cell for cell in paper.cells(evidence, table) if _cell(cell) == key)
    row = finder(evidence)(cell)
    ends = row.get("low"), row.get("high")
    if table == 4 and None in ends:
        ends = independent.interval(row["rho"], row["n"])
    found = _found(float(row["rho"]), row["n"], *ends)
    return found._replace(detail=f"{found.detail}, printed {cell['stars'] or 'without stars'}")


def _found(rho: float, n: int, low: float | None = None, high: float | None = None) -> Found:
    """Return a coefficient with its stars, and its interval where it has one."""
    p = independent.p_value(rho, n) if n > 2 and math.isfinite(rho) else math.nan
    marks = independent.stars(p)
    known = low is not None and high is not None and math.isfinite(low) and math.isfinite(high)
    detail = f"n = {n}, {SIGNIFICANCE[marks]}"
    return Found(rho, detail, *((float(low), float(high)) if known else (None, None)), n=n, stars=marks)


SIGNIFICANCE = {"": "p ≥ 0.05", "*": "p < 0.05", "**": "p < 0.001"}
"""What the stars of the tables mean."""


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
    (0.5, 'n = 3, p ≥ 0.05')
    """
    if evidence.factors is None:
        raise Missing("facts of the languages")
    values: Values = _of_languages(evidence, task, quantity) if table == 4 else _of_pairs(evidence, task, quantity)
    if table == 4 and evidence.reading["sample"] == "without_english":
        values = {one: value for one, value in values.items() if one != evidence.factors.reference}
    others = {place: fact(evidence, task, factor, place) for place in values}
    lost = [place if table == 4 else " to ".join(place) for place, one in others.items() if not np.isfinite(one)]
    if lost:
        raise Missing(f"{factor} of all languages of {NAMES[task]}: not of {listed(lost, 4)}")
    return _correlated(evidence, values, others)


def fact(evidence: Evidence, task: str, factor: str, place: str | LanguagePair) -> float:
    """Look up a factor of a language, or of a source and a target; NaN where it is not known (A31 to A33)."""
    facts, reading = evidence.factors, evidence.reading
    source, target = (place, facts.reference) if isinstance(place, str) else place
    match factor:
        case "distance":
            distance = facts.distances(source, target)
            return 1 - distance if reading["distance"] == "similarity" else distance
        case "task_data":
            return facts.data(task, source, reading["size"], reading["task_data"])
    return facts.size(target if factor == "target_size" else source, reading["size"])


def _correlated(evidence: Evidence, values: Values, others: Values) -> Found:
    """Correlate two tables over languages or pairs, with an interval where the evidence wants intervals."""
    paired = isinstance(next(iter(values)), tuple)
    sample = _sampled(evidence, values, others) if paired else [[*values.values()], [*others.values()]]
    # means of the same accuracies in another order differ in their last digits, and are ties
    x, y = np.round(sample, 12)
    rho, n = independent.spearman(x, y)[0], len(x)
    if not evidence.intervals:
        return _found(rho, n)
    return _found(rho, n, *(_dyadic(evidence, values, others) if paired else independent.interval(rho, n)))


def _dyadic(evidence: Evidence, *tables: Values) -> tuple[float, float]:
    """Return the interval over pairs of different languages, whose values are symmetric where pairs are unordered."""
    choice = evidence.reading["sample"]
    codes = [one for one in dict.fromkeys(source for source, _ in tables[0])]
    if choice == "without_english":
        codes = [one for one in codes if one != "en"]
    x, y = (np.round([[table[a, b] if a != b else np.nan for b in codes] for a in codes], 12) for table in tables)
    if choice == "unordered":
        x, y = (x + x.T) / 2, (y + y.T) / 2
    return dyadic.interval(x, y)


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
    return _correlated(evidence, bests(evidence, task), onsets(evidence, task, share, transfer=True))


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
    every = {
        task: _correlated(evidence, bests(evidence, task), losses(evidence, task, True, "relative")) for task in PROBING
    }
    if not np.isfinite([found.value for found in every.values()]).all():
        raise Missing("scores that are forgotten: a task has none, or all alike")
    pick = min if of == "weakest" else max
    found = every[pick(every, key=lambda one: abs(every[one].value))]
    return found._replace(detail=listed([f"{NAMES[task]} {one.value:.3f}" for task, one in every.items()]))


MEASURES = {function.__name__: function for function in (correlation, best_with_onset, best_with_forgetting)}
