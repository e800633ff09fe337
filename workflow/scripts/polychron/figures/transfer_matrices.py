"""Figures 4 and 5: how well probes transfer from each language to each other one, and its asymmetry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean
from types import MappingProxyType
from typing import Any

import altair as alt

from polychron.analysis.trajectories import select
from polychron.figures import captions, choices, language_order
from polychron.figures.chart import (
    BLUE,
    DARK,
    GREY,
    INK,
    MISSING,
    ORANGE,
    PALE,
    PAPER,
    TASKS,
    WHITE,
    Figure,
    data,
    gradient,
    linked,
    nothing,
)
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.pairs import one_sided, sides
from polychron.reporting.formatting import (
    counted,
    described,
    difference,
    in_mean,
    percent,
    short,
    signed_points,
)

SIDES = ("source", "target")

READABLE = 26
"""The smallest cells that have a number, in pixels."""

UNSIGNED = "datum.value === 0 ? '0' : datum.label"
"""The labels of a scale of differences, in Vega's language: zero has no sign."""


def transfer(
    trajectories: Any,
    tasks: Sequence[str],
    layer: int,
    scores: Any = None,
    families: Mapping[str, str] = MappingProxyType({}),
) -> Figure:
    """Draw the best transfer score of each pair of source and target, a panel for each task (Figure 4 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    layer : int
        The layer that is probed.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: the caption says which best scores are below them.
    families : mapping of str to str
        The family of each language that has one.
    """
    title = "Best transfer score, from source to target"
    place = {"split": "parallel", "metric": "accuracy", "layer": layer}
    pairs = {task: select(trajectories, quantity="best", task=task, **place) for task in tasks}
    pairs = {task: rows for task, rows in pairs.items() if any(row["value"] is not None for row in rows)}
    if not pairs:
        return nothing(title, "no transfer between languages in this study")
    contrasts = {
        (row["task"], row["source"], row["target"]): row["value"]
        for row in select(trajectories, quantity="asymmetry", **place)
    }
    selections, chosen = linked(len(pairs), "source", "target")
    order = language_order.by_family(language_order.means(pairs, SIDES), families)
    panels = [
        _matrix(task, rows, contrasts, order, chosen).add_params(selection)
        for (task, rows), selection in zip(pairs.items(), selections, strict=True)
    ]
    chart = _together(panels)
    said, numbers = zip(*(_transfer_numbers(task, rows) for task, rows in pairs.items()), strict=True)
    runs = captions.averaged(trajectories, task=list(pairs), **place)
    sorted_by = language_order.said(order, families, "as source and target")
    words = [
        f"The best score of any trained checkpoint of a probe trained on the source (rows) and scored on the target's "
        f"parallel test set (columns; layer {layer}, {runs}). {sorted_by} The "
        "diagonal, white, is not transfer: it is in no mean and in no scale. Each task has its own scale.",
        " ".join(said),
        *choices.best_by_dev(trajectories, pairs, **place),
    ]
    words += one_sided(pairs, "Rows alone, for they are never targets", "Columns alone, for they are never sources")
    words += captions.against(scores, trajectories, pairs, crossing=True, layer=layer)
    blank = any(row["value"] is None for rows in pairs.values() for row in rows)
    key = [Entry("cell", "a language with itself: no transfer", PAPER, edge=GREY)]
    key += [Entry("cell", "no score", MISSING)] if blank else []
    return Figure(title, chart, [*words, *captions.lacking(tasks, pairs)], numbers, key)


