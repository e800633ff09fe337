"""Compare the scores of models that are computed in several ways, and write the page of `precision.py`."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from polychron.errors import InputError

METRICS = {"alignment": "f1", "bits": "bits_per_character"}
"""What is compared of a task; accuracy of the others."""

CONTROL = "float8 weights"
"""The way that must not pass."""

F1 = 0.002
"""By how much the F1 of an alignment may change."""

DRAWS = 5
"""Draws of masks for bits per character, whose differences take the place of those of seeds."""

Row = dict[str, Any]


def compare(reference: Iterable[Mapping[str, Any]], other: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Compare two measurements of the same cells, alignments or texts.

    Parameters
    ----------
    reference, other : iterable of mapping
        Rows of scores, see `polychron.storage.scores.score_schema`.

    Returns
    -------
    list of dict
        Of each that was measured: what it is; ``value``, the mean over its seeds in `reference`; ``sd``, the standard
        deviation over them (NaN if there is one); ``difference`` of the means, the other's less that of the reference;
        ``of_seeds``, the differences of the seeds.

    Raises
    ------
    InputError
        One has a number that the other lacks.
    """
    measured = [defaultdict(dict), defaultdict(dict)]
    for table, found in zip((reference, other), measured, strict=True):
        for row in table:
            if row["metric"] == METRICS.get(row["task"], "accuracy") and row["split"] != "dev":
                names = ("model", "step", "task", "split", "layer", "source", "target")
                found[tuple(row[name] for name in names)][row["seed"]] = row["value"]
    one, two = measured
    if {key: {*of} for key, of in one.items()} != {key: {*of} for key, of in two.items()}:
        raise InputError("the two have other scores", remedy="measure both on the same study")
    rows = []
    for key, values in one.items():
        model, step, task, split, layer, source, target = key
        of_seeds = [two[key][seed] - values[seed] for seed in sorted(values, key=str)]
        rows.append(
            {
                "model": model,
                "step": step,
                "measure": f"{task}, transfer" if split == "parallel" else task,
                "layer": layer,
                "of": source if source == target else f"{source}/{target}",
                "value": statistics.fmean(values.values()),
                "sd": statistics.stdev(values.values()) if len(values) > 1 else math.nan,
                "difference": statistics.fmean(of_seeds),
                "of_seeds": [round(one, 6) for one in of_seeds],
            }
        )
    return rows


