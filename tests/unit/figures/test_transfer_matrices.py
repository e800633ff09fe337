"""Figures 4 and 5: the planted order and sign of transfer is what is drawn and said."""

import re

import planted
import pytest
import vl_convert
from drawn import few, pos, transfer, values

from polychron.analysis import joint
from polychron.figures import chart, transfer_matrices


def test_transfer_means_leave_the_diagonal_out():
    pairs = {("en", "en"): 0.9, ("en", "de"): 0.5, ("de", "en"): 0.4, ("de", "de"): 0.8}
    study = few(*(pos([0.1, 0.2, top], a, b, split="parallel") for (a, b), top in pairs.items()))
    figure = transfer_matrices.transfer(study, ["pos"], 2)
    assert "mean 45.0% over 2 pairs, from 40.0% (de to en) to 50.0% (en to de); diagonal 85.0%" in figure.caption[1]
    cell = next(row for row in values(figure) if row["source"] == "en" and row["target"] == "de")
    assert cell["asymmetry"] == "+10.0 points"


def test_the_diagonal_is_in_no_scale_of_colours():
    pairs = {("en", "en"): 0.99, ("en", "de"): 0.5, ("de", "en"): 0.4, ("de", "de"): 0.1}
    study = few(*(pos([0.1, 0.2, top], a, b, split="parallel") for (a, b), top in pairs.items()))
    panel = transfer_matrices.transfer(study, ["pos"], 2).chart.to_dict()["concat"][0]
    coloured, _, own, _ = panel["layer"]
    assert coloured["encoding"]["color"]["scale"]["domain"] == pytest.approx([40, 50])
    drawn = [[step["filter"] for step in layer["transform"]] for layer in (coloured, own)]
    assert drawn == [["isValid(datum.value)", "!datum.own"], ["datum.own && isValid(datum.value)"]]
    assert own["mark"]["color"] == chart.PAPER


def orders(figure):
    """The order of the rows of each panel."""
    return [panel["layer"][0]["encoding"]["y"]["sort"] for panel in figure.chart.to_dict()["concat"]]


def test_panels_have_one_order_of_languages_by_family_and_mean():
    # in both tasks fi is the best, then de; xnli has no ru and reverses what POS says of hu
    kin = {"de": "Indo-European", "ru": "Indo-European", "fi": "Uralic", "hu": "Uralic"}
    level = {"pos": {"de": 0.6, "fi": 0.9, "hu": 0.8, "ru": 0.2, "ja": 0.5}, "xnli": {"de": 0.7, "fi": 0.9, "hu": 0.2}}
    rows = [
        transfer([0.0, (of[a] + of[b]) / 2], a, b, task=task, steps=(0, 1))
        for task, of in level.items()
        for a in of
        for b in of
        if a != b
    ]
    figure = transfer_matrices.transfer(few(*rows), ["pos", "xnli"], 2, families=kin)
    assert orders(figure) == [["fi", "hu", "ja", "de", "ru"], ["fi", "hu", "de"]]
    assert "by family (Uralic, Indo-European), and by their mean" in figure.caption[0]
    # without families the order is that of the means, and no family is named
    figure = transfer_matrices.transfer(few(*rows), ["pos", "xnli"], 2)
    assert orders(figure) == [["fi", "de", "hu", "ja", "ru"], ["fi", "de", "hu"]]
    assert "family" not in figure.caption[0]


def test_the_better_source_is_on_top_with_positive_cells():
    tops = {("de", "en"): 0.5, ("en", "de"): 0.7, ("de", "fr"): 0.6, ("fr", "de"): 0.5, ("en", "fr"): 0.7}
    study = few(*(transfer([0.1, 0.2, 0.3, top, 0.3], *pair) for pair, top in tops.items()))
    figure = transfer_matrices.asymmetry(study, ["pos"], 2)
    cells = {(row["source"], row["target"]): row["value"] for row in values(figure) if "value" in row}
    assert cells == pytest.approx({("en", "de"): 20, ("de", "en"): -20, ("de", "fr"): 10, ("fr", "de"): -10})
    order = figure.chart.to_dict()["concat"][0]["layer"][0]["encoding"]["y"]["sort"]
    assert order == ["en", "de", "fr"]
    assert "15.0 points in the mean of 2 pairs, at most +20.0 points (en to de); best source en" in figure.caption[1]
    assert "Grey: 1 cell of pairs that lack a direction." in figure.caption


