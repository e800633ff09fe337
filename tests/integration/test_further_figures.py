"""Figures 18 to 30: captions and keys say what is drawn, as those of Figures 1 to 17 do (see test_figures)."""

import re

import further
import pytest
from drawn import svg, values

NUMBERS = [*("18", "18 of one"), *(str(number) for number in range(19, 31))]

OVER_STEPS = {"18 of one", "19", "20", "21", "22", "23", "25", "29"}
"""Figures with an axis of steps."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return further.figures(tmp_path_factory.mktemp("distances"))


@pytest.mark.parametrize("number", NUMBERS)
def test_captions_are_whole_sentences_that_say_what_the_axis_of_steps_is(number, drawn):
    figure = drawn[number]
    assert figure.title in svg(figure) and "Nothing" not in figure.caption[0]
    for paragraph in figure.caption:
        assert not re.search(r"[{}]", paragraph) and paragraph.rstrip().endswith(".")
    said = " ".join(figure.caption)
    assert ("Checkpoints are side by side, however far apart" in said) is (number in OVER_STEPS)
    assert ("step 0, set apart, is the untrained model" in said) is (number in OVER_STEPS)
    assert bool([row for row in values(figure) if "wall" in row]) is (number in OVER_STEPS)
