"""Claims about fine-tuned models: what they forget of alignment, and how much their scores vary."""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import fmean, stdev
from typing import Any

from scipy import stats

from polychron.analysis.pairs.forgetting import JOINT
from polychron.audit.evidence import Found, Missing
from polychron.audit.literature.geometry import CENTRED, RAW, mean_of
from polychron.audit.literature.results import Pair, Results

METRICS = {"pos": "accuracy", "xnli": "accuracy", "entities": "span_f1", "parsing": "las"}
"""The metric of each task that is looked at."""

ENOUGH = 3
"""How many seeds a spread takes."""

KEY = "finetuning.keep of the config"


def of_scores(scores: Any) -> dict[tuple[str, str, str], list[float]]:
    """Look up the scores of fine-tuned models at the last step at which there are any.

    Parameters
    ----------
    scores : pyarrow.Table
        See `polychron.storage.scores.score_schema`. Of fine-tuned models the task ends with ``_tuned``.

    Returns
    -------
    dict of (task, source, target) to list of float
        The score of each seed, in their order: on the source's own test set, and on that of each other target.
    """
    rows = [row for row in scores.to_pylist() if row["task"].endswith("_tuned") and row["source"] != "*"]
    last = max((row["step"] for row in rows), default=None)
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["seed"]):
        task, own = row["task"].removesuffix("_tuned"), row["source"] == row["target"]
        wanted = METRICS.get(task), "test" if own else "parallel", last
        if (row["metric"], row["split"], row["step"]) == wanted and math.isfinite(row["value"]):
            found[task, row["source"], row["target"]].append(row["value"])
    return dict(found)


def of_forgetting(table: Any, name: str) -> dict[tuple[str, str, str, int], dict[Pair, float]]:
    """Look up how much fine-tuning takes from geometry, at the last step in the table.

    Parameters
    ----------
    table : pyarrow.Table
        See `polychron.analysis.pairs.forgetting.beside`.
    name : str
        The set of parallel sentences.

    Returns
    -------
    dict of (tuned, task, metric, layer) to dict of Pair to float
        Before minus after: mean over trainings and halves, each weighted by its examples. Trainings on all sources
        together are left out.
    """
    rows = [row for row in table.to_pylist() if row["split"] == name and row["target"] is not None]
    rows = [row for row in rows if row["tuned_source"] != JOINT]
    last = max((row["step"] for row in rows), default=None)
    sums: dict[Any, dict[Pair, list[tuple[float, float]]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        lost = row["before"] - row["after"]
        if row["step"] == last and row["layer"] is not None and math.isfinite(lost):
            place = row["tuned"], row["task"], row["metric"], row["layer"]
            sums[place][row["source"], row["target"]].append((lost, float(row["examples"] or 1)))
    return {
        place: {pair: sum(a * n for a, n in each) / sum(n for _, n in each) for pair, each in pairs.items()}
        for place, pairs in sums.items()
    }


def loss_of_alignment(results: Results, task: str) -> Found:
    """Return how much P@1 falls by fine-tuning for a task, mean over pairs: the least of layers, raw and centred."""
    found = {
        (metric.split(".")[1], layer): pairs
        for (name, searched, metric, layer), pairs in results.forgotten.items()
        if name == task and (searched, metric) in (RAW, CENTRED)
    }
    if {kind for kind, _ in found} != {"raw", "centred"}:
        raise Missing(f"retrieval before and after fine-tuning for {task}, raw and centred: {KEY}")
    means = {place: fmean(pairs.values()) for place, pairs in found.items()}
    least, most = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    return mean_of(
        found[least],
        f"least {means[least]:.3f} ({least[0]}, layer {least[1]}), most {means[most]:.3f} ({most[0]}, layer {most[1]})",
    )


def spread_of_zero_shot(results: Results) -> Found:
    """Return the standard deviation over seeds of scores in other languages divided by that in the source's own.

    It is the mean over tasks, sources and targets, with a t interval over these.
    """
    ratios, still = [], 0
    for (task, source, target), values in results.tuned.items():
        own = results.tuned.get((task, source, source), [])
        if target == source or min(len(values), len(own)) < ENOUGH:
            continue
        if stdev(own) > 0:
            ratios.append(stdev(values) / stdev(own))
        else:
            still += 1
    if len(ratios) < 2:
        raise Missing(f"scores of fine-tuned models of {ENOUGH} seeds that vary, in two other languages or more")
    mean, error = fmean(ratios), stdev(ratios) / math.sqrt(len(ratios))
    half = float(stats.t.ppf(0.975, len(ratios) - 1)) * error
    detail = f"{len(ratios)} of tasks and targets, from {min(ratios):.2f} to {max(ratios):.2f}"
    detail += f"; {still} left out whose scores do not vary in the language of training" if still else ""
    return Found(mean, detail, mean - half, mean + half, len(ratios))


MEASURES = {"loss_of_alignment": loss_of_alignment, "spread_of_zero_shot": spread_of_zero_shot}
