"""Figure 21: transfer between languages against the similarity of their states, at each step."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from polychron.analysis.pairs import relation
from polychron.analysis.pairs.relation import Relation, related
from polychron.analysis.trajectories import select
from polychron.figures import captions
from polychron.figures.chart import BLUE, GREY, INK, PAPER, TASKS, VERMILION, Figure, data, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.figures.geometry import pairs, relations, rows
from polychron.figures.geometry.pairs import Pair
from polychron.reporting.formatting import chance, counted, enumerated, short, signed

MEASURES = {
    "cka": ("similarity", "cka_debiased", "Debiased CKA", 1),
    "p1": ("retrieval", "p_at_1.centred.cosine", "P@1, centred (%)", 100),
}
"""For each measure its task and metric, its name at an axis, and its factor."""

COLOURS = {"cka": VERMILION, "p1": BLUE}

PERMUTATIONS = 999

LEVEL = 0.05
"""The p-value below which a coefficient is marked."""

CENTRED = "accuracy.centred"
"""The metric of transfer with centred targets."""

SIDE = 190

Values = dict[int, dict[Pair, float]]
"""By step and pair."""


def against_similarity(
    geometry: Any,
    trajectories: Any,
    distances: Any,
    tasks: Sequence[str],
    layer: int,
    seed: int,
    permutations: int = PERMUTATIONS,
) -> Figure:
    """Draw transfer against similarity, a point for each ordered pair of languages; a reader chooses the step.

    Parameters
    ----------
    geometry : pyarrow.Table
        Rows of the tasks similarity and retrieval, and those of transfer with centred targets, if there are any.
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    distances : path-like
        See `languages.read_distances`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    layer : int
        The layer whose probes are transferred, and whose states are compared.
    seed, permutations : int
        Of the tests, see `dyadic.permutation_p`.
    """
    title = "Transfer against the similarity of languages"
    compared, said = pairs.one_set(geometry, ["similarity", "retrieval"])
    similar = {name: _similarity(compared, name, layer) for name in MEASURES}
    similar = {name: values for name, values in similar.items() if values}
    if not similar:
        return nothing(title, f"layer {layer} has neither debiased CKA nor P@1 of centred states in this study")
    scores = {task: _transfer(trajectories, task, layer) for task in tasks}
    moved = {task: _centred(geometry, task, layer) for task in tasks}
    steps = sorted(
        {step for values in similar.values() for step in values} & {step for of in scores.values() for step in of}
    )
    known = {(step, pair) for values in similar.values() for step in values for pair in values[step]}
    shown = [
        task for task in tasks if any((step, pair) in known for step in steps for pair in scores[task].get(step, {}))
    ]
    if not shown:
        return nothing(title, f"no task is transferred from layer {layer} between languages that are compared")
    every = sorted({pair for task in shown for step in steps for pair in scores[task].get(step, {})})
    drawn = [pair for pair in every if any((step, pair) in known for step in steps)]
    near = pairs.distances_of(distances, drawn)
    both = [task for task in shown if moved[task]]
    points = _points(steps, drawn, similar, scores, moved, shown, near)
    results = {
        (kind, task, name, step): related(
            values.get(step, {}), transferred[task].get(step, {}), near, permutations, seed
        )
        for kind, transferred, of_tasks in (("as they are", scores, shown), ("centred", moved, both))
        for task in of_tasks
        for name, values in similar.items()
        for step in steps
    }
    caption = [
        "Accuracy of probes on a language that they were not trained on, against the similarity of the two languages, "
        f"at layer {layer}: {counted(len(drawn), 'ordered pair')} of languages, "
        f"{captions.averaged(trajectories, task=shown, layer=layer, split='parallel', metric='accuracy')}. "
        f"The drawing shows step {short(steps[-1])}; the page has a slider of {counted(len(steps), 'step')}. "
        f"Below: the rank correlation (Spearman's ρ) at each step; open circles where p is {LEVEL:g} or more. "
        + Steps(steps).said(),
        f"p: {permutations:,} permutations of the languages. Given distance: the partial correlation beside the "
        "syntactic distance, tested in the same way (MRQAP). A relation is no proof that similar states make transfer "
        f"work. There is no correlation of fewer than {relation.FEWEST} pairs, or with what is the same everywhere.",
        *(_sentence(task, similar, results, steps) for task in shown),
    ]
    if both:
        caption.append(
            f"With centred targets, which the page offers for {enumerated([TASKS[task] for task in both])}, vectors "
            "of the target are moved by the difference between the means of source and target, so that unlabelled "
            "words of the target are used."
        )
    else:
        caption.append("The study has no transfer with centred targets.")
    if left := len(every) - len(drawn):
        caption.append(f"Left out: {counted(left, 'pair')} with transfer, whose languages are not compared.")
    caption += pairs.without_distance(drawn, near)
    caption += [*captions.lacking(tasks, shown), *said]
    caption += rows.left_out(compared, "similarity", ["cka_debiased"])
    numbers = [
        {
            "task": TASKS[task],
            "targets": kind,
            "similarity": MEASURES[name][2],
            "step": short(step),
            "ρ": signed(found.rho),
            "p": chance(found.p),
            "ρ given distance": signed(found.partial),
            "p given distance": chance(found.partial_p),
            "pairs": str(found.pairs),
        }
        for (kind, task, name, step), found in results.items()
    ]
    chart = _chart(points, results, list(similar), shown, both, steps, near)
    key = [
        *pairs.key("circle", "above: a pair of languages", drawn, near),
        Entry("circle", "below: ρ at a step", BLUE),
        Entry("open", f"below: p is {LEVEL:g} or more", BLUE),
        Entry("upright", "the step that is shown", GREY, (3, 3)),
        *Steps(steps).key(),
    ]
    return Figure(title, chart, caption, numbers, key)


def _similarity(table: Any, name: str, layer: int) -> Values:
    task, metric, _, factor = MEASURES[name]
    found: Values = {}
    for row in rows.of(table, task, [metric]):
        if row["layer"] == layer:
            at, value = found.setdefault(row["step"], {}), factor * row["value"]
            at[row["source"], row["target"]] = value
            if task == "similarity":
                at[row["target"], row["source"]] = value
    return found


def _transfer(trajectories: Any, task: str, layer: int) -> Values:
    place = {"task": task, "layer": layer, "split": "parallel", "metric": "accuracy"}
    return _by_step(select(trajectories, quantity="score", **place))


def _centred(geometry: Any, task: str, layer: int) -> Values:
    return _by_step(row for row in rows.of(geometry, task, [CENTRED]) if row["layer"] == layer)


def _by_step(found: Iterable[Mapping[str, Any]]) -> Values:
    values: Values = {}
    for row in found:
        if row["value"] is not None and row["source"] != row["target"]:
            values.setdefault(row["step"], {})[row["source"], row["target"]] = 100 * row["value"]
    return values


def _points(
    steps: list[int],
    drawn: list[Pair],
    similar: Mapping[str, Values],
    scores: Mapping[str, Values],
    moved: Mapping[str, Values],
    shown: list[str],
    near: Mapping[Pair, float],
) -> list[dict[str, Any]]:
    """Return a row for each step and pair, with all its values."""
    points = []
    for place, step in enumerate(steps):
        for pair in drawn:
            columns = {name: values.get(step, {}).get(pair) for name, values in similar.items()}
            for number, task in enumerate(shown):
                columns[f"t{number}"] = scores[task].get(step, {}).get(pair)
                columns[f"c{number}"] = moved[task].get(step, {}).get(pair)
            columns |= {"distance": None, **pairs.shades(pair, near)}
            columns = {name: round(value, 4) for name, value in columns.items() if value is not None}
            points.append({"at": place, "pair": " → ".join(pair), **columns})
    return points


def _sentence(task: str, similar: Mapping[str, Any], results: Mapping[tuple, Relation], steps: list[int]) -> str:
    parts = []
    for name in similar:
        found = results["as they are", task, name, steps[-1]]
        measure = MEASURES[name][2].removesuffix(" (%)")
        if not math.isfinite(found.rho):
            parts.append(f"with {measure} none, of {counted(found.pairs, 'pair')}")
            continue
        given = f"given distance {signed(found.partial, 2)} (p {relations.p_of(found.partial_p)})"
        said = given if math.isfinite(found.partial) else "none given distance"
        parts.append(f"with {measure} {signed(found.rho, 2)} (p {relations.p_of(found.p)}), {said}")
    return f"{TASKS[task]}, step {short(steps[-1])}: ρ {'; '.join(parts)}."


def _chart(
    points: list[dict],
    results: Mapping[tuple, Relation],
    names: list[str],
    shown: list[str],
    both: list[str],
    steps: list[int],
    near: Mapping[Pair, float],
) -> Any:
    last = len(steps) - 1
    slider = alt.binding_range(min=0, max=last, step=1, name="Checkpoint (first to last): ")
    params = [alt.param(name="at", value=last, **({"bind": slider} if last else {}))]
    if both:
        kinds = alt.binding_radio(options=["as they are", "centred"], name="Targets: ")
        params.append(alt.param(name="targets", value="as they are", bind=kinds))
    ticks = [short(step) for step in steps]
    panels = [
        _scatter(points, results, name, number, task, task in both, steps, near, (row, number == len(shown) - 1))
        for row, name in enumerate(names)
        for number, task in enumerate(shown)
    ]
    panels += [
        _over_steps(results, names, task, task in both, steps, ticks, (number == 0, number == len(shown) - 1))
        for number, task in enumerate(shown)
    ]
    # a legend is beside the last panel of its row
    chart = alt.concat(*panels, columns=len(shown), spacing=26)
    return chart.resolve_scale(color="independent").add_params(*params)


def _scatter(
    points: list[dict],
    results: Mapping[tuple, Relation],
    name: str,
    number: int,
    task: str,
    both: bool,
    steps: list[int],
    near: Mapping[Pair, float],
    place: tuple[int, bool],
) -> Any:
    row, last = place
    fields = [f"t{number}", f"c{number}"]
    heights = [point[field] for point in points for field in fields if field in point]
    widths = [point[name] for point in points if name in point]
    x = alt.X(f"{name}:Q", title=MEASURES[name][2], scale=_scale(widths), axis=alt.Axis(tickCount=5, grid=False))
    wanted = f"targets === 'centred' ? datum.{fields[1]} : datum.{fields[0]}" if both else f"datum.{fields[0]}"
    y = alt.Y(
        "accuracy:Q",
        title="Accuracy of transfer (%)" if number == 0 else None,
        scale=_scale(heights),
        axis=alt.Axis(tickCount=5),
    )
    tooltip = [
        alt.Tooltip("pair:N"),
        alt.Tooltip(f"{name}:Q", format=".3f", title=MEASURES[name][2]),
        alt.Tooltip("accuracy:Q", format=".1f", title="accuracy (%)"),
        alt.Tooltip("distance:Q", format=".2f", title="syntactic distance"),
    ]
    few = sum("at" in point and point["at"] == 0 for point in points) <= 60
    dots = (
        alt.Chart(data(points))
        .transform_filter("datum.at === at")
        .transform_calculate(accuracy=wanted)
        .transform_filter(f"isValid(datum.accuracy) && isValid(datum.{name})")
        .mark_circle(size=46 if few else 22, opacity=0.75)
        .encode(x=x, y=y, color=pairs.colour(near.values(), 150 if last and row == 0 else None), tooltip=tooltip)
    )
    words = [
        {"at": place, "kind": kind, **relations.above(results[kind, task, name, step], step, known[place])}
        for kind, field in zip(["as they are", "centred"] if both else ["as they are"], fields, strict=False)
        for known in [Counter(point["at"] for point in points if {name, field, "distance"} <= {*point})]
        for place, step in enumerate(steps)
    ]
    of_choice = "datum.at === at" + (" && datum.kind === targets" if both else "")
    said = alt.Chart(data(words)).transform_filter(of_choice)
    text = [
        said.mark_text(align="left", baseline="bottom", fontSize=10.5, color=INK, clip=False).encode(
            x=alt.value(0), y=alt.value(height), text=f"{field}:N"
        )
        for field, height in (("first", -18), ("second", -5))
    ]
    heading = alt.TitleParams(TASKS[task], fontSize=12.5, offset=8)
    return alt.layer(dots, *text, title=heading).properties(width=SIDE, height=SIDE)


def _over_steps(
    results: Mapping[tuple, Relation],
    names: list[str],
    task: str,
    both: bool,
    steps: list[int],
    ticks: list[str],
    ends: tuple[bool, bool],
) -> Any:
    """Draw the coefficients at each step, and where the chosen step is."""
    found = [
        {
            "at": place,
            "step": short(step),
            "kind": kind,
            "similarity": MEASURES[name][2].removesuffix(" (%)"),
            "rho": round(result.rho, 4),
            "p": round(result.p, 4) if math.isfinite(result.p) else None,
            "marked": bool(result.p < LEVEL),
        }
        for (kind, of_task, name, step), result in results.items()
        for place in [steps.index(step)]
        if of_task == task and math.isfinite(result.rho)
    ]
    called = [MEASURES[name][2].removesuffix(" (%)") for name in names]
    colour = alt.Color(
        "similarity:N",
        scale=alt.Scale(domain=called, range=[COLOURS[name] for name in names]),
        legend=alt.Legend(title="Correlation with") if ends[1] else None,
    )
    axis = Steps(steps)
    x = axis.bands(most=5)
    y = alt.Y(
        "rho:Q",
        title="ρ" if ends[0] else None,
        scale=alt.Scale(domain=[-1, 1]),
        axis=alt.Axis(values=[-1, -0.5, 0, 0.5, 1]),
    )
    lines = alt.Chart(data(found)).encode(x=x, y=y, color=colour)
    if both:
        lines = lines.transform_filter("datum.kind === targets")
    tooltip = [
        "similarity:N",
        "step:O",
        alt.Tooltip("rho:Q", format=".2f", title="ρ"),
        alt.Tooltip("p:Q", format=".3f", title="p"),
    ]
    places = [{"at": place, "step": name} for place, name in enumerate(ticks)]
    here = alt.Chart(data(places)).transform_filter("datum.at === at").mark_rule(color=GREY, strokeDash=[3, 3])
    zero = alt.Chart(data([{"rho": 0}])).mark_rule(color=INK, strokeWidth=0.8).encode(y=y)
    size = 34 if len(steps) <= 12 else 16
    return alt.layer(
        zero,
        *axis.walls(),
        here.encode(x=x),
        lines.mark_line(strokeWidth=1.6),
        lines.mark_circle(size=size, opacity=1).encode(tooltip=tooltip),
        # open where the coefficient may be chance
        lines.transform_filter("!datum.marked")
        .mark_circle(size=size / 3, opacity=1)
        .encode(color=alt.value(PAPER), tooltip=tooltip),
    ).properties(width=SIDE, height=90)


def _scale(values: list[float]) -> alt.Scale:
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or 0.5
    return alt.Scale(domain=[low - room, high + room], nice=False, zero=False)
