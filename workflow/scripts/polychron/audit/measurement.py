"""From the tables and records of a study to the evidence that claims are measured on, and the table of all measures."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from polychron.analysis import bits
from polychron.analysis.layers import LEVEL
from polychron.audit.curves import BY_SENTENCE, Curves
from polychron.audit.evidence import TREEBANK, Evidence, Found
from polychron.audit.measures import (
    asymmetry,
    correlations,
    factors,
    forgetting,
    language_lists,
    layers,
    onsets,
    paper,
    setup,
    transfer,
)
from polychron.probing.tasks import registry

SUBJECTS = (paper, language_lists, setup, onsets, forgetting, transfer, asymmetry, layers, correlations, factors)

MEASURES = {name: function for subject in SUBJECTS for name, function in subject.MEASURES.items()}
"""By name. Each takes the evidence and a claim's arguments, returns a `Found`, and may raise `Missing`."""

METRICS = registry.METRICS


def curves(trajectories: Any, scores: Any, final: int) -> Curves:
    """Return all curves of a study, but those of bits per character of too few masked pieces (see `bits.few`).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`: its quantities ``score`` and ``layers_differ``.
    scores : pyarrow.Table
        See `polychron.storage.scores.score_schema`: majority baselines, and the runs behind in-language scores.
    final : int
        The final layer.
    """
    import pyarrow.compute as pc

    steps = sorted(step for step in pc.unique(trajectories["step"]).to_pylist() if step)
    unsure = bits.few(trajectories)
    places = {step: place for place, step in enumerate(steps)}
    values: dict[Any, Any] = defaultdict(lambda: np.full(len(steps), np.nan))
    errors: dict[Any, Any] = defaultdict(lambda: np.full(len(steps), np.nan))
    columns = ("task", "source", "target", "layer", "split", "metric", "step", "value", "deviation", "runs")
    seeds: dict[Any, int] = {}
    chosen = trajectories.filter(pc.field("quantity") == "score").select(columns).to_pydict()
    for task, source, target, layer, split, metric, step, value, deviation, runs in zip(*chosen.values(), strict=True):
        sure = task != "bits" or source not in unsure
        if metric in METRICS and step in places and value is not None and sure:
            key = (task, source, target, layer, split == "parallel")
            values[key][places[step]] = value
            if deviation is not None:
                errors[key][places[step]] = deviation / np.sqrt(runs)
            if metric == "accuracy":
                seeds[key] = min(runs, seeds.get(key, runs))
    by_sentence = _by_sentence(scores, places)
    known = {**values, **{place: curve for place, curve in by_sentence.items() if place[1] not in unsure}}
    flat, runs = _flat(trajectories), _runs(scores, places, final)
    return Curves(np.array(steps), known, final, dict(errors), _chances(scores), runs, seeds, flat)


def _flat(trajectories: Any) -> frozenset[tuple[str, str, str, bool, int]]:
    import pyarrow.compute as pc

    wanted = (pc.field("quantity") == "layers_differ") & (pc.field("value") > LEVEL)
    rows = trajectories.filter(wanted).to_pylist()
    return frozenset(
        (row["task"], row["source"], row["target"], row["split"] == "parallel", row["step"])
        for row in rows
        if row["metric"] in METRICS
    )


def reference(tables: Sequence[Any], final: int | None) -> Curves | None:
    """Return the curves of XLM-R base from its scores and trajectories; None without them."""
    if not tables:
        return None
    scores, trajectories = tables
    return curves(trajectories, scores, final)


def _by_sentence(scores: Any, places: Mapping[int, int]) -> dict[Any, np.ndarray]:
    """Return the curves of bits per character averaged over sentences and draws of masks (A20)."""
    import pyarrow.compute as pc

    chosen = scores.filter((pc.field("metric") == "bits_per_character_of_sentences") & (pc.field("step") > 0))
    found: dict[Any, np.ndarray] = defaultdict(lambda: np.full(len(places), np.nan))
    draws: dict[Any, list[float]] = defaultdict(list)
    for row in chosen.to_pylist():
        draws[(BY_SENTENCE, row["source"], row["target"], row["layer"], False), row["step"]].append(row["value"])
    for (place, step), drawn in draws.items():
        if step in places:
            found[place][places[step]] = sum(drawn) / len(drawn)
    return dict(found)


def _chances(scores: Any) -> dict[tuple[str, str], float]:
    import pyarrow.compute as pc

    rows = scores.filter(pc.field("metric") == "majority").to_pylist()
    return {(row["task"], row["target"]): row["value"] for row in rows}


def _runs(scores: Any, places: Mapping[int, int], final: int) -> dict[tuple[str, str], np.ndarray]:
    import pyarrow.compute as pc

    field = pc.field
    wanted = (field("metric") == "accuracy") & (field("split") == "test") & (field("layer") == final)
    table = scores.filter(
        wanted & (field("source") == field("target")) & field("seed").is_valid() & (field("step") > 0)
    )
    rows = table.select(("task", "target", "seed", "step", "value")).to_pydict()
    found: dict[Any, dict[int, np.ndarray]] = defaultdict(dict)
    for task, target, seed, step, value in zip(*rows.values(), strict=True):
        found[task, target].setdefault(seed, np.full(len(places), np.nan))[places[step]] = value
    whole = {key: np.stack([runs[seed] for seed in sorted(runs)]) for key, runs in found.items()}
    return {key: runs[np.isfinite(runs).all(axis=1)] for key, runs in whole.items()}


