"""Sentences of captions about the study behind a figure, and about what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from polychron.analysis.trajectories import distinct, select
from polychron.figures.chart import TASKS
from polychron.reporting import baselines
from polychron.reporting.formatting import enumerated

UNSPREAD = "No intervals over seeds: no curve has two runs or more."


def of_tasks(tasks: Sequence[str], title: str) -> str:
    """Return a title that says of which tasks it is; of more than three, of how many.

    Examples
    --------
    >>> of_tasks(["pos", "xnli"], "Steps to 90%"), of_tasks([], "Steps to 90%")
    ('POS tagging and XNLI: steps to 90%', 'Steps to 90%')
    """
    if not tasks:
        return title
    who = enumerated([TASKS[task] for task in tasks]) if len(tasks) <= 3 else f"{len(tasks)} tasks"
    return f"{who}: {title[0].lower()}{title[1:]}"


def averaged(trajectories: Any, **place: Any) -> str:
    """Return in words how many runs the scores at a place are the mean of.

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    **place
        See `select`.

    Examples
    --------
    >>> import pyarrow
    >>> def study(*runs):
    ...     return pyarrow.table({"quantity": ["score"] * len(runs), "runs": runs})
    >>> averaged(study(5, 5)), averaged(study(3, 5, None)), averaged(study(1))
    ('mean of 5 runs', 'mean of 3 to 5 runs', 'one run')
    """
    runs = [number for number in distinct(trajectories, "runs", quantity="score", **place) if number]
    if not runs or runs[-1] == 1:
        return "one run"
    return f"mean of {runs[0]} runs" if len(runs) == 1 else f"mean of {runs[0]} to {runs[-1]} runs"


def against(
    scores: Any,
    trajectories: Any,
    tasks: Iterable[str],
    *,
    crossing: bool = False,
    layer: int | None = None,
    source: str | None = None,
) -> list[str]:
    """Return a paragraph that says which best scores are below a baseline; none without scores of baselines.

    Parameters
    ----------
    scores : pyarrow.Table or None
        See `scores.score_schema`.
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : iterable of str
        The tasks that are shown, in their order.
    crossing : bool
        Transfer between languages instead of in-language scores.
    layer : int, optional
        The layer that is shown; without it, the best of all.
    source : str, optional
        Transfer from this language alone.
    """
    if scores is None:
        return []
    place = {"metric": "accuracy", "split": "parallel" if crossing else "test"}
    place |= {} if layer is None else {"layer": layer}
    place |= {} if source is None else {"source": source}
    best: dict[tuple[str, str, str], dict[str, Any]] = {}
    for task in tasks:
        for row in select(trajectories, quantity="best", task=task, **place):
            key = (task, row["source"], row["target"])
            known = best.get(key, {"value": None})["value"]
            if (row["source"] != row["target"]) is crossing and row["value"] is not None:
                best[key] = row if known is None or row["value"] > known else best[key]
    return baselines.below(baselines.of_scores(scores), best.values())


def lacking(tasks: Iterable[str], shown: Iterable[str], what: str = "Without a score") -> list[str]:
    """Return a paragraph that names the tasks that were asked for and are not shown; none if all are.

    Examples
    --------
    >>> lacking(["pos", "xnli", "bits"], ["pos"])
    ['Without a score, and not shown: XNLI and Bits per character.']
    >>> lacking(["pos"], ["pos"])
    []
    """
    names = [TASKS[task] for task in tasks if task not in set(shown)]
    return [f"{what}, and not shown: {enumerated(names)}."] if names else []


def alone(trajectories: Any) -> Sequence[str]:
    """Return a paragraph that says that a study has a single trained checkpoint; none if it has more.

    Examples
    --------
    >>> import pyarrow
    >>> alone(pyarrow.table({"quantity": ["score"] * 2, "step": [0, 500]}))
    ['The study has one trained checkpoint: it is the first, the best and the last one.']
    >>> alone(pyarrow.table({"quantity": ["score"] * 2, "step": [100, 500]}))
    []
    """
    steps = [step for step in distinct(trajectories, "step", quantity="score") if step > 0]
    return ["The study has one trained checkpoint: it is the first, the best and the last one."] * (len(steps) == 1)
