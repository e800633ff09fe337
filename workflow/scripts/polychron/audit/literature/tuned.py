"""Claims about fine-tuned models: what they forget of alignment, and how much their scores vary."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean, stdev
from typing import Any

from polychron.analysis.pairs.forgetting import JOINT
from polychron.audit.evidence import Found, Missing
from polychron.audit.literature.geometry import CENTRED, RAW, mean_of
from polychron.audit.literature.results import Pair, Results
from polychron.stats import intervals

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
    rows = [row for row in scores.to_pylist() if _looked_at(row)]
    last = max((row["step"] for row in rows), default=None)
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row["seed"]):
        if row["step"] == last:
            found[row["task"].removesuffix("_tuned"), row["source"], row["target"]].append(row["value"])
    return dict(found)


def _looked_at(row: Mapping[str, Any]) -> bool:
    """Whether a row of scores is one of a fine-tuned model of one source and a known seed, on what is looked at."""
    task, split = row["task"].removesuffix("_tuned"), "test" if row["source"] == row["target"] else "parallel"
    known = row["seed"] is not None and row["value"] is not None and math.isfinite(row["value"])
    wanted = row["metric"] == METRICS.get(task) and row["split"] == split and row["source"] != "*"
    return row["task"].endswith("_tuned") and known and wanted


Training = tuple[str, int]
"""The source of a training, and its seed."""


def of_forgetting(table: Any, name: str) -> dict[tuple[str, str, str, int], dict[Training, dict[Pair, float]]]:
    """Look up how much fine-tuning takes from geometry, at the last step in the table.

    Parameters
    ----------
    table : pyarrow.Table
        See `polychron.analysis.pairs.forgetting.beside`.
    name : str
        The set of parallel sentences.

    Returns
    -------
    dict of (tuned, task, metric, layer) to dict of (source, seed) to dict of Pair to float
        Before minus after, of each training: mean over halves, each weighted by its examples. Trainings on all sources
        together are left out.
    """
    rows = [row for row in table.to_pylist() if row["split"] == name and row["target"] is not None]
    rows = [row for row in rows if row["tuned_source"] != JOINT]
    last = max((row["step"] for row in rows), default=None)
    sums: Any = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for row in rows:
        lost = row["before"] - row["after"]
        if row["step"] == last and row["layer"] is not None and math.isfinite(lost):
            place = row["tuned"], row["task"], row["metric"], row["layer"]
            training = row["tuned_source"], row["tuned_seed"]
            sums[place][training][row["source"], row["target"]].append((lost, float(row["examples"] or 1)))
    return {
        place: {
            training: {pair: sum(a * n for a, n in each) / sum(n for _, n in each) for pair, each in pairs.items()}
            for training, pairs in trainings.items()
        }
        for place, trainings in sums.items()
    }


def loss_of_alignment(results: Results, task: str) -> Found:
    """Return how much P@1 falls by fine-tuning for a task, mean over pairs: the least of layers, raw and centred.

    All pairs of a training change by the same training. So the interval has two parts, whose variances are added: that
    of pairs, which share languages, and that of trainings. Trainings on one source are one part of the latter where
    there are `ENOUGH` sources.
    """
    found = {
        (metric.split(".")[1], layer): trainings
        for (name, searched, metric, layer), trainings in results.forgotten.items()
        if name == task and (searched, metric) in (RAW, CENTRED)
    }
    if {kind for kind, _ in found} != {"raw", "centred"}:
        raise Missing(f"retrieval before and after fine-tuning for {task}, raw and centred: {KEY}")
    means = {place: fmean(fmean(one.values()) for one in trainings.values()) for place, trainings in found.items()}
    least, most = min(means, key=means.__getitem__), max(means, key=means.__getitem__)
    trainings = found[least]
    groups: dict[Any, list[float]] = defaultdict(list)
    by_source = len({source for source, _ in trainings}) >= ENOUGH
    for training, pairs in trainings.items():
        groups[training[0] if by_source else training].append(fmean(pairs.values()))
    if len(groups) < ENOUGH:
        raise Missing(f"{ENOUGH} trainings for {task} whose encoders are kept, and has {len(groups)}: {KEY}")
    common = set.intersection(*({*pairs} for pairs in trainings.values()))
    over_pairs = mean_of({pair: fmean(pairs[pair] for pairs in trainings.values()) for pair in common})
    mean, low, _ = intervals.mean_interval([fmean(values) for values in groups.values()])
    reach = math.hypot(mean - low, 0.0 if over_pairs.low is None else over_pairs.value - over_pairs.low)
    detail = f"least {means[least]:.3f} ({least[0]}, layer {least[1]}), most {means[most]:.3f} ({most[0]}, "
    detail += f"layer {most[1]}); {len(groups)} {'sources' if by_source else 'trainings'}"
    return Found(mean, detail, mean - reach, mean + reach, len(groups))


def spread_of_zero_shot(results: Results) -> Found:
    """Return the standard deviation over seeds of scores in other languages divided by that in the source's own.

    Targets of one task and source are scored by the same trainings, and divided by the same number, so that their mean
    is one value. The result is the mean of these, with a t interval over tasks and sources.
    """
    ratios: dict[tuple[str, str], list[float]] = defaultdict(list)
    still = 0
    for (task, source, target), values in results.tuned.items():
        own = results.tuned.get((task, source, source), [])
        if target == source or min(len(values), len(own)) < ENOUGH:
            continue
        if stdev(own) > 0:
            ratios[task, source].append(stdev(values) / stdev(own))
        else:
            still += 1
    if len(ratios) < 2:
        raise Missing(
            f"scores of fine-tuned models of {ENOUGH} seeds that vary, in other languages, of two tasks or sources"
        )
    each = [fmean(values) for values in ratios.values()]
    mean, low, high = intervals.mean_interval(each)
    detail = f"{len(each)} of tasks and sources, from {min(each):.2f} to {max(each):.2f}, with "
    detail += f"{sum(map(len, ratios.values()))} targets"
    detail += f"; {still} left out whose scores do not vary in the language of training" if still else ""
    return Found(mean, detail, low, high, len(each))


MEASURES = {"loss_of_alignment": loss_of_alignment, "spread_of_zero_shot": spread_of_zero_shot}
