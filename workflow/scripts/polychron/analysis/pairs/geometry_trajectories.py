"""Trajectories of geometry: when two languages become alike, in which layer, and whether they stay so.

The quantities are those of scores (`polychron.analysis.dynamics`), for similarity and retrieval of each pair. A step's
value is the mean over the halves of a set, weighted by their sentences. Retrieval also has two differences, at each
step: the ``alignment_gap``, mapped minus centred P@1, what a rotation still adds; and ``neutrality``, centred minus
raw, what the means of languages took away. The scores of structural probes are traced as well, as means over seeds.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polychron.analysis import dynamics, layers
from polychron.analysis.trajectories import schema

log = logging.getLogger("polychron")

RETRIEVAL = ("p_at_1.raw.cosine", "p_at_1.centred.cosine", "p_at_1.mapped.cosine")
METRICS = {
    "similarity": ("cka_debiased", "shared_neighbours"),
    "retrieval": RETRIEVAL,
    "word_retrieval": RETRIEVAL,
    "embedding_retrieval": RETRIEVAL,
    "structural": ("uuas", "dspearman"),
}
"""The metrics that are traced, by task; higher is better for all."""

COUNTED = ("retrieval",)
"""The tasks whose values are shares of sentences, so that their noise over other sentences is binomial."""

DIFFERENCES = {
    "alignment_gap": ("p_at_1.mapped.cosine", "p_at_1.centred.cosine"),
    "neutrality": ("p_at_1.centred.cosine", "p_at_1.raw.cosine"),
}
"""The differences of two metrics of retrieval, the first minus the second."""


class Place(NamedTuple):
    """Where a curve was measured: all but its layer."""

    model: str
    task: str
    source: str
    target: str
    split: str
    metric: str


class Curves(NamedTuple):
    """The curves of all layers of one place.

    Parameters
    ----------
    place : Place
    layers : list of int, (n,)
    values : ndarray (n, k)
        Over all steps of the study; NaN where there is none.
    examples : ndarray (n, k)
        Sentences behind each value, those of the halves added; of structural probes, arcs or words of all seeds.
    runs : ndarray (n, k)
        Halves, or seeds of probes, behind each value.
    """

    place: Place
    layers: list[int]
    values: NDArray[np.float64]
    examples: NDArray[np.int64]
    runs: NDArray[np.int64]

    def row(self, quantity: str, value: float, note: str = "", layer: int | None = None, **more: Any) -> dict[str, Any]:
        """Make a row; a value that is not finite becomes null."""
        known = float(value) if np.isfinite(value) else None
        row = {**self.place._asdict(), "layer": layer, "quantity": quantity, "value": known, "note": note or None}
        return {**row, **more}


def study(table: Any, shares: Sequence[float], reading: str) -> Any:
    """Trace similarity and retrieval of all pairs of languages, and structural probes.

    Quantities, for each pair, layer and metric: ``best`` and ``best_step``; ``onset_X`` and ``onset_X_lower`` for each
    share X; ``final``; ``forgetting`` and ``relative_forgetting``; ``untrained``, the value at step 0. For each pair
    and metric at two layers or more: ``expected_layer`` at each trained step and ``expected_layer_fall``;
    ``best_layer`` at the last step. Of P@1 of sentences also ``layers_differ``, the p-value of the layers of each step
    (see `polychron.analysis.layers.differ`): where they do not differ beyond noise, no layer is expected. Of the two
    differences, ``score`` at each step. The values of the other metrics at each step are in ``geometry.parquet``.

    Parameters
    ----------
    table : pyarrow.Table
        ``geometry.parquet``.
    shares : sequence of float
        The shares of the best value whose onsets are computed.
    reading : str
        How values become the weights of the expected layer; see `dynamics.expected_layer`. ``above_chance`` is read as
        ``minmax``, because similarity has no chance level.

    Returns
    -------
    pyarrow.Table
        See `trajectories.schema`. What cannot be computed keeps its row, without a value and with a note.
    """
    import pyarrow

    steps, curves = curves_of(table)
    reading = "minmax" if reading == "above_chance" else reading
    rows: list[dict[str, Any]] = []
    for one in curves:
        for number, layer in enumerate(one.layers):
            rows += _of_curve(one, number, layer, steps, shares)
        if len(one.layers) > 1:
            rows += _of_layers(one, steps, reading)
    for one in differences(curves):
        rows += _of_difference(one, steps)
    log.info("%d curves over %d steps, %d numbers", sum(len(one.layers) for one in curves), len(steps), len(rows))
    return pyarrow.Table.from_pylist(rows, schema=schema())


def curves_of(table: Any) -> tuple[NDArray[np.int64], list[Curves]]:
    """Return the steps of a table of geometry, in increasing order, and its curves over these steps."""
    import pyarrow
    import pyarrow.compute as pc

    tasks = pyarrow.array(list(METRICS), pyarrow.string())
    wanted = pyarrow.array(sorted({name for names in METRICS.values() for name in names}), pyarrow.string())
    # structural probes are also scored on dev, which decides when their training stops
    chosen = table.filter(pc.field("task").isin(tasks) & pc.field("metric").isin(wanted) & (pc.field("split") != "dev"))
    steps = np.array(sorted(set(chosen["step"].to_pylist()) - {None}), np.int64)
    places = {step: number for number, step in enumerate(steps.tolist())}
    columns = (*Place._fields, "layer", "step", "value", "examples")
    found: dict[Place, dict[int, NDArray[np.float64]]] = defaultdict(dict)
    for *place, layer, step, value, examples in zip(*chosen.select(columns).to_pydict().values(), strict=True):
        of_layers = found[Place(*place)]
        sums = of_layers.setdefault(layer, np.zeros((3, len(steps))))
        if value is not None and np.isfinite(value):
            weight = float(examples or 0)
            sums[:, places[step]] += (weight * value, weight, 1)
    return steps, [_curves(place, of_layers) for place, of_layers in found.items()]


def _curves(place: Place, of_layers: Mapping[int, NDArray[np.float64]]) -> Curves:
    layers = sorted(of_layers)
    totals, weights, runs = np.stack([of_layers[layer] for layer in layers], axis=1)
    values = np.divide(totals, weights, out=np.full(totals.shape, np.nan), where=weights > 0)
    return Curves(place, layers, values, weights.astype(np.int64), runs.astype(np.int64))


def differences(curves: Sequence[Curves]) -> Iterator[Curves]:
    """Yield the curves of the two differences, at the layers that both metrics have; see `DIFFERENCES`."""
    known = {one.place: one for one in curves}
    for one in curves:
        for name, (first, second) in DIFFERENCES.items():
            other = known.get(one.place._replace(metric=second))
            if one.place.metric != first or other is None:
                continue
            layers = [layer for layer in one.layers if layer in other.layers]
            here, there = ([of.layers.index(layer) for layer in layers] for of in (one, other))
            yield Curves(
                one.place._replace(metric=name),
                layers,
                one.values[here] - other.values[there],
                np.minimum(one.examples[here], other.examples[there]),
                np.minimum(one.runs[here], other.runs[there]),
            )


def _of_difference(curves: Curves, steps: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    for layer, *of_layer in zip(curves.layers, curves.values, curves.examples, curves.runs, strict=True):
        for step, value, examples, runs in zip(steps.tolist(), *of_layer, strict=True):
            note = "" if np.isfinite(value) else "one of the two has no value"
            yield curves.row("score", value, note, layer, step=step, examples=int(examples), runs=int(runs))


def _of_curve(
    curves: Curves, number: int, layer: int, steps: NDArray[np.int64], shares: Sequence[float]
) -> Iterator[dict[str, Any]]:
    trained = steps > 0
    own_steps, values = steps[trained], curves.values[number][trained]
    described = [
        {"examples": int(examples), "runs": int(runs)}
        for examples, runs in zip(curves.examples[number][trained], curves.runs[number][trained], strict=True)
    ]
    lacking = int((~np.isfinite(values)).sum())
    note = f"{lacking} of {len(values)} steps without a value" if lacking else ""
    top, top_step = dynamics.best(own_steps, values)
    undefined = "" if top > 0 else "the best value is not positive" if np.isfinite(top) else "no finite value"
    at_best = {"step": int(top_step), **described[own_steps.tolist().index(top_step)]} if np.isfinite(top) else {}
    yield curves.row("best", top, note, layer, **at_best)
    yield curves.row("best_step", top_step, note, layer)
    start = curves.values[number][~trained]
    reached = dynamics.relative([start[0], top])[0] if len(start) and np.isfinite(start[0]) else np.nan
    for share in shares:
        step, after = dynamics.onset(own_steps, values, share)
        early = "the untrained model has reached it" if reached >= share - dynamics.ROUNDING else ""
        said = undefined or "; ".join(filter(None, (note, early)))
        yield curves.row(f"onset_{share:g}", step, said, layer)
        yield curves.row(f"onset_{share:g}_lower", after, said, layer)
    if len(values):
        lost = "" if np.isfinite(values[-1]) else "no value at the last step"
        absolute, share = dynamics.forgetting(values)
        yield curves.row("final", values[-1], lost, layer, step=int(own_steps[-1]), **described[-1])
        yield curves.row("forgetting", absolute, lost or note, layer)
        yield curves.row("relative_forgetting", share, lost or undefined or note, layer)
    if len(start):
        yield curves.row("untrained", start[0], "" if np.isfinite(start[0]) else "no value", layer, step=0)


def _of_layers(curves: Curves, steps: NDArray[np.int64], reading: str) -> Iterator[dict[str, Any]]:
    trained = steps > 0
    if not trained.any():
        return
    own_steps, values = steps[trained], curves.values[:, trained]
    whole = np.isfinite(values).all(axis=0)
    expected = np.full(len(own_steps), np.nan)
    if whole.any():
        expected[whole] = dynamics.expected_layer(curves.layers, values[:, whole], reading)
    p = np.full(len(own_steps), np.nan)
    if curves.place.task in COUNTED:
        p = _differ(curves, trained)
        tested = zip([*steps[~trained].tolist(), *own_steps.tolist()], [*_differ(curves, ~trained), *p], strict=True)
        for step, value in tested:
            yield curves.row("layers_differ", value, "" if np.isfinite(value) else "a layer without a value", step=step)
    expected = np.where(p > layers.LEVEL, np.nan, expected)
    for step, value, known, chance in zip(own_steps.tolist(), expected, whole, p, strict=True):
        why = "all weights are 0" if known else "a layer without a value"
        why = f"flat: layers do not differ (p = {chance:.2g})" if chance > layers.LEVEL else why
        yield curves.row("expected_layer", value, "" if np.isfinite(value) else why, step=step)
    fall = expected[0] - expected[-1]
    yield curves.row("expected_layer_fall", fall, "" if np.isfinite(fall) else "no expected layer at either end")
    last = values[:, -1]
    best = curves.layers[int(np.argmax(last))] if whole[-1] else np.nan
    why = "" if whole[-1] else "a layer without a value at the last step"
    yield curves.row("best_layer", best, why, step=int(own_steps[-1]))


def _differ(curves: Curves, chosen: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Test at some steps whether the layers differ beyond the noise of other sentences; see `layers.differ`."""
    values, examples = curves.values[:, chosen], curves.examples[:, chosen].astype(float)
    unknown = np.full(values.shape, np.nan)
    return layers.differ(layers.Cells(values, unknown, np.ones(values.shape), examples))
