"""The three ways in which a coefficient agrees with a printed one, and the verdicts that follow."""

import pytest

from polychron.audit.coefficients import agreement, decide
from polychron.audit.evidence import Found


def found(value, low, high, n=44, stars=""):
    return Found(value, low=low, high=high, n=n, stars=stars)


@pytest.mark.parametrize(
    ("printed", "marks", "ours", "verdict"),
    [
        (0.5, "**", found(0.55, 0.3, 0.7, stars="**"), "holds"),
        (0.5, "*", found(0.55, 0.3, 0.7, stars="**"), "holds"),  # a star is p < 0.05, and 0.001 is less
        (0.5, "**", found(0.4, 0.1, 0.6, stars="*"), "undecided"),  # less significant than printed
        (0.5, "**", found(0.3, 0.1, 0.45, stars="*"), "fails"),  # too weak
        (0.5, "**", found(0.9, 0.8, 0.95, stars="**"), "fails"),  # too strong
        (0.5, "**", found(-0.5, -0.7, -0.3, stars="**"), "fails"),  # the other sign
        (0.3, "*", found(0.2, -0.1, 0.5), "undecided"),  # compatible with it, and with none
        (0.15, "*", found(0.15, -0.05, 0.34, 306, "*"), "undecided"),  # significant only if pairs are independent
        (-0.5, None, found(-0.4, -0.6, -0.2, stars="*"), "holds"),  # in the text, without stars
        (-0.5, None, found(0.1, -0.1, 0.3), "fails"),
        (0.1, "", found(0.0, -0.3, 0.3), "holds"),  # no relation, and no strong one is possible
        (0.1, "", found(0.0, -0.7, 0.7, 10), "undecided"),  # anything is possible
        (0.1, "", found(0.4, 0.12, 0.6, stars="*"), "fails"),  # there is a relation
        (0.1, "", found(-0.2, -0.4, 0.05), "fails"),  # the printed coefficient is excluded
        (0.1, "", found(0.16, -0.05, 0.35, 306, "*"), "undecided"),  # stars, but 0 in the interval of dyads
        (0.0, "", found(0.01, -0.1, 0.12, 306), "holds"),
        (0.5, "*", Found(1.0, n=15, stars="**"), "undecided"),  # no interval
    ],
)
def test_verdicts_follow_from_sign_stars_and_interval(printed, marks, ours, verdict):
    assert decide(printed, marks, ours)[0] == verdict


def test_what_agrees_is_said():
    assert agreement(0.5, "**", found(-0.1, -0.4, 0.2)) == (False, False, False)
    assert agreement(0.0, "", found(-0.1, -0.4, 0.2)) == (None, True, True)
    assert agreement(0.5, None, found(0.45, 0.2, 0.6)) == (True, None, True)
    _, why = decide(0.3, "*", found(0.2, -0.1, 0.5))
    assert why == "the sign agrees, the significance differs, the interval contains the printed coefficient, and also 0"
