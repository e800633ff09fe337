"""Sentences of captions about steps that dev chooses, and onsets of fitted curves, beside what the paper shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import mean, median
from typing import Any

from polychron.analysis.trajectories import select
from polychron.figures.chart import TASKS
from polychron.reporting.formatting import difference, enumerated, short


def best_by_dev(trajectories: Any, tasks: Iterable[str], **place: Any) -> Sequence[str]:
    """Return a paragraph that says how much lower best scores are if dev chooses the step; none without dev scores.

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : iterable of str
        The tasks of the figure.
    **place
        See `select`. In transfer, pairs of a language with itself are left out.

    Examples
    --------
    >>> import pyarrow
    >>> rows = [dict(quantity="best", value=0.8), dict(quantity="best_by_dev", value=0.75)]
    >>> rows = [{**row, "task": "pos", "source": "en", "target": "en", "split": "test"} for row in rows]
    >>> best_by_dev(pyarrow.Table.from_pylist(rows), ["pos", "xnli"], split="test")
    ['The best of many checkpoints is partly luck. If dev chooses the checkpoint, scores are lower: by 5.00 points \
(POS tagging) in the mean.']
    >>> best_by_dev(pyarrow.Table.from_pylist([rows[0], {**rows[1], "value": 0.8}]), ["pos"], split="test")
    ['The best of many checkpoints is partly luck. If dev chooses the checkpoint, scores are as high in POS tagging.']
    """
    said, same = [], []
    for task in tasks:
        best, honest = (_of(trajectories, quantity, task=task, **place) for quantity in ("best", "best_by_dev"))
        if shared := best.keys() & honest.keys():
            lower = f"{100 * mean(best[key] - honest[key] for key in shared):.2f}"
            (said if float(lower) else same).append(f"{lower} points ({TASKS[task]})" if float(lower) else TASKS[task])
    if not said and not same:
        return []
    who = "dev of the source" if place.get("split") == "parallel" else "dev"
    parts = [f"lower: by {enumerated(said)} in the mean"] if said else []
    parts += [f"as high in {enumerated(same)}"] if same else []
    return [
        f"The best of many checkpoints is partly luck. If {who} chooses the checkpoint, scores are {'; '.join(parts)}."
    ]


def changes_by_dev(trajectories: Any, tasks: Iterable[str], **place: Any) -> Sequence[str]:
    """Return a paragraph with the mean change from the step that dev chooses to the last; none without dev scores.

    The parameters are those of `best_by_dev`.
    """
    said = []
    for task in tasks:
        losses = _of(trajectories, "forgetting_by_dev", task=task, **place).values()
        if losses:
            said.append(f"{difference(-100 * mean(losses), 2)} points ({TASKS[task]})")
    if not said:
        return []
    who = "dev of the source" if place.get("split") == "parallel" else "dev"
    return [f"If {who} chooses the checkpoint, the mean change from it to the last is {enumerated(said)}."]


def onsets(trajectories: Any, tasks: Iterable[str], shares: Sequence[float], **place: Any) -> Sequence[str]:
    """Return a paragraph with the median onsets that do not rest on the luckiest score; none where there are none.

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : iterable of str
        The tasks of the figure.
    shares : sequence of float
        The shares of the best score.
    **place
        See `select`. In transfer, pairs of a language with itself are left out.
    """
    source = " of the source" if place.get("split") == "parallel" else ""
    ways = {
        "by_dev": f"with the best checkpoint chosen on dev{source}",
        "isotonic": "of curves fitted by isotonic regression",
    }
    said = []
    for ending, words in ways.items():
        parts = []
        for task in tasks:
            found = {share: _of(trajectories, f"onset_{share:g}_{ending}", task=task, **place) for share in shares}
            known = {share: median(some.values()) for share, some in found.items() if some}
            steps = [f"{100 * share:g}% by {short(step)}" for share, step in known.items()]
            parts += [f"{enumerated(steps)} ({TASKS[task]})"] if steps else []
        said += [f"{words}: {'; '.join(parts)}."] if parts else []
    return ["A lucky best score makes onsets late. Medians " + " Medians ".join(said)] if said else []


def gains(trajectories: Any, tasks: Iterable[str], **place: Any) -> Sequence[str]:
    """Return a paragraph that compares inner layers with the last one, chosen by test and by dev; none without dev.

    The parameters are those of `best_by_dev`; `place` has no layer.
    """
    said = []
    for task in tasks:
        own, honest = (
            _of(trajectories, quantity, task=task, **place) for quantity in ("internal_gain", "internal_gain_by_dev")
        )
        if shared := own.keys() & honest.keys():
            gain, kept = (100 * mean(of[key] for key in shared) for of in (own, honest))
            said.append(f"{difference(gain, 2)} and {difference(kept, 2)} points ({TASKS[task]})")
    if not said:
        return []
    who = "dev of the source" if place.get("split") == "parallel" else "dev"
    return [
        "The best of many layers and checkpoints is partly luck. The best layer below the last compared with the last, "
        f"each chosen on the scores that are shown, and chosen on {who}: {'; '.join(said)}, in the mean of the whole "
        "study."
    ]


def _of(trajectories: Any, quantity: str, **place: Any) -> dict[tuple[str, str], float]:
    """Return the known values of a quantity by source and target."""
    return {
        (row["source"], row["target"]): row["value"]
        for row in select(trajectories, quantity=quantity, **place)
        if row["value"] is not None and (place.get("split") != "parallel" or row["source"] != row["target"])
    }
