"""The table of trajectories: what each curve of a study's scores says, by the formulas of `dynamics`."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polychron.analysis import choices, gathering
from polychron.analysis.dynamics import ROUNDING, asymmetry, best, expected_layer, forgetting, onset, relative

log = logging.getLogger("polychron")

LOWER = {"accuracy": False, "accuracy_ambiguous": False, "f1": False, "bits_per_character": True}
"""The metrics that are traced, and whether lower is better."""

SPLITS = ("test", "parallel", "heldout")
"""Where a curve is measured: in-language, transfer, and bits per character."""


def schema() -> Any:
    """Return the columns of a table of trajectories, as a `pyarrow.Schema`.

    A row is one number, `value`, of a `quantity` of one curve; the other columns are those of scores. `layer` is null
    for a quantity of all layers, `step` for one of no single step. Where a value is a mean over seeds, `runs`,
    `deviation` and `examples` describe it. `note` says why a value is null, or what it is based on.
    """
    import pyarrow

    text, real, whole = pyarrow.string(), pyarrow.float64(), pyarrow.int64()
    names = ("model", "task", "source", "target", "split", "metric", "quantity", "note")
    kinds = dict.fromkeys(names, text) | {"layer": pyarrow.int32(), "step": whole, "value": real}
    kinds |= {"deviation": real, "runs": whole, "examples": whole}
    order = "model task source target layer split metric quantity step value deviation runs examples note"
    return pyarrow.schema([(name, kinds[name]) for name in order.split()])


def study(scores: Any, shares: Sequence[float], reading: str) -> Any:
    """Trace all curves of a study.

    Quantities, for each curve: ``score`` at each step; ``relative`` at each trained step; ``best`` and ``best_step``;
    ``onset_X`` and ``onset_X_lower`` for each share X, the ends of the interval that contains the step to X; ``final``;
    ``forgetting`` and ``relative_forgetting``; ``untrained``, the score at step 0. For each ordered pair of different
    languages: ``asymmetry``, best(source to target) - best(target to source). For each curve at two or more layers:
    ``expected_layer`` at each trained step; ``expected_layer_fall``, E(first) - E(last), and
    ``expected_layer_fall_from_peak``, max E - E(last); ``internal_gain``, the best score of any layer below the last
    minus the last layer's best (A27).

    Further quantities, which are not the paper's, are in `choices.study`.

    Parameters
    ----------
    scores : pyarrow.Table
        Rows with the columns of `polychron.storage.scores.score_schema`.
    shares : sequence of float
        The shares of the best score whose onsets are computed.
    reading : str
        See `dynamics.expected_layer`.

    Returns
    -------
    pyarrow.Table
        See `schema`. A curve has a row for each step, also for those that it lacks. A quantity that cannot be computed
        keeps its row, without a value and with a note.
    """
    import pyarrow

    steps = np.array(sorted({step for step in scores["step"].to_pylist() if step is not None}))
    curves = _curves(gathering.means(scores, LOWER, SPLITS), steps)
    rows: list[dict[str, Any]] = []
    for curve in curves:
        rows += _of_curve(curve, steps, shares)
    rows += _asymmetries(curves, steps)
    chances = _chances(scores)
    for stack in _stacks(curves):
        rows += _of_stack(stack, steps, reading, chances)
    rows += choices.study(curves, steps, shares, scores)
    log.info("%d curves over %d steps, %d numbers", len(curves), len(steps), len(rows))
    unexplained = sum(row["value"] is None for row in rows)
    if unexplained:
        log.warning("%d of %d numbers could not be computed; the column `note` says why", unexplained, len(rows))
    return pyarrow.Table.from_pylist(rows, schema=schema())


PLACE = ("model", "task", "source", "target", "layer", "split", "metric")


class _Curve:
    """One curve: its place, and arrays over all steps of the study."""

    def __init__(self, place: tuple, length: int) -> None:
        self.place = dict(zip(PLACE, place, strict=True))
        self.lower = LOWER[self.place["metric"]]
        self.values = np.full(length, np.nan)
        self.means: list[dict[str, Any] | None] = [None] * length

    def row(self, quantity: str, value: float, note: str = "", **more: Any) -> dict[str, Any]:
        """Make a row; a value that is not finite becomes null."""
        known = {"value": float(value) if np.isfinite(value) else None, "note": note or None}
        return {**self.place, "quantity": quantity, **known, **more}


def _curves(means: Any, steps: NDArray) -> list[_Curve]:
    places = {step: place for place, step in enumerate(steps.tolist())}
    curves: dict[tuple, _Curve] = {}
    for mean in means.to_pylist():
        key = tuple(mean[column] for column in PLACE)
        if key not in curves:
            curves[key] = _Curve(key, len(steps))
        place = places[mean["step"]]
        curves[key].means[place] = mean
        if mean["value"] is not None:
            curves[key].values[place] = mean["value"]
    return list(curves.values())


def _of_curve(curve: _Curve, steps: NDArray, shares: Sequence[float]) -> Iterator[dict[str, Any]]:
    described = [_described(mean) for mean in curve.means]
    for step, value, (more, note) in zip(steps.tolist(), curve.values, described, strict=True):
        yield curve.row("score", value, note, step=step, **more)
    trained = steps > 0
    own_steps, values = steps[trained], curve.values[trained]
    lacking = int((~np.isfinite(values)).sum())
    notes = [f"{lacking} of {len(values)} steps without a score"] if lacking else []
    if len(values) - lacking > 1 and np.nanmin(values) == np.nanmax(values):
        notes.append("constant")
    note = "; ".join(notes)
    top, top_step = best(own_steps, values, curve.lower)
    at = {step: more for step, (more, _) in zip(steps.tolist(), described, strict=True)}
    of_best = {"step": int(top_step), **at[int(top_step)]} if np.isfinite(top) else {}
    undefined = "" if top > 0 else "the best score is not positive" if np.isfinite(top) else "no finite score"
    lost = "no score at the last step" if len(values) == 0 or not np.isfinite(values[-1]) else ""
    yield curve.row("best", top, note, **of_best)
    yield curve.row("best_step", top_step, note)
    shares_of_best = relative(values, curve.lower)
    for step, share in zip(own_steps.tolist(), shares_of_best, strict=True):
        yield curve.row("relative", share, "" if np.isfinite(share) else undefined or "no score", step=step)
    start = steps == 0
    untrained = curve.values[start][0] if start.any() else np.nan
    at_start = relative([untrained, top], curve.lower)[0]
    for share in shares:
        early = ["the untrained model has reached it"] if at_start >= share - ROUNDING else []
        step, after = onset(own_steps, values, share, curve.lower)
        said = "; ".join([undefined] if undefined else notes + early)
        yield curve.row(f"onset_{share:g}", step, said)
        yield curve.row(f"onset_{share:g}_lower", after, said)
    if len(values):
        absolute, share = forgetting(values, curve.lower)
        yield curve.row("final", values[-1], lost, step=int(own_steps[-1]), **at[int(own_steps[-1])])
        yield curve.row("forgetting", absolute, lost or note)
        yield curve.row("relative_forgetting", share, lost or undefined or note)
    if start.any():
        yield curve.row("untrained", untrained, described[0][1], step=0, **described[0][0])


def _described(mean: dict[str, Any] | None) -> tuple[dict[str, Any], str]:
    if mean is None:
        return {}, "no score"
    more = {"deviation": mean["deviation"], "runs": mean["finite"], "examples": mean["examples"]}
    lost = mean["runs"] - mean["finite"]
    return more, f"{lost} of {mean['runs']} runs without a finite score" if lost else ""


def _asymmetries(curves: list[_Curve], steps: NDArray) -> Iterator[dict[str, Any]]:
    trained = steps > 0
    pairs = {tuple(curve.place.values()): curve for curve in curves if curve.place["split"] == "parallel"}
    for curve in pairs.values():
        there = curve.place
        if there["source"] == there["target"]:
            continue
        back = pairs.get(tuple({**there, "source": there["target"], "target": there["source"]}.values()))
        absent = [
            f"no score from {one['source']} to {one['target']}"
            for one, of in ((there, curve), ({"source": there["target"], "target": there["source"]}, back))
            if of is None or not np.isfinite(of.values[trained]).any()
        ]
        value = np.nan if absent else asymmetry(curve.values[trained], back.values[trained], curve.lower)
        yield curve.row("asymmetry", value, "; ".join(absent))


def _stacks(curves: list[_Curve]) -> list[list[_Curve]]:
    """Group the curves that differ only in their layer, in order of layer, where there are two or more."""
    stacks = defaultdict(list)
    for curve in curves:
        stacks[tuple(value for name, value in curve.place.items() if name != "layer")].append(curve)
    return [sorted(stack, key=lambda curve: curve.place["layer"]) for stack in stacks.values() if len(stack) > 1]


def _chances(scores: Any) -> dict[tuple[str, str], float]:
    import pyarrow.compute

    rows = scores.filter(pyarrow.compute.field("metric") == "majority").to_pylist()
    return {(row["task"], row["target"]): row["value"] for row in rows}


def _of_stack(
    stack: list[_Curve], steps: NDArray, reading: str, chances: dict[tuple[str, str], float]
) -> Iterator[dict[str, Any]]:
    trained = steps > 0
    if not trained.any():
        return
    layers = [curve.place["layer"] for curve in stack]
    values = np.stack([curve.values[trained] for curve in stack]) * (-1 if stack[0].lower else 1)
    place = stack[0].place
    chance = chances.get((place["task"], place["target"]), np.nan)
    expected = expected_layer(layers, values, reading, chance)
    baseless = "no majority baseline" if reading == "above_chance" and np.isnan(chance) else ""

    def row(quantity: str, value: float, note: str = "", **more: Any) -> dict[str, Any]:
        return {**stack[0].row(quantity, value, note, **more), "layer": None}

    for step, value, column in zip(steps[trained].tolist(), expected, values.T, strict=True):
        gaps = [str(layer) for layer, score_of in zip(layers, column, strict=True) if not np.isfinite(score_of)]
        missing = f"no score at layer {', '.join(gaps)}" if gaps else baseless or "all weights are 0"
        yield row("expected_layer", value, "" if np.isfinite(value) else missing, step=step)
    finite = expected[np.isfinite(expected)]
    peak = finite.max() if len(finite) else np.nan
    ends = "no expected layer at the first or last step"
    for quantity, fall in (
        ("expected_layer_fall", expected[0] - expected[-1]),
        ("expected_layer_fall_from_peak", peak - expected[-1]),
    ):
        yield row(quantity, fall, "" if np.isfinite(fall) else baseless or ends)
    inner, outer = values[:-1], values[-1]
    gain = np.nanmax(inner) - np.nanmax(outer) if np.isfinite(inner).any() and np.isfinite(outer).any() else np.nan
    yield row("internal_gain", gain, "" if np.isfinite(gain) else "no finite score in the last layer or below it")


def select(trajectories: Any, **place: Any) -> list[dict[str, Any]]:
    """Select rows of a table of trajectories.

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `schema`.
    **place
        For a column, the value that it must have, or a list of allowed values.

    Returns
    -------
    list of dict
        In the order of the table.
    """
    return _at(trajectories, place).to_pylist()


def over_seeds(intervals: Any, **place: Any) -> list[dict[str, Any]]:
    """Return the known intervals over seeds at a place that are based on two runs or more; see `uncertainty.schema`."""
    rows = select(intervals, over="seeds", **place)
    return [row for row in rows if row["low"] is not None and row["runs"] > 1]


def distinct(trajectories: Any, column: str, **place: Any) -> list[Any]:
    """Return the distinct values of a column in rows of a table of trajectories, in increasing order, without null.

    The parameters are those of `select`.
    """
    return sorted(set(_at(trajectories, place)[column].unique().to_pylist()) - {None})


def _at(trajectories: Any, place: Mapping[str, Any]) -> Any:
    import pyarrow.compute as pc

    chosen = None
    for column, value in place.items():
        one = pc.field(column).isin(value) if isinstance(value, list) else pc.field(column) == value
        chosen = one if chosen is None else chosen & one
    return trajectories if chosen is None else trajectories.filter(chosen)
