"""The part of a claim's evidence that there is, where some of it is missing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from polychron.audit.evidence import PROBING, TREEBANK, Evidence, listed, schedule
from polychron.audit.measures.correlations import fact
from polychron.probing.tasks import registry

LISTS = ("bits", "treebank", "inference", "parallel", "alignment")
"""The paper's lists of languages that have scores."""

LAYERED = {"arc_classification": "s51.langs_arc", "xnli": "s51.langs_xnli"}
"""The claims that list the languages of a layer-wise study, by its task."""


def available(claim: Any, evidence: Evidence) -> Iterator[Evidence]:
    """Yield evidence that is complete for some of the paper's languages and checkpoints, the largest part first.

    Left out are, at first, the checkpoints that the study lacks and the languages without an in-language curve of a
    task of the claim; then those without transfer, as few languages as leave no pair without a curve; then both. In
    each case languages are left out without the factor that the claim correlates with. `part` of the evidence names all
    of them. Nothing is yielded where nothing or no language is left, or a language that the claim names is lost.

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

    def whole() -> frozenset:
        return frozenset(place for place, values in study.values.items() if np.isfinite(values[columns]).all())

    known = evidence.once(("whole",), whole)
    tasks, layerwise = _tasks(claim), claim.needs == "layers"
    arguments = claim.arguments
    named = {arguments.get(name) for name in ("language", "source", "target")} | {*arguments.get("languages", ())}
    parts = []
    for alone, crossing in ((True, False), (False, True), (True, True)):
        lists = {name: list(evidence.paper[name]) for name in LISTS if name in evidence.paper}
        layered = {name: list(evidence.said(name)) for name in LAYERED.values() if name in evidence.claims}
        for task in tasks:
            if layerwise:
                _keep_layers(evidence, task, alone, crossing, known, lists, layered)
            else:
                _keep(evidence, task, alone, crossing, known, lists)
                _keep_known(claim, evidence, task, lists)
        part, lost = _left_out(evidence, lists, layered, len(wanted) - len(steps), len(wanted))
        if not part or part in parts or named & lost:
            continue
        parts.append(part)
        said = {name: replace(evidence.claims[name], value=codes) for name, codes in layered.items()}
        # claims that lack the same cells share what is computed without them
        chosen = tuple((name, *codes) for name, codes in (*lists.items(), *layered.items()))
        yield replace(
            evidence,
            claims={**evidence.claims, **said},
            paper={**evidence.paper, **lists},
            steps=steps,
            departed=True,
            intervals=False,
            part=part,
            cache=evidence.cache.setdefault(("part", chosen), {}),
        )


def _tasks(claim: Any) -> list[str]:
    """List the tasks that a claim's arguments name; those of the probes where they name none.

    Claims about Tables 4 and 5 as a whole need all tasks.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> _tasks(SimpleNamespace(needs="scores", arguments={"tasks": ["pos"], "than": "xnli"}))
    ['pos', 'xnli']
    """
    if claim.needs == "correlations" and "factor" not in claim.arguments:
        return ["bits", *PROBING]
    found: list[str] = []
    for name in ("task", "tasks", "than"):
        said = claim.arguments.get(name, ())
        found += [said] if isinstance(said, str) else said if isinstance(said, (list, tuple)) else []
    return found or list(PROBING)


def _keep(
    evidence: Evidence, task: str, alone: bool, crossing: bool, known: frozenset, lists: dict[str, list[str]]
) -> None:
    """Take from the lists the languages that lack curves of a task at the final layer."""
    final = evidence.study.final if evidence.study is not None else 0
    name = "bits" if task == "bits" else registry.of(task).dataset
    if alone:
        lists[name] = [one for one in lists[name] if (task, one, one, final, False) in known]
    if crossing and task in PROBING:
        where = "parallel" if task in TREEBANK else name
        codes = [one for one in evidence.paper[name] if where == name or one in evidence.paper["parallel"]]
        lost = {*codes} - {*_grid(codes, lambda a, b: (task, a, b, final, True) in known)}
        lists[where] = [one for one in lists[where] if one not in lost]


def _keep_known(claim: Any, evidence: Evidence, task: str, lists: dict[str, list[str]]) -> None:
    """Take from the lists the languages without the factor that a claim correlates with."""
    factor = claim.arguments.get("factor")
    if factor is None or evidence.factors is None:
        return
    name = "bits" if task == "bits" else registry.of(task).dataset

    def found(*place: str) -> bool:
        return math.isfinite(fact(evidence, task, factor, place if len(place) > 1 else place[0]))

    if claim.arguments["table"] == 4:
        lists[name] = [one for one in lists[name] if found(one)]
        return
    where = "parallel" if task in TREEBANK else name
    codes = [one for one in lists[where] if one in lists[name]]
    lost = {*codes} - {*_grid(codes, found)}
    lists[where] = [one for one in lists[where] if one not in lost]


def _keep_layers(
    evidence: Evidence,
    task: str,
    alone: bool,
    crossing: bool,
    known: frozenset,
    lists: dict[str, list[str]],
    layered: dict[str, list[str]],
) -> None:
    """Take from the lists the languages that lack a curve of a task at some layer."""
    final = evidence.said("setup.layers")
    deep, spread = range(final + 1), range(0, final + 1, evidence.said("s52.every_other"))
    if task == "alignment":
        lists["alignment"] = [
            one for one in lists["alignment"] if all((task, "en", one, layer, False) in known for layer in spread)
        ]
    name = LAYERED.get(task)
    if name in layered and alone:
        layered[name] = [one for one in layered[name] if all((task, one, one, at, False) in known for at in deep)]
    if name in layered and crossing:
        layered[name] = _grid(
            layered[name], lambda a, b: a == b or all((task, a, b, at, True) in known for at in spread)
        )


def _grid(codes: list[str], known: Callable[[str, str], bool]) -> list[str]:
    """Leave out the language with most missing pairs until none is missing; the first one of several.

    Examples
    --------
    >>> _grid(["a", "b", "c"], lambda one, other: (one, other) != ("b", "c"))
    ['a', 'c']
    """
    kept = list(codes)
    while gaps := [(a, b) for a in kept for b in kept if not known(a, b)]:
        kept.remove(max(kept, key=lambda one: sum(one in gap for gap in gaps)))
    return kept


def _left_out(
    evidence: Evidence, lists: Mapping[str, list[str]], layered: Mapping[str, list[str]], gone: int, every: int
) -> tuple[str, set[str]]:
    """Name what is left out, and list the languages of it; nothing where nothing is, or where no language is left."""
    parts, every_lost = [], set()
    for name, codes in (*lists.items(), *layered.items()):
        before = evidence.said(name) if name in layered else evidence.paper[name]
        lost = [one for one in before if one not in codes]
        if lost and not {*codes} & {*(lists["treebank"] if name == "parallel" else codes)}:
            return "", set()
        if lost:
            parts.append(f"{listed(lost)} ({len(lost)} of {len(before)} languages)")
            every_lost |= {*lost}
    if gone:
        parts.append(f"{gone} of {every} checkpoints")
    return (f"without {', '.join(dict.fromkeys(parts))}" if parts else ""), every_lost
