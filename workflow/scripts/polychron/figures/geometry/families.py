"""Figure 24: which languages are alike, as a matrix in the order of a tree, beside their families."""

from __future__ import annotations

import math
from typing import Any

import altair as alt
import numpy as np
from scipy.cluster import hierarchy
from scipy.spatial import distance

from polychron.figures.chart import INK, MISSING, Figure, data, gradient, nothing
from polychron.figures.drawing.key import Entry
from polychron.figures.geometry import rows
from polychron.reporting.formatting import chance, counted, enumerated, short, signed
from polychron.stats import correlation, dyadic

METRIC = "cka_debiased"

PERMUTATIONS = 999

CELL = 22
"""Pixels of a cell."""


def by_similarity(geometry: Any, factors: Any, seed: int) -> Figure:
    """Draw the similarity of all pairs of languages, in the order of a tree by average linkage.

    Parameters
    ----------
    geometry : pyarrow.Table
        Rows of the task similarity, see `polychron.geometry.comparison`.
    factors : pyarrow.Table
        See `polychron.analysis.pairs.factors.schema`.
    seed : int
        Of the permutations of languages.
    """
    title = "Which languages are alike"
    found = rows.of(geometry, "similarity", [METRIC])
    if not found:
        return nothing(title, "geometry.similarity has no debiased CKA in this study")
    every = sorted({row["step"] for row in found})
    steps, depth = rows.chosen_steps(every), sorted({row["layer"] for row in found})
    known = sorted({row[side] for row in found for side in ("source", "target")})
    codes = _whole([row for row in found if (row["layer"], row["step"]) == (depth[-1], every[-1])])
    if len(codes) < 3:
        return nothing(title, "fewer than three languages have a similarity at the last layer and step")
    found = [row for row in found if {row["source"], row["target"]} <= {*codes}]
    values: dict[tuple[int, int], np.ndarray] = {}
    for row in found:
        if row["step"] in steps:
            place = values.setdefault((row["layer"], row["step"]), np.full((len(codes), len(codes)), np.nan))
            a, b = codes.index(row["source"]), codes.index(row["target"])
            place[a, b] = place[b, a] = row["value"]
    linked = _linked(values[depth[-1], every[-1]])
    order = [codes[place] for place in hierarchy.leaves_list(linked)]
    cells = [
        {"layer": layer, "step": short(step), "source": a, "target": b}
        | {"value": round(float(of_place[codes.index(a), codes.index(b)]), 4)}
        for (layer, step), of_place in sorted(values.items())
        for a in order
        for b in order
        if a != b and math.isfinite(of_place[codes.index(a), codes.index(b)])
    ]
    kin = _families(factors, codes)
    numbers = [_agreement(values.get((depth[-1], step)), kin, step, seed) for step in steps]
    caption = [
        f"Debiased CKA of {counted(len(codes), 'language')}, at a layer and step that can be chosen (at first the last "
        "ones). Languages are in the order of the tree beside, by average linkage on 1 − CKA at the last layer and "
        "step; the further right two branches join, the less alike they are.",
        "The table gives the correlation (Spearman) of the distances in the tree of each step's last layer with "
        f"whether two languages are of different families, and its p by {PERMUTATIONS} permutations of the languages."
        if kin is not None
        else "Families of these languages are not known, or do not differ: the tree is compared with none.",
        *_lost(known, codes),
        *rows.panels_of(steps, every),
        *rows.left_out(geometry, "similarity", [METRIC]),
    ]
    key = [
        Entry("line", "tree: groups join at their mean 1 − CKA", INK),
        Entry("cell", "a language with itself", MISSING),
    ]
    chart = _chart(cells, order, linked, depth, steps)
    return Figure(title, chart, caption, numbers if kin is not None else [], key)


def _whole(found: list[dict[str, Any]]) -> list[str]:
    """Return languages of which all pairs have a value, sorted: without those that lack most."""
    pairs = {frozenset((row["source"], row["target"])) for row in found}
    codes = sorted({code for pair in pairs for code in pair})
    while codes:
        lacking = {a: sum(frozenset((a, b)) not in pairs for b in codes if b != a) for a in codes}
        worst = max(codes, key=lacking.__getitem__)
        if not lacking[worst]:
            break
        codes.remove(worst)
    return codes


