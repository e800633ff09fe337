"""Claims about how well transfer works."""

import pytest

from polychron.audit import specimens
from polychron.audit.measures import transfer


@pytest.mark.parametrize(
    ("choice", "value", "said"),
    [
        ("mean", 67.5, "over 2 pairs of different languages"),
        ("median", 67.5, "over 2 pairs of different languages"),
        ("with_diagonal", 78.75, "over 4 pairs, the diagonal counted"),
    ],
)
def test_a_mean_of_transfer_says_which_pairs_it_is_over(choice, value, said):
    one = specimens.transfer(["de", "en"], pos=[[0.9, 0.6], [0.75, 0.9]]).under({"average": choice})
    found = transfer.average(one, "pos", True, "study")
    assert found.value == pytest.approx(value) and found.detail == said


def test_a_mean_in_language_is_over_languages():
    one = specimens.evidence({"pos": {"de": [0.5], "en": [0.75]}})
    assert transfer.average(one, "pos", False, "study").detail == "over 2 languages"