def asymmetry(
    trajectories: Any,
    tasks: Sequence[str],
    layer: int,
    scores: Any = None,
    intervals: Any = None,
    families: Mapping[str, str] = MappingProxyType({}),
) -> Figure:
    """Draw the asymmetry of transfer of each pair, a panel for each task (Figure 5 of the paper, A25).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    tasks : sequence of str
        The probing tasks, in the order of their panels.
    layer : int
        The layer that is probed.
    scores : pyarrow.Table, optional
        Rows with the baselines, see `scores.score_schema`: the caption says which best scores are below them.
    intervals : pyarrow.Table, optional
        See `joint.study`.
    families : mapping of str to str
        The family of each language that has one.
    """
    title = "Asymmetry of transfer, from source to target against back"
    place = {"split": "parallel", "metric": "accuracy", "layer": layer}
    asked = {task: select(trajectories, quantity="asymmetry", task=task, **place) for task in tasks}
    pairs = {task: _both_ways(rows) for task, rows in asked.items()}
    pairs = {task: rows for task, rows in pairs.items() if any(row["value"] is not None for row in rows)}
    if not pairs:
        return nothing(title, "no pair of languages has transfer in both directions in this study")
    tops = {
        (row["task"], row["source"], row["target"]): row["value"]
        for row in select(trajectories, quantity="best", **place)
    }
    ends = {
        (row["task"], row["source"], row["target"]): (row["low"], row["high"])
        for row in (select(intervals, quantity="cross_fitted_asymmetry", **place) if intervals is not None else [])
        if row["low"] is not None
    }
    selections, chosen = linked(len(pairs), "source", "target")
    order = language_order.by_family(language_order.means(pairs, ("source",)), families)
    panels = [
        _contrasts(task, rows, tops, ends, order, chosen).add_params(selection)
        for (task, rows), selection in zip(pairs.items(), selections, strict=True)
    ]
    chart = _together(panels)
    said, numbers = zip(*(_contrast_numbers(task, rows, ends) for task, rows in pairs.items()), strict=True)
    runs = captions.averaged(trajectories, task=list(pairs), **place)
    sorted_by = language_order.said(order, families, "as source")
    words = [
        "The best score of transfer from the source (rows) to the target (columns) minus that of the way back, in "
        f"points (layer {layer}, {runs}). Orange: the row is the better source of the two; a cell and its "
        f"mirror image differ in their sign alone. {sorted_by} Each task has its own "
        "scale.",
        " ".join(said),
    ]
    pale = [
        task
        for task, rows in pairs.items()
        if _size(len(_shown(order, rows))) >= READABLE
        and any(_interval(ends.get((task, row["source"], row["target"]))).get("unclear") for row in rows)
    ]
    if ends:
        words.append(
            ("Pale numbers: the 95% interval holds 0. It" if pale else "The 95% interval, in the tooltip of a cell,")
            + " is that of the cross-fitted asymmetry, whose best checkpoints are chosen on all runs but one and "
            "compared on that one; it holds the noise of seeds and test items, as far as they are known, and not that "
            "of another pretraining."
        )
    gaps = sum(row["value"] is None for rows in pairs.values() for row in rows)
    if gaps:
        words.append(f"Grey: {counted(gaps, 'cell')} of pairs that lack a direction.")
    words += one_sided(
        {task: asked[task] for task in pairs},
        "Not shown, for they are never targets",
        "Not shown, for they are never sources",
    )
    words += captions.against(scores, trajectories, pairs, crossing=True, layer=layer)
    words += captions.lacking(tasks, pairs, "Without transfer in both directions")
    key = [
        Entry("cell", "the row is the better source of the two", ORANGE),
        Entry("cell", "the column is", BLUE),
        *([Entry("pale", "the 95% interval contains 0", INK)] if pale else []),
        *([Entry("cell", "a direction is missing", MISSING)] if gaps else []),
    ]
    return Figure(title, chart, words, numbers, key)


def _both_ways(rows: list[dict]) -> list[dict]:
    """Keep the pairs of languages each of which is a source and a target."""
    sources, targets = sides(rows)
    both = sources & targets
    return [row for row in rows if row["source"] in both and row["target"] in both]


def _together(panels: list[Any]) -> Any:
    return alt.concat(*panels, columns=2, spacing=36).resolve_scale(
        color="independent", x="independent", y="independent"
    )


def _matrix(task: str, rows: list[dict], contrasts: dict, order: list[str], chosen: Any) -> Any:
    scored = [row for row in rows if row["value"] is not None]
    apart = [row["value"] for row in scored if row["source"] != row["target"]]
    low, high = (100 * end(apart or [row["value"] for row in scored]) for end in (min, max))
    cells = [
        {
            "source": row["source"],
            "target": row["target"],
            "value": 100 * row["value"],
            "best step": short(row["step"]),
            "asymmetry": signed_points(contrasts.get((task, row["source"], row["target"]))),
            "own": row["source"] == row["target"],
            "light": row["source"] == row["target"] or 100 * row["value"] > low + 0.55 * (high - low),
        }
        | described(row)
        for row in scored
    ]
    colour = alt.Color(
        "value:Q", scale=alt.Scale(scheme="viridis", domain=[low, high]), legend=gradient(low, high, _side(rows))
    )
    tooltip = [
        alt.Tooltip("value:Q", format=".2f", title=f"{TASKS[task]} (%)"),
        *(alt.Tooltip(f"{name}:N") for name in ("best step", "asymmetry", "rests on")),
    ]
    heading = f"mean of pairs {percent(mean(apart))}" if apart else "no pairs"
    return _grid(task, cells, _shown(order, rows), colour, tooltip, alt.Text("value:Q", format=".0f"), heading, chosen)


