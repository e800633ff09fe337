"""Claims that compare the papers' own numbers with each other: no model is needed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from polychron.audit.evidence import Found, Missing
from polychron.audit.literature.results import Results

TASKS = ("xnli", "ner", "parsing")
TARGETS = ("fr", "ru", "zh")
"""From the nearest to the most distant from English."""

CHANCE = {"xnli": 37.3, "ner": 10.0, "parsing": 10.0}
"""The scores, in percent, up to which transfer counts as random. XNLI has three classes; four points are allowed."""

V100 = 125e12
"""Peak of a V100 in half precision, in floating-point operations a second."""


def score(results: Results, variant: str, task: str, target: str) -> float:
    """Return a printed score of Table 1 of Wu, Conneau et al. (2020), in percent.

    Raises
    ------
    Missing
        The table has no such cell.
    """
    claim = results.printed.get(f"wu.tab1.{variant}.{task}.{target}")
    if claim is None:
        raise Missing(f"the printed score of {variant}, {task}, {target}")
    return float(claim.value)


def mean(results: Results, variant: str, task: str) -> float:
    """Return the mean of a variant's printed scores over the three targets."""
    return float(np.mean([score(results, variant, task, target) for target in TARGETS]))


def change(results: Results, variant: str, task: str, target: str | None = None, against: str = "default") -> float:
    """Return a variant's printed score minus that of another one, of one target or of the mean over targets."""
    if target is None:
        return mean(results, variant, task) - mean(results, against, task)
    return score(results, variant, task, target) - score(results, against, task, target)


def _shown(values: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.2f}" for name, value in values.items())


def printed_delta(results: Results, variant: str, task: str) -> Found:
    """Return the change of the printed means against Default, which the table also prints."""
    return Found(round(change(results, variant, task), 2), f"mean {mean(results, variant, task):.2f}")


def changes_apart(results: Results, large: Sequence[str], small: Sequence[str], share: float) -> Found:
    """Return whether the changes of some variants are less than a share of those of others, in all tasks."""
    small_one = max(abs(change(results, variant, task)) for variant in small for task in TASKS)
    large_one = min(abs(change(results, variant, task)) for variant in large for task in TASKS)
    return Found(small_one < share * large_one, f"largest {small_one:.1f}, against {large_one:.1f}")


def changes_in_range(results: Results, changes: Sequence[Mapping[str, Any]]) -> Found:
    """Return whether every change lies in its range, ends included."""
    values, kept = {}, True
    for one in changes:
        where = {name: one[name] for name in ("variant", "task", "target", "against") if name in one}
        value = change(results, **where)
        kept &= one.get("from", -np.inf) - 1e-9 <= value <= one.get("to", np.inf) + 1e-9
        values[f"{one['task']} {one.get('target', '')}".strip()] = value
    return Found(bool(kept), _shown(values))


def means_rise(results: Results, variants: Sequence[str], task: str) -> Found:
    """Return whether the means of a task rise from each variant to the next."""
    values = {variant: mean(results, variant, task) for variant in variants}
    return Found(bool((np.diff([*values.values()]) > 0).all()), _shown(values))


def gain_of_distant(results: Results, variant: str, against: str, tasks: Sequence[str], more_than: float) -> Found:
    """Return whether the most distant target gains more than some points, and more than the nearest one."""
    values = {
        f"{task} {target}": change(results, variant, task, target, against)
        for task in tasks
        for target in (TARGETS[0], TARGETS[-1])
    }
    gains = [(values[f"{task} {TARGETS[0]}"], values[f"{task} {TARGETS[-1]}"]) for task in tasks]
    return Found(all(far > more_than and far > near for near, far in gains), _shown(values))


def scores_fall_with_layers(results: Results, target: str) -> Found:
    """Return whether scores never rise when more of the lower layers are separate, with embeddings shared and not."""
    chains = (("default", "sep_l1_3", "sep_l1_6"), ("sep_emb", "sep_emb_l1_3", "sep_emb_l1_6"))
    rises = [
        f"{task} {chain[place + 1]}"
        for chain in chains
        for task in TASKS
        for place in range(2)
        if score(results, chain[place + 1], task, target) > score(results, chain[place], task, target)
    ]
    return Found(not rises, f"rises: {', '.join(rises)}" if rises else "no score rises")


def scores_at_random(results: Results, variant: str, target: str) -> Found:
    """Return whether the scores of a target are at most those that count as random."""
    values = {task: score(results, variant, task, target) for task in TASKS}
    return Found(all(values[task] <= CHANCE[task] for task in TASKS), _shown(values))


def distant_lose_most(results: Results, variant: str, task: str, relative: bool) -> Found:
    """Return whether the losses against Default rise from the nearest target to the most distant one."""
    values = {target: -change(results, variant, task, target) for target in TARGETS}
    if relative:
        values = {target: loss / score(results, "default", task, target) for target, loss in values.items()}
    return Found(bool((np.diff([*values.values()]) > 0).all()), _shown(values))


