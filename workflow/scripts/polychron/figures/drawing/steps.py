"""The axis of steps, one for all figures: checkpoints side by side, with marks where their distances change."""

from __future__ import annotations

import bisect
import itertools
import json
from collections.abc import Iterable
from typing import Any

import altair as alt

from polychron.figures.chart import GREY, PAPER, data
from polychron.figures.drawing.key import Entry
from polychron.reporting.formatting import short, some_steps

TITLE = "Training step"

ALIKE = 0.05
"""By how much of itself a distance or a ratio of steps may differ from the one before."""


class Steps:
    """The checkpoints of a figure, which stand side by side however far apart they are.

    Parameters
    ----------
    steps : iterable of int
        Those of the figure's points, in any order; 0 is the untrained model.

    Attributes
    ----------
    every : list of int
        In increasing order. The place of a checkpoint on the axis is its place in this list.
    names : list of str
        How they are written.
    breaks : list of int
        The checkpoints after which the distance between checkpoints becomes another; see `breaks_of`.
    """

    def __init__(self, steps: Iterable[int]) -> None:
        self.every = sorted({int(step) for step in steps})
        self.names = [short(step) for step in self.every]
        self.breaks = breaks_of([step for step in self.every if step > 0])

    @property
    def untrained(self) -> bool:
        """Whether the untrained model is set apart: it and a trained one are among the checkpoints."""
        return self.every[0] == 0 and len(self.every) > 1

    def place(self, step: float) -> float:
        """Return where a step is on the axis: between two checkpoints, as far as it is on the way.

        Examples
        --------
        >>> steps = Steps([0, 100, 500])
        >>> [steps.place(step) for step in (0, 100, 200, 500)], steps.place(900), Steps([100, 500]).place(0)
        ([0.0, 1.0, 1.25, 2.0], 2.0, -0.5)
        """
        if step < self.every[0]:
            return -0.5
        after = bisect.bisect_right(self.every, step)
        if after == len(self.every):
            return after - 1.0
        low, high = self.every[after - 1], self.every[after]
        return after - 1 + (step - low) / (high - low)

    def placed(self, field: str, most: int = 7, room: float = 0.0, last: float | None = None, **axis: Any) -> alt.X:
        """Return the axis of points that have their place as a number.

        Parameters
        ----------
        field : str
        most : int
            How many checkpoints have a label at most.
        room : float
            What is added on the right, in checkpoints.
        last : float, optional
            The place where the axis ends instead of the last checkpoint.
        **axis
            Properties of the axis.
        """
        end = len(self.every) - 0.5 if last is None else last + 0.5
        names = self.names[: int(end + 0.5)]
        few = {"values": [names.index(name) for name in some_steps(names, most)], "labelExpr": self._labels()}
        look = {"title": TITLE, "grid": False, "labelOverlap": True, "tickMinStep": 1, **few, **axis}
        scale = alt.Scale(domain=[-0.5, end + room], nice=False, zero=False)
        return alt.X(f"{field}:Q", scale=scale, axis=alt.Axis(**look), title=look["title"])

    def _labels(self) -> str:
        return f"{json.dumps(self.names)}[datum.value]"

    def bands(self, field: str = "step", most: int = 7, **axis: Any) -> alt.X:
        """Return the axis of points or cells that have the name of their checkpoint."""
        angle = 0 if len(self.names) <= 6 else -45
        look = {"values": some_steps(self.names, most), "labelAngle": angle, "labelOverlap": False, "grid": False}
        scale = alt.Scale(domain=self.names)
        return alt.X(f"{field}:O", sort=self.names, scale=scale, title=TITLE, axis=alt.Axis(**look, **axis))

    def walls(self, *, cells: bool = False, placed: bool = False) -> list[Any]:
        """Return the marks that set the untrained model apart, and those where the distance of checkpoints changes.

        Parameters
        ----------
        cells : bool
            Between the cells of a heatmap, as gaps; else as lines behind points.
        placed : bool
            For the axis of `placed`; else for that of `bands`.
        """
        marks = []
        for number, (steps, first) in enumerate((([0] if self.untrained else [], True), (self.breaks, False))):
            if not steps:
                continue
            base = alt.Chart(data([{"wall": self._at(step, placed), "of": number} for step in steps]))
            x = (
                alt.X("wall:Q", scale=alt.Scale(zero=False))
                if placed
                else alt.X("wall:O", sort=self.names, bandPosition=1)
            )
            if cells:
                drawn = base.mark_rule(color=PAPER, strokeWidth=4 if first else 2)
            else:
                drawn = base.mark_rule(color=GREY, strokeWidth=1, strokeDash=[2, 3] if first else [1, 4])
            marks.append(drawn.encode(x=x))
        return marks

    def key(self, *, cells: bool = False) -> list[Entry]:
        """Return what a key says of the marks of `walls`; `cells` as there.

        Examples
        --------
        >>> [entry.says for entry in Steps([0, 5, 10, 15, 20, 120, 220, 320]).key(cells=True)]
        ['left of the gap: the untrained model', 'gap: the distance between checkpoints changes']
        """
        if cells:
            left = [Entry("gap", "left of the gap: the untrained model", GREY, (6, 4))] if self.untrained else []
            other = [Entry("gap", "gap: the distance between checkpoints changes", GREY, (7, 2))] if self.breaks else []
            return left + other
        left = [Entry("upright", "left of it: the untrained model", GREY, (2, 3))] if self.untrained else []
        other = [Entry("upright", "the distance between checkpoints changes", GREY, (1, 4))] if self.breaks else []
        return left + other

    def _at(self, step: int, placed: bool) -> Any:
        place = self.every.index(step)
        return place + 0.5 if placed else self.names[place]

    def said(self) -> str:
        """Return what a caption says of the axis.

        Examples
        --------
        >>> Steps([0, 5, 10, 15, 20, 120, 220, 320]).said()
        'Checkpoints are side by side, however far apart; step 0, set apart, is the untrained model; a thin mark is \
after step 20, where the distance between checkpoints changes.'
        >>> Steps([50, 800]).said()
        'Checkpoints are side by side, however far apart.'
        """
        words = ["Checkpoints are side by side, however far apart"]
        if self.untrained:
            words.append("step 0, set apart, is the untrained model")
        if self.breaks:
            after = " and ".join(short(step) for step in self.breaks)
            words.append(f"a thin mark is after step {after}, where the distance between checkpoints changes")
        return "; ".join(words) + "."


