"""Correlations of factors of languages with what is measured in them (Tables 4 and 5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from polychron.analysis import bits
from polychron.analysis import sizes as pretraining_sizes
from polychron.probing.tasks import registry
from polychron.reporting.formatting import chance, counted, signed
from polychron.reporting.tables import Cell, Table, nothing

QUANTITIES = {
    "best": "Task perf.",
    "asymmetry": "Asymmetry",
    "onset": "Steps to {onset:g}%",
    "forgetting": "Forgetting",
    "cross_fitted_forgetting": "Forgetting, cross-fitted",
}

SHORT = {
    "best": "performance",
    "asymmetry": "asymmetry",
    "onset": "onset",
    "forgetting": "forgetting",
    "cross_fitted_forgetting": "cross-fitted forgetting",
}
"""Names of quantities within a sentence."""

FACTORS = {
    "pretraining_size": "Pretraining data",
    "source_size": "Src. pretraining data",
    "target_size": "Trg. pretraining data",
    "task_data": "Task data",
    "distance": "Lang. dist.",
    "best": "Task perf.",
}
"""Names of factors, as in the paper. Its similarity is a distance: smaller for more similar languages."""

TITLES = {
    4: "Factors of a language and measures of in-language knowledge: Spearman's ρ",
    5: "Factors of a pair of languages and measures of transfer: Spearman's ρ",
}

RATE = 0.05
"""The rate of false discoveries that is accepted among what is in bold."""


def correlations(correlations: Any, sizes: Any, number: int, onset: float) -> Table:
    """Return Table 4 or 5.

    Parameters
    ----------
    correlations : pyarrow.Table
        See `factors.schema`.
    sizes : pyarrow.Table
        How much text of each language the model was pretrained on; see `sizes.schema`.
    number : {4, 5}
        Which of the two.
    onset : float
        The share of the best score to which the onset is taken.
    """
    mine = [row for row in correlations.to_pylist() if row["table"] == number]
    tested = [row for row in mine if row["rho"] is not None]
    if not mine:
        what = "languages" if number == 4 else "transfer"
        return nothing(number, TITLES[number], f"the study has no scores of {what}")
    tasks = registry.in_order({row["task"] for row in mine})
    cells = {(row["quantity"], row["factor"], row["task"]): row for row in mine}
    usual = {task: max((row["n"] for row in mine if row["task"] == task), default=0) for task in tasks}
    body = []
    for quantity, called in QUANTITIES.items():
        label = called.format(onset=100 * onset)
        for factor in FACTORS:
            found = [cells.get((quantity, factor, task)) for task in tasks]
            if not any(found):
                continue
            printed = [_coefficient(row, usual[task]) for row, task in zip(found, tasks, strict=True)]
            body.append([Cell(label), Cell(FACTORS[factor]), *printed])
            label = ""
    unit = "languages" if number == 4 else "pairs"
    head = ["Variable", "Factor", *(f"{registry.TITLES[task]} (n = {usual[task]})" for task in tasks)]
    return Table(number, TITLES[number], head, body, _caption(number, tested, mine, unit, sizes), mine, left=2)


def _coefficient(row: Mapping[str, Any] | None, usual: int) -> Cell:
    if row is None or row["rho"] is None:
        return Cell("–")
    below = [f"[{signed(row['low'], 2)}, {signed(row['high'], 2)}]"] if row["low"] is not None else []
    below.append(f"p {chance(row['p_permutation'])}, q {chance(row['q'])}")
    if row["n"] != usual:
        below.append(f"n = {row['n']}")
    return Cell(signed(row["rho"]) + row["stars"], below, strong=row["q"] is not None and row["q"] < RATE)


def _caption(
    number: int, tested: list[Mapping[str, Any]], mine: list[Mapping[str, Any]], unit: str, sizes: Any
) -> list[str]:
    distinct = list({row["test"]: row for row in reversed(tested)}.values())
    starred = sum(bool(row["stars"]) for row in distinct)
    permuted = sum(row["p_permutation"] < RATE for row in distinct)
    kept = sum(row["q"] < RATE for row in distinct)
    number_of = f"{counted(len(tested), 'coefficient')} of the table"
    if len(distinct) < len(tested):
        number_of = f"{counted(len(distinct), 'different test')} among the {number_of}"
    dependent = (
        "A language is in many pairs, so the pairs are not independent: the intervals let pairs that share a language "
        "covary, and p comes from permuting the languages (Mantel test), not the pairs. "
        if number == 5
        else "In brackets 95% intervals (Fisher's transformation); p comes from permuting the languages. "
    )
    paragraphs = [
        f"Over {unit}, with the stars of the paper: * p < 0.05, ** p < 0.001 by the t approximation, which takes all "
        f"{unit} for independent. Lang. dist. is the syntactic distance, which the "
        f"paper calls Lang. sim.: smaller is more similar. Pretraining data is in "
        f"{pretraining_sizes.said(sizes)}.",
    ]
    left_out = {part for row in mine for part in (row["note"] or "").split("; ") if bits.LEFT_OUT in part}
    paragraphs += [f"Bits per character: {part}." for part in sorted(left_out)]
    if tested:
        paragraphs.append(
            f"{dependent}q is that p adjusted for the {number_of} (Benjamini and Hochberg); bold is q < {RATE}. Of "
            f"them {starred} have a star, {permuted} have p < {RATE}, and {kept} are bold."
        )
        if len(distinct) < len(tested):
            paragraphs.append(f"One test under several names counts once: {_repeated(tested)}.")
    if len(tested) < len(mine):
        whys: dict[str, list[str]] = {}
        for row in mine:
            notes = re.sub(r" \(.*?\)", "", row["note"] or "unknown").split("; ") if row["rho"] is None else []
            for why in notes:
                whys.setdefault(why, []).append(registry.TITLES[row["task"]])
        said = "; ".join(f"{why} ({', '.join(dict.fromkeys(tasks))})" for why, tasks in whys.items())
        paragraphs.append(f"{len(mine) - len(tested)} of {len(mine)} have no coefficient (–): {said}.")
    return paragraphs


def _repeated(tested: list[Mapping[str, Any]]) -> str:
    """Return which coefficients are one test, with the tasks in which they are.

    Examples
    --------
    >>> size = {"test": 1, "task": "pos", "quantity": "asymmetry", "factor": "source_size"}
    >>> _repeated([size, size | {"factor": "target_size"}, size | {"test": 2, "quantity": "best"}])
    'src. pretraining data and trg. pretraining data: asymmetry (POS tagging)'
    """
    tests: dict[int, list[Mapping[str, Any]]] = {}
    for row in tested:
        tests.setdefault(row["test"], []).append(row)
    said: dict[str, dict[str, list[str]]] = {}
    for rows in tests.values():
        if len(rows) > 1:
            factors = " and ".join(dict.fromkeys(FACTORS[row["factor"]] for row in rows))
            tasks = " as ".join(dict.fromkeys(registry.TITLES[row["task"]] for row in rows))
            said.setdefault(factors.lower(), {}).setdefault(SHORT[rows[0]["quantity"]], []).append(tasks)
    return "; ".join(
        f"{factors}: " + ", ".join(f"{what} ({', '.join(tasks)})" for what, tasks in of.items())
        for factors, of in said.items()
    )
