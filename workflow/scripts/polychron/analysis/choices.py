"""Steps and layers chosen on dev, and scored where they were not chosen; and onsets of fitted curves.

The best of many scores is partly luck, and so is what is compared with it. Here dev chooses and another split is
scored. Dev is the probe's own: transfer to another language is chosen on dev of the language that the probe was trained
on (zero-shot), because a target's own dev would be training data of the target.

What dev and test share is not removed by it: a checkpoint that is better by chance is better in both. See
`polychron.analysis.chance` for that part.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from polychron.analysis import gathering
from polychron.analysis.dynamics import ROUNDING
from polychron.analysis.settling import reached, settle


def chosen(values: ArrayLike, dev: ArrayLike) -> int | None:
    """Return the place of the best dev score, the first one of equals.

    Parameters
    ----------
    values, dev : array-like (k,)
        Scores where they are measured, and on dev. Places where either has none are never chosen; None if none is left.

    Examples
    --------
    >>> chosen([0.5, 0.9, 0.7], [0.6, 0.7, 0.8]), chosen([0.5, 0.9, np.nan], [0.6, 0.7, 0.8]), chosen([0.5], [np.nan])
    (2, 1, None)
    """
    dev = np.where(np.isfinite(values), np.asarray(dev, float), np.nan)
    if not np.isfinite(dev).any():
        return None
    return int(np.argmax(np.nan_to_num(dev, nan=-np.inf) >= np.nanmax(dev) - ROUNDING))


def of_curve(
    steps: NDArray, values: NDArray, dev: NDArray | None, shares: Sequence[float]
) -> tuple[dict[str, float], int | None]:
    """Return what a curve says if its best step is chosen on dev.

    Parameters
    ----------
    steps, values : ndarray (k,)
        See `dynamics`; higher is better.
    dev : ndarray (k,) or None
        Dev scores at the same steps.
    shares : sequence of float
        The shares of the best score whose onsets are computed.

    Returns
    -------
    numbers : dict of str to float
        ``best_by_dev``, the score at the chosen step, and ``best_step_by_dev``, that step; ``forgetting_by_dev``, that
        score minus the last, negative where it rises; for each share X ``onset_X_by_dev``, the first step with X% of
        ``best_by_dev`` or more, and ``onset_X_by_dev_lower``, the scored step before it. NaN where unknown.
    place : int or None
        The place of the chosen step.

    Examples
    --------
    Dev chooses the second step. 95% of 0.80 is reached there already; 95% of the best, 0.85, is reached later.

    >>> numbers, _ = of_curve([5, 10, 15, 20], np.array([0.5, 0.80, 0.82, 0.85]), [0.6, 0.9, 0.8, 0.8], [0.95])
    >>> list(numbers.values())[:2], numbers["onset_0.95_by_dev"], round(numbers["forgetting_by_dev"], 6)
    ([0.8, 10.0], 10.0, -0.05)
    """
    place = None if dev is None else chosen(values, dev)
    top = np.nan if place is None else values[place]
    numbers = {
        "best_by_dev": float(top),
        "best_step_by_dev": np.nan if place is None else float(steps[place]),
        "forgetting_by_dev": float(top - values[-1]) if len(values) else np.nan,
    }
    scored = np.flatnonzero(np.isfinite(values))
    for share in shares:
        ends = np.nan, np.nan
        if top > 0:
            first = int(np.argmax(values[scored] >= top * (share - ROUNDING)))
            ends = float(steps[scored[first]]), float(steps[scored[first - 1]]) if first else 0.0
        numbers[f"onset_{share:g}_by_dev"], numbers[f"onset_{share:g}_by_dev_lower"] = ends
    return numbers, place


def of_layers(values: NDArray, dev: NDArray) -> tuple[int | None, float]:
    """Choose the best layer, and compare the inner layers with the last, on dev.

    Parameters
    ----------
    values, dev : ndarray (layers, k)
        Scores of each layer at each step, the last layer last; higher is better.

    Returns
    -------
    place : int or None
        The layer whose best dev score is the highest, by its place.
    gain : float
        The score at the layer below the last and the step that dev chooses, minus that at the step that it chooses for
        the last layer. NaN where unknown.

    Examples
    --------
    >>> values, dev = [[0.4, 0.5], [0.7, 0.6], [0.65, 0.5]], [[0.4, 0.5], [0.6, 0.7], [0.6, 0.5]]
    >>> place, gain = of_layers(np.array(values), np.array(dev))
    >>> place, round(gain, 6)
    (1, -0.05)
    """
    best = chosen(values.ravel(), dev.ravel())
    inner, outer = chosen(values[:-1].ravel(), dev[:-1].ravel()), chosen(values[-1], dev[-1])
    gain = np.nan if inner is None or outer is None else values[:-1].ravel()[inner] - values[-1][outer]
    return None if best is None else best // values.shape[1], float(gain)


def forgetting(runs: ArrayLike, dev: ArrayLike) -> NDArray[np.float64]:
    """Measure the loss of each run since a step that the other runs chose, on other items.

    Each run is left out in turn. The mean of the other runs on dev chooses the step; the run that was left out is
    scored on test, at that step and at the last. A single run chooses by its own dev scores.

    Parameters
    ----------
    runs, dev : array-like (seeds, k)
        Scores of the same runs on test and on dev, the last step last; higher is better. Steps that any run lacks in
        either are never chosen.

    Returns
    -------
    ndarray (seeds,)
        score(chosen) - score(last); NaN where the last step has no score.

    Examples
    --------
    Without the first run, the second step is best on dev (0.85 and 0.8); without the second, the first (0.9 and 0.8).

    >>> forgetting([[0.8, 0.7, 0.6], [0.9, 0.7, 0.6]], [[0.9, 0.8, 0.5], [0.8, 0.85, 0.5]]).round(6).tolist()
    [0.1, 0.3]
    """
    runs, dev = np.asarray(runs, float), np.asarray(dev, float)
    usable = np.isfinite(runs).all(axis=0) & np.isfinite(dev).all(axis=0)
    if not len(runs) or not usable.any():
        return np.full(len(runs), np.nan)
    total = dev.sum(axis=0)
    others = [chosen(np.where(usable, 0, np.nan), total - own if len(runs) > 1 else own) for own in dev]
    return runs[np.arange(len(runs)), others] - runs[:, -1]


def study(curves: Sequence[Any], steps: NDArray, shares: Sequence[float], scores: Any) -> Iterator[dict[str, Any]]:
    """Make the rows of trajectories that are not by the paper's formulas.

    For each curve: ``onset_X_isotonic``, the onset of the curve that `settling.settle` fits. For each curve of a probe,
    with the best step chosen on dev of the source (see `of_curve`): ``best_by_dev``, ``best_step_by_dev``,
    ``forgetting_by_dev``, ``onset_X_by_dev`` and ``onset_X_by_dev_lower``. For each curve at two or more layers:
    ``best_layer``, the layer with the best score; and, chosen on dev, ``best_layer_by_dev`` and
    ``internal_gain_by_dev`` (see `of_layers`). A task without any dev scores has no rows for what dev chooses.

    Parameters
    ----------
    curves : sequence of trajectories.Curve
        All curves of a study, over all of its steps.
    steps : ndarray (k,)
        In increasing order, step 0 included.
    shares : sequence of float
        The shares of the best score whose onsets are computed.
    scores : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`.
    """
    trained = steps > 0
    dev = _dev(scores, steps[trained])
    stacks = defaultdict(list)
    for curve in curves:
        yield from _fitted(curve, steps[trained], curve.values[trained], shares)
        if any(key[:2] == _chooser(curve.place)[:2] for key in dev):
            yield from _by_dev(curve, steps, shares, dev.get(_chooser(curve.place)))
        stacks[tuple(value for name, value in curve.place.items() if name != "layer")].append(curve)
    for stack in stacks.values():
        if len(stack) > 1 and trained.any():
            yield from _of_stack(sorted(stack, key=lambda curve: curve.place["layer"]), trained, dev)


def _dev(scores: Any, steps: NDArray) -> dict[tuple, NDArray[np.float64]]:
    """Return the mean dev scores at the trained steps, by model, task, source and layer."""
    places = {step: place for place, step in enumerate(steps.tolist())}
    found: dict[tuple, NDArray[np.float64]] = {}
    for mean in gathering.means(scores, ["accuracy"], ["dev"]).to_pylist():
        if mean["step"] in places and mean["value"] is not None:
            curve = found.setdefault(_chooser(mean), np.full(len(steps), np.nan))
            curve[places[mean["step"]]] = mean["value"]
    return found


def _chooser(place: Mapping[str, Any]) -> tuple:
    return place["model"], place["task"], place["source"], place["layer"]


def _fitted(curve: Any, steps: NDArray, values: NDArray, shares: Sequence[float]) -> Iterator[dict[str, Any]]:
    """Make the rows of the onsets of the curve that `settling.settle` fits."""
    scored = np.isfinite(values)
    found = settle(steps[scored], values[None, scored], curve.lower) if scored.any() else None
    if found is None:
        why = "no finite score"
    elif not (values[scored].min() if curve.lower else values[scored].max()) > 0:
        why = "the best score is not positive"
    else:
        why = "" if np.isfinite(found.noise[0]) else "too few checkpoints to estimate their noise"
    for share in shares:
        at = np.nan
        if found is not None and "positive" not in why:
            at = steps[scored][reached((-1 if curve.lower else 1) * found.values, share, curve.lower)[0]]
        yield curve.row(f"onset_{share:g}_isotonic", at, why)


NO_DEV = "no dev scores of the source"


def _by_dev(curve: Any, steps: NDArray, shares: Sequence[float], dev: NDArray | None) -> Iterator[dict[str, Any]]:
    """Make the rows of a curve whose best step is chosen on dev."""
    trained = steps > 0
    numbers, place = of_curve(steps[trained], curve.values[trained], dev, shares)
    mean = None if place is None else curve.means[np.flatnonzero(trained)[place]]
    for quantity, value in numbers.items():
        why = NO_DEV if place is None else "no score at the last step" if quantity == "forgetting_by_dev" else ""
        row = curve.row(quantity, value, "" if np.isfinite(value) else why or "the score is not positive")
        if quantity == "best_by_dev" and mean is not None:
            row |= {"step": int(numbers["best_step_by_dev"]), "deviation": mean["deviation"]}
            row |= {"runs": mean["finite"], "examples": mean["examples"]}
        yield row


def _of_stack(stack: Sequence[Any], trained: NDArray, dev: Mapping[tuple, NDArray]) -> Iterator[dict[str, Any]]:
    """Make the rows of the best layer: by its own scores, and by dev if the study has dev scores of the task."""
    layers, places = [curve.place["layer"] for curve in stack], [_chooser(curve.place) for curve in stack]
    values = np.stack([curve.values[trained] for curve in stack])
    own = chosen(values.ravel(), (-1 if stack[0].lower else 1) * values.ravel())

    def row(quantity: str, value: float | None, why: str) -> dict[str, Any]:
        value = np.nan if value is None else value
        return {**stack[0].row(quantity, value, "" if np.isfinite(value) else why), "layer": None}

    yield row("best_layer", None if own is None else layers[own // values.shape[1]], "no finite score")
    if any(key[:2] == places[0][:2] for key in dev):
        none = np.full(values.shape[1], np.nan)
        place, gain = of_layers(values, np.stack([dev.get(key, none) for key in places]))
        yield row("best_layer_by_dev", None if place is None else layers[place], NO_DEV)
        yield row("internal_gain_by_dev", gain, f"{NO_DEV} in the last layer or below it")
