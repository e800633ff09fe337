"""Curves of how many languages or pairs have reached a share of their best score, by checkpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from polychron.figures.chart import data, ramp
from polychron.figures.drawing.steps import Steps
from polychron.reporting.formatting import short

HEIGHT = 70

SMALLEST, LARGEST = 14, 150
"""The areas of the points of one thing and of all."""


def colour(names: Sequence[str]) -> alt.Color:
    """Return the colour of shares of the best score, the later the darker."""
    look = {"orient": "top", "direction": "horizontal", "symbolType": "circle", "symbolOpacity": 1}
    return alt.Color(
        "share:N",
        sort=list(names),
        scale=alt.Scale(domain=list(names), range=ramp(len(names))),
        legend=alt.Legend(title="Share of the best score", **look),
    )


def counts(found: Mapping[str, Sequence[float]], total: int, steps: Steps) -> list[dict[str, Any]]:
    """Return how many reach each share at each checkpoint, and how many have by then.

    Parameters
    ----------
    found : mapping of str to sequence of float
        The steps at which a share is reached, by the share.
    total : int
        How many there are, also of those that never reach it.
    steps : Steps

    Examples
    --------
    >>> rows = counts({"95%": [50, 800, 800]}, 4, Steps([50, 400, 800]))
    >>> [(row["step"], row["number"], row["by then"], row["percent"]) for row in rows]
    [('50', 1, 1, 25.0), ('400', 0, 1, 25.0), ('800', 2, 3, 75.0)]
    """
    rows = []
    for share, reached in found.items():
        of_step, so_far = Counter(reached), 0
        for step in steps.every:
            so_far += of_step[step]
            row = {"share": share, "step": short(step), "x": steps.place(step), "number": of_step[step]}
            rows.append(row | {"by then": so_far, "percent": round(100 * so_far / total, 4)})
    return rows


def curve(
    found: Mapping[str, Sequence[float]],
    total: int,
    steps: Steps,
    width: int,
    things: str,
    cut: float | None = None,
    shade: str | None = None,
    *,
    labels: bool = False,
) -> Any:
    """Draw the share of some things that have reached shares of their best score, and how many do at each checkpoint.

    Parameters
    ----------
    found, total, steps
        See `counts`.
    width : int
    things : str
        What is counted, in the plural.
    cut : float, optional
        The step where the axis ends.
    shade : str, optional
        The colour, where there is one share.
    labels : bool
        Whether the axis of steps has labels, as that of what is below has.
    """
    last = None if cut is None else steps.place(cut)
    rows = [row for row in counts(found, total, steps) if last is None or row["x"] <= last]
    x = steps.placed("x", last=last, labels=labels, ticks=labels, title=None)
    y = alt.Y(
        "percent:Q",
        title=f"% of {things}",
        scale=alt.Scale(domain=[0, 100], nice=False),
        axis=alt.Axis(values=[0, 50, 100]),
    )
    tooltip = [
        alt.Tooltip("share:N", title="share of the best"),
        "step:N",
        alt.Tooltip("number:Q", title=f"{things} that reach it here"),
        alt.Tooltip("by then:Q", title=f"{things} by then, of {total}"),
    ]
    tint = alt.value(shade) if shade else colour(list(found))
    base = alt.Chart(data(rows)).encode(x=x, y=y, color=tint, tooltip=tooltip)
    size = alt.Size("number:Q", scale=alt.Scale(domain=[1, max(total, 2)], range=[SMALLEST, LARGEST]), legend=None)
    points = base.transform_filter("datum.number > 0").mark_circle(opacity=0.85, clip=False).encode(size=size)
    lines = base.mark_line(strokeWidth=1.4, interpolate="step-after")
    return alt.layer(*steps.walls(placed=True), lines, points).properties(width=width, height=HEIGHT)
