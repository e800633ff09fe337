"""The key of a drawing: what its marks mean, below it. It stays with a drawing that is taken out of its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

PITCH, MIDDLE, LETTER = 16, 7, 5.9
"""Pixels: where the words begin after the mark, the height of the mark, and the width of a letter."""

ACROSS = 620
"""The width in which entries stand beside each other."""


@dataclass(frozen=True)
class Entry:
    """A mark and what it means.

    Parameters
    ----------
    mark : {"circle", "open", "line", "bold", "upright", "tick", "cross", "diamond", "arrow", "stroke", "cell", ...}
        Or ``gap``, which is one between two cells, or ``pale``, a number in pale ink.
    says : str
    colour : str
    dash : sequence of int
        Of a line; of a gap, the width of the left cell and of the gap.
    edge : str, optional
        The colour of the edge of a circle or cell.
    """

    mark: str
    says: str
    colour: str
    dash: Sequence[int] = ()
    edge: str | None = None


def below(chart: Any, entries: Sequence[Entry]) -> Any:
    """Return a chart with a key below it; the same chart if the key is empty."""
    if not entries:
        return chart
    width = max(24 + LETTER * len(one.says) for one in entries)
    columns = max(int(ACROSS // (width + 14)), 1)
    drawn = [_entry(one) for one in entries]
    key = alt.concat(*drawn, columns=columns, spacing={"row": 0, "column": 14})
    # legends stay beside the panels that they are of
    return alt.vconcat(chart, key, spacing=14).resolve_scale(color="independent", shape="independent")


def _entry(one: Entry) -> Any:
    base = alt.Chart(alt.Data(values=[{"key": one.says, "mark": one.mark}]))
    half = PITCH / 2
    at = {"x": alt.value(half), "y": alt.value(MIDDLE)}
    edge = {"stroke": one.edge, "strokeWidth": 0.8} if one.edge else {}
    match one.mark:
        case "line" | "bold":
            width = 1.4 if one.mark == "line" else 3
            drawn = base.mark_rule(color=one.colour, strokeWidth=width, strokeDash=list(one.dash) or [1, 0])
            at |= {"x": alt.value(0), "x2": alt.value(PITCH)}
        case "upright":
            drawn = base.mark_rule(color=one.colour, strokeWidth=1.2, strokeDash=list(one.dash) or [1, 0])
            at |= {"y": alt.value(0), "y2": alt.value(2 * MIDDLE)}
        case "gap":
            drawn = base.mark_rule(color=one.colour, strokeWidth=11, strokeDash=list(one.dash))
            at |= {"x": alt.value(0), "x2": alt.value(PITCH)}
        case "pale":
            drawn = base.mark_text(text="+1", fontSize=11, color=one.colour, opacity=0.5)
        case "tick":
            drawn = base.mark_tick(orient="vertical", color=one.colour, thickness=2.6, height=12, opacity=1)
        case "cell":
            drawn = base.mark_point(shape="square", filled=True, size=110, color=one.colour, opacity=1, **edge)
        case "circle":
            drawn = base.mark_circle(size=44, color=one.colour, opacity=1, **edge)
        case "open":
            drawn = base.mark_point(filled=False, size=34, color=one.colour, strokeWidth=1.4, opacity=1)
        case "arrow" | "cross" | "diamond" | "stroke":
            shape = {"arrow": "triangle-right"}.get(one.mark, one.mark)
            drawn = base.mark_point(
                shape=shape,
                filled=one.mark != "stroke",
                size=50,
                color=one.colour,
                opacity=1,
                angle=45 if one.mark == "cross" else 0,
            )
        case _:
            raise ValueError(f"no mark {one.mark!r} in keys")
    words = base.mark_text(align="left", baseline="middle", fontSize=10.5).encode(
        x=alt.value(PITCH + 6), y=alt.value(MIDDLE), text="key:N"
    )
    width = round(PITCH + 8 + LETTER * len(one.says))
    return alt.layer(drawn.encode(**at), words).properties(width=width, height=2 * MIDDLE)
