"""Lane charts: when something happened in each language, and between which checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

import altair as alt

from polychron import trace
from polychron.chart import GREY, STEPS, TASKS, Figure, enumerated, nothing, short

WIDTH = 520


def onsets(trajectories: Any, task: str, layer: int, shares: Sequence[float], cut: int | None = None) -> Figure:
    """Draw the steps at which each language reaches x% of its best score (Figures 2 and 16 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trace.schema`.
    task : str
        The probing task.
    layer : int
        The layer that is probed.
    shares : sequence of float
        The shares x, as fractions (A23).
    cut : int, optional
        Where the axis ends, in steps (A36): what lies beyond becomes an arrow. None, or a step that no onset passes,
        ends it with the last onset, on a logarithmic axis where the onsets span more than a factor of 30.
    """
    name, shares = TASKS[task], sorted(shares)
    title = f"{name}: steps to {enumerated([_written(share) for share in shares])} of the best score"
    place = {"task": task, "split": "test", "metric": "accuracy", "layer": layer}
    steps, ends = (
        {
            (row["source"], share): row
            for share in shares
            for row in trace.select(trajectories, quantity=f"onset_{share:g}{ending}", **place)
            if row["source"] == row["target"]
        }
        for ending in ("", "_lower")
    )
    marks = [
        {
            "language": language,
            "share": _written(share),
            "step": row["value"],
            "after": ends[language, share]["value"],
            "early": "untrained" in (row["note"] or ""),
            "reached": f"after {short(ends[language, share]['value'])}, by {short(row['value'])}",
            "note": row["note"] or "",
        }
        for (language, share), row in steps.items()
        if row["value"] is not None
    ]
    if not marks:
        return nothing(title, f"no {name} scores of trained checkpoints in this study")
    languages, drawn = {language for language, _ in steps}, {mark["language"] for mark in marks}
    chart, beyond = _lanes(marks, shares, cut)
    said, numbers = _numbers(marks, shares)
    caption = [
        "Each point is the first checkpoint whose score is x% of the language's best or more; nothing is interpolated, "
        "and the line behind it reaches back to the checkpoint before: the true step lies on that line "
        f"(layer {layer}, mean over runs).",
        said,
    ]
    if beyond:
        arrows = f"{beyond} of {len(marks)} points lie" if beyond > 1 else f"1 of {len(marks)} points lies"
        caption.append(
            f"Arrows: {arrows} beyond the end of the axis, {short(cut)} steps; the step is written beside it."
        )
    if any(mark["early"] for mark in marks):
        caption.append("Open points: the untrained model has reached that share already.")
    if len(drawn) < len(languages):
        caption.append(f"{len(drawn)} of {len(languages)} languages have a score and are shown.")
    return Figure(title, chart, caption, numbers)


def _written(share: float) -> str:
    return f"{100 * share:g}%"


def _numbers(marks: list[dict], shares: Sequence[float]) -> tuple[str, list[dict[str, str]]]:
    said, numbers = [], []
    for share in map(_written, shares):
        of_share = [mark for mark in marks if mark["share"] == share]
        steps = sorted(mark["step"] for mark in of_share)
        last = sorted(mark["language"] for mark in of_share if mark["step"] == steps[-1])
        said.append(f"{share} by {short(median(steps))} steps (the latest by {short(steps[-1])})")
        numbers.append(
            {
                "share of the best": share,
                "languages": str(len(steps)),
                "median step": short(median(steps)),
                "earliest": short(steps[0]),
                "latest": f"{short(steps[-1])} ({', '.join(last[:6])}{' and more' if len(last) > 6 else ''})",
            }
        )
    return f"The median language reaches {enumerated(said)}.", numbers


def _lanes(marks: list[dict], shares: Sequence[float], cut: int | None) -> tuple[Any, int]:
    """Draw a row for each language with a lane for each share; count the points beyond `cut`."""
    first, latest = (end(mark["step"] for mark in marks) for end in (min, max))
    end = cut if cut and latest > cut else latest
    wide = end == latest and latest / first > 30
    start = first / 2 if wide else 0
    names = [_written(share) for share in shares]
    reached: dict[str, list[float]] = {}
    for mark in marks:
        mark |= {"x": min(mark["step"], end), "from": min(max(mark["after"], start), end)}
        reached.setdefault(mark["language"], []).append(mark["step"])
    order = sorted(reached, key=lambda language: (reached[language][::-1], language))
    pitch, size = (22, 34) if len(order) <= 12 else (15, 20)
    scale = alt.Scale(type="log" if wide else "linear", domain=[start, end], nice=False)
    axis = alt.Axis(
        title="Training step" + (" (logarithmic)" if wide else ""),
        labelExpr=STEPS,
        orient="top" if len(order) > 30 else "bottom",
    )
    if wide and len({mark["step"] for mark in marks}) <= 8:
        axis.values = sorted({mark["step"] for mark in marks})
    x = alt.X("x:Q", scale=scale, axis=axis)
    rows = alt.Axis(grid=True, ticks=False, domain=False, labelPadding=10)
    y = alt.Y("language:N", sort=order, title=None, axis=rows)
    legend = {"orient": "top", "direction": "horizontal", "symbolType": "circle", "symbolOpacity": 1}
    colour = alt.Color(
        "share:N",
        sort=names,
        scale=alt.Scale(domain=names, range=_ramp(len(names))),
        legend=alt.Legend(title="Share of the best", **legend),
    )
    tooltip = ["language:N", alt.Tooltip("share:N", title="share of the best"), "reached:N", "note:N"]

    def layer(some: list[dict]) -> Any:
        base = alt.Chart(alt.Data(values=some))
        return base.encode(y=y, yOffset=alt.YOffset("share:N", sort=names), color=colour, tooltip=tooltip)

    lines = layer(marks).mark_rule(strokeWidth=1.4, opacity=0.45)
    layers = [lines.encode(x=alt.X("from:Q", scale=scale, axis=axis), x2="x:Q")]
    past = [mark for mark in marks if mark["step"] > end]
    for early in (False, True):
        some = [mark for mark in marks if mark["step"] <= end and mark["early"] is early]
        if some:
            layers.append(layer(some).mark_point(size=size, filled=not early, opacity=1).encode(x=x))
    if past:
        arrows = layer(past).mark_point(shape="triangle-right", filled=True, size=1.6 * size, opacity=1)
        texts = {mark["language"]: {**mark, "text": short(mark["step"])} for mark in past}
        text = alt.Chart(alt.Data(values=list(texts.values()))).mark_text(align="left", dx=8, fontSize=9, color=GREY)
        layers += [arrows.encode(x=x), text.encode(x=x, y=y, text="text:N")]
    return alt.layer(*layers).properties(width=WIDTH, height={"step": pitch, "for": "position"}), len(past)


def _ramp(number: int) -> list[str]:
    """Give colours of viridis: the larger the share, the darker."""
    ramp = ["#7ad151", "#22a884", "#2a788e", "#414487", "#440154"]
    return {1: ramp[2:3], 2: ramp[1:4:2], 3: ["#5ec962", "#21918c", "#440154"]}.get(number, ramp[:number])
