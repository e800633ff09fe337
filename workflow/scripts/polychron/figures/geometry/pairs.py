"""What figures of pairs of languages share: one set of sentences, syntactic distances, and their colours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import altair as alt

from polychron.data import languages
from polychron.figures.chart import BLUE, GREY, ORANGE
from polychron.figures.drawing.key import Entry
from polychron.reporting.formatting import counted, enumerated, round_numbers

Pair = tuple[str, str]

FIRST = "parallel"
"""The set that is shown where a study has several."""


def one_set(geometry: Any, tasks: Iterable[str]) -> tuple[Any, list[str]]:
    """Return the rows of some tasks in one set of sentences, and what a caption says of the others.

    Parameters
    ----------
    geometry : pyarrow.Table
        See `scores.score_schema`.
    tasks : iterable of str

    Returns
    -------
    table : pyarrow.Table
    said : list of str
    """
    import pyarrow
    import pyarrow.compute as pc

    table = geometry.filter(pc.is_in(geometry["task"], value_set=pyarrow.array(list(tasks), pyarrow.string())))
    sets = sorted(table["split"].unique().to_pylist(), key=lambda name: (name != FIRST, name))
    if len(sets) < 2:
        return table, []
    others = enumerated(sets[1:])
    return table.filter(pc.equal(table["split"], sets[0])), [f"Other sets of sentences are not shown: {others}."]


def distances_of(path: Any, pairs: Iterable[Pair]) -> dict[Pair, float]:
    """Return the syntactic distances of pairs of languages from a file; those that it lacks are left out."""
    pairs = list(pairs)
    known = languages.read_distances(path, {language for pair in pairs for language in pair})
    found = {pair: known(*pair) for pair in pairs}
    return {pair: distance for pair, distance in found.items() if math.isfinite(distance)}


def colour(distances: Iterable[float], length: float | None) -> Any:
    """Return the colour of a mark by its field ``distance``: from blue, near, to orange; grey where it is not known.

    `length` is that of the legend; None for no legend. Of fewer than two distances there is none: see `key`. Marks need
    a field ``shade`` too; see `shades`.
    """
    known = list(distances)
    if not known:
        return alt.value(GREY)
    low, high = min(known), max(known)
    ticks, digits = round_numbers(low, high, 5)
    legend = (
        None
        if length is None or low == high
        else alt.Legend(
            title="Syntactic distance",
            type="gradient",
            gradientOpacity=1,
            gradientLength=length,
            values=ticks,
            format=f".{digits}f",
            titleLimit=130,
        )
    )
    scale = alt.Scale(domain=[low, high if high > low else low + 1], range=[BLUE, ORANGE], interpolate="lab")
    return alt.condition("isValid(datum.distance)", alt.Color("shade:Q", scale=scale, legend=legend), alt.value(GREY))


def shades(pair: Pair, distances: Mapping[Pair, float]) -> dict[str, float]:
    """Return the fields ``distance`` and ``shade`` of a mark, for `colour`; ``distance`` only where it is known.

    The scale reads ``shade``, which is a number for all pairs: Vega-Lite leaves out marks that a scale has no value of,
    or gives them the colour of its lowest one.
    """
    if not distances:
        return {}
    known = {"distance": distances[pair]} if pair in distances else {}
    return {**known, "shade": distances.get(pair, min(distances.values()))}


def key(mark: str, what: str, shown: Iterable[Pair], distances: Mapping[Pair, float]) -> list[Entry]:
    """Return what a key says of the colours of pairs, which have a scale if two distances are known.

    Parameters
    ----------
    mark : str
        See `Entry`.
    what : str
        What a mark is.
    shown : iterable of (str, str)
        The pairs that are drawn.
    distances : mapping of (str, str) to float
        See `distances_of`.

    Examples
    --------
    >>> pairs = [("de", "en"), ("en", "fr")]
    >>> [entry.says for entry in key("line", "a pair", pairs, {("de", "en"): 0.5})]
    ['a pair, at a syntactic distance of 0.50', 'no distance known']
    >>> [entry.says for entry in key("line", "a pair", pairs, {})]
    ['a pair, no distance known']
    """
    lost = any(pair not in distances for pair in shown)
    known = sorted({*distances.values()})
    if not known:
        return [Entry(mark, f"{what}, no distance known", GREY)]
    said = "by its syntactic distance" if len(known) > 1 else f"at a syntactic distance of {known[0]:.2f}"
    return [Entry(mark, f"{what}, {said}", BLUE), *([Entry(mark, "no distance known", GREY)] if lost else [])]


def without_distance(pairs: Iterable[Pair], distances: dict[Pair, float]) -> list[str]:
    """Return what a caption says of pairs whose distance is not known."""
    pairs = list(pairs)
    lost = sum(pair not in distances for pair in pairs)
    if not lost:
        return []
    if lost == len(pairs):
        return ["No pair has a syntactic distance, so all are grey."]
    return [f"Grey: {lost} of {len(pairs)} pairs without a syntactic distance."]


def offered(depth: list[int], first: int, cells: float, most: int) -> list[int]:
    """Return the layers that a reader can choose: all if they fit, or the first to be shown and some others.

    Parameters
    ----------
    depth : list of int
        All layers, in increasing order.
    first : int
        The one that is shown first.
    cells : float
        How many marks a layer has.
    most : int
        How many marks a page may have.

    Examples
    --------
    >>> offered(list(range(13)), 12, 9_000, 40_000)
    [0, 8, 11, 12]
    >>> offered([0, 1, 2], 2, 9_000, 40_000)
    [0, 1, 2]
    """
    number = max(int(most // max(cells, 1)), 1)
    if number >= len(depth):
        return depth
    wanted = list(dict.fromkeys([first, depth[len(depth) * 2 // 3], depth[0], *reversed(depth)]))
    return sorted(wanted[:number])


def layers_of(shown: list[int], depth: list[int]) -> list[str]:
    """Return what a caption says of the layers that a page has, if not all are there."""
    if len(shown) == len(depth):
        return []
    return [f"The page has layers {enumerated([str(at) for at in shown])} of {counted(len(depth), 'layer')}."]
