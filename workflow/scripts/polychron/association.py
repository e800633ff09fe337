"""Associations: the claims about correlations, those of Tables 4 and 5 and those between measures of transfer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from polychron import paper
from polychron.acquisition import losses, onsets
from polychron.correlation import spearman
from polychron.crossing import asymmetries, bests
from polychron.evidence import NAMES, PROBING, Evidence, Found, Missing, across, in_language, listed
from polychron.reading import DEFAULTS

TABLED = 0.95
"""The share of the best score whose step stands in Tables 4 and 5."""

TOUCHING = ("bits", "relative", "onset", "onset_share", "asymmetry", "sample", "distance", "size", "task_data")
"""The definitions that a table of correlations has in their default reading."""


def _rows(evidence: Evidence, table: int) -> list[Mapping[str, Any]]:
    """Take the rows of a table, with one for each cell that the paper prints.

    Raises
    ------
    Missing
        There is no table, or a cell of the paper is not in it, or rests on other numbers of languages or pairs.
    """
    if evidence.correlations is None:
        raise Missing("the table of correlations")
    chosen = map(_finder(evidence), paper.cells(evidence, table))
    return [{**row, "stars": paper.implied(row["rho"], row["n"])} for row in chosen]


def _finder(evidence: Evidence) -> Callable[[Mapping[str, Any]], Mapping[str, Any]]:
    """Give a function that finds the row of a printed cell, and refuses one over other languages than the paper's."""
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
    """Take Spearman's rho between a quantity and a factor, over languages (Table 4) or ordered pairs (Table 5).

    Under the default readings from the table of correlations, under others from the curves (A20 to A33).
    """
    if evidence.departed or any(evidence.reading[name] != DEFAULTS[name] for name in TOUCHING):
        return recomputed(evidence, table, task, quantity, factor)
    if evidence.correlations is None:
        raise Missing("the table of correlations")
    key = (table, task, quantity, factor)
    cell = next(cell for cell in paper.cells(evidence, table) if _cell(cell) == key)
    row = _finder(evidence)(cell)
    return Found(float(row["rho"]), f"n = {row['n']}, printed {cell['stars'] or 'without stars'}")


def recomputed(evidence: Evidence, table: int, task: str, quantity: str, factor: str) -> Found:
    """Correlate a quantity of the curves with a factor, under the chosen readings."""
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
    """Correlate ranks; means of the same accuracies in another order differ in their last digits, and are ties."""
    return spearman(np.round(values, 12), np.round(others, 12))[0]


def _of_languages(evidence: Evidence, task: str, quantity: str) -> dict[str, float]:
    match quantity:
        case "onset":
            return onsets(evidence, task, TABLED)
        case "forgetting":
            return losses(evidence, task, False, "relative")
    curves = in_language(evidence, task)
    return {one: float(curve.values.min() if curve.lower else curve.values.max()) for one, curve in curves.items()}


def _of_pairs(evidence: Evidence, task: str, quantity: str) -> dict[tuple[str, str], float]:
    match quantity:
        case "onset":
            return onsets(evidence, task, TABLED, transfer=True)
        case "forgetting":
            return losses(evidence, task, True, "relative")
        case "asymmetry":
            return {pair: 0.0 for pair in bests(evidence, task)} | asymmetries(evidence, task)
    return bests(evidence, task)


def _sampled(evidence: Evidence, *tables: Mapping[tuple[str, str], float]) -> list[list[float]]:
    """Take the values of the pairs of a sample from tables over all pairs (A30)."""
    choice = evidence.reading["sample"]
    pairs = [pair for pair in tables[0] if pair[0] != pair[1] or choice == "with_diagonal"]
    if choice == "without_english":
        pairs = [pair for pair in pairs if "en" not in pair]
    if choice == "unordered":
        return [[(table[a, b] + table[b, a]) / 2 for a, b in pairs if a < b] for table in tables]
    return [[table[pair] for pair in pairs] for table in tables]


def best_with_onset(evidence: Evidence, task: str, share: float) -> Found:
    """Correlate the best score of transfer with the step to a share of it, over pairs of languages (B.2)."""
    sample = _sampled(evidence, bests(evidence, task), onsets(evidence, task, share, transfer=True))
    return Found(_correlated(*sample), f"n = {len(sample[0])}")


def best_with_forgetting(evidence: Evidence, of: str) -> Found:
    """Correlate the best score of transfer with forgetting in each task; take the weakest or strongest (B.2)."""
    rhos = {}
    for task in PROBING:
        lost = losses(evidence, task, True, "relative")
        rhos[task] = _correlated(*_sampled(evidence, bests(evidence, task), lost))
    if not np.isfinite([*rhos.values()]).all():
        raise Missing("scores that are forgotten: a task has none, or all alike")
    pick = min if of == "weakest" else max
    task = pick(rhos, key=lambda one: abs(rhos[one]))
    return Found(rhos[task], listed([f"{NAMES[one]} {rho:.3f}" for one, rho in rhos.items()]))


