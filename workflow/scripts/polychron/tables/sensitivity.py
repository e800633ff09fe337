"""Which findings change with how the probes are trained (Table 7, which the paper lacks)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polychron.probing.tasks import registry
from polychron.reporting.formatting import counted, difference, enumerated, percentage
from polychron.reporting.tables import Cell, Table, nothing

SCALINGS = {"none": "not scaled", "standard": "standardised"}
SOLVERS = {"adam": "Adam", "lbfgs": "L-BFGS"}

FINDINGS = {
    "best_layer": "Best layer",
    "best_step": "Best step",
    "onset": "Step to {onset:g}%",
    "forgetting": "Best − last",
    "rank": "Rank of the language",
    "final": "Last score",
}

VERDICTS = ("same", "within noise", "changes")

MOST = 4
"""Findings that are named in a cell."""


def sensitivity(findings: Any, onset: float, setting: Sequence[str]) -> Table:
    """Return Table 7: for each other setting of the probes, how many findings it changes, and which.

    Parameters
    ----------
    findings : pyarrow.Table
        See `analysis.sensitivity.schema`.
    onset : float
        The share of the best score to which the onset is taken.
    setting : sequence of str
        The study's own scaling and solver.
    """
    title = "Which findings change if the probes are trained otherwise"
    records = findings.to_pylist()
    means = {_place(row): row for row in records if row["finding"] == "mean_final"}
    body = []
    for other in dict.fromkeys((row["scaling"], row["solver"]) for row in records):
        label = _called(*other)
        mine = [row for row in records if (row["scaling"], row["solver"]) == other]
        for task in registry.in_order({row["task"] for row in mine}):
            for finding, called in FINDINGS.items():
                of = [row for row in mine if (row["task"], row["finding"]) == (task, finding)]
                for layer, some in _groups(finding, of):
                    name = called.format(onset=100 * onset) + ("" if layer is None else f", layer {layer}")
                    mean = means.get((*other, task, layer))
                    body.append([Cell(label), Cell(registry.TITLES[task]), Cell(name), *_cells(finding, some, mean)])
                    label = ""
    if not body:
        return nothing(7, title, "the cells that were trained under several settings have no trained step")
    head = ["Instead", "Task", "Finding", "n", "Same", "Within noise", "Changes", "Difference"]
    return Table(7, title, head, body, _caption(records, setting), records, left=3)


def _called(scaling: str, solver: str) -> str:
    return f"{SCALINGS[scaling]}, {SOLVERS[solver]}"


def _place(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("scaling", "solver", "task", "layer"))


def _groups(finding: str, rows: Sequence[Mapping[str, Any]]) -> list[tuple[int | None, list[Mapping[str, Any]]]]:
    """Return the findings of a row of the table: last scores layer by layer, all others together."""
    if finding != "final":
        return [(None, list(rows))] if rows else []
    return [(layer, [row for row in rows if row["layer"] == layer]) for layer in sorted({row["layer"] for row in rows})]


def _cells(finding: str, rows: Sequence[Mapping[str, Any]], mean: Mapping[str, Any] | None) -> list[Cell]:
    counts = {verdict: [row for row in rows if row["verdict"] == verdict] for verdict in VERDICTS}
    changed = sorted(counts["changes"], key=lambda row: -abs(row["difference"]))
    named = [_named(finding, row) for row in changed[:MOST]]
    named += [f"and {len(changed) - MOST} more"] if len(changed) > MOST else []
    known = [row["difference"] for row in rows if row["difference"] is not None]
    # one language's gain of a place is another's loss: the mean of ranks is always 0
    middle = sum(known) / len(known) if known and finding != "rank" else None
    below = []
    if finding == "final" and mean and mean["low"] is not None:
        below = [f"[{_written(finding, mean['low'])}, {_written(finding, mean['high'])}]"]
    cells = [Cell(str(len(rows))), *(Cell(str(len(counts[verdict]))) for verdict in VERDICTS[:2])]
    return [*cells, Cell(str(len(changed)), named), Cell(_written(finding, middle), below)]


def _named(finding: str, row: Mapping[str, Any]) -> str:
    """Name a finding that changes, with both values."""
    place = [] if row["source"] is None else [row["source"]]
    place += [] if row["layer"] is None or finding == "final" else [f"layer {row['layer']}"]
    points = finding in ("final", "forgetting")
    values = [percentage(row[name]) if points else f"{row[name]:,.0f}" for name in ("own", "other")]
    return f"{' '.join(place)}: {values[0]} → {values[1]}"


def _written(finding: str, value: float | None) -> str:
    if value is None:
        return "–"
    if finding in ("final", "forgetting"):
        return difference(100 * value, 2)
    return f"{difference(value, 0 if finding in ('onset', 'best_step') else 1)}"


def _caption(records: Sequence[Mapping[str, Any]], setting: Sequence[str]) -> list[str]:
    known = [row for row in records if row["verdict"] and row["finding"] != "mean_final"]
    lacking = sum(row["finding"] != "mean_final" for row in records) - len(known)
    counts = {verdict: sum(row["verdict"] == verdict for row in known) for verdict in VERDICTS}
    said = enumerated(
        [
            f"{counts['same']} are the same",
            f"{counts['within noise']} differ within the noise of the seeds",
            f"{counts['changes']} change",
        ]
    )
    paragraphs = [
        f"The study trains its probes on vectors that are {_called(*setting).replace(',', ', by', 1)}. A part "
        "of its cells was trained under other settings too, and each finding of theirs compared: the best layer and "
        "the rank of the language at the last step, the best step, the onset, what is forgotten, and the last score "
        "of each language and layer. Last, best and rank are among these cells alone. Difference is the mean of other "
        "minus own, in layers, steps or points of accuracy (that of ranks is always 0); in brackets the 95% interval "
        "over seeds of the mean last score.",
        f"Of {counted(len(known), 'finding')}, {said}. Within noise: 0 is in the 95% interval of the difference, over "
        f"runs that are paired by their seed; {_by_chance([row['runs'] for row in known])}. The seeds "
        "share checkpoints and test items, whose noise is not in it.",
    ]
    if "lbfgs" in {setting[1], *(row["solver"] for row in records)}:
        paragraphs[-1] += (
            " L-BFGS gives every seed the same probe, unless each has negatives of its own, so that between two "
            "settings with it any difference counts as a change."
        )
    if some := sum("left out" in (row.get("note") or "") for row in known):
        paragraphs.append(
            f"Left out of {counted(some, 'finding')} are seeds or steps that one of the settings, or one of the cells "
            "that are put together, lacks; the column note of the numbers says which."
        )
    if lacking:
        paragraphs.append(f"{lacking} could not be compared; the column note of the numbers says why.")
    return paragraphs


def _by_chance(runs: Sequence[int]) -> str:
    """Return how many findings change by chance, from simulations of 39 checkpoints, 12 layers and 12 languages.

    Examples
    --------
    >>> _by_chance([5, 5])
    'about one finding in twenty counts as changed by chance alone'
    """
    few = sorted({number for number in runs if 1 < number < 5})
    if not few:
        return "about one finding in twenty counts as changed by chance alone"
    most = {2: "38%", 3: "15%", 4: "10%"}[few[0]]
    return (
        f"by chance alone about one last score in twenty counts as changed, and with {few[0]} runs up to {most} of the "
        "other findings"
    )
