"""Claims about which factors correlate with a measure, from Tables 4 and 5 (Appendix B)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from polychron.audit.evidence import NAMES, Evidence, Found, Missing, listed
from polychron.audit.measures import paper
from polychron.audit.measures.correlations import finder


def _rows(evidence: Evidence, table: int) -> list[Mapping[str, Any]]:
    """Return the rows of a table, one for each cell that the paper prints.

    Raises
    ------
    Missing
        There is no table, or it lacks a cell of the paper, or has it over another number of languages or pairs.
    """
    if evidence.correlations is None:
        raise Missing("the table of correlations")
    chosen = map(finder(evidence), paper.cells(evidence, table))
    return [{**row, "stars": paper.implied(row["rho"], row["n"])} for row in chosen]


def _starred(
    rows: list[Mapping[str, Any]], marks: tuple[str, ...] = ("*", "**"), **cell: str
) -> list[Mapping[str, Any]]:
    return [row for row in rows if all(row[name] == value for name, value in cell.items()) and row["stars"] in marks]


def _all(rows: list[Mapping[str, Any]], **cell: str) -> list[Mapping[str, Any]]:
    return _starred(rows, ("", "*", "**"), **cell)


def _better(row: Mapping[str, Any]) -> bool:
    """Whether more of a factor goes with a better score; bits per character are better when lower."""
    return (row["rho"] < 0) == (row["task"] == "bits")


def data_matter(evidence: Evidence) -> Found:
    """Whether more pretraining data and task data each go with a better score in more than half of the tasks.

    Examples
    --------
    With n = 20 a coefficient of 0.9 has a star and one of 0.1 has none; fewer bits are better.

    >>> from polychron.audit import specimens
    >>> cells = [(task, "pretraining_size", rho) for task, rho in (("bits", -0.9), ("pos", 0.9), ("xnli", 0.1))]
    >>> cells += [("pos", "task_data", 0.9), ("xnli", "task_data", 0.1)]
    >>> data_matter(specimens.printed(*((4, task, "best", factor, rho) for task, factor, rho in cells)))
    Found(value=False, detail='pretraining_size: 2 of 3 tasks at p < 0.05, task_data: 1 of 2 tasks at p < 0.05')
    """
    rows, counts = _rows(evidence, 4), {}
    for factor in ("pretraining_size", "task_data"):
        better = [row for row in _starred(rows, quantity="best", factor=factor) if _better(row)]
        counts[factor] = (len(better), len(_all(rows, quantity="best", factor=factor)))
    detail = listed([f"{factor}: {some} of {every} tasks at p < 0.05" for factor, (some, every) in counts.items()])
    return Found(all(2 * some > every for some, every in counts.values()), detail)


def similarity_helps(evidence: Evidence) -> Found:
    """Whether a smaller distance to English goes with a better score in all tasks but arc prediction.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> cells = [("bits", 0.9), ("pos", -0.9), ("arc_prediction", -0.1)]
    >>> similarity_helps(specimens.printed(*((4, task, "best", "distance", rho) for task, rho in cells))).value
    True
    """
    rows = _all(_rows(evidence, 4), quantity="best", factor="distance")
    helps = {row["task"] for row in rows if row["stars"] and not _better(row)}
    detail = listed([f"{NAMES[row['task']]} {row['rho']:.3f}{row['stars']}" for row in rows])
    return Found(helps == {row["task"] for row in rows} - {"arc_prediction"}, detail)


def similarity_speeds(evidence: Evidence, tasks: list[str]) -> Found:
    """Whether a smaller distance to English goes with an earlier step to 95% in some tasks: rho above 0.

    The factor is a distance: rho is positive where a task is learned faster in more similar languages.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> one = specimens.printed((4, "bits", "onset", "distance", -0.9), (4, "pos", "onset", "distance", 0.9))
    >>> similarity_speeds(one, ["pos"])
    Found(value=True, detail='POS tagging 0.900**')
    >>> similarity_speeds(one, ["bits"])
    Found(value=False, detail='bits per character -0.900**: more distant languages need fewer steps')
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


