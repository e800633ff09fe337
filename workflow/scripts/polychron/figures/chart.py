"""One look for all figures, and their files, which need no network and have the same bytes every time."""

from __future__ import annotations

import functools
import json
import math
import operator
import resource
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import altair as alt

from polychron.errors import InputError
from polychron.figures.drawing import key as drawn_key
from polychron.figures.drawing import names as drawn_names
from polychron.figures.drawing import page as drawn_page
from polychron.figures.drawing.key import Entry
from polychron.probing.tasks import registry
from polychron.reporting.formatting import one_line, restructured, round_numbers
from polychron.storage import files

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7",
)  # fmt: skip
"""The colours of Okabe and Ito, which readers with any common colour vision can distinguish."""

PAPER, INK, GREY, PALE = "#FFFFFF", "#222222", "#767676", "#E3E3E3"

DARK, WHITE = "#1A1A1A", "white"
"""What is written or drawn on a coloured cell: the same by day and by night."""

MISSING = "#EDEDED"
"""The background of a heatmap, which is seen where there is no score."""

GRID = "#EEEEEE"

RAMP = ("#35A15F", "#21818C", "#3B528B", "#440154")
"""From little to much: without a yellow, which is not seen on white, and each the darker."""

NIGHT = {
    PAPER: "#17191C",
    INK: "#E6E6E6",
    GREY: "#A3A3A3",
    PALE: "#3F4349",
    MISSING: "#2C2F34",
    GRID: "#2B2E33",
    BLACK: "#FFFFFF",
}
"""What colours become on a page whose reader's system is dark. All others are seen on both."""


