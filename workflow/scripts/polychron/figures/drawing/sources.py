"""Onsets of transfer: a row for each source, whose points are the larger, the more targets are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import mean
from typing import Any

import altair as alt

from polychron.figures import swarms
from polychron.figures.chart import COLOURS, GREY, INK, TASKS, data, linked
from polychron.figures.drawing import reached
from polychron.figures.drawing.steps import Steps
from polychron.reporting.formatting import counted, short

WIDTH, PITCH = 400, 21

MOST = 120
"""The area of the point of all targets of a source."""


def panels(
    groups: swarms.Groups, steps: Steps, share: str, write: Callable[[float], str], line: float | None = None
) -> Any:
    """Draw a panel for each task: how many pairs have reached the share by each checkpoint, and a row for each source.

    Parameters
    ----------
    groups : mapping
        See `polychron.figures.swarms.pairs`; the values are steps, and ``tip`` says between which checkpoints.
    steps : Steps
    share : str
        The share of the best score, as it is written.
    write : callable
        Writes a mean of steps.
    line : float, optional
        A step to compare with.
    """
    selections, chosen = linked(len(groups), "source")
    drawn = [
        _panel(task, points, steps, share, write, line, chosen, selection)
        for (task, (points, _)), selection in zip(groups.items(), selections, strict=True)
    ]
    return alt.concat(*drawn, columns=2, spacing=34).resolve_scale(y="independent", size="independent")


def gathered(points: Sequence[Mapping[str, Any]], steps: Steps) -> list[dict[str, Any]]:
    """Return the targets of each source that have the same step, as one row.

    Examples
    --------
    >>> points = [dict(source="a", target=one, value=50, tip="by 50") for one in ("c", "b")]
    >>> gathered(points, Steps([50]))
    [{'source': 'a', 'step': '50', 'value': 50, 'x': 0.0, 'number': 2, 'targets': 'b (by 50), c (by 50)'}]
    """
    found: dict[tuple[str, float], list[str]] = {}
    for point in points:
        found.setdefault((point["source"], point["value"]), []).append(f"{point['target']} ({point['tip']})")
    return [
        {"source": source, "step": short(value), "value": value, "x": steps.place(value)}
        | {"number": len(targets), "targets": ", ".join(sorted(targets))}
        for (source, value), targets in sorted(found.items())
    ]


def _panel(
    task: str,
    points: list[dict],
    steps: Steps,
    share: str,
    write: Callable[[float], str],
    line: float | None,
    chosen: Any,
    selection: Any,
) -> Any:
    of_source: dict[str, list[float]] = {}
    for point in points:
        of_source.setdefault(point["source"], []).append(point["value"])
    means = {source: mean(some) for source, some in of_source.items()}
    order = sorted(means, key=lambda source: (means[source], source))
    ends = swarms.mean_ends(points)
    bars = [
        {"source": source, "mean": means[source], "mean x": steps.place(means[source]), "word": write(means[source])}
        | (ends.get(source, {}))
        | {f"{end} x": steps.place(step) for end, step in ends.get(source, {}).items()}
        for source in order
    ]
    y = alt.Y("source:N", sort=order, title=None, axis=alt.Axis(grid=True, ticks=False, domain=False, labelPadding=6))
    bar = alt.Chart(data(bars)).encode(y=y)
    most = max(map(len, of_source.values()))
    size = alt.Size("number:Q", scale=alt.Scale(domain=[1, max(most, 2)], range=[16, MOST]), legend=None)
    layers = list(steps.walls(placed=True))
    if line is not None:
        rule = alt.Chart(data([{"x": steps.place(line)}])).mark_rule(strokeDash=[6, 2], color=GREY, strokeWidth=1.2)
        layers.append(rule.encode(x=steps.placed("x")))
    if ends:
        thin = bar.transform_filter("isValid(datum.low)").mark_rule(color=INK, strokeWidth=1)
        layers.append(thin.encode(x=steps.placed("low x"), x2="high x:Q"))
    layers += [
        alt.Chart(data(gathered(points, steps)))
        .mark_circle(color=COLOURS[task])
        .encode(
            x=steps.placed("x"),
            y=y,
            size=size,
            tooltip=["source:N", "step:N", alt.Tooltip("number:Q", title="targets"), alt.Tooltip("targets:N")],
            opacity=alt.condition(chosen, alt.value(0.85), alt.value(0.15)),
        ),
        bar.mark_tick(thickness=2.6, height=PITCH - 4, color=INK, opacity=1).encode(
            x=steps.placed("mean x"),
            tooltip=["source:N", alt.Tooltip("word:N", title="mean of its pairs, in steps")],
        ),
        bar.mark_text(align="left", fontSize=10).encode(x=alt.value(WIDTH + 8), text="word:N"),
    ]
    rows = alt.layer(*layers).properties(width=WIDTH, height=PITCH * len(order)).add_params(selection)
    overall = f"{write(mean(point['value'] for point in points))} steps"
    heading = alt.TitleParams(TASKS[task], subtitle=f"mean of {counted(len(points), 'pair')}: {overall}")
    found = {share: [point["value"] for point in points]}
    curve = reached.curve(found, len(points), steps, WIDTH, "pairs", shade=COLOURS[task])
    return alt.vconcat(curve, rows, spacing=12, title=heading).resolve_scale(size="independent")
