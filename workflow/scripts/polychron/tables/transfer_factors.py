"""What transfer follows: each factor of a pair of languages alone, and beside all others (Table 8)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from polychron.probing.tasks import registry
from polychron.reporting.formatting import chance, counted, enumerated, signed
from polychron.reporting.tables import Cell, Table, nothing
from polychron.stats import correlation

QUANTITIES = {"best": "Best", "onset": "Steps to {onset:g}%", "forgetting": "Forgetting"}
"""What the table shows of the quantities that are related to factors."""

CALLED = {"best": "the best score", "onset": "steps", "cross_fitted_forgetting": "cross-fitted forgetting"}
"""What a note calls quantities, where it is not their own name."""

FACTORS = {
    "source_size": "Pretraining data of the source",
    "target_size": "Pretraining data of the target",
    "task_data": "Task data",
    "distance": "Syntactic distance",
    "piece_overlap": "Overlap of pieces",
    "piece_share": "Shared running pieces",
    "same_script": "Same script",
    "same_order": "Same word order",
    "same_family": "Same family",
    "fertility_difference": "Difference of fertility",
    "premium_ratio": "Premium of the target",
}

RATE = 0.05
"""The rate of false discoveries that is accepted among what is in bold."""


def explained(one: str = "the target", other: str = "the source") -> str:
    """Return what the factors of the tokenizer and the languages are, those of `one` compared with `other`."""
    return (
        "Overlap of pieces is the share of the pieces that both use in parallel sentences among those that either "
        "uses; shared running pieces, the sum over pieces of the lesser of their frequencies. Script is that of most "
        "letters, word order that of subject, object and verb. Fertility is pieces per word; the premium, the pieces "
        f"of {one} for one of {other} in the same sentences."
    )


def alone_and_together(regressions: Any, onset: float) -> Table:
    """Return Table 8: what the best transfer, its onset and its forgetting follow, alone and beside all else.

    Parameters
    ----------
    regressions : pyarrow.Table
        See `analysis.pairs.regressions.schema`.
    onset : float
        The share of the best score to which the onset is taken.
    """
    title = "What transfer follows: each factor of a pair alone, and beside the others"
    mine = [row for row in regressions.to_pylist() if row["table"] == 5]
    records = rated([row for row in mine if row["quantity"] in QUANTITIES])
    if not records:
        return nothing(8, title, "the study has no scores of transfer")
    cells = {(row["task"], row["factor"], row["quantity"]): row for row in records}
    body = []
    for task in registry.in_order({row["task"] for row in records}):
        pairs = max(row["pairs"] for row in records if row["task"] == task)
        label, below = registry.TITLES[task], [counted(pairs, "pair")]
        for factor, called in FACTORS.items():
            found = [cells.get((task, factor, quantity)) for quantity in QUANTITIES]
            # a row of dashes says no more than the caption does
            if not any(row and (row["rho"] is not None or row["beta"] is not None) for row in found):
                continue
            body.append([Cell(label, below), Cell(called), *(cell for row in found for cell in _cells(row, pairs))])
            label, below = "", []
    if not body:
        return nothing(8, title, "no factor has a coefficient")
    head = ["Task", "Factor"]
    for called in QUANTITIES.values():
        named = called.format(onset=100 * onset)
        head += [f"{named}: ρ alone", f"{named}: beta beside the others"]
    return Table(8, title, head, body, _caption(records), records, left=2)


def rated(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of a table with `q` and `q_beta`: their p-values, adjusted for the number of different tests."""
    rates = {
        name: correlation.discovery_rates(
            [math.nan if row[p] is None else row[p] for row in rows], [row[test] or 0 for row in rows]
        )
        for name, p, test in (("q", "p", "test"), ("q_beta", "p_beta", "test_beta"))
    }
    return [
        {**row, **{name: None if math.isnan(of[place]) else float(of[place]) for name, of in rates.items()}}
        for place, row in enumerate(rows)
    ]