def _lost(known: list[str], codes: list[str]) -> list[str]:
    lost = [code for code in known if code not in codes]
    if not lost:
        return []
    return [f"Left out, since they lack a similarity at the last layer and step: {enumerated(lost)}."]


def _linked(similar: np.ndarray) -> np.ndarray:
    """Return the tree of languages by average linkage on 1 - CKA, as SciPy writes it."""
    away = np.clip(1 - similar, 0, None)
    np.fill_diagonal(away, 0)
    return hierarchy.linkage(distance.squareform(away, checks=False), "average", optimal_ordering=True)


def _families(factors: Any, codes: list[str]) -> np.ndarray | None:
    """Return whether two languages are of different families, (n, n); None where only one of the two occurs."""
    import pyarrow.compute as pc

    apart = np.full((len(codes), len(codes)), np.nan)
    for row in factors.filter(pc.field("factor") == "same_family").to_pylist():
        if row["value"] is not None and {row["source"], row["target"]} <= {*codes}:
            apart[codes.index(row["source"]), codes.index(row["target"])] = 1 - row["value"]
    known = apart[np.isfinite(apart)]
    return apart if len(known) and np.ptp(known) > 0 else None


def _agreement(similar: np.ndarray | None, kin: np.ndarray | None, step: int, seed: int) -> dict[str, str]:
    unknown = {"step": short(step), "correlation with families": "–", "p": "–"}
    if kin is None or similar is None:
        return unknown
    others = ~np.eye(len(similar), dtype=bool)
    if np.isnan(similar[others]).any():
        return unknown
    tree = distance.squareform(hierarchy.cophenet(_linked(similar)))
    np.fill_diagonal(tree, np.nan)
    both = others & np.isfinite(kin)
    rho, _ = correlation.spearman(tree[both], kin[both])
    p = dyadic.permutation_p(tree, kin, PERMUTATIONS, seed)
    return {"step": short(step), "correlation with families": signed(rho, 2), "p": chance(p)}


def _chart(cells: list[dict], order: list[str], linked: np.ndarray, depth: list[int], steps: list[int]) -> Any:
    names = [short(step) for step in steps]
    layer = alt.param(name="layer", value=depth[-1], bind=alt.binding_select(options=depth, name="Layer: "))
    step = alt.param(name="step", value=names[-1], bind=alt.binding_select(options=names, name="Step: "))
    size = CELL * len(order)
    low, high = min(cell["value"] for cell in cells), max(cell["value"] for cell in cells)
    above = alt.Axis(orient="top", labelAngle=-45, domain=False, ticks=False)
    x = alt.X("target:N", sort=order, title=None, axis=above)
    y = alt.Y("source:N", sort=order, title=None, axis=alt.Axis(domain=False, ticks=False))
    tooltip = ["source:N", "target:N", alt.Tooltip("value:Q", format=".3f", title="CKA")]
    matrix = alt.Chart(data(cells)).transform_filter("datum.layer === layer && datum.step === step").mark_rect()
    colour = alt.Color(
        "value:Q",
        scale=alt.Scale(scheme="viridis", domain=[low, high]),
        legend=gradient(low, high, min(size, 200), "CKA"),
    )
    matrix = matrix.encode(x=x, y=y, color=colour, tooltip=tooltip).properties(
        width=size, height=size, view=alt.ViewConfig(fill=MISSING)
    )
    tree = hierarchy.dendrogram(linked, no_plot=True)
    # SciPy sets leaf i at 10 i + 5
    lines = [
        {"join": number, "corner": corner, "away": round(float(away), 4), "place": place / 10}
        for number, (places, aways) in enumerate(zip(tree["icoord"], tree["dcoord"], strict=True))
        for corner, (place, away) in enumerate(zip(places, aways, strict=True))
    ]
    branches = (
        alt.Chart(data(lines))
        .mark_line(color=INK, strokeWidth=1.2, interpolate="linear")
        .encode(
            x=alt.X("away:Q", title="1 − CKA", axis=alt.Axis(tickCount=3, grid=False, orient="bottom")),
            y=alt.Y("place:Q", axis=None, scale=alt.Scale(domain=[len(order), 0], nice=False)),
            detail="join:N",
            order="corner:O",
        )
    )
    return alt.hconcat(matrix, branches.properties(width=120, height=size), spacing=6).add_params(layer, step)