def _starred(
    rows: list[Mapping[str, Any]], marks: tuple[str, ...] = ("*", "**"), **cell: str
) -> list[Mapping[str, Any]]:
    return [row for row in rows if all(row[name] == value for name, value in cell.items()) and row["stars"] in marks]


def _all(rows: list[Mapping[str, Any]], **cell: str) -> list[Mapping[str, Any]]:
    return _starred(rows, ("", "*", "**"), **cell)


def _better(row: Mapping[str, Any]) -> bool:
    """Say whether more of a factor goes with a better score; bits per character are better when lower."""
    return (row["rho"] < 0) == (row["task"] == "bits")


def data_matter(evidence: Evidence) -> Found:
    """Say whether more pretraining data and task data each go with a better score in more than half of the tasks."""
    rows, counts = _rows(evidence, 4), {}
    for factor in ("pretraining_size", "task_data"):
        better = [row for row in _starred(rows, quantity="best", factor=factor) if _better(row)]
        counts[factor] = (len(better), len(_all(rows, quantity="best", factor=factor)))
    detail = listed([f"{factor}: {some} of {every} tasks at p < 0.05" for factor, (some, every) in counts.items()])
    return Found(all(2 * some > every for some, every in counts.values()), detail)


def similarity_helps(evidence: Evidence) -> Found:
    """Say whether a smaller distance to English goes with a better score in all tasks but arc prediction."""
    rows = _all(_rows(evidence, 4), quantity="best", factor="distance")
    helps = {row["task"] for row in rows if row["stars"] and not _better(row)}
    detail = listed([f"{NAMES[row['task']]} {row['rho']:.3f}{row['stars']}" for row in rows])
    return Found(helps == {row["task"] for row in rows} - {"arc_prediction"}, detail)


def similarity_speeds(evidence: Evidence, tasks: list[str]) -> Found:
    """Say whether a smaller distance to English goes with an earlier step to 95% in some tasks: rho above 0.

    The factor is a distance, so that more similar languages have less of it: where similarity makes a task faster,
    rho is positive.
    """
    rows = {row["task"]: row for row in _all(_rows(evidence, 4), quantity="onset", factor="distance")}
    chosen = [rows[task] for task in tasks]
    detail = listed(
        [
            f"{NAMES[row['task']]} {row['rho']:.3f}{row['stars']}"
            + ("" if row["rho"] > 0 else ": more distant languages need fewer steps")
            for row in chosen
        ]
    )
    return Found(all(row["rho"] > 0 and bool(row["stars"]) for row in chosen), detail)


def no_cause_of_forgetting(evidence: Evidence) -> Found:
    """Say whether no factor goes with forgetting, at p < 0.05, in every task."""
    rows = _all(_rows(evidence, 4), quantity="forgetting")
    factors = dict.fromkeys(row["factor"] for row in rows)
    counts = {factor: (len(_starred(rows, factor=factor)), len(_all(rows, factor=factor))) for factor in factors}
    detail = listed([f"{factor}: {some} of {every} tasks" for factor, (some, every) in counts.items()])
    return Found(all(some < every for some, every in counts.values()), detail)


def similarity_significant(evidence: Evidence, quantity: str, tasks: int) -> Found:
    """Say whether distance goes with a quantity of transfer at p < 0.001, the right way round, in this many tasks."""
    rows = _all(_rows(evidence, 5), quantity=quantity, factor="distance")
    sign = -1 if quantity == "best" else 1
    strong = [row for row in rows if row["stars"] == "**" and row["rho"] * sign > 0]
    detail = listed([f"{NAMES[row['task']]} {row['rho']:.3f}{row['stars']}" for row in rows])
    return Found(len(strong) == tasks, detail)


def weaker_factors(evidence: Evidence) -> Found:
    """Say whether the strongest correlations with asymmetry and forgetting are weaker than that with the best score."""
    rows = _rows(evidence, 5)
    strongest = {
        quantity: max(abs(row["rho"]) for row in _all(rows, quantity=quantity))
        for quantity in ("best", "asymmetry", "forgetting")
    }
    detail = listed([f"{quantity} {rho:.3f}" for quantity, rho in strongest.items()])
    return Found(max(strongest["asymmetry"], strongest["forgetting"]) < strongest["best"], detail)


MEASURES = {
    function.__name__: function
    for function in (
        correlation, best_with_onset, best_with_forgetting, data_matter, similarity_helps, similarity_speeds,
        no_cause_of_forgetting, similarity_significant, weaker_factors,
    )
}  # fmt: skip