def summarise(rows: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Summarise what `compare` returned by step, measure and layer.

    Returns
    -------
    list of dict
        ``number`` of cells, pairs or texts; their mean ``value``; ``sd``, the root of their mean variance over seeds;
        ``mean`` and ``largest`` difference, the latter without its sign; ``allowed``, the difference that may be: `F1`
        for alignments, ``sd`` for others; ``beyond``, how many differ by more.
    """
    groups = defaultdict(list)
    for row in rows:
        groups[row["step"], row["measure"], row["layer"]].append(row)
    found = []
    for (step, measure, layer), group in sorted(groups.items()):
        sd = math.sqrt(statistics.fmean(row["sd"] ** 2 for row in group))
        allowed = F1 if measure == "alignment" else sd
        found.append(
            {
                "step": step,
                "measure": measure,
                "layer": layer,
                "number": len(group),
                "value": statistics.fmean(row["value"] for row in group),
                "sd": sd,
                "mean": statistics.fmean(row["difference"] for row in group),
                "largest": max(abs(row["difference"]) for row in group),
                "allowed": allowed,
                "beyond": sum(abs(row["difference"]) > allowed for row in group),
            }
        )
    return found


def verdict(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what of the trained checkpoints differs by more than it may; nothing if the way passes."""
    return [
        f"{row['measure']} at layer {row['layer']}, step {row['step']} ({row['beyond']} of {row['number']})"
        for row in summarise(cells)
        if row["step"] and row["beyond"]
    ]


def _number(value: float, measure: str) -> str:
    return f"{value:.4f}" if measure == "bits" else f"{100 * value:.2f}"


def _section(name: str, run: Mapping[str, Any]) -> list[str]:
    """Write the page's part about a study."""
    facts = run["machine"]
    told = ", ".join(f"{key} {facts[key]}" for key in ("processor", "accelerator", "torch", "numpy", "commit", "date"))
    lines = [
        f"## {name}",
        "",
        f"{told}. Of the {run['compared']} tables of probes, transfers and alignments that float32 made again, "
        f"{run['same']} have the bytes of the study's.",
    ]
    ways = run["ways"]
    of_ways = {way: summarise(ways[way]["cells"]) for way in ways}
    for step in sorted({row["step"] for rows in of_ways.values() for row in rows}):
        lines += [
            "",
            f"### {name}, step {step}" + ("" if step else ": untrained"),
            "",
            "| measure | layer | number | float32 | may differ by | " + " | ".join(ways) + " |",
            "|---|---|---|---|---|" + "---|" * len(ways),
        ]
        for rows in zip(*of_ways.values(), strict=True):
            first = rows[0]
            if first["step"] == step:
                what, at = first["measure"], [_number(first[key], first["measure"]) for key in ("value", "allowed")]
                of = [f"{_number(row['mean'], what)}, {_number(row['largest'], what)}, {row['beyond']}" for row in rows]
                lines.append(f"| {what} | {first['layer']} | {first['number']} | " + " | ".join([*at, *of]) + " |")
    if not any(found["vectors"].get(one) for found in ways.values() for one in found["vectors"]):
        return [*lines, "", *_verdicts(ways), ""]
    lines += ["", "Word vectors: relative norm of the difference, and values that stay the same, by layer.", ""]
    lines += [f"| checkpoint | layer | peak | {' | '.join(ways)} |", "|---|---|---|" + "---|" * len(ways)]
    for checkpoint, layers in next(iter(ways.values()))["vectors"].items():
        for layer, known in layers.items():
            of = [found["vectors"][checkpoint][layer] for found in ways.values()]
            shown = [f"{one['error']:.1e}, {one['same']:.0%}" for one in of]
            lines.append(f"| {checkpoint} | {layer} | {known['peak']:.0f} | " + " | ".join(shown) + " |")
    lines.append("")
    return [*lines, *_verdicts(ways), ""]


def _verdicts(ways: Mapping[str, Any]) -> list[str]:
    """Return a line for each way: whether it passes, and where it does not."""
    lines = []
    for way in ways:
        wrong = verdict(ways[way]["cells"])
        lines.append(f"- {way}: " + (f"does not pass: {'; '.join(wrong)}." if wrong else "passes."))
    return lines


def _control(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Return a sentence on the measures that the control was run for."""
    measures: dict[bool, set[str]] = {True: set(), False: set()}
    for run in runs.values():
        for way, found in run["ways"].items():
            measures[way == CONTROL] |= {row["measure"] for row in found["cells"]}
    tried, others = sorted(measures[True]), sorted(measures[False] - measures[True])
    if not tried:
        return f"**The control**, *{CONTROL}*, was not run."
    said = (
        f"was run for {'; '.join(tried)} alone, not for: {'; '.join(others)}" if others else "was run for all measures"
    )
    return f"**The control**, *{CONTROL}*, {said}."


def page(runs: Mapping[str, Mapping[str, Any]]) -> str:
    """Write a page on all studies that were measured."""
    lines = [
        "# Scores in half precision",
        "",
        "`benchmarks/precision.py`: jobs of finished studies, run again with models computed in other ways, on the "
        "device that is named. In the columns of the ways: mean difference from float32, the largest one without its "
        "sign, and how many differ by more than they may; in points (bits per character in bits). The difference of a "
        f"cell is that of means over five seeds, of a text that over {DRAWS} draws of masks.",
        "",
        "**The rule**, which was fixed before anything was measured: a way passes if on trained checkpoints no cell "
        "of a probe or transfer, and no text, differs by more than the standard deviation over seeds (of draws) in "
        f"float32, pooled over the cells of its row, and no F1 of an alignment by more than {100 * F1:g} points. "
        "*float32, no padding* shows what another order of sums does; *float8 weights* must not pass. A peak is the "
        "largest value of a layer's word vectors divided by their root mean square.",
        "",
        _control(runs),
        "",
        "**The decision**: `features.precision` stays float32, also where float16 passes below. The models have few "
        "layers and dimensions, and no outlier dimensions, with which a random model lost half of its alignment edges "
        "in float16 on a GPU. No model of XLM-R's size, and nothing on a GPU, was measured here. See docs/cluster.md.",
        "",
    ]
    return "\n".join([*lines, *(line for name, run in runs.items() for line in _section(name, run))])