def breaks_of(steps: list[int]) -> list[int]:
    """Return the steps after which the distance between checkpoints becomes another.

    A stretch of three or more checkpoints is regular if they are equally far apart or if each is the same multiple of
    the one before. A break is where a regular stretch ends, or where one begins after steps that follow no rule.

    Parameters
    ----------
    steps : list of int
        Above 0, in increasing order.

    Examples
    --------
    >>> breaks_of([5, 10, 15, 20, 70, 120]), breaks_of([1, 2, 4, 8, 16, 32, 48, 64]), breaks_of([50, 800, 4800])
    ([20], [32], [])
    """
    ends: list[int] = []
    start, regular = 0, []
    while start < len(steps) - 1:
        end = max(_reach(steps, start, "difference"), _reach(steps, start, "ratio"))
        ends.append(end)
        regular.append(end - start > 1)
        start = end
    # one gap between two regular stretches is one break, not two
    found = []
    for place, (end, before, after) in enumerate(zip(ends, regular, regular[1:], strict=False)):
        lone = not before and place > 0 and regular[place - 1]
        if (before or after) and not lone:
            found.append(steps[end])
    return found


def _reach(steps: list[int], start: int, kind: str) -> int:
    """Return the place of the last step of the regular stretch that begins at a place."""
    part = steps[start:]
    sizes = [after - before if kind == "difference" else after / before for before, after in itertools.pairwise(part)]
    alike = itertools.takewhile(lambda size: abs(size - sizes[0]) <= ALIKE * sizes[0], sizes)
    return start + sum(1 for _ in alike)