def _contrasts(task: str, rows: list[dict], tops: dict, ends: dict, order: list[str], chosen: Any) -> Any:
    order = _shown(order, rows)
    known = [row for row in rows if row["value"] is not None]
    most = max(max(abs(100 * row["value"]) for row in known), 0.1)
    cells = [
        {
            "source": row["source"],
            "target": row["target"],
            "value": 100 * row["value"],
            "there": percent(tops[task, row["source"], row["target"]], 2),
            "back": percent(tops[task, row["target"], row["source"]], 2),
            "light": abs(100 * row["value"]) < 0.6 * most,
        }
        | _interval(ends.get((task, row["source"], row["target"])))
        for row in known
    ]
    cells += [{"source": language, "target": language, "own": True} for language in order]
    legend = gradient(-most, most, _side(rows), "Asymmetry (points)")
    legend.format, legend.labelExpr = f"+{legend.format}", UNSIGNED
    colour = alt.Color(
        "value:Q",
        scale=alt.Scale(scheme="blueorange", domain=[-most, most], domainMid=0),
        legend=legend,
    )
    tooltip = [
        alt.Tooltip("value:Q", format="+.2f", title="asymmetry (points)"),
        alt.Tooltip("there:N", title="source to target"),
        alt.Tooltip("back:N", title="target to source"),
    ]
    if any("interval" in cell for cell in cells):
        tooltip.append(alt.Tooltip("interval:N", title="95% interval, cross-fitted"))
    size = mean(abs(row["value"]) for row in known)
    heading = f"mean size {100 * size:.1f} points"
    digits = 1 if len(order) <= 10 else 0
    written = alt.Text("value:Q", format=f"+.{digits}f")
    number = alt.condition(f"abs(datum.value) < {0.5 / 10**digits}", alt.value(f"{0:.{digits}f}"), written)
    return _grid(task, cells, order, colour, tooltip, number, heading, chosen)


def _size(languages: int) -> int:
    return max(min(340 // languages, 46), 14)


def _side(rows: list[dict]) -> int:
    """Return the length of a legend: that of the matrix, but at most 180."""
    languages = len({row["source"] for row in rows})
    return min(_size(languages) * languages, 180)


def _grid(
    task: str, cells: list[dict], order: list[str], colour: Any, tooltip: list, number: Any, heading: str, chosen: Any
) -> Any:
    """Draw a cell for each source and target: its `value`, in dark ink if it is `light`, white if it is `own`."""
    size = _size(len(order))
    rows, columns = (len({cell[side] for cell in cells}) for side in ("source", "target"))
    angle = 0 if len(order) <= 8 else -90
    x = alt.X(
        "target:N",
        sort=order,
        title="Target",
        axis=alt.Axis(orient="top", labelAngle=angle, domain=False, ticks=False, labelPadding=4),
    )
    y = alt.Y("source:N", sort=order, title="Source", axis=alt.Axis(domain=False, ticks=False, labelPadding=4))
    base = alt.Chart(data(cells)).encode(x=x, y=y)
    scored = base.transform_filter("isValid(datum.value)")
    layers = [
        scored.transform_filter("!datum.own")
        .mark_rect(stroke=PAPER, strokeWidth=0.5)
        .encode(
            color=colour,
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.35)),
            tooltip=["source:N", "target:N", *tooltip],
        ),
        base.transform_filter("datum.own && !isValid(datum.value)").mark_rect(color=PAPER),
        base.transform_filter("datum.own && isValid(datum.value)")
        .mark_rect(color=PAPER, stroke=PALE, strokeWidth=0.5)
        .encode(tooltip=["source:N", "target:N", *tooltip]),
    ]
    if size >= READABLE:
        text = scored.mark_text(fontSize=10 if size < 36 else 11).encode(
            text=number,
            color=alt.when("datum.own")
            .then(alt.value(INK))
            .when("datum.light")
            .then(alt.value(DARK))
            .otherwise(alt.value(WHITE)),
            opacity=alt.condition("datum.unclear", alt.value(0.5), alt.value(1)),
        )
        layers.append(text)
    return alt.layer(
        *layers, title=alt.TitleParams(TASKS[task], subtitle=heading), view=alt.ViewConfig(fill=MISSING)
    ).properties(width=size * columns, height=size * rows)