def _cells(row: Mapping[str, Any] | None, pairs: int) -> list[Cell]:
    """Return the two cells of a factor and a quantity."""
    single = joint = Cell("–")
    if row and row["rho"] is not None:
        below = [f"p {chance(row['p'])}, q {chance(row['q'])}"]
        below += [f"n = {row['n']}"] if row["n"] != pairs else []
        single = Cell(signed(row["rho"], 2), below, strong=row["q"] < RATE)
    if row and row["beta"] is not None:
        below = [f"p {chance(row['p_beta'])}, q {chance(row['q_beta'])}"]
        below += [f"n = {row['together']}"] if row["together"] != pairs else []
        joint = Cell(signed(row["beta"], 2), below, strong=row["q_beta"] < RATE)
    return [single, joint]


def _caption(records: Sequence[Mapping[str, Any]]) -> list[str]:
    tested = list({row["test"]: row for row in reversed(records) if row["test"]}.values())
    beside = list({row["test_beta"]: row for row in reversed(records) if row["test_beta"]}.values())
    most = max(row["languages"] for row in records)
    paragraphs = [
        f"Over ordered pairs of different languages, of which a task has {most} at most. Alone: Spearman's ρ of the "
        "factor and the quantity. Beside the others: the standardised coefficient beta of a regression of the ranks on "
        "all factors, which says what a factor adds to the others (MRQAP by double semi-partialling, Dekker et al. "
        "2007). Both p come from permuting the languages, since a language is in many pairs. Where factors go "
        "together, as they do among few languages, beta is uncertain and can be beyond ±1.",
        explained(),
        f"q is p adjusted for the number of different tests in the table, of ρ and of beta apart (Benjamini and "
        f"Hochberg); bold is q < {RATE}. Of {len(tested)} of ρ, {sum(row['p'] < RATE for row in tested)} have "
        f"p < {RATE} and {sum(row['q'] < RATE for row in tested)} are bold; of {len(beside)} of beta, "
        f"{sum(row['p_beta'] < RATE for row in beside)} and {sum(row['q_beta'] < RATE for row in beside)}.",
    ]
    return [*paragraphs, *_left_out(records)]


def without_beta(records: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[str]:
    """Return a sentence that says which factors have no coefficient beside the others, and why; none if all have one.

    Parameters
    ----------
    records : sequence of mapping
        See `analysis.pairs.regressions.schema`.
    names : mapping of str to str
        What the factors are called.
    """
    every = {row["task"] for row in records}
    parts = []
    for note in dict.fromkeys(row["note"] for row in records if row["note"]):
        rows = [row for row in records if row["note"] == note]
        named = list(dict.fromkeys(names[row["factor"]].lower() for row in rows))
        tasks = registry.in_order({row["task"] for row in rows})
        where = "all tasks" if every == {*tasks} else ", ".join(registry.TITLES[task] for task in tasks)
        where += _of_quantities(rows, records)
        parts.append(f"{enumerated(named) if len(named) < 4 else f'{len(named)} factors'} ({where}): {note}")
    return [f"Without beta are {'; '.join(parts)}."] if parts else []


def _of_quantities(rows: Sequence[Mapping[str, Any]], records: Sequence[Mapping[str, Any]]) -> str:
    """Return which quantities rows are of, where their tasks and factors have others as well; empty where not."""
    places = {(row["task"], row["factor"]) for row in rows}
    mine = {row["quantity"] for row in rows}
    every = list(dict.fromkeys(row["quantity"] for row in records if (row["task"], row["factor"]) in places))
    if mine == {*every}:
        return ""
    return f"; {enumerated([CALLED.get(name, name) for name in every if name in mine])}"


def _left_out(records: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return sentences on the factors without a coefficient, and on the pairs of which a factor is not known."""
    said = without_beta(records, FACTORS)
    lacking: dict[tuple[str, int, int], list[str]] = {}
    for row in records:
        if row["quantity"] == "best" and 0 < row["n"] < row["pairs"]:
            place = registry.TITLES[row["task"]], row["pairs"] - row["n"], row["pairs"]
            lacking.setdefault(place, []).append(FACTORS[row["factor"]].lower())
    if lacking:
        parts = [
            f"{enumerated(called)} of {missing} of {pairs} pairs ({task})"
            for (task, missing, pairs), called in lacking.items()
        ]
        said.append(
            f"Not known, so that these pairs are left out: {'; '.join(parts)}. A pair is in a regression if all "
            "factors that are in it are known."
        )
    return said
