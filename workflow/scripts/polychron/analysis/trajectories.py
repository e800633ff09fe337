"""The table of trajectories: what each curve of a study's scores says, by the formulas of `dynamics`."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polychron.analysis import choices, gathering, layers
from polychron.analysis.dynamics import ROUNDING, asymmetry, best, forgetting, onset, relative

log = logging.getLogger("polychron")

LOWER = {"accuracy": False, "accuracy_ambiguous": False, "span_f1": False, "f1": False, "bits_per_character": True}
"""The metrics that are traced, and whether lower is better."""

OVER = {"f1": "links", "span_f1": "names"}
"""The metrics that are no share of the test items, and what they are F1 of."""

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
    ``layers_differ`` at each step, the p-value of `layers.differ` (step 0 alone is one family);
    ``expected_layer`` at each trained step, without a value where the layers do not differ;
    ``expected_layer_fall``, E(first) - E(last), and ``expected_layer_fall_from_peak``, max E - E(last);
    ``internal_gain``, the best score of any layer below the last minus the last layer's best (A27).

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

    steps, curves = curves_of(scores)
    rows: list[dict[str, Any]] = []
    for curve in curves:
        rows += _of_curve(curve, steps, shares)
    rows += _asymmetries(curves, steps)
    for stack in stacks(scores, steps, curves):
        rows += _of_stack(stack, steps[steps > 0], reading)
    rows += choices.study(curves, steps, shares, scores)
    log.info("%d curves over %d steps, %d numbers", len(curves), len(steps), len(rows))
    unexplained = sum(row["value"] is None for row in rows)
    if unexplained:
        log.warning("%d of %d numbers could not be computed; the column `note` says why", unexplained, len(rows))
    return pyarrow.Table.from_pylist(rows, schema=schema())


PLACE = ("model", "task", "source", "target", "layer", "split", "metric")


class Curve:
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


def curves_of(scores: Any) -> tuple[NDArray[np.int64], list[Curve]]:
    """Return the steps of a table of scores, in increasing order, and its curves over these steps.

    A step at which nothing is traced, because a run was cut off after its dev scores, is none of them.
    """
    means = gathering.means(scores, LOWER, SPLITS).to_pylist()
    steps = np.array(sorted({mean["step"] for mean in means}), np.int64)
    places = {step: place for place, step in enumerate(steps.tolist())}
    curves: dict[tuple, Curve] = {}
    for mean in means:
        key = tuple(mean[column] for column in PLACE)
        if key not in curves:
            curves[key] = Curve(key, len(steps))
        place = places[mean["step"]]
        curves[key].means[place] = mean
        if mean["value"] is not None:
            curves[key].values[place] = mean["value"]
    return steps, list(curves.values())


def _of_curve(curve: Curve, steps: NDArray, shares: Sequence[float]) -> Iterator[dict[str, Any]]:
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


def _asymmetries(curves: list[Curve], steps: NDArray) -> Iterator[dict[str, Any]]:
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


class Stack(NamedTuple):
    """The curves of all layers of one place.

    Parameters
    ----------
    curves : list of Curve
        Two or more, in order of layer.
    depth : list of int
        Their layers.
    cells : layers.Cells
        Their scores at the trained steps, negative where lower is better.
    start : layers.Cells
        Those at step 0; without columns where the study has none.
    chance : float
        Accuracy of the majority class; NaN where unknown, and of other metrics than accuracy.
    """

    curves: list[Curve]
    depth: list[int]
    cells: layers.Cells
    start: layers.Cells
    chance: float

    def row(self, quantity: str, value: float, note: str = "", **more: Any) -> dict[str, Any]:
        """Make a row of a quantity of all layers."""
        return {**self.curves[0].row(quantity, value, note, **more), "layer": None}


def stacks(scores: Any, steps: NDArray, curves: Sequence[Curve]) -> Iterator[Stack]:
    """Group the curves that differ only in their layer, where there are two or more.

    Chance is that of accuracy. F1 of names is no share of the test items, so that its layers are compared by the seeds
    alone.

    The test items of word alignment are its gold links, but those of words beyond the window. Sentences have many
    each, which are right or wrong together, so half of the links are counted: in a bootstrap of the toy study's
    sentences, the difference of two layers had 0.3 to 1.45 times the deviation that independent links would give it.
    """
    trained = steps > 0
    if not trained.any():
        return
    groups = defaultdict(list)
    for curve in curves:
        groups[tuple(value for name, value in curve.place.items() if name != "layer")].append(curve)
    chances = _values_of(scores, "majority", ("task", "target"), "value")
    links, beyond = (_values_of(scores, "excluded_links", ("source", "target"), of) for of in ("examples", "value"))
    for group in groups.values():
        if len(group) < 2:
            continue
        group.sort(key=lambda curve: curve.place["layer"])
        place = group[0].place
        means = [[mean or {} for mean in curve.means] for curve in group]

        def of(name: str, means: list = means) -> NDArray[np.float64]:
            return np.array([[mean.get(name) for mean in row] for row in means], float)

        values = np.stack([curve.values for curve in group]) * (-1 if group[0].lower else 1)
        examples = of("examples")
        pair = place["source"], place["target"]
        if place["metric"] == "span_f1":
            examples = np.full(values.shape, np.nan)
        if place["metric"] == "f1" and (known := links.get(pair, 0) - beyond.get(pair, 0)):
            examples = np.full(values.shape, known / 2)
        parts = values, of("deviation"), of("finite"), examples
        cells, start = (layers.Cells(*(part[:, chosen] for part in parts)) for chosen in (trained, ~trained))
        chance = chances.get((place["task"], place["target"]), np.nan) if place["metric"] == "accuracy" else np.nan
        yield Stack(group, [curve.place["layer"] for curve in group], cells, start, chance)


def _values_of(scores: Any, metric: str, columns: tuple[str, str], of: str) -> dict[tuple[str, str], float]:
    import pyarrow.compute

    rows = scores.filter(pyarrow.compute.field("metric") == metric).to_pylist()
    return {tuple(row[column] for column in columns): row[of] for row in rows}


def lacking(stack: Stack, found: layers.Expected, reading: str) -> list[str]:
    """Return why there is no expected layer, at each step; nothing where there is one."""
    metric = stack.curves[0].place["metric"]
    baseless = "no majority baseline" + ("" if metric == "accuracy" else f" of {metric}")
    baseless = baseless if reading == "above_chance" and np.isnan(stack.chance) else ""
    said = []
    for value, p, column in zip(found.values, found.p, stack.cells.values.T, strict=True):
        gaps = [str(layer) for layer, score in zip(stack.depth, column, strict=True) if not np.isfinite(score)]
        why = f"no score at layer {', '.join(gaps)}" if gaps else baseless
        why = why or (f"flat: layers do not differ (p = {p:.2g})" if p > layers.LEVEL else "all weights are 0")
        said.append("" if np.isfinite(value) else why)
    return said


def _of_stack(stack: Stack, steps: NDArray, reading: str) -> Iterator[dict[str, Any]]:
    found = layers.expected(stack.depth, stack.cells, reading, stack.chance)
    whys = lacking(stack, found, reading)
    at_start = [(0, p) for p in layers.differ(stack.start).tolist()]
    by_seeds = "by the seeds alone: F1 is over names" if stack.curves[0].place["metric"] == "span_f1" else ""
    for step, p in [*at_start, *zip(steps.tolist(), found.p.tolist(), strict=True)]:
        why = "a layer without a score, or the noise is unknown" if p != p else by_seeds
        yield stack.row("layers_differ", p, why, step=step)
    for step, value, why in zip(steps.tolist(), found.values, whys, strict=True):
        yield stack.row("expected_layer", value, why, step=step)
    finite = found.values[np.isfinite(found.values)]
    peak = finite.max() if len(finite) else np.nan
    ends = fall_note(steps, whys)
    for quantity, fall, why in (
        ("expected_layer_fall", found.values[0] - found.values[-1], ends),
        ("expected_layer_fall_from_peak", peak - found.values[-1], fall_note(steps[-1:], whys[-1:])),
    ):
        yield stack.row(quantity, fall, why)
    inner, outer = stack.cells.values[:-1], stack.cells.values[-1]
    gain = np.nanmax(inner) - np.nanmax(outer) if np.isfinite(inner).any() and np.isfinite(outer).any() else np.nan
    yield stack.row("internal_gain", gain, "" if np.isfinite(gain) else "no finite score in the last layer or below it")


def fall_note(steps: NDArray, whys: Sequence[str]) -> str:
    """Return at which of the first and last step there is no expected layer, and why.

    Examples
    --------
    >>> fall_note([50, 100, 200], ["", "flat", "flat"])
    'step 200: flat'
    """
    ends = dict([(steps[0], whys[0]), (steps[-1], whys[-1])])
    return "; ".join(f"step {step}: {why}" for step, why in ends.items() if why)


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