def no_cause_of_forgetting(evidence: Evidence, strong: float) -> Found:
    """Whether no factor has a strong trend with forgetting across tasks.

    A factor has one where it goes with forgetting in one direction, at p < 0.05, in every task, or where the mean of
    its coefficients is as far from 0 as `strong`.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> cells = [("pos", "task_data", 0.9), ("xnli", "task_data", -0.9)]
    >>> cells += [("pos", "distance", 0.5), ("xnli", "distance", 0.6)]
    >>> printed = specimens.printed(*((4, task, "forgetting", factor, rho) for task, factor, rho in cells))
    >>> no_cause_of_forgetting(printed, strong=0.6)
    Found(value=False, detail='task_data: mean 0.00, 1 of 2 tasks, distance: mean 0.55, 2 of 2 tasks')
    """
    rows = _all(_rows(evidence, 4), quantity="forgetting")
    parts, found = [], False
    for factor in dict.fromkeys(row["factor"] for row in rows):
        every = [row["rho"] for row in _all(rows, factor=factor)]
        signs = [row["rho"] > 0 for row in _starred(rows, factor=factor)]
        some, mean = max(signs.count(True), signs.count(False)), sum(every) / len(every)
        found |= some == len(every) or abs(mean) >= strong
        parts.append(f"{factor}: mean {mean:.2f}, {some} of {len(every)} tasks")
    return Found(not found, listed(parts))


def similarity_significant(evidence: Evidence, quantity: str, tasks: int) -> Found:
    """Whether distance goes with a quantity of transfer at p < 0.001, the right way round, in this many tasks.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> one = specimens.printed((5, "pos", "best", "distance", -0.9), (5, "xnli", "best", "distance", 0.9))
    >>> similarity_significant(one, "best", tasks=1)
    Found(value=True, detail='POS tagging -0.900**, XNLI 0.900**')
    """
    rows = _all(_rows(evidence, 5), quantity=quantity, factor="distance")
    sign = -1 if quantity == "best" else 1
    strong = [row for row in rows if row["stars"] == "**" and row["rho"] * sign > 0]
    detail = listed([f"{NAMES[row['task']]} {row['rho']:.3f}{row['stars']}" for row in rows])
    return Found(len(strong) == tasks, detail)


def weaker_factors(evidence: Evidence, least: float) -> Found:
    """Whether factors correlate less with asymmetry and forgetting than with the best score: on average, and at most.

    Without any relation all means of ``|rho|`` are about the same. That of the best score must be larger by `least`,
    and so must the largest ``|rho|``.

    Examples
    --------
    >>> from polychron.audit import specimens
    >>> cells = [("best", -0.6), ("asymmetry", 0.5), ("forgetting", 0.7)]
    >>> printed = specimens.printed(*((5, "pos", quantity, "task_data", rho) for quantity, rho in cells))
    >>> weaker_factors(printed, least=0.05)
    Found(value=False, detail='best 0.600 (to 0.600), asymmetry 0.500 (to 0.500), forgetting 0.700 (to 0.700)')
    """
    rows = _rows(evidence, 5)
    sizes = {
        quantity: [abs(row["rho"]) for row in _all(rows, quantity=quantity)]
        for quantity in ("best", "asymmetry", "forgetting")
    }
    means = {quantity: sum(of) / len(of) for quantity, of in sizes.items()}
    detail = listed([f"{quantity} {mean:.3f} (to {max(sizes[quantity]):.3f})" for quantity, mean in means.items()])
    weaker = all(
        means["best"] >= means[other] + least and max(sizes["best"]) >= max(sizes[other]) + least
        for other in ("asymmetry", "forgetting")
    )
    return Found(weaker, detail)


MEASURES = {
    function.__name__: function
    for function in (
        data_matter, similarity_helps, similarity_speeds, no_cause_of_forgetting, similarity_significant,
        weaker_factors,
    )
}  # fmt: skip
