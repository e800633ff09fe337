"""Tables 4 and 5 with factors that the paper lacks, and with what each factor adds to the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from polychron.probing.tasks import registry
from polychron.reporting.formatting import chance, counted, signed
from polychron.reporting.tables import Cell, Table
from polychron.tables import correlations as paper
from polychron.tables.transfer_factors import FACTORS, RATE, explained, rated, without_beta

FURTHER = [name for name in FACTORS if name not in paper.FACTORS]
"""The factors that the paper lacks, in the order of the rows."""


def correlations(correlations: Any, sizes: Any, regressions: Any, number: int, onset: float, reference: str) -> Table:
    """Return Table 4 or 5 with further factors.

    Parameters
    ----------
    correlations, sizes, number, onset
        See `polychron.tables.correlations.correlations`, whose rows stay as they are, but for a line that says what a
        factor adds to the others.
    regressions : pyarrow.Table or sequence
        See `analysis.pairs.regressions.schema`; empty where the languages of a model are not compared.
    reference : str
        The language that those of Table 4 are compared with.
    """
    table = paper.correlations(correlations, sizes, number, onset)
    known = [row for row in (regressions.to_pylist() if len(regressions) else []) if row["table"] == number]
    if not table.records or "task" not in table.records[0] or not known:
        return table
    further = rated([row for row in known if row["factor"] in FURTHER])
    # beta is tested for all factors together, rho for those that the paper lacks
    joint = {_place(row): row for row in rated(known)}
    for row in further:
        row["q_beta"] = joint[_place(row)]["q_beta"]
    single = {_place(row): row for row in further}
    tasks = registry.in_order({row["task"] for row in table.records})
    usual = {task: max(row["n"] for row in table.records if row["task"] == task) for task in tasks}
    quantities = {called.format(onset=100 * onset): name for name, called in paper.QUANTITIES.items()}
    factors = {called: name for name, called in paper.FACTORS.items()}
    body: list[list[Cell]] = []
    quantity = ""
    for place, row in enumerate(table.rows):
        quantity = quantities.get(row[0].text, quantity)
        factor = factors[row[1].text]
        body.append(
            [
                *row[:2],
                *(
                    _joined(cell, joint.get((quantity, factor, task)))
                    for cell, task in zip(row[2:], tasks, strict=True)
                ),
            ]
        )
        last = place + 1 == len(table.rows) or table.rows[place + 1][0].text
        for name in FURTHER if last else []:
            found = [single.get((quantity, name, task)) for task in tasks]
            if any(one and one["rho"] is not None for one in found):
                cells = (_joined(_cell(one, usual[task]), one) for one, task in zip(found, tasks, strict=True))
                called = "Premium" if number == 4 and name == "premium_ratio" else FACTORS[name]
                body.append([Cell(""), Cell(called), *cells])
    added = [{**row, **_beside(joint.get(_place(row)))} for row in table.records]
    added += [_record(row) for row in further]
    caption = [*table.caption, *_caption(number, further, list(joint.values()), reference)]
    return dataclasses.replace(table, rows=body, caption=caption, records=added)


def _place(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return row["quantity"], row["factor"], row["task"]


def _cell(row: Mapping[str, Any] | None, usual: int) -> Cell:
    if row is None or row["rho"] is None:
        return Cell("–")
    below = [f"[{signed(row['low'], 2)}, {signed(row['high'], 2)}]"] if row["low"] is not None else []
    below.append(f"p {chance(row['p'])}, q {chance(row['q'])}")
    if row["n"] != usual:
        below.append(f"n = {row['n']}")
    return Cell(signed(row["rho"]), below, strong=row["q"] < RATE)


def _joined(cell: Cell, row: Mapping[str, Any] | None) -> Cell:
    """Return a cell with a line that says what the factor adds to the others."""
    if row is None or row["beta"] is None:
        return cell
    return dataclasses.replace(cell, below=[*cell.below, f"beta {signed(row['beta'], 2)}, p {chance(row['p_beta'])}"])


def _beside(row: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the columns of the regression, empty where a factor is not in it."""
    names = ("beta", "p_beta", "q_beta", "together")
    return {name: None if row is None else row[name] for name in names}


def _record(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of a further factor with the names of the columns of `analysis.factors.schema`."""
    same = ("model", "table", "task", "quantity", "factor", "n", "languages", "rho", "low", "high", "q", "test", "note")
    return {name: row[name] for name in same} | {"p_permutation": row["p"]} | _beside(row)


def _caption(
    number: int, further: Sequence[Mapping[str, Any]], joint: Sequence[Mapping[str, Any]], reference: str
) -> list[str]:
    tested = list({row["test"]: row for row in reversed(further) if row["test"]}.values())
    beside = list({row["test_beta"]: row for row in reversed(joint) if row["test_beta"]}.values())
    unit = "languages" if number == 4 else "pairs"
    if number == 4:
        whose = f"Those that it lacks are of the language and {reference}, which is like itself. "
        whose += explained("the language", reference)
    else:
        whose = f"Those that it lacks are below them. {explained()}"
    said = [
        f"All this is of the paper's factors. {whose} They are known of languages with parallel sentences.",
        f"These have no stars, and q is adjusted for {counted(len(tested), 'different test')} of them: "
        f"{sum(row['p'] < RATE for row in tested)} with p < {RATE}, {sum(row['q'] < RATE for row in tested)} in bold.",
    ]
    if beside:
        fewest, most = min(row["together"] for row in beside), max(row["together"] for row in beside)
        over = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        said.append(
            "Beta says what a factor adds to all others but task perf.: the standardised coefficient of a regression "
            f"of the ranks, over the {over} {unit} of which all these are known. Its p comes from permuting the "
            f"languages. Of {counted(len(beside), 'test')} {sum(row['p_beta'] < RATE for row in beside)} have "
            f"p < {RATE}, and {sum(row['q_beta'] < RATE for row in beside)} q < {RATE}."
        )
    return [*said, *without_beta(joint, {**paper.FACTORS, **FACTORS})]
