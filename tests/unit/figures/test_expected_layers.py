"""Figures 11 and 13: the expected layer falls as planted."""

import pytest
from drawn import ALL, few, names, pos, values

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
