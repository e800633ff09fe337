"""Figures 8, 9, 10 and 12: panels are shared out between them, and the planted best layer is marked."""

import planted
import pyarrow.compute as pc
from drawn import ALL, FIGURES, against_order, few, layered, names, pos, svg, values

from polychron.analysis import joint
from polychron.figures import layers


def test_layers_need_not_be_equally_far_apart():
    study = few(*(pos([0.4, 0.5 + 0.02 * layer, 0.6], layer=layer) for layer in (0, 2, 12)))
    cells = {row["layer"]: (row["bottom"], row["top"]) for row in values(FIGURES["08"](study, 12)) if "top" in row}
    assert cells == {0: (-1, 1), 2: (1, 7), 12: (7, 17)}


def test_examples_and_the_others_share_all_panels(stacks):
    examples = [["pos", "bb", "bb"], ["pos", "bb", "aa"], ["xnli", "aa", "aa"]]
    assert names(layers.in_language(stacks, ALL, examples, others=False)) == ["bb"]
    assert names(layers.in_language(stacks, ALL, examples, others=True)) == ["aa", "cc"]
    assert names(layers.across(stacks, ALL, examples, others=False)) == ["bb → aa"]
    assert names(layers.across(stacks, ALL, examples, others=True)) == ["aa → bb", "aa → cc"]
    assert ", mean of 3 runs (word alignment has one);" in layers.across(stacks, ALL, [], others=False).caption[0]
    assert "Shown: 2 of the 3 panels of this study." in layers.in_language(stacks, ALL, examples, others=True).caption


def test_a_study_without_the_examples_shows_the_first_of_each_task(stacks):
    assert names(layers.across(stacks, ALL, [["pos", "xx", "yy"]], others=False)) == ["aa → bb", "aa → cc"]
    only = few(layered(pos))
    assert "the only panel of this study is in the figure before" in layers.in_language(only, ALL, [], True).caption[0]


def test_the_best_layer_is_marked_at_each_step(stacks):
    figure = layers.across(stacks, ["alignment"], [], others=False)
    best = [(row["step"], row["layer"]) for row in values(figure) if "layer" in row]
    assert [layer for step, layer in best if step == "50"].count(4) == 2  # its cell and its dot
    assert [layer for step, layer in best if step == "400"].count(2) == 2
    assert "F1 (%)" in str(figure.chart.to_dict())
    assert "Word alignment −2.00 layers (1 pair)" in figure.caption[1]
    assert "Word alignment +10.0 points" in figure.caption[2]


def test_cells_below_a_baseline_are_marked_and_the_baselines_are_above_the_panel():
    traced, scores = against_order()
    figure = layers.in_language(traced, ["arc_prediction"], [], others=False, scores=scores)
    drawn = svg(figure)
    assert "distance 50.0" in drawn and "distance with UPOS 90.0" in drawn and "distance 75.0" not in drawn
    marked = [row for row in values(figure) if {*row} == {"step", "layer"}]
    assert len(marked) == 6, "with their tags all cells are below: two layers, three steps"
    order = scores.filter(pc.field("metric") != "distance_upos")
    figure = layers.in_language(traced, ["arc_prediction"], [], others=False, scores=order)
    assert {row["step"] for row in values(figure) if {*row} == {"step", "layer"}} == {"0"}
    figure.chart.to_dict(validate=True)


def test_where_the_layers_do_not_differ_nothing_is_marked():
    """At steps 100 and 200 they differ by 0.2 points on 1,000 items, and at step 0 by 0.1."""
    levels = {0: [0.3, 0.5, 0.8, 0.802, 0.7], 2: [0.301, 0.9, 0.8, 0.8, 0.9]}
    rows = [row for layer, scores in levels.items() for row in pos(scores, layer=layer)]
    figure = layers.in_language(few(rows), ["pos"], [], False, intervals=joint.study(planted.table(rows), "minmax"))
    drawn = values(figure)
    assert {row["step"] for row in drawn if "expected" in row} == {"50", "400"}
    assert len({row["part"] for row in drawn if "expected" in row}) == 2
    assert [row["step"] for row in drawn if "layer" in row and row["layer"] == 2].count("200") == 1  # no dot
    assert [row["step"] for row in drawn if "layer" in row and row["layer"] == 2].count("400") == 2
    assert any(said.endswith("no best one is marked: at 3 of 5 steps of all panels.") for said in figure.caption)
    line = figure.numbers[0]
    assert line["gain of inner layers"] == "−9.8 points" and "points [−1" in line["the same, cross-fitted"]
    assert "[−" in line["change of the expected layer"]
    assert svg(figure)