def test_zero_has_no_sign():
    study = few(
        *(transfer([0.1, 0.2, top], *pair, steps=(0, 1, 2)) for pair, top in ((("a", "b"), 0.5), (("b", "a"), 0.5001)))
    )
    drawn = vl_convert.vegalite_to_svg(chart.specification(transfer_matrices.asymmetry(study, ["pos"], 2)))
    assert drawn.count(">0.0<") == 2 and not re.search(r">[+−]0(\.0)?<", drawn)


def test_transfer_in_one_direction_has_no_asymmetry():
    study = few(transfer([0.1, 0.2, 0.3, 0.4, 0.5], "en", "de"), transfer([0.1, 0.2, 0.3, 0.4, 0.5], "en", "en"))
    assert (
        "no pair of languages has transfer in both directions"
        in transfer_matrices.asymmetry(study, ["pos"], 2).caption[0]
    )


def test_a_source_that_is_no_target_has_a_row_and_no_column_and_no_asymmetry():
    tops = {("de", "de"): 0.9, ("en", "en"): 0.9, ("de", "en"): 0.5, ("en", "de"): 0.7}
    square = few(*(transfer([0.1, 0.2, 0.3, top, 0.3], *pair) for pair, top in tops.items()))
    tops |= {("gd", "de"): 0.6, ("gd", "en"): 0.6}
    study = few(*(transfer([0.1, 0.2, 0.3, top, 0.3], *pair) for pair, top in tops.items()))
    figure = transfer_matrices.transfer(study, ["pos"], 2)
    panel = figure.chart.to_dict()["concat"][0]
    assert panel["height"] * 2 == panel["width"] * 3
    assert {row["source"] for row in values(figure)} == {"de", "en", "gd"}
    assert {row["target"] for row in values(figure)} == {"de", "en"}
    assert "mean 60.0% over 4 pairs" in figure.caption[1]
    assert figure.caption[2] == "Rows alone, for they are never targets: gd."
    contrast, before = (transfer_matrices.asymmetry(one, ["pos"], 2) for one in (study, square))
    assert values(contrast) == values(before)
    assert contrast.chart.to_dict()["concat"][0]["width"] == before.chart.to_dict()["concat"][0]["width"]
    assert contrast.caption == [*before.caption, "Not shown, for they are never targets: gd."]
    assert contrast.numbers == before.numbers


def test_pairs_whose_interval_holds_0_are_pale():
    """1,000 items: 0.3 points are noise, 10 points are not."""
    tops = {("aa", "bb"): 0.5, ("bb", "aa"): 0.503, ("aa", "cc"): 0.6, ("cc", "aa"): 0.5}
    rows = [row for pair, top in tops.items() for row in transfer([0.3, 0.4, top], *pair)]
    figure = transfer_matrices.asymmetry(few(rows), ["pos"], 2, intervals=joint.study(planted.table(rows), "minmax"))
    unclear = {(row["source"], row["target"]): row["unclear"] for row in values(figure) if "unclear" in row}
    assert unclear == {("aa", "bb"): True, ("bb", "aa"): True, ("aa", "cc"): False, ("cc", "aa"): False}
    assert figure.numbers[0]["interval without 0"] == "1 of 2 pairs"
    assert "the interval is without 0 in 1 of 2 pairs." in figure.caption[1]
    assert "95% interval, cross-fitted" in figure.chart.to_json()
    plain = transfer_matrices.asymmetry(few(rows), ["pos"], 2)
    assert not any("unclear" in row for row in values(plain)) and "Pale" not in " ".join(plain.caption)