def facts(conversion: Mapping[str, Any] | None, records: Iterable[Mapping[str, Any]]) -> dict[str, Found]:
    """Collect what a study's own files say of its machines and of the time it took (section 2.3, Appendix A.2).

    Parameters
    ----------
    conversion : mapping, optional
        What was noted when the last checkpoint was converted; see `conversion.convert`.
    records : iterable of mapping
        The records of provenance beside the scores of cells; see `jobs.job`.

    Returns
    -------
    dict of str to Found
        ``gpus`` and ``probe_minutes``, as far as they are known.
    """
    known = {"gpus": gpus(conversion or {}), "probe_minutes": probe_minutes(records)}
    return {name: found for name, found in known.items() if found is not None}


def gpus(conversion: Mapping[str, Any]) -> Found | None:
    """Return the number of GPUs of the last run of pretraining, which fairseq saves with each checkpoint.

    Examples
    --------
    >>> gpus({"gpus": 64})
    Found(value=64, detail='the processes of fairseq that wrote the last checkpoint')
    """
    number = conversion.get("gpus")
    return None if number is None else Found(number, "the processes of fairseq that wrote the last checkpoint")


def probe_minutes(records: Iterable[Mapping[str, Any]]) -> Found | None:
    """Return the longest time that a probe took to train, in minutes, rounded up as in the paper.

    All runs of a cell are trained together. Each counts an equal share of the cell's time, which includes reading or
    computing the vectors.

    Examples
    --------
    Five runs in 700 seconds take 140 each, more than two minutes; others take 20.

    >>> cell = {"spec": {"seeds": [0, 1, 2, 3, 4]}, "accelerator": "V100"}
    >>> probe_minutes([{**cell, "seconds": 700}, {**cell, "seconds": 100}])
    Found(value=3, detail='the longest of 2 cells, on V100')
    """
    records = [record for record in records if record["spec"].get("seeds")]
    if not records:
        return None
    longest = max(record["seconds"] / len(record["spec"]["seeds"]) for record in records)
    machines = sorted({record["accelerator"] or "processors alone" for record in records})
    return Found(math.ceil(longest / 60), f"the longest of {len(records)} cells, on {' and '.join(machines)}")


def printed(evidence: Evidence) -> Evidence:
    """Return the paper's own Tables 3, 4 and 5 as evidence, to compare the text with them."""
    rows = [row for table in (4, 5) for row in paper.cells(evidence, table)]
    averages = {
        (model, claim.arguments["task"], claim.arguments["transfer"]): claim.value
        for claim in evidence.claims.values()
        if claim.measure == "average" and (model := claim.arguments["model"])
    }
    return replace(evidence, config=None, study=None, reference=None, correlations=rows, averages=averages, cache={})


def own(evidence: Evidence) -> Evidence | None:
    """Replace the paper's languages, steps and layers by the study's own, to measure the same quantities on them.

    Returns
    -------
    Evidence or None
        None without a study.
    """
    study = evidence.study
    if study is None:
        return None
    inside = [place for place in study.values if not place[-1] and place[3] == study.final]
    across = [place for place in study.values if place[-1] and place[3] == study.final]
    tasks = {place[0] for place in inside}
    by_task = {task: {place[1] for place in inside if place[0] == task} for task in tasks}
    treebanks = [by_task[task] for task in TREEBANK if task in tasks]
    lists = {
        "bits": by_task.get("bits", set()),
        "treebank": set.intersection(*treebanks) if treebanks else set(),
        "inference": by_task.get("xnli", set()),
        "parallel": set.intersection(*({place[side] for place in across if place[0] in TREEBANK} for side in (1, 2))),
    }
    claims = dict(evidence.claims)
    for name, value in _depths(study).items():
        claims[name] = replace(claims[name], value=value)
    aligned = sorted({place[1:3] for place in study.values if place[0] == "alignment"})
    paper = {**evidence.paper, **{name: sorted(codes) for name, codes in lists.items()}, "aligned": aligned}
    return replace(evidence, claims=claims, paper=paper, steps=study.steps.tolist(), cache={})


def _depths(study: Curves) -> dict[str, Any]:
    """Return the study's own values of the claims about layers, by their ids."""
    whole = {
        task: sorted(
            one
            for one in {place[1] for place in study.values}
            if all((task, one, one, layer, False) in study.values for layer in range(study.final + 1))
        )
        for task in ("arc_classification", "xnli")
    }
    crossed = sorted({place[3] for place in study.values if place[-1] or place[0] == "alignment"})
    strides = {b - a for a, b in itertools.pairwise(crossed)}
    return {
        "setup.layers": study.final,
        "s51.langs_arc": whole["arc_classification"],
        "s51.langs_xnli": whole["xnli"],
        "s52.every_other": min(strides, default=1),
    }
