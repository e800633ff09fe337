"""Figure 14: bits per character over the steps of pretraining."""

from __future__ import annotations

from collections import Counter
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
from polychron.figures.chart import GREY, INK, Figure, data, linked, nothing, ramp
from polychron.figures.drawing.key import Entry
from polychron.figures.drawing.steps import Steps
from polychron.reporting.formatting import apart, counted, difference, short

WIDTH, HEIGHT = 560, 380
DASHES = alt.Scale(domain=["enough", "few"], range=[[1, 0], [4, 3]])
UNKNOWN = "not known, or none"
MOST_BINS = 4
FEWEST = 3
"""The fewest languages whose median is drawn."""

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
    chart, bins, bold = _lines(trained, starts, look, unit_name)
    said, numbers = _numbers(trained, starts, look, unsure, spread)
    axis = Steps({row["step"] for curve in trained.values() for row in curve} | {row["step"] for row in starts})
    unknown, unread, coloured = (
        [language for language in trained if what(sizes.get(language))]
        for what in (lambda size: size is None, lambda size: size and not size.gib, lambda size: size and size.gib)
    )
    words = [
        f"Bits per character of held-out text, {counted(len(trained), 'language')}; lower is better."
        + (f" Colour: the language's pretraining data ({known.replace('GiB', unit_name, 1)})." if coloured else "")
        + bold
        + (" Crosses: the untrained model." if starts else "")
        + f" {axis.said()}",
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
    shade = ramp(max(len(bins), 1))[0] if bins else GREY
    key = [Entry("line", "a language", shade)]
    key += [Entry("bold", "median of the languages of a colour", shade)] if bold else []
    key += [Entry("line", "too few masked pieces to compare", shade, (4, 3))] if unsure else []
    key += [Entry("cross", "the untrained model", shade)] if starts else []
    return Figure(title, chart, [*words, *captions.alone(trajectories)], numbers, [*key, *axis.key()])


def _look(language: str, size: Size | None, unit: float, unit_name: str, unsure: bool) -> dict[str, Any]:
    """Return how a language is shown: its name, its size on the scale of colours if it has one, and in words."""
    told = "unknown" if size is None else f"{size.gib / unit:.3g} {unit_name}" if size.gib else "none"
    return {
        "language": language,
        "name": size.name if size else language,
        "label": size.name if size else language,
        "size": size.gib / unit if size and size.gib else None,
        "pretraining data": told,
        "dash": "few" if unsure else "enough",
    }


def _unit(sizes: Any) -> tuple[float, str]:
    largest = max(sizes, default=1.0)
    return next(((unit, name) for unit, name in UNITS if largest >= unit), UNITS[-1])


def _bins(sizes: Mapping[str, float]) -> list[list[str]]:
    """Return languages in a few groups of about as many, from little pretraining data to much.

    Examples
    --------
    >>> _bins({"a": 1.0, "b": 9.0, "c": 4.0, "d": 1.0, "e": 5.0, "f": 1.0})
    [['a', 'd', 'f'], ['c', 'e', 'b']]
    """
    order = sorted(sizes, key=lambda language: (sizes[language], language))
    number = min(max(len(order) // 3, 1), MOST_BINS)
    found: list[list[str]] = []
    for place, language in enumerate(order):
        alike = place and sizes[language] == sizes[order[place - 1]]
        if not found or (place * number // len(order) >= len(found) and not alike):
            found.append([])
        found[-1].append(language)
    return found


def _lines(
    trained: dict[str, list[dict]], starts: list[dict], look: dict[str, dict], unit: str
) -> tuple[Any, list[list[str]], str]:
    """Draw a thin line for each language and bold ones for medians; return the bins and what is said of medians too."""
    steps = Steps({row["step"] for curve in trained.values() for row in curve} | {row["step"] for row in starts})
    values = [row["value"] for curve in trained.values() for row in curve] + [row["value"] for row in starts]
    margin = 0.04 * (max(values) - min(values)) or 0.1
    bottom, top = max(min(values) - margin, 0), max(values) + margin
    y = alt.Y("value:Q", title="Bits per character", scale=alt.Scale(domain=[bottom, top], nice=False))
    # space on the right for the names, inside the plot: what can be zoomed is clipped at its edges
    space = (26 + 6 * max(len(look[language]["label"]) for language in trained)) / WIDTH
    room = len(steps.every) * space / (1 - space)
    x = steps.placed("x", room=room)
    known = {language: look[language]["size"] for language in trained if look[language]["size"] is not None}
    bins = _bins(known) if known else []
    called = [_called([known[language] for language in part], unit) for part in bins]
    bin_of = {language: name for name, part in zip(called, bins, strict=True) for language in part}
    shades = dict(zip(called, ramp(len(called)), strict=True))
    shades |= {UNKNOWN: GREY} if len(known) < len(trained) else {}
    colour = alt.Color(
        "data:N",
        sort=list(shades),
        scale=alt.Scale(domain=list(shades), range=list(shades.values())),
        legend=alt.Legend(title=f"Pretraining data ({unit})", symbolType="stroke", symbolStrokeWidth=3)
        if len(shades) > 1
        else None,
    )
    (selection,), chosen = linked(1, "language")
    tooltip = [
        alt.Tooltip("name:N", title="language"),
        alt.Tooltip("step:Q", format=",d"),
        alt.Tooltip("value:Q", format=".3f", title="bits per character"),
        alt.Tooltip("pretraining data:N"),
        alt.Tooltip("examples:Q", format=",d", title="masked pieces"),
    ]

    def rows(some: list[dict]) -> list[dict]:
        return [
            look[row["source"]]
            | {name: row[name] for name in ("step", "value", "examples")}
            | {"x": steps.place(row["step"]), "data": bin_of.get(row["source"], UNKNOWN)}
            for row in some
            if row["source"] in trained
        ]

    many = len(trained) > 20
    faint = alt.condition(chosen, alt.value(0.5 if many else 0.7), alt.value(0.06))
    points = alt.Chart(data(rows([row for curve in trained.values() for row in curve])))
    points = points.encode(x=x, y=y, color=colour, tooltip=tooltip, opacity=faint)
    few = any(look[language]["dash"] == "few" for language in trained)
    dashed = {"strokeDash": alt.StrokeDash("dash:N", legend=None, scale=DASHES)} if few else {}
    marks = [
        *steps.walls(placed=True),
        points.mark_line(strokeWidth=0.7 if many else 1, clip=True).encode(detail="language:N", **dashed),
        points.mark_circle(size=5 if many else 16, clip=True),
    ]
    medians = _medians(trained, bin_of, steps)
    words = ""
    if medians:
        words = _bold(len({row["data"] for row in medians}), len(shades))
        bold = alt.Chart(data(medians)).encode(x=x, y=y, color=colour)
        told = [
            alt.Tooltip("data:N", title=f"pretraining data ({unit})"),
            alt.Tooltip("step:N"),
            alt.Tooltip("value:Q", format=".3f", title="median"),
            alt.Tooltip("languages:Q"),
        ]
        marks.append(bold.mark_line(strokeWidth=3, opacity=1, clip=True).encode(tooltip=told))
    if starts:
        crosses = alt.Chart(data(rows(starts))).encode(x=x, y=y, color=colour, tooltip=tooltip, opacity=faint)
        marks.append(crosses.mark_point(shape="cross", angle=45, filled=True, size=26, clip=True))
    marks += _labels(trained, look, bin_of, steps, x, y, colour, (bottom, top), room, chosen)
    zoom = alt.selection_interval(name="zoom", bind="scales")
    return alt.layer(*marks).properties(width=WIDTH, height=HEIGHT).add_params(selection, zoom), bins, words


def _bold(drawn: int, colours: int) -> str:
    """Return what the caption says of medians, of which so many colours have one."""
    if drawn < colours:
        return f" Bold: medians of colours with {FEWEST} languages or more, at checkpoints that all of these have."
    return f" Bold: the median of {'each colour' if colours > 1 else 'them'}."


def _called(sizes: list[float], unit: str) -> str:
    """Return what a bin is called: its smallest and largest size, and its number of languages."""
    low, high = (f"{end(sizes):.3g}" for end in (min, max))
    return f"{low if low == high else f'{low} to {high}'} ({counted(len(sizes), 'language')})"


def _medians(trained: dict[str, list[dict]], bin_of: Mapping[str, str], steps: Steps) -> list[dict[str, Any]]:
    """Return the median of each bin at each step that all its languages have; of bins of three languages or more."""
    found: dict[tuple[str, int], list[float]] = {}
    for language, curve in trained.items():
        for row in curve:
            found.setdefault((bin_of.get(language, UNKNOWN), row["step"]), []).append(row["value"])
    size = Counter(bin_of.get(language, UNKNOWN) for language in trained)
    return [
        {"data": name, "step": short(step), "x": steps.place(step), "value": median(some), "languages": len(some)}
        for (name, step), some in sorted(found.items(), key=lambda one: one[0][1])
        if len(some) == size[name] >= FEWEST
    ]


def _labels(
    trained: dict[str, list[dict]],
    look: dict[str, dict],
    bin_of: Mapping[str, str],
    steps: Steps,
    x: alt.X,
    y: alt.Y,
    colour: alt.Color,
    ends_of_scale: tuple[float, float],
    room: float,
    chosen: Any,
) -> list[Any]:
    """Write the languages beside the ends of their lines, and tie them: all a little apart, or as many as fit."""
    bottom, top = ends_of_scale
    ends = sorted((curve[-1]["value"], curve[-1]["step"], language) for language, curve in trained.items())
    height = 10.5 * (top - bottom) / HEIGHT
    if len(ends) > 20:
        kept: list[tuple] = []
        for end in dict.fromkeys([ends[0], ends[-1], *ends]):
            kept += [end] if all(abs(end[0] - other[0]) >= height for other in kept) else []
        ends = sorted(kept)
    places = apart([end[0] for end in ends], height)
    lift = max(bottom + 0.6 * height - places[0], 0)  # none below the plot, where it would be cut
    # where the words begin: some pixels beside the last checkpoint
    begin = len(steps.every) - 1 + 14 * (len(steps.every) + room) / WIDTH
    rows = [
        {"language": language, "label": look[language]["label"], "end": value, "x": steps.place(step)}
        | {"value": place + lift, "begin": begin, "data": bin_of.get(language, UNKNOWN)}
        for (value, step, language), place in zip(ends, places, strict=True)
    ]
    base = alt.Chart(data(rows)).encode(opacity=alt.condition(chosen, alt.value(1), alt.value(0.15)), color=colour)
    tie = base.mark_rule(strokeWidth=0.6, clip=True).encode(x=x, y=alt.Y("end:Q"), x2="begin:Q", y2="value:Q")
    text = base.mark_text(align="left", dx=3, fontSize=10, clip=True)
    return [tie, text.encode(x=alt.X("begin:Q"), y=y, text="label:N", color=alt.value(INK))]


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
            "first": _at(trained[language][0]),
            "best": f"{min(row['value'] for row in trained[language]):.3f}",
            "last": _at(trained[language][-1]),
            **({"interval": _interval(spread.get(language))} if spread else {}),
            **({"masked pieces": str(trained[language][-1]["examples"])} if unsure else {}),
        }
        for language in ordered
    ]
    first = min(curve[0]["step"] for curve in trained.values())
    last = max(curve[-1]["step"] for curve in trained.values())
    whole = [one for one in ordered if (trained[one][0]["step"], trained[one][-1]["step"]) == (first, last)]
    if not whole:
        return "No language has a score at both the first trained checkpoint and the last.", numbers
    early, late = (median(trained[one][place]["value"] for one in whole) for place in (0, -1))
    compared = [language for language in whole if language not in unsure]
    said = (
        f"Median {early:.2f} bits at the first trained checkpoint, {late:.2f} at the last "
        f"({difference(100 * (late / early - 1), 0)}%)"
    )
    if len(compared) > 1:
        ends = [f"{trained[one][-1]['value']:.2f} ({one})" for one in (compared[0], compared[-1])]
        said += f"; at the last from {ends[0]} to {ends[1]}"
    if lacking := sorted({*trained} - {*whole}):
        said += f". Not among these, without a score at one of the two: {', '.join(lacking)}"
    return said + ".", numbers


def _at(row: Mapping[str, Any]) -> str:
    return f"{row['value']:.3f} (step {short(row['step'])})"


def _interval(ends: tuple[float, float, int] | None) -> str:
    return f"{ends[0]:.3f} to {ends[1]:.3f}" if ends else ""
