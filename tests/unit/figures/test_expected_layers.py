"""Figures 11 and 13: the expected layer falls as planted."""

import planted
import pytest
from drawn import ALL, few, names, pos, svg, values

from polychron.analysis import joint
from polychron.figures import expected_layers


def test_the_expected_layer_falls_as_planted(stacks):
    figure = expected_layers.across(stacks, ["alignment"])
    line = {row["step"]: row["expected"] for row in values(figure) if "step" in row}
    assert line[50] == pytest.approx(4) and line[400] == pytest.approx(2)
    assert figure.numbers[0]["change"] == "−2.00"
    assert "Word alignment: −2.00 layers in 1 line." in figure.caption[1]
    assert names(expected_layers.in_language(stacks, ALL)) == ["aa", "bb", "cc"]
    assert names(expected_layers.across(stacks, ["pos"])) == ["aa → bb", "bb → aa"]
    assert "Nothing to draw: no task is probed" in expected_layers.in_language(few(pos([0.3] * 5)), ALL).caption[0]


LEVELS = {0: [0.5, 0.5, 0.8, 0.802, 0.7], 2: [0.3, 0.9, 0.8, 0.8, 0.9]}
"""On 1,000 items the layers do not differ at steps 100 and 200. E is 2 at step 50, and 4 / 3 at the last."""


def test_steps_at_which_the_layers_do_not_differ_have_no_point():
    rows = [row for layer, scores in LEVELS.items() for row in pos(scores, layer=layer)]
    figure = expected_layers.in_language(few(rows), ["pos"], intervals=joint.study(planted.table(rows), "minmax"))
    points = {row["step"]: row for row in values(figure) if "expected" in row and "part" in row}
    assert sorted(points) == [50, 400]
    assert points[50]["part"] != points[400]["part"]  # no line crosses the gap
    assert points[400]["low"] < points[400]["expected"] < points[400]["high"]
    said = " ".join(figure.caption)
    assert "there is no expected layer: 2 of 4 points are left out." in said
    assert "POS tagging: −0.67 layers in 1 line; beyond noise 1 of 1 down and 0 up." in said
    change = figure.numbers[0]["change"]
    assert change.startswith("−0.67 [−0.") and change.endswith("]") and change in svg(figure)


def test_a_flat_heatmap_has_no_expected_layer_at_all():
    flat = few(*(pos([0.3, 0.5, 0.6, 0.7, 0.7 + 0.002 * layer], layer=layer) for layer in (0, 1, 2)))
    assert "Nothing to draw: the layers differ at no step" in expected_layers.in_language(flat, ["pos"]).caption[0]
