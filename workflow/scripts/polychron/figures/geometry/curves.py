"""Figure 20: the similarity of languages and the translations found over steps, for each pair."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import mean, median
from typing import Any

import altair as alt

from polychron.analysis.trajectories import select
from polychron.figures.chart import BLUE, GREY, INK, PAPER, Figure, data, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.figures.geometry import pairs, rows, word_searches
from polychron.reporting.formatting import enumerated, short, signed

CURVES = {
    ("similarity", "cka_debiased"): ("Debiased CKA", 1),
    ("retrieval", "p_at_1.centred.cosine"): ("P@1 of sentences, centred (%)", 100),
    ("word_retrieval", "p_at_1.centred.cosine"): ("P@1 of words, centred (%)", 100),
}
"""The task and metric of each panel, its name at the axis, and its factor."""

CELLS = 40_000
"""The most points of a page; of more layers, some can be chosen."""

WIDTH, HEIGHT = 250, 230


def by_pair(geometry: Any, geometry_trajectories: Any, distances: Any, layer: int, share: float) -> Figure:
    """Draw CKA and P@1 of centred states over steps, a line for each pair, with its onset; a reader chooses the layer.

    Parameters
    ----------
    geometry : pyarrow.Table
        Rows of the tasks similarity, retrieval and word_retrieval.
    geometry_trajectories : pyarrow.Table
        See `polychron.analysis.pairs.geometry_trajectories.study`.
    distances : path-like
        See `languages.read_distances`.
    layer : int
        The layer that is shown first; the last one that is compared, if it is not.
    share : float
        The share of the best value whose onset is drawn.
    """
    title = "Similarity and translations of each pair over steps"
    table, said = pairs.one_set(geometry, ["similarity", "retrieval"])
    words, _ = pairs.one_set(geometry, ["word_retrieval"])
    found = {
        (task, metric): rows.of(words if task == "word_retrieval" else table, task, [metric]) for task, metric in CURVES
    }
    lacking = [CURVES[place][0].removesuffix(" (%)") for place, of in found.items() if not of]
    found = {place: of for place, of in found.items() if of}
    if not found:
        return nothing(title, "neither debiased CKA nor P@1 of centred states by cosine is computed in this study")
    every = [row for of in found.values() for row in of]
    steps, depth = sorted({row["step"] for row in every}), sorted({row["layer"] for row in every})
    first = layer if layer in depth else depth[-1]
    offered = pairs.offered(depth, first, len(every) / len(depth), CELLS)
    near = pairs.distances_of(distances, sorted({(row["source"], row["target"]) for row in every}))
    onsets = _onsets(geometry_trajectories, found, share)
    panels, numbers, sentences = [], [], []
    for place, of in found.items():
        name, factor = CURVES[place]
        points, means, marks = _lines(of, offered, steps, near, onsets, place, factor)
        panels.append((name, points, means, marks))
        for at in offered:
            numbers.append(_number(place, at, means, marks, onsets))
        sentences.append(_sentence(place, first, of, onsets, share))
    shown = sorted({(row["source"], row["target"]) for row in every if row["layer"] in offered})
    caption = [
        f"{_what(found)}, at layer {first}: a line for each pair of languages (both directions of P@1), coloured by "
        f"their syntactic distance; their mean in black. {Steps(steps).said()}"
        + ("" if 0 in steps else " The study has no untrained model (step 0)."),
        f"Diamonds: the onset, the first checkpoint with {100 * share:g}% of the pair's best value. "
        + " ".join(sentences),
    ]
    shade = BLUE if near else GREY
    caption += pairs.layers_of(offered, depth)
    if lacking:
        caption.append(f"Not computed in this study, and not shown: {enumerated(lacking)}.")
    caption += [*pairs.without_distance(shown, near), *said]
    for number, (task, metric) in enumerate(place for place in found if place[0] != "word_retrieval"):
        caption += rows.left_out(table, task, [metric])[number > 0 :]
    caption += word_searches.said(geometry, "p_at_1.centred.cosine")
    key = [
        *pairs.key("line", "a pair of languages", shown, near),
        Entry("bold", "mean of the pairs", INK),
        Entry("diamond", "onset of a pair", shade),
        *Steps(steps).key(),
    ]
    return Figure(title, _chart(panels, offered, first, steps, near), caption, numbers, key)


def _what(found: Mapping[tuple[str, str], Any]) -> str:
    """Return what a caption says of the panels that are drawn."""
    names = {"retrieval": "of sentences", "word_retrieval": "of words"}
    of = " and ".join(name for task, name in names.items() if any(place[0] == task for place in found))
    parts = ["Debiased CKA"] if any(task == "similarity" for task, _ in found) else []
    parts += [f"the share {of} whose translation is the nearest by cosine (P@1)"] if of else []
    said = " and ".join(parts)
    return said[0].upper() + said[1:]


def _onsets(traced: Any, found: Mapping[tuple, Any], share: float) -> dict[tuple, tuple[int | None, bool]]:
    """Return the onset of each curve, and whether the untrained model has reached the share already."""
    tasks, metrics = sorted({task for task, _ in found}), sorted({metric for _, metric in found})
    splits = sorted({row["split"] for of in found.values() for row in of})
    place = {"task": tasks, "metric": metrics, "split": splits, "quantity": f"onset_{share:g}"}
    return {
        (row["task"], row["metric"], row["source"], row["target"], row["layer"]): (
            None if row["value"] is None else int(row["value"]),
            "untrained" in (row["note"] or ""),
        )
        for row in select(traced, **place)
    }


def _lines(
    of: list[dict[str, Any]],
    offered: list[int],
    steps: list[int],
    near: Mapping[pairs.Pair, float],
    onsets: Mapping[tuple, tuple[int | None, bool]],
    place: tuple[str, str],
    factor: float,
) -> tuple[list[dict], list[dict], list[dict]]:
    points, marks, values = [], [], {}
    mark = " – " if place[0] == "similarity" else " → "
    for row in of:
        if row["layer"] not in offered:
            continue
        pair, value = (row["source"], row["target"]), round(factor * row["value"], 4)
        point = {"layer": row["layer"], "pair": mark.join(pair), "step": short(row["step"]), "value": value}
        point |= pairs.shades(pair, near)
        points.append(point | {"part": int(row["step"] > 0)})
        values.setdefault((row["layer"], row["step"]), []).append(value)
        step, early = onsets.get((*place, *pair, row["layer"]), (None, False))
        if step == row["step"] and not early:
            marks.append(point)
    means = [
        {"layer": layer, "step": short(step), "value": round(mean(each), 4), "part": int(step > 0)}
        for (layer, step), each in sorted(values.items())
    ]
    return points, means, marks


def _at(place: tuple[str, str], layer: int, onsets: Mapping[tuple, tuple[int | None, bool]]) -> list[tuple]:
    return [onset for (task, metric, *_, at), onset in onsets.items() if (task, metric, at) == (*place, layer)]


def _number(
    place: tuple[str, str], layer: int, means: list[dict], marks: list[dict], onsets: Mapping[tuple, Any]
) -> dict[str, str]:
    own = [row for row in means if row["layer"] == layer]
    trained = [row for row in own if row["part"]]
    known = sorted(step for step, early in _at(place, layer, onsets) if step is not None and not early)
    best = max(trained, key=lambda row: row["value"], default=None)
    return {
        "measure": CURVES[place][0],
        "layer": str(layer),
        "untrained, mean": signed(next((row["value"] for row in own if not row["part"]), None)),
        "highest mean": "" if best is None else f"{signed(best['value'])} (step {best['step']})",
        "last, mean": signed(trained[-1]["value"] if trained else None),
        "median onset": short(median(known)) if known else "",
        "pairs with an onset": f"{len(known)} of {len(_at(place, layer, onsets))}",
    }


def _sentence(
    place: tuple[str, str], layer: int, of: list[dict[str, Any]], onsets: Mapping[tuple, Any], share: float
) -> str:
    name = CURVES[place][0].removesuffix(" (%)")
    own = _at(place, layer, onsets)
    known = sorted(step for step, early in own if step is not None and not early)
    early, never = sum(early for _, early in own), sum(step is None for step, _ in own)
    if not own:
        return f"{name}: no onsets at layer {layer}."
    said = f"{name}: "
    said += f"from step {short(known[0])} to {short(known[-1])}, median {short(median(known))}" if known else "none"
    if early:
        said += f"; {early} of {len(own)} curves have no mark, since the untrained model has reached the share"
    if never:
        said += f"; {never} have no onset, since no best value is positive"
    return said + "."


def _chart(
    panels: list[tuple[str, list[dict], list[dict], list[dict]]],
    offered: list[int],
    first: int,
    steps: list[int],
    near: Mapping[pairs.Pair, float],
) -> Any:
    ticks = Steps(steps)
    bind = {"bind": alt.binding_select(options=offered, name="Layer: ")} if len(offered) > 1 else {}
    layer = alt.param(name="layer", value=first, **bind)
    width = max(WIDTH, 7 * len(steps))
    x = ticks.bands()
    drawn = []
    for number, (name, points, means, marks) in enumerate(panels):
        low, high = min(0, *(row["value"] for row in points)), max(row["value"] for row in points)
        y = alt.Y("value:Q", title=name, scale=alt.Scale(domain=[low, 1 if high <= 1 else high], nice=True))
        colour = pairs.colour(near.values(), None)
        with_legend = pairs.colour(near.values(), 150 if number == len(panels) - 1 else None)
        chosen = alt.selection_point(name=f"pointed_{number}", fields=["pair"], on="pointerover")
        tooltip = [
            *("pair:N", "step:O"),
            alt.Tooltip("value:Q", format=".3f", title=name),
            alt.Tooltip("distance:Q", format=".2f", title="syntactic distance"),
        ]
        many = len({row["pair"] for row in points}) > 40
        faint = alt.condition(chosen, alt.value(0.35 if many else 0.75), alt.value(0.06))
        each = alt.Chart(data(points)).transform_filter("datum.layer === layer")
        each = each.encode(x=x, y=y, color=colour, opacity=faint, tooltip=tooltip)
        bold = alt.Chart(data(means)).transform_filter("datum.layer === layer")
        bold = bold.encode(x=x, y=y, tooltip=["step:O", alt.Tooltip("value:Q", format=".3f", title="mean of pairs")])
        onsets = alt.Chart(data(marks)).transform_filter("datum.layer === layer")
        layers = [
            *ticks.walls(),
            each.mark_line(strokeWidth=1).encode(detail=["pair:N", "part:N"]),
            each.mark_circle(size=12 if many else 26).encode(color=with_legend).add_params(chosen),
            onsets.mark_point(
                shape="diamond",
                size=36 if many else 80,
                filled=True,
                strokeWidth=0.6,
                stroke=PAPER,
                opacity=1,
            ).encode(x=x, y=y, color=colour, tooltip=tooltip),
            bold.mark_line(color=INK, strokeWidth=2.4).encode(detail="part:N"),
            bold.mark_circle(color=INK, size=30, opacity=1),
        ]
        heading = alt.TitleParams(name.removesuffix(" (%)"), fontSize=12.5)
        # a legend of lines and dots together would not be a gradient
        panel = alt.layer(*layers, title=heading).resolve_scale(color="independent")
        drawn.append(panel.properties(width=width, height=HEIGHT))
    return alt.concat(*drawn, columns=3, spacing=30).resolve_scale(color="independent").add_params(layer)