def _shown(order: Sequence[str], rows: list[dict]) -> list[str]:
    """Return the languages of some pairs in the order of all panels."""
    here = {row[side] for row in rows for side in SIDES}
    return [language for language in order if language in here]


def _transfer_numbers(task: str, rows: list[dict]) -> tuple[str, dict[str, str]]:
    pairs = [row for row in rows if row["source"] != row["target"]]
    known = sorted((row for row in pairs if row["value"] is not None), key=lambda row: row["value"])
    own = [row["value"] for row in rows if row["source"] == row["target"] and row["value"] is not None]
    line = {"task": TASKS[task], "pairs": f"{len(known)} of {len(pairs)}"}
    ends = [f"{percent(row['value'])} ({row['source']} to {row['target']})" for row in (known[:1] + known[-1:])]
    line |= {
        "mean of pairs": percent(mean(row["value"] for row in known)) if known else "",
        "lowest": ends[0] if ends else "",
        "highest": ends[-1] if ends else "",
        "mean of the diagonal": percent(mean(own)) if own else "",
    }
    if not known:
        return f"{line['task']}: no pairs.", line
    sentence = f"{line['task']}: mean {line['mean of pairs']} over {counted(len(known), 'pair')}"
    sentence += f", from {line['lowest']} to {line['highest']}" if len(known) > 1 else ""
    sentence += f"; diagonal {line['mean of the diagonal']}" if own else ""
    sentence += f" ({len(known)} of {len(pairs)} pairs have a score)" if len(known) < len(pairs) else ""
    return sentence + ".", line


def _interval(ends: tuple[float, float] | None) -> dict[str, Any]:
    """Return an interval in words, and whether it holds 0.

    Examples
    --------
    >>> _interval((-0.01, 0.02)), _interval(None)
    ({'interval': '−1.0 to +2.0 points', 'unclear': True}, {})
    """
    if ends is None:
        return {}
    low, high = ends
    return {"interval": f"{difference(100 * low)} to {signed_points(high)}", "unclear": low <= 0 <= high}


def _contrast_numbers(task: str, rows: list[dict], ends: dict) -> tuple[str, dict[str, str]]:
    known = [row for row in rows if row["value"] is not None]
    sources: dict[str, list[float]] = {}
    for row in known:
        sources.setdefault(row["source"], []).append(row["value"])
    top = max(known, key=lambda row: (row["value"], row["source"], row["target"]))
    best, worst = (end((mean(values), source) for source, values in sources.items()) for end in (max, min))
    line = {
        "task": TASKS[task],
        "pairs": f"{len(known) // 2} of {len({frozenset((row['source'], row['target'])) for row in rows})}",
        "mean size": f"{100 * mean(abs(row['value']) for row in known):.1f} points",
        "largest": f"{signed_points(top['value'])} ({top['source']} to {top['target']})",
        "best source": f"{best[1]} ({signed_points(best[0])} in the mean)",
        "worst source": f"{worst[1]} ({signed_points(worst[0])} in the mean)",
    }
    said = f"{line['task']}: {line['mean size']} {in_mean(len(known) // 2, 'pair')}, "
    said += f"at most {line['largest']}; best source {line['best source']}, worst {line['worst source']}"
    mine = [ends.get((task, row["source"], row["target"])) for row in known if row["source"] < row["target"]]
    mine = [one for one in mine if one is not None]
    if mine:
        clear = sum(not low <= 0 <= high for low, high in mine)
        line["interval without 0"] = f"{clear} of {counted(len(mine), 'pair')}"
        said += f"; the interval is without 0 in {line['interval without 0']}"
    return said + ".", line
