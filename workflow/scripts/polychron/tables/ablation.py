"""Variants of pretraining by tasks: scores, two differences, anchors and shared parameters (Table 10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polychron.analysis.laboratory import measures, summaries
from polychron.analysis.laboratory.cautions import cautions, left_out
from polychron.analysis.laboratory.measures import Measure
from polychron.reporting.formatting import counted, difference, percentage
from polychron.reporting.tables import Cell, Table, nothing

SEARCHED = "retrieval"
"""The task that is shown in centred states; the others are as they are."""

DIFFERENCES = {"delta": "Δ", "delta_same_vocabulary": "Δ′"}
"""What is below a score."""

STATES = ("raw", "centred")
"""The states in the records."""


def by_variant(ablation: Any, intervals: Any, default: str, variants: Sequence[str]) -> Table:
    """Return Table 10: each variant of each pair, with what it carries over from one language to the other.

    Parameters
    ----------
    ablation, intervals : pyarrow.Table
        See `polychron.analysis.laboratory.ablation.schema` and `summaries.schema`.
    default : str
        The variant that the others are compared with.
    variants : sequence of str
        All variants, in the order of the rows.
    """
    title = "Variants of pretraining: transfer, differences from two defaults, anchors, and shared parameters"
    shown: dict[str, dict[str, tuple[Measure, Mapping[str, int]]]] = {}
    for pair in measures.pairs(ablation):
        for measure in (*measures.transfers(ablation, pair), *measures.searches(ablation, pair, (SEARCHED,))):
            if at := measures.place(ablation, measure, default):
                shown.setdefault(measure.task, {})[pair] = measure, at
    if not shown:
        return nothing(10, title, "no transfer and no search of the default was measured")
    records = [
        record
        for of_pairs in shown.values()
        for measure, at in of_pairs.values()
        for record in _records(intervals, measure, at)
    ]
    known = {(row["pair"], row["variant"], row["task"], row["states"]): row for row in records}
    facts = _facts(intervals)
    order = [default, *(name for name in variants if name != default)]
    body = []
    for pair in measures.pairs(ablation):
        label = pair.replace("/", " → ")
        for variant in order:
            cells = [
                _cell(known.get((pair, variant, task, "centred" if task == SEARCHED else "raw"))) for task in shown
            ]
            sizes = _sizes(facts, pair, variant)
            if not any(cell.text != "–" for cell in (*sizes, *cells)):
                continue  # a variant of other pairs alone
            body.append([Cell(label), Cell(variant), *sizes, *cells])
            label = ""
    head = ["Pair", "Variant", "Anchors (%)", "Shared parameters (%)"]
    head += [measures.called(task) + (", centred (%)" if task == SEARCHED else " (%)") for task in shown]
    caption = _caption(records, default)
    places = [one for of_pairs in shown.values() for one in of_pairs.values()]
    caption += [*left_out(ablation, places, default), *cautions(ablation, places, default)]
    return Table(10, title, head, body, caption, [*records, *facts.values()], left=2)


def _records(intervals: Any, measure: Measure, at: Mapping[str, int]) -> list[dict[str, Any]]:
    """Return what is known of a measure, a record for each variant and states."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in measures.measured(intervals, measure, **at, states=list(STATES)):
        place = {name: row[name] for name in ("pair", "variant", "states")} | measure._asdict() | {**at}
        record = found.setdefault((row["variant"], row["states"]), {**place, "models": row["models"]})
        named = row["quantity"]
        record |= {named: row["mean"], f"{named}_low": row["low"], f"{named}_high": row["high"]}
        record[f"{named}_seeds"] = row["seeds"]
    return [*found.values()]


def _facts(intervals: Any) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return anchors and parameters, which are means over the languages of a pair and over seeds."""
    rows = measures.rows_of(intervals, task=["anchors", "parameters"], quantity="value")
    values: dict[tuple[str, str, str], list[float]] = {}
    tasks = {}
    for row in rows:
        values.setdefault((row["pair"], row["variant"], row["metric"]), []).append(row["mean"])
        tasks[row["metric"]] = row["task"]
    return {
        key: {
            "pair": key[0],
            "variant": key[1],
            "task": tasks[key[2]],
            "metric": key[2],
            "value": sum(each) / len(each),
        }
        for key, each in values.items()
    }


def _sizes(facts: Mapping[tuple[str, str, str], Mapping[str, Any]], pair: str, variant: str) -> list[Cell]:
    """Return the cells of anchors and of shared parameters."""
    types, tokens, shared, own = (
        facts.get((pair, variant, metric), {}).get("value")
        for metric in ("anchor_types", "anchor_tokens", "shared", "own")
    )
    anchors = Cell("–") if types is None else Cell(percentage(types, 1), [f"{percentage(tokens, 1)} of pieces"])
    if shared is None:
        return [anchors, Cell("–")]
    return [anchors, Cell(percentage(shared / (shared + own), 1), [f"{shared:,.0f} of {shared + own:,.0f}"])]


def _cell(row: Mapping[str, Any] | None) -> Cell:
    if row is None or row.get("value") is None:
        return Cell("–")
    written = {
        sign: f"{difference(100 * row[quantity])}{_interval(row, quantity)}"
        for quantity, sign in DIFFERENCES.items()
        if row.get(quantity) is not None
    }
    signs = {text: ", ".join(sign for sign, one in written.items() if one == text) for text in written.values()}
    below = [f"{sign} {text}" for text, sign in signs.items()]
    return Cell(percentage(row["value"], 1), below, strong=_apart(row, "delta"))


def _interval(row: Mapping[str, Any], quantity: str) -> str:
    if row[f"{quantity}_low"] is None:
        return ""
    return f" [{difference(100 * row[f'{quantity}_low'])}, {difference(100 * row[f'{quantity}_high'])}]"


def _apart(row: Mapping[str, Any], quantity: str) -> bool:
    """Whether the interval of a difference is on one side of zero."""
    low, high = row.get(f"{quantity}_low"), row.get(f"{quantity}_high")
    return low is not None and (low > 0 or high < 0)


def _caption(records: Sequence[Mapping[str, Any]], default: str) -> list[str]:
    compared = [row for row in records if row.get("delta") is not None]
    apart = sum(_apart(row, "delta") for row in compared)
    seeds = sorted({row["value_seeds"] for row in records})
    number = counted(seeds[0], "seed") if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds"
    said = [
        f"Means over {number} of pretraining. Transfer is that of probes, or of fine-tuned models, of the first "
        "language to the second; sentences found, the precision at 1 of translations, with the means of both languages "
        f"made equal. Both are at the highest layer and the last step of {default}. The file of numbers has all of "
        "them as they are, and centred.",
        f"Δ is the difference from {default}, of the same seed, in points, and Δ′ that from the variant which is "
        f"{default} in all but the vocabulary, and has that of the row. In brackets are 95% intervals over seeds "
        f"(Student's t). Bold: the interval of Δ does not contain 0, as of {apart} of {len(compared)} differences, "
        "centred ones among them. Intervals are not corrected for their number.",
        "Anchors are the entries of the vocabulary that occur in the texts of both languages, as a share of those that "
        "occur in either; below, as a share of running pieces, the mean of the two texts. Shared parameters are those "
        "by which both languages are computed, as a share of those by which one is.",
    ]
    without = sum(row["delta_low"] is None for row in compared)
    if without:
        said.append(
            f"{counted(without, 'difference')} of {len(compared)} {'has' if without == 1 else 'have'} no interval: "
            f"there are fewer than {summaries.FEWEST} seeds."
        )
    return said
