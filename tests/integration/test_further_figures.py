"""Figures 18 to 30: captions and keys say what is drawn, as those of Figures 1 to 17 do (see test_figures)."""

import re

import further
import pytest
from drawn import check_walls, svg, values

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


@pytest.mark.parametrize("number", NUMBERS)
def test_keys_say_what_sets_steps_apart(number, drawn):
    check_walls(drawn[number])
    shown = svg(drawn[number])
    assert all(entry.says in shown for entry in drawn[number].key)


KNOWN = {
    "all": (further.DISTANCES, True, {"by its syntactic distance"}),
    "two": (dict([*further.DISTANCES.items()][:2]), True, {"by its syntactic distance", "no distance known"}),
    "one": ({("de", "en"): 0.5}, False, {"at a syntactic distance of 0.50", "no distance known"}),
    "none": ({}, False, {"no distance known"}),
}


@pytest.mark.parametrize("case", KNOWN)
def test_colours_of_distance_are_a_scale_where_two_are_known(case, tmp_path):
    known, scale, said = KNOWN[case]
    drawn = further.figures(tmp_path, known, only=("20", "21"))
    for number in ("20", "21"):
        shown = svg(drawn[number])
        assert ("Syntactic distance" in shown) is scale
        found = [
            entry.says for entry in drawn[number].key if "distance" in entry.says and "checkpoints" not in entry.says
        ]
        assert len(found) == len(said) and all(found[place].endswith(one) for place, one in enumerate(sorted(said)))
    above = set(re.findall(">(given distance[^<]*)</text>", svg(drawn["21"])))
    lacking = {f"given distance: known of {2 * len(known)} of 12 pairs"}
    assert above == lacking if len(known) < 2 else not any("known of" in line for line in above) and above
    assert not re.search("given distance –|p –", svg(drawn["21"]))
