"""The part of a claim's evidence that there is, where some of it is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from polychron.audit.evidence import PROBING, TREEBANK, Evidence, LanguagePair, listed, schedule
from polychron.probing.tasks import registry

LISTS = ("bits", "treebank", "inference", "parallel")
"""The paper's lists of languages that have scores."""

LAYERED = {"s51.langs_arc": "arc_classification", "s51.langs_xnli": "xnli"}
"""The claims that list the languages of a layer-wise study, and its task."""


def available(claim: Any, evidence: Evidence) -> Iterator[Evidence]:
    """Yield the evidence that is complete for some of the paper's languages and checkpoints, the largest part first.

    Left out are, at first, the checkpoints that the study lacks and the languages without an in-language curve of a
    task of the claim; then those without transfer, as few languages as leave no pair without a curve; then both. `part`
    of the evidence names them. Nothing is yielded where no language is left, or none was left out.

    Parameters
    ----------
    claim : Claim
        Its arguments say which tasks it is about; without a task, all.
    """
    study = evidence.study
    if study is None or evidence.part:
        return
    wanted = schedule(evidence)
    steps = [step for step in wanted if step in {*study.steps.tolist()}]
    if not steps:
        return
    columns = np.isin(study.steps, steps)
    whole = evidence.once(
        ("whole",), lambda: {place for place, values in study.values.items() if np.isfinite(values[columns]).all()}
    )
    tasks = _tasks(claim)
    inside = {
        task: {one for one in _paper(evidence, task) if (task, one, one, study.final, False) in whole} for task in tasks
    }
    across = {task: _grid(_paper(evidence, task, True), task, study.final, whole) for task in tasks if task in PROBING}
    layered = {
        name: [one for one in evidence.said(name) if _layers(evidence, task, one) <= whole]
        for name, task in LAYERED.items()
        if task in tasks and name in evidence.claims
    }
    tried: list[tuple] = []
    for alone, crossing in ((True, False), (False, True), (True, True)):
        chosen = {name: list(evidence.paper[name]) for name in LISTS}
        for task in tasks:
            name = "bits" if task == "bits" else registry.of(task).dataset
            lost = {*_paper(evidence, task)} - inside[task] if alone else set()
            if crossing and task in across:
                lost_across = {*_paper(evidence, task, True)} - across[task]
                where = "parallel" if name == "treebank" else name
                chosen[where] = [one for one in chosen[where] if one not in lost_across]
            chosen[name] = [one for one in chosen[name] if one not in lost]
        left_out = _left_out(evidence, chosen, layered, len(wanted) - len(steps), len(wanted), tasks)
        if not left_out or chosen in tried:
            continue
        tried.append(chosen)
        said = {name: replace(evidence.claims[name], value=codes) for name, codes in layered.items()}
        yield replace(
            evidence,
            claims={**evidence.claims, **said},
            paper={**evidence.paper, **chosen},
            steps=steps,
            departed=True,
            part=left_out,
            cache={},
        )


def _tasks(claim: Any) -> list[str]:
    arguments = claim.arguments
    named = [arguments["task"]] if "task" in arguments else [*_listed(arguments.get("tasks"))]
    named += [arguments["than"]] if "than" in arguments else []
    return [task for task in named if task != "alignment"] or ([] if "alignment" in named else list(PROBING))


def _listed(tasks: Any) -> Iterable[str]:
    return tasks if isinstance(tasks, (list, tuple)) else ()


def _paper(evidence: Evidence, task: str, crossing: bool = False) -> list[str]:
    if task == "bits":
        return list(evidence.paper["bits"])
    codes = evidence.paper[registry.of(task).dataset]
    parallel = crossing and task in TREEBANK
    return [one for one in codes if not parallel or one in evidence.paper["parallel"]]


def _grid(codes: list[str], task: str, final: int, whole: set) -> set[str]:
    """Leave out the language with most missing pairs until none is missing; the first one of several.

    Examples
    --------
    >>> whole = {("pos", a, b, 1, True) for a in "abc" for b in "abc"} - {("pos", "a", "b", 1, True)}
    >>> sorted(_grid(["a", "b", "c"], "pos", 1, whole))
    ['b', 'c']
    """
    kept = list(codes)
    while True:
        gaps: list[LanguagePair] = [(a, b) for a in kept for b in kept if (task, a, b, final, True) not in whole]
        if not gaps:
            return {*kept}
        kept.remove(max(kept, key=lambda one: sum(one in gap for gap in gaps)))


def _layers(evidence: Evidence, task: str, one: str) -> set:
    return {(task, one, one, layer, False) for layer in range(evidence.said("setup.layers") + 1)}


def _left_out(evidence: Evidence, chosen: dict, layered: dict, gone: int, every: int, tasks: list[str]) -> str:
    """Name what is left out; nothing where nothing is, or where no language is left."""
    parts = []
    for name in LISTS:
        lost = [one for one in evidence.paper[name] if one not in chosen[name]]
        if not chosen[name]:
            return ""
        if lost:
            parts.append(f"{listed(lost)} ({len(lost)} of {len(evidence.paper[name])} languages)")
    for name, codes in layered.items():
        lost = [one for one in evidence.said(name) if one not in codes]
        if lost and codes:
            parts.append(f"all layers of {listed(lost)}")
    if gone:
        parts.append(f"{gone} of {every} checkpoints")
    return ", ".join(parts) and f"without {', '.join(dict.fromkeys(parts))}"
