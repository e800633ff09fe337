"""Verdicts on numbers of seeds at the bounds themselves."""

import pytest

from polychron.audit.laboratory.requirements import Requirement, decide


@pytest.mark.parametrize(
    ("values", "reversed_alone", "verdict"),
    [
        ([0.0, 0.0, 0.0], True, "holds"),
        ([0.0, 0.0, 0.0], False, "fails"),
        ([-0.2, -0.2, -0.2], True, "fails"),
        ([-0.2, 0.1, 0.1], True, "holds"),
        ([-0.2, 0.1, 0.1], False, "undecided"),
    ],
)
def test_ties_of_neighbours_count_as_order(values, reversed_alone, verdict):
    """Accuracies of small test sets may be the same in all seeds."""
    assert decide(Requirement("a fall", values, low=0, reversed_alone=reversed_alone)).verdict == verdict