def scores_fall_with_distance(results: Results, task: str) -> Found:
    """Return whether the scores of Default fall from the nearest target to the most distant one."""
    values = {target: score(results, "default", task, target) for target in TARGETS}
    return Found(bool((np.diff([*values.values()]) < 0).all()), _shown(values))


def share_kept(results: Results, variant: str, share: float) -> Found:
    """Return whether a variant's means are at least a share of Default's, in all tasks."""
    values = {task: mean(results, variant, task) / mean(results, "default", task) for task in TASKS}
    return Found(min(values.values()) >= share, _shown(values))


def _gap(results: Results, variant: str, task: str) -> float:
    return score(results, variant, task, TARGETS[0]) - score(results, variant, task, TARGETS[-1])


def gaps_between_pairs_fall(results: Results, variant: str) -> Found:
    """Return whether the gap between nearest and most distant target is smaller than Default's, in all tasks."""
    gaps = {task: (_gap(results, "default", task), _gap(results, variant, task)) for task in TASKS}
    detail = ", ".join(f"{task} {before:.1f} to {after:.1f}" for task, (before, after) in gaps.items())
    return Found(all(after < before for before, after in gaps.values()), detail)


def gaps_by_task(results: Results, simpler: str) -> Found:
    """Return whether the gap of one task between nearest and most distant target is the smallest."""
    gaps = {task: _gap(results, "default", task) for task in TASKS}
    return Found(all(gaps[task] > gaps[simpler] for task in TASKS if task != simpler), _shown(gaps))


def batches_a_second(results: Results, epochs: int, batches: int, days: float) -> Found:
    """Return the batches a second that the printed time of training means.

    Examples
    --------
    >>> batches_a_second(Results(), epochs=200, batches=200_000, days=3)
    Found(value=154.3, detail='what 8 V100 can do at their peak is 7.2')
    """
    peak = 8 * V100 / (6 * 118e6 * 8 * 96 * 256)
    value = epochs * batches / (days * 86_400)
    return Found(round(value, 1), f"what 8 V100 can do at their peak is {peak:.1f}")


def _similarity(first: Any, second: Any) -> float:
    """Return CKA as it is printed: without centring."""
    cross = np.linalg.norm(second.T @ first) ** 2
    return float(cross / (np.linalg.norm(first.T @ first) * np.linalg.norm(second.T @ second)))


def _drawn() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(300, 64)), rng.normal(size=(300, 64))


def cka_invariance(results: Results) -> Found:
    """Return whether linear CKA is invariant to rotation and scaling, and not to any invertible map, on drawn data."""
    first, square = _drawn()
    first = first - first.mean(axis=0)
    rotation, _ = np.linalg.qr(square[:64])
    turned, mapped = _similarity(first, 3 * first @ rotation), _similarity(first, first @ square[:64])
    return Found(abs(turned - 1) < 1e-9 and mapped < 1 - 1e-3, f"rotated {turned:.3f}, mapped {mapped:.3f}")


def cka_as_printed(results: Results) -> Found:
    """Return whether CKA as it is printed tells independent data with a common offset apart, as it does centred."""
    first, second = (drawn + 10 for drawn in _drawn())
    printed = _similarity(first, second)
    centred = _similarity(first - first.mean(axis=0), second - second.mean(axis=0))
    return Found(printed < 0.5, f"independent data: {printed:.3f} as printed, {centred:.3f} with columns centred")


def parameters_of(results: Results, layers: int, dimension: int, vocabulary: int) -> Found:
    """Return the millions of parameters that follow from the sizes of a model: V d + N (12 d^2 + 13 d).

    Examples
    --------
    >>> parameters_of(Results(), layers=12, dimension=768, vocabulary=250_000).value
    277.1
    """
    return Found(round((vocabulary * dimension + layers * (12 * dimension**2 + 13 * dimension)) / 1e6, 1))


def names_defined(results: Results, formula: str, defined: Sequence[str]) -> Found:
    """Return whether the text defines all names of a printed formula.

    Examples
    --------
    >>> names_defined(Results(), "k / 100", ["m"])
    Found(value=False, detail='not defined: k')
    """
    lacking = sorted({*re.findall(r"[A-Za-z]+", formula)} - {*defined})
    return Found(not lacking, f"not defined: {', '.join(lacking)}" if lacking else "")


MEASURES = {
    function.__name__: function
    for function in (
        printed_delta, changes_apart, changes_in_range, means_rise, gain_of_distant, scores_fall_with_layers,
        scores_at_random, distant_lose_most, scores_fall_with_distance, share_kept, gaps_between_pairs_fall,
        gaps_by_task, batches_a_second, cka_invariance, cka_as_printed, parameters_of, names_defined,
    )
}  # fmt: skip
