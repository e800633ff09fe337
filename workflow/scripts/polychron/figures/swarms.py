"""Swarms of points: for each source of transfer, how much its targets differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import altair as alt

from polychron.analysis.trajectories import select
from polychron.figures.chart import COLOURS, GREY, INK, TASKS, data, linked
from polychron.reporting.formatting import counted

WIDTH, PITCH, DOT = 400, 21, 5.0

Groups = dict[str, tuple[list[dict[str, Any]], int]]
"""By task the points that it has, each a pair with its value, and the number of its pairs."""


@dataclass(frozen=True)
class Measure:
    """What is measured of pairs, and how a figure shows it.

    Parameters
    ----------
    scale : altair scale
    axis : dict
        Properties of its axis.
    tip : str
        What a point's ``tip`` is called.
    write : callable
        Writes a value without its unit.
    unit : str
    descending : bool
        Whether sources with the highest mean are on top.
    line : float, optional
        A value to compare with.
    """

    scale: alt.Scale
    axis: dict[str, Any]
    tip: str
    write: Callable[[float], str]
    unit: str
    descending: bool = False
    line: float | None = None


def pairs(trajectories: Any, tasks: Sequence[str], **place: Any) -> Groups:
    """Return the points of each task that has some, and the number of its pairs."""
    groups: Groups = {}
    for task in tasks:
        rows = [row for row in select(trajectories, task=task, **place) if row["source"] != row["target"]]
        points = [
            {name: row[name] for name in ("source", "target", "value")} for row in rows if row["value"] is not None
        ]
        if points:
            groups[task] = points, len(rows)
    return groups


def mean_ends(points: list[dict]) -> dict[str, dict[str, float]]:
    """Average the ends of the intervals of each source's pairs, where there are some."""
    of_source: dict[str, list[dict]] = {}
    for point in points:
        if "low" in point:
            of_source.setdefault(point["source"], []).append(point)
    return {
        source: {end: mean(point[end] for point in some) for end in ("low", "high")}
        for source, some in of_source.items()
    }


def panels(groups: Groups, measure: Measure) -> Any:
    """Draw a panel for each task, with a row for each source, in the order of the means of their pairs."""
    selections, chosen = linked(len(groups), "source", "target")
    drawn = [
        _panel(task, points, measure, chosen).add_params(selection)
        for (task, (points, _)), selection in zip(groups.items(), selections, strict=True)
    ]
    return alt.concat(*drawn, columns=2, spacing=34).resolve_scale(y="independent")


def _panel(task: str, points: list[dict], measure: Measure, chosen: Any) -> Any:
    scale, axis, line = measure.scale, measure.axis, measure.line
    of_source: dict[str, list[dict]] = {}
    for point in points:
        of_source.setdefault(point["source"], []).append(point)
    means = {source: mean(point["value"] for point in some) for source, some in of_source.items()}
    order = sorted(means, key=lambda source: (-means[source] if measure.descending else means[source], source))
    power = 0.5 if scale.type == "sqrt" else 1
    low, high = (end**power if power < 1 else end for end in scale.domain)
    dots = []
    for some in of_source.values():
        some.sort(key=lambda point: (point["value"], point["target"]))
        places = [WIDTH * (point["value"] ** power if power < 1 else point["value"]) / (high - low) for point in some]
        lanes = beeswarm(places, DOT, 0.3)
        drawn = [{name: point[name] for name in ("source", "target", "value", "tip")} for point in some]
        dots += [point | {"lane": lane} for point, lane in zip(drawn, lanes, strict=True)]
    ends = mean_ends(points)
    bars = [
        {"source": source, "mean": means[source], "word": measure.write(means[source]), **ends.get(source, {})}
        for source in order
    ]
    x = alt.X("value:Q", scale=scale, title=axis["title"], axis=alt.Axis(**axis, grid=False, labelOverlap=True))
    y = alt.Y("source:N", sort=order, title=None, axis=alt.Axis(grid=True, ticks=False, domain=False, labelPadding=6))
    offset = alt.YOffset("lane:Q", scale=alt.Scale(domain=[-1, 1]))
    tooltip = [
        *(alt.Tooltip(f"{name}:N") for name in ("source", "target")),
        alt.Tooltip("value:Q", format="+.2f", title=axis["title"].split(" (")[0].lower()),
        alt.Tooltip("tip:N", title=measure.tip),
    ]
    bar = alt.Chart(data(bars)).encode(y=y)
    layers = [
        alt.Chart(data(dots))
        .mark_circle(size=20, color=COLOURS[task])
        .encode(
            x=x, y=y, yOffset=offset, tooltip=tooltip, opacity=alt.condition(chosen, alt.value(0.75), alt.value(0.1))
        ),
        bar.mark_tick(thickness=2.6, height=PITCH - 4, color=INK, opacity=1).encode(
            x=alt.X("mean:Q", scale=scale),
            tooltip=["source:N", alt.Tooltip("mean:Q", format="+.2f", title="mean of its pairs")],
        ),
        bar.mark_text(align="left", fontSize=10).encode(x=alt.value(WIDTH + 8), text="word:N"),
    ]
    if ends:
        thin = bar.transform_filter("isValid(datum.low)").mark_rule(color=INK, strokeWidth=1)
        layers.insert(1, thin.encode(x=alt.X("low:Q", scale=scale), x2="high:Q"))
    if line is not None:
        rule = alt.Chart(data([{"value": line}])).mark_rule(strokeDash=[2, 3], color=GREY, strokeWidth=1.4)
        layers.insert(0, rule.encode(x=x))
    overall = f"{measure.write(mean(point['value'] for point in points))} {measure.unit}"
    heading = alt.TitleParams(TASKS[task], subtitle=f"mean of {counted(len(points), 'pair')}: {overall}")
    return alt.layer(*layers, title=heading).properties(width=WIDTH, height=PITCH * len(order))


def beeswarm(places: Sequence[float], dot: float, step: float, most: int | None = None) -> list[float]:
    """Return lanes that put points of a row beside each other where they would cover each other.

    Parameters
    ----------
    places : sequence of float
        Where the points are on the axis, in pixels, in increasing order.
    dot : float
        Their size, in pixels.
    step : float
        The largest distance of two lanes; it is smaller where there are many.
    most : int, optional
        How many lanes there are at most. Points that find all of them taken share one.

    Returns
    -------
    list of float
        The lane of each point, from -1 to 1; 0 is the axis.

    Examples
    --------
    >>> beeswarm([0, 1, 2, 9], dot=5, step=0.3), beeswarm([0, 1, 2], dot=5, step=0.2, most=2)
    ([0.0, 0.3, -0.3, 0.0], [0.0, 0.2, 0.0])
    """
    ends: list[float] = []
    chosen = []
    for place in places:
        lane = next((lane for lane, end in enumerate(ends) if place - end >= dot), len(ends))
        if lane == most:
            lane = len(chosen) % most
        ends[lane : lane + 1] = [place]
        # 0, 1, -1, 2, -2, ...: the first lanes are the middle ones
        chosen.append((lane + 1) // 2 * (1 if lane % 2 else -1))
    return [lane * min(step, 0.85 / ((len(ends) + 1) // 2 or 1)) for lane in chosen]