def _graded(ends: Sequence[str], number: int) -> list[str]:
    """Return colours at equal distances on the way through some colours."""
    parts = [[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in ends]
    made = []
    for place in range(number):
        way = place * (len(parts) - 1) / (number - 1)
        first = min(int(way), len(parts) - 2)
        mixed = [low + (way - first) * (high - low) for low, high in zip(parts[first], parts[first + 1], strict=True)]
        made.append("#" + "".join(f"{round(value):02X}" for value in mixed))
    return made


GRADED = _graded(RAMP, 25)
"""Colours from little to much: a multiple of the distances of `RAMP`, which are among them."""

NIGHT.update(zip(GRADED, _graded(("#35A15F", "#2FA8A4", "#8FA8F0", "#DDA0F0"), 25), strict=True))

TASKS = registry.TITLES
"""What tasks are called in figures."""

COLOURS = defaultdict(
    lambda: BLACK,
    pos=BLUE,
    arc_prediction=ORANGE,
    arc_classification=GREEN,
    xnli=PURPLE,
    bits=SKY,
    alignment=VERMILION,
)
"""The colour of a task; that of each task which the config defines is black."""

FONT = "Liberation Sans, Arial, Helvetica, sans-serif"
"""The first is built into vl-convert, and the others have the same widths."""

SCALE = 3
"""Pixels of the PNG for each unit of the chart: print quality at the size of a column."""

ADDRESSES = 72 * 10**9
"""Bytes of address space, in which V8 keeps 67 GB for itself when it starts. It uses 0.2 GB of memory."""


@dataclass(frozen=True)
class Figure:
    """A chart with the words that belong to it.

    Parameters
    ----------
    title : str
        One line.
    chart : altair chart
        Its data inside, as plain values.
    caption : sequence of str
        Paragraphs of plain text, with the numbers that the figure shows.
    numbers : sequence of mapping
        Rows of a table of the main numbers, as text, by the names of their columns.
    key : sequence of Entry
        What the marks mean that no legend of the chart explains.
    """

    title: str
    chart: Any
    caption: Sequence[str]
    numbers: Sequence[Mapping[str, str]] = field(default=())
    key: Sequence[Entry] = field(default=())


def nothing(title: str, why: str) -> Figure:
    """Return a figure that says why there is nothing to draw."""
    text = f"Nothing to draw: {why}."
    mark = alt.Chart(alt.Data(values=[{"text": text}])).mark_text(fontSize=14, color=GREY).encode(text="text:N")
    return Figure(title, mark.properties(width=420, height=60), [text])


def gradient(low: float, high: float, length: float, title: str = "Accuracy (%)") -> alt.Legend:
    """Return the legend of a colour scale from `low` to `high`, with round numbers at its ticks."""
    values, digits = round_numbers(low, high, max(min(int(length / 16), 7), 2))
    return alt.Legend(title=title, gradientLength=length, format=f".{digits}f", values=values)


def ramp(number: int) -> list[str]:
    """Return colours for a few things in an order: the later, the darker.

    Examples
    --------
    >>> ramp(1), ramp(2), ramp(3)
    (['#21818C'], ['#35A15F', '#3B528B'], ['#35A15F', '#21818C', '#440154'])
    """
    green, teal, blue, violet = RAMP
    few = {1: [teal], 2: [green, blue], 3: [green, teal, violet]}
    last = len(GRADED) - 1
    return few.get(number) or [GRADED[round(place * last / (number - 1))] for place in range(number)]


def linked(number: int, *fields: str) -> tuple[list[Any], Any]:
    """Return selections that link panels: what is pointed at in one is highlighted in all.

    Parameters
    ----------
    number : int
        Number of panels.
    *fields : str
        What marks in different panels have in common.

    Returns
    -------
    selections : list
        One for each panel, for its `add_params`.
    chosen : predicate
        True of the highlighted marks: of all, while nothing is pointed at.
    """
    selections = [
        alt.selection_point(name=f"pointed_{place}", fields=list(fields), on="pointerover") for place in range(number)
    ]
    return selections, functools.reduce(operator.and_, selections)


def theme() -> dict[str, Any]:
    """Return the look of all charts, as a Vega-Lite config."""
    words = {"labelFont": FONT, "titleFont": FONT, "labelColor": INK, "titleColor": INK}
    return {
        "background": PAPER,
        "font": FONT,
        "padding": 12,
        "view": {"stroke": None},
        "axis": {
            **words,
            "labelFontSize": 11,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "titlePadding": 8,
            "domainColor": GREY,
            "tickColor": GREY,
            "gridColor": GRID,
        },
        "legend": {
            **words,
            "titlePadding": 8,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "titleLimit": 320,
        },
        "title": {
            "font": FONT,
            "subtitleFont": FONT,
            "fontSize": 13,
            "subtitleFontSize": 11,
            "color": INK,
            "subtitleColor": GREY,
            "anchor": "start",
            "frame": "group",
            "offset": 10,
        },
        "header": {**words, "labelFontSize": 12, "titleFontSize": 12},
        "text": {"font": FONT, "fontSize": 11, "color": INK},
    }


def specification(figure: Figure, names: Mapping[str, str] = MappingProxyType({})) -> dict[str, Any]:
    """Return the Vega-Lite specification of a figure, with the names of languages for their codes.

    Raises
    ------
    ValueError
        A number in it is not finite: it would silently become null.
    """
    # not checked against Vega-Lite's schema, which takes longer than drawing: the tests do that
    spec = drawn_key.below(figure.chart, figure.key).to_dict(validate=False)
    spec["datasets"] = {name: json.loads(text) for text, name in _named(spec, {}).items()}
    for path in _not_finite(spec, "chart"):
        raise ValueError(f"figure {figure.title!r}: {path} is not a finite number")
    spec["config"] = theme()
    spec["description"] = " ".join([figure.title + ".", *figure.caption])
    title = {"text": figure.title, "fontSize": 15, "offset": 14, "frame": "bounds"}
    own = spec.pop("title", None)
    spec["title"] = {**title, **({"subtitle": own["subtitle"]} if own else {})}
    return drawn_names.applied(_in_lines(spec), names)


def data(rows: Sequence[Mapping[str, Any]]) -> alt.Data:
    """Return rows as the data of a chart. They are text, for Altair copies and checks anything else many times."""
    return alt.Data(values=json.dumps(rows))


def _named(part: Any, found: dict[str, str]) -> dict[str, str]:
    """Replace the rows of data in a specification by names, so that rows of several marks are there once."""
    if isinstance(part, dict):
        own = part.get("data")
        if isinstance(own, dict) and "values" in own:
            text = own["values"] if isinstance(own["values"], str) else json.dumps(own["values"])
            part["data"] = {"name": found.setdefault(text, f"rows-{len(found) + 1}")}
    for other in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        _named(other, found)
    return found


def _in_lines(part: Any) -> Any:
    """Return a part of a specification with every text in one line: Vega puts names into expressions as they are."""
    if isinstance(part, str):
        return one_line(part)
    if isinstance(part, dict):
        return {_in_lines(name): _in_lines(value) for name, value in part.items()}
    return [_in_lines(value) for value in part] if isinstance(part, list) else part


def _not_finite(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, float) and not math.isfinite(value):
        yield path
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _not_finite(part, f"{path}.{name}")
    elif isinstance(value, list):
        for place, part in enumerate(value):
            yield from _not_finite(part, f"{path}[{place}]")


def javascript() -> str:
    """Return Vega and all that it needs as one script that can be embedded in a page.

    Making it takes longer than drawing a figure, so it is made once for all of them.
    """
    return _vl_convert().javascript_bundle().replace("</script", "<\\/script")


def _vl_convert() -> Any:
    """Import vl-convert, whose V8 would end the process without a word where it may not reserve its addresses."""
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < ADDRESSES:
        raise InputError(
            f"a process may have {limit / 1e9:.1f} GB of addresses here (ulimit -v), and what draws the figures "
            f"reserves {ADDRESSES / 1e9:.0f} GB of them, of which it uses 0.2 GB",
            remedy="run ulimit -v unlimited in the shell, or set it above that in the site's limits, and run again",
        )
    import vl_convert

    return vl_convert


def save(
    figure: Figure,
    *,
    bundle: str | Path,
    page: str | Path,
    svg: str | Path,
    png: str | Path,
    caption: str | Path,
    names: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write a figure's files.

    Parameters
    ----------
    bundle : path-like
        A file with what `javascript` returns.
    page : path-like
        An HTML page with the interactive chart, its caption and its numbers. It needs no other file.
    svg, png : path-like
        The chart for print.
    caption : path-like
        The caption as reStructuredText, for the report.
    names : mapping of str to str
        What languages are called in the drawing, by their codes.
    """
    converter = _vl_convert()
    spec = specification(figure, names)
    words = [*figure.caption, *drawn_names.said([*figure.caption, *_cells(figure.numbers)], names)]
    drawn = converter.vegalite_to_svg(spec)
    files.write_text(svg, drawn)
    with files.whole(png) as temporary:
        temporary.write_bytes(converter.svg_to_png(drawn, scale=SCALE))
    files.write_text(caption, "\n\n".join(map(restructured, words)) + "\n")
    text = drawn_page.text(
        drawn_names.written(figure.title, names),
        words,
        figure.numbers,
        spec,
        Path(bundle).read_text(encoding="utf-8"),
        FONT,
        (PAPER, INK, PALE),
        NIGHT,
    )
    files.write_text(page, text)


def _cells(numbers: Sequence[Mapping[str, str]]) -> list[str]:
    return [cell for row in numbers for cell in row.values()]
