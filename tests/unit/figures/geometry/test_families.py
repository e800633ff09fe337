"""Figures 23 and 24: planted families are neighbours in the tree, and language identity is that of the table."""

import math

import pyarrow
import pytest
from drawn import svg, values
from geometries import table, whole

from polychron.analysis.pairs import factors
from polychron.figures.geometry import families, identity

LANGUAGES = ("ca", "de", "en", "es", "fr", "nl")
GERMANIC = {"de", "en", "nl"}


def planted(metric, source, target, layer, step):
    if metric.startswith("accuracy"):
        return 0.9 if metric == "accuracy" else 0.3 + layer / 10
    if metric in ("majority", "language_variance"):
        return 1 / 6 if metric == "majority" else 0.5
    related = (source in GERMANIC) == (target in GERMANIC)
    return 0.2 + 0.5 * related if step == 800 else 0.4


def kin(known=True):
    rows = [
        {"model": "m", "source": a, "target": b, "factor": "same_family"}
        | {"value": float((a in GERMANIC) == (b in GERMANIC)) if known else None}
        for a in LANGUAGES
        for b in LANGUAGES
        if a != b
    ]
    return pyarrow.Table.from_pylist(rows, schema=factors.schema())


def test_languages_of_a_family_are_neighbours_and_the_tree_agrees_with_them():
    figure = families.by_similarity(table(planted, languages=LANGUAGES), kin(), seed=0)
    cells = [row for row in values(figure) if "value" in row and "source" in row]
    order = list(dict.fromkeys(row["source"] for row in cells))
    assert {*order[:3]} in (GERMANIC, {*LANGUAGES} - GERMANIC)
    assert len(cells) == 30 * 3 * 3 and {row["step"] for row in cells} == {"0", "50", "800"}
    assert figure.numbers[-1]["correlation with families"] == "1.00"
    assert float(figure.numbers[-1]["p"].lstrip("<")) <= 0.15  # one of ten ways to split six languages into halves
    assert figure.numbers[0]["correlation with families"] in ("–", "")
    joins = [row for row in values(figure) if "join" in row]
    assert len(joins) == 4 * 5 and max(row["away"] for row in joins) == pytest.approx(0.8)
    assert "<path" in svg(figure)


def test_unknown_families_are_not_compared_and_two_languages_have_no_tree():
    figure = families.by_similarity(table(planted, languages=LANGUAGES), kin(known=False), seed=0)
    assert not figure.numbers and "compared with none" in " ".join(figure.caption)
    few = families.by_similarity(table(planted, languages=("de", "en")), kin(), seed=0)
    assert "fewer than three languages" in few.caption[0]


def test_a_language_without_similarity_leaves_the_others_a_tree():
    def lacking(metric, source, target, layer, step):
        constant = (layer, step) == (2, 800) and "fr" in (source, target)
        return math.nan if constant else planted(metric, source, target, layer, step)

    figure = families.by_similarity(table(lacking, languages=LANGUAGES), kin(), seed=0)
    cells = [row for row in values(figure) if "value" in row and "source" in row]
    assert {row["source"] for row in cells} == {*LANGUAGES} - {"fr"} and len(cells) == 20 * 3 * 3
    assert "lack a similarity at the last layer and step: fr." in " ".join(figure.caption)
    last = table(lambda *place: math.nan if place[3:] == (2, 800) else 0.5, languages=LANGUAGES)
    assert "fewer than three languages" in families.by_similarity(last, kin(), seed=0).caption[0]


def test_identity_is_drawn_in_percent_as_the_mean_of_seeds():
    figure = identity.by_layer_and_step(whole(planted))
    cells = [row for row in values(figure) if "layer" in row]
    assert len(cells) == 3 * 3 * 3
    assert {"layer": 2, "step": "50", "value": 50.0} in cells and {"layer": 0, "step": "0", "value": 90.0} in cells
    assert "guessing is right in 16.7%" in figure.caption[0]
    assert figure.numbers[1]["highest at the last step"] == "50.0% (layer 2)"
    # an example is a sentence in one language: a sixth of them are the sentences
    assert "scored on 25 of them in each of 6 languages" in " ".join(figure.caption)
    assert "<path" in svg(figure)
    assert "geometry.identity is off" in identity.by_layer_and_step(table(planted)).caption[0]
