"""What must be said beside the scores of a laboratory: trainings that collapsed, and words that are no examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from polychron.analysis.laboratory import measures
from polychron.analysis.laboratory.ablation import COLLAPSED
from polychron.analysis.laboratory.measures import Measure


def cautions(
    table: Any,
    shown: Iterable[tuple[Measure, Mapping[str, int]]],
    default: str,
    variants: Collection[str] | None = None,
) -> list[str]:
    """Return sentences on the scores that are shown; none where there is nothing to say.

    Parameters
    ----------
    table : pyarrow.Table
        See `polychron.analysis.laboratory.ablation.schema`.
    shown : iterable of (Measure, mapping)
        What is shown, with its ``step``, and its ``layer`` where that is one.
    default : str
        The variant that the others are compared with.
    variants : collection of str, optional
        The variants that are shown; all by default.
    """
    asked = {} if variants is None else {"variant": [*variants]}
    shown = [(measure, {**at, **asked}) for measure, at in shown]
    return [*_collapsed(table, shown), *_excluded(table, shown, default)]


def of_transfers(table: Any, default: str) -> list[str]:
    """Return `cautions` on all transfers, at the highest layer and the last step of the default.

    Of stacked heads, which the default may lack, they are those of the last step, at all layers.
    """
    found = []
    for pair in measures.pairs(table):
        for measure in measures.transfers(table, pair):
            if at := measures.place(table, measure, default):
                found.append((measure, at))
        for measure in measures.stacked(table, pair):
            found.append((measure, {"step": max(row["step"] for row in measures.measured(table, measure))}))
    return cautions(table, found, default)


def left_out(table: Any, shown: Iterable[tuple[Measure, Mapping[str, int]]], default: str) -> list[str]:
    """Return a sentence on variants that were measured at other layers than those that are shown; none without them.

    Parameters
    ----------
    table : pyarrow.Table
        See `polychron.analysis.laboratory.ablation.schema`.
    shown : iterable of (Measure, mapping)
        What is shown, with its ``step`` and its ``layer``.
    default : str
        The variant at whose highest layer the others are shown.
    """
    lost: set[str] = set()
    for measure, at in shown:
        rows = measures.measured(table, measure, step=at["step"])
        lost |= {row["variant"] for row in rows} - {row["variant"] for row in rows if row["layer"] == at["layer"]}
    if not lost:
        return []
    return [
        f"Without scores at the highest layer of {default}, since they have another number of layers: "
        f"{', '.join(sorted(lost))}. What they have at their own last layer is in ablation.parquet."
    ]


def _collapsed(table: Any, shown: Iterable[tuple[Measure, Mapping[str, Any]]]) -> list[str]:
    """Count the trainings that have collapsed: `runs` has how many there are, and `value` their share."""
    trained, collapsed = 0, Counter[str]()
    for measure, at in shown:
        place = {"pair": f"{measure.source}/{measure.target}", "task": measure.task, "source": measure.source}
        for row in measures.rows_of(table, **place, metric=COLLAPSED, **at):
            trained += row["runs"]
            collapsed[row["variant"]] += round((row["value"] or 0) * row["runs"])
    named = [f"{variant} ({number})" for variant, number in sorted(collapsed.items()) if number]
    if not named:
        return []
    return [
        f"Of {trained} trainings of fine-tuned models {collapsed.total()} collapsed: on dev of the first language they "
        f"are hardly above what is reached without a model. They are in the means of {', '.join(named)}."
    ]


def _excluded(table: Any, shown: Iterable[tuple[Measure, Mapping[str, Any]]], default: str) -> list[str]:
    """Return a sentence on variants that were scored on other words than the default, for their window is another."""
    said: dict[str, None] = {}
    for measure, at in shown:
        most: dict[str, float] = {}
        for row in measures.measured(table, measure._replace(metric="excluded"), states="raw", **at):
            most[row["variant"]] = max(most.get(row["variant"], 0.0), row["value"] or 0.0)
        others = [name for name, number in sorted(most.items()) if number != most.get(default)]
        if default in most and others:
            numbers = ", ".join(f"{name} {most[name]:,.0f}" for name in (default, *others))
            said[f"{measures.called(measure.task)}, {measure.source} → {measure.target}: {numbers}"] = None
    if not said:
        return []
    return [
        "Words beyond the window of a model are no examples, so that some variants are scored on other words than "
        f"{default}. So many were left out: {'; '.join(said)}."
    ]
