"""Figure 14: bits per character over the steps of pretraining."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import median
from types import MappingProxyType
from typing import Any

import altair as alt

from polychron.analysis import bits as few_pieces
from polychron.analysis import sizes as pretraining_sizes
from polychron.analysis.trajectories import over_seeds, select
from polychron.data.languages import Size
from polychron.figures import captions
from polychron.figures.chart import GREY, INK, STEPS, Figure, data, linked, nothing
from polychron.reporting.formatting import apart, counted, difference, one_two_five, short

WIDTH, HEIGHT = 560, 380
DASHES = alt.Scale(domain=["enough", "few"], range=[[1, 0], [4, 3]])
UNITS = ((1.0, "GiB"), (1 / 1024, "MiB"), (1 / 1024**2, "KiB"))


def from_tables(trajectories: Any, intervals: Any, sizes: Any) -> Figure:
    """Draw what `bits` draws, with a table of sizes (see `sizes.schema`) and one of intervals."""
    ends = over_seeds(intervals, quantity="final", metric="bits_per_character")
    spread = {row["source"]: (row["low"], row["high"], row["runs"]) for row in ends}
    return bits(trajectories, pretraining_sizes.read(sizes), pretraining_sizes.said(sizes), spread)


def bits(
    trajectories: Any,
    sizes: Mapping[str, Size],
    known: str = "GiB of text",
    spread: Mapping[str, tuple[float, float, int]] = MappingProxyType({}),
) -> Figure:
    """Draw bits per character over time, a line for each language (Figure 14 of the paper).

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`.
    sizes : mapping of str to Size
        Pretraining data by language, which colours the lines; lines of other languages are grey, and those of languages
        of which no text was read.
    known : str
        What sizes are, in words; see `sizes.said`.
    spread : mapping of str to (float, float, int)
        The interval of the last score of each language over draws of the masks, and the number of draws; of a single
        draw there is none.

    Notes
    -----
    Languages with too few masked pieces (see `bits.few`) have dashed lines, and are in no comparison of languages.
    """
    title = "Bits per character over pretraining"
    rows = select(trajectories, quantity="score", metric="bits_per_character")
    curves: dict[str, list[dict]] = {}
    for row in rows:
        curves.setdefault(row["source"], []).append(row)
    trained = {
        language: [row for row in curve if row["step"] > 0 and row["value"] is not None]
        for language, curve in curves.items()
    }
    trained = {language: curve for language, curve in trained.items() if curve}
    if not trained:
        return nothing(title, "no bits per character of trained checkpoints in this study")
    starts = [row for row in rows if row["step"] == 0 and row["value"] is not None]
    unit, unit_name = _unit(sizes[language].gib for language in trained if language in sizes)
    unsure = {language: number for language, number in few_pieces.few(trajectories).items() if language in trained}
    look = {language: _look(language, sizes.get(language), unit, unit_name, language in unsure) for language in curves}
    chart = _lines(trained, starts, look, unit_name)
    said, numbers = _numbers(trained, starts, look, unsure, spread)
    unknown, unread, coloured = (
        [language for language in trained if what(sizes.get(language))]
        for what in (lambda size: size is None, lambda size: size and not size.gib, lambda size: size and size.gib)
    )
    words = [
        f"Bits per character of held-out text, {counted(len(trained), 'language')}; lower is better."
        + (f" Colour: the language's pretraining data ({known.replace('GiB', unit_name, 1)})." if coloured else "")
        + (" Crosses: the untrained model." if starts else ""),
        said,
    ]
    if unknown:
        of_which = f" ({', '.join(unknown)})" if len(unknown) < len(trained) else " of any language"
        words.append(f"Grey: no size is known{of_which}.")
    if unread:
        words.append(f"Grey: no text was read in pretraining ({', '.join(unread)}).")
    if unsure:
        words.append(f"Dashed, and in no comparison of languages: {few_pieces.said(unsure)}.")
    draws = sorted({runs for language, (_, _, runs) in spread.items() if language in trained})
    if draws:
        words.append(
            f"Each value is the mean of {' or '.join(map(str, draws))} draws of the masked pieces; the interval of the "
            "last (95%, Student's t) is over these draws, and not over other texts."
        )
    if len(trained) < len(curves):
        words.append(f"{len(trained)} of {len(curves)} languages have a score and are shown.")
    return Figure(title, chart, [*words, *captions.alone(trajectories)], numbers)


def _look(language: str, size: Size | None, unit: float, unit_name: str, unsure: bool) -> dict[str, Any]:
    """Return how a language is shown: its name, its size on the scale of colours if it has one, and in words."""
    told = "unknown" if size is None else f"{size.gib / unit:.3g} {unit_name}" if size.gib else "none"
    return {
        "language": language,
        "name": size.name if size else language,
        "size": size.gib / unit if size and size.gib else None,
        "pretraining data": told,
        "dash": "few" if unsure else "enough",
    }


def _unit(sizes: Any) -> tuple[float, str]:
    largest = max(sizes, default=1.0)
    return next(((unit, name) for unit, name in UNITS if largest >= unit), UNITS[-1])


def _lines(trained: dict[str, list[dict]], starts: list[dict], look: dict[str, dict], unit: str) -> Any:
    steps = sorted({row["step"] for curve in trained.values() for row in curve})
    values = [row["value"] for curve in trained.values() for row in curve] + [row["value"] for row in starts]
    margin = 0.04 * (max(values) - min(values)) or 0.1
    bottom, top = max(min(values) - margin, 0), max(values) + margin
    wide = len(steps) > 1 and steps[-1] / steps[0] > 30
    # space on the right for the names, inside the plot: what can be zoomed is clipped at its edges
    space = (14 + 6 * max(map(len, trained))) / WIDTH
    end = steps[-1] * ((steps[-1] / steps[0]) ** (space / (1 - space)) if wide else 1 / (1 - space))
    domain = [steps[0] * 0.92 if wide else 0, end]
    scale = alt.Scale(type="log" if wide else "linear", domain=domain, nice=False)
    y_scale = alt.Scale(domain=[bottom, top], nice=False)
    y = alt.Y("value:Q", title="Bits per character", scale=y_scale)
    bare = alt.Y("value:Q", title=None, scale=y_scale, axis=alt.Axis(labels=False, ticks=False, domain=False))
    ticks = (
        {"values": steps if len(steps) <= 8 else one_two_five(domain[0], steps[-1])} if len(steps) <= 8 or wide else {}
    )
    title = "Training step" + (" (logarithmic)" if wide else "")
    x = alt.X("step:Q", title=title, scale=scale, axis=alt.Axis(labelExpr=STEPS, grid=False, **ticks))
    known = [look[language]["size"] for language in trained if look[language]["size"] is not None]
    spread = len(set(known)) > 1
    legend = {"format": ".3~g"} if spread else {}
    if spread:
        low, high = min(known), max(known)
        tidy = one_two_five(low, high)
        legend["values"] = tidy if len(tidy) > 2 else [low, math.sqrt(low * high), high]
    colour = alt.Color(
        "size:Q",
        scale=alt.Scale(
            scheme="viridis", reverse=True, type="log", domain=[min(known), max(known)] if spread else [1, 2]
        ),
        legend=alt.Legend(title=f"Pretraining data ({unit})", **legend) if spread else None,
    )
    selections, chosen = linked(2 if starts else 1, "language")
    tooltip = [
        alt.Tooltip("name:N", title="language"),
        alt.Tooltip("step:Q", format=",d"),
        alt.Tooltip("value:Q", format=".3f", title="bits per character"),
        alt.Tooltip("pretraining data:N"),
        alt.Tooltip("examples:Q", format=",d", title="masked pieces"),
    ]

    def of(rows: list[dict], sized: bool) -> Any:
        values = [look[row["source"]] | {name: row[name] for name in ("step", "value", "examples")} for row in rows]
        values = [value for value in values if (value["size"] is not None) is sized]
        shade = colour if sized and spread else alt.value(GREY)
        return alt.Chart(data(values)).encode(color=shade, tooltip=tooltip, opacity=faint)

    points = [row for curve in trained.values() for row in curve]
    faint = alt.condition(chosen, alt.value(0.85), alt.value(0.08))
    width = alt.value(1.2 if len(trained) > 20 else 1.8)
    size = 8 if len(trained) > 20 else 28
    few = any(look[language]["dash"] == "few" for language in trained)
    dashed = {"strokeDash": alt.StrokeDash("dash:N", legend=None, scale=DASHES)} if few else {}
    groups = [sized for sized in (True, False) if any((part["size"] is not None) is sized for part in look.values())]
    inner = bare if starts else y
    marks = [
        of(points, sized).mark_line().encode(x=x, y=inner, detail="language:N", strokeWidth=width, **dashed)
        for sized in groups
    ]
    marks += [of(points, sized).mark_circle(size=size).encode(x=x, y=inner) for sized in groups]
    marks.append(_labels(trained, look, x, inner, bottom, (top - bottom) / HEIGHT, chosen))
    zoom = alt.selection_interval(name="zoom", bind="scales")
    main = alt.layer(*marks).properties(width=WIDTH, height=HEIGHT).add_params(selections[0], zoom)
    if not starts:
        return main
    left = alt.X("step:O", title=None, axis=alt.Axis(labelAngle=0, ticks=False, domain=False, labelExpr="'untrained'"))
    crosses = [
        of(starts, sized).mark_point(shape="cross", angle=45, filled=True, size=30).encode(x=left, y=y)
        for sized in groups
    ]
    control = alt.layer(*crosses).properties(width=60, height=HEIGHT).add_params(selections[1])
    return alt.hconcat(control, main, spacing=6).resolve_scale(color="shared")


def _labels(
    trained: dict[str, list[dict]], look: dict[str, dict], x: alt.X, y: alt.Y, bottom: float, pixel: float, chosen: Any
) -> Any:
    """Write the languages beside the ends of their lines: all, a little apart, or as many as fit."""
    ends = sorted((curve[-1]["value"], curve[-1]["step"], language) for language, curve in trained.items())
    height = 10.5 * pixel
    if len(ends) > 20:
        kept: list[tuple] = []
        for end in dict.fromkeys([ends[0], ends[-1], *ends]):
            kept += [end] if all(abs(end[0] - other[0]) >= height for other in kept) else []
        ends = sorted(kept)
    places = apart([end[0] for end in ends], height)
    lift = max(bottom + 0.6 * height - places[0], 0)  # none below the plot, where it would be cut
    rows = [
        {"language": language, "value": place + lift, "step": step}
        for (_, step, language), place in zip(ends, places, strict=True)
    ]
    text = alt.Chart(data(rows)).mark_text(align="left", dx=7, fontSize=10, color=INK)
    return text.encode(x=x, y=y, text="language:N", opacity=alt.condition(chosen, alt.value(1), alt.value(0.15)))


def _numbers(
    trained: dict[str, list[dict]],
    starts: list[dict],
    look: dict[str, dict],
    unsure: Mapping[str, int],
    spread: Mapping[str, tuple[float, float, int]],
) -> tuple[str, list[dict[str, str]]]:
    start = {row["source"]: row["value"] for row in starts}
    ordered = sorted(trained, key=lambda language: (trained[language][-1]["value"], language))
    numbers = [
        {
            "language": look[language]["name"],
            "pretraining data": look[language]["pretraining data"],
            "untrained": f"{start[language]:.3f}" if language in start else "",
            f"first step ({short(trained[language][0]['step'])})": f"{trained[language][0]['value']:.3f}",
            "best": f"{min(row['value'] for row in trained[language]):.3f}",
            f"last step ({short(trained[language][-1]['step'])})": f"{trained[language][-1]['value']:.3f}",
            **({"interval": _interval(spread.get(language))} if spread else {}),
            **({"masked pieces": str(trained[language][-1]["examples"])} if unsure else {}),
        }
        for language in ordered
    ]
    first = median(curve[0]["value"] for curve in trained.values())
    last = median(curve[-1]["value"] for curve in trained.values())
    compared = [language for language in ordered if language not in unsure]
    said = (
        f"Median {first:.2f} bits at the first trained checkpoint, {last:.2f} at the last "
        f"({difference(100 * (last / first - 1), 0)}%)"
    )
    if len(compared) > 1:
        ends = [f"{trained[one][-1]['value']:.2f} ({one})" for one in (compared[0], compared[-1])]
        said += f"; at the last from {ends[0]} to {ends[1]}"
    return said + ".", numbers


def _interval(ends: tuple[float, float, int] | None) -> str:
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""
