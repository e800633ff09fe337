"""Table 6: the planted onset and loss are found."""

import numpy as np
import pytest


def test_table_6_finds_the_planted_dynamics(made):
    inside = made[5].records[0]
    assert inside["onset"] == pytest.approx(15) and inside["onset_after"] == pytest.approx(5)
    assert inside["forgetting"] == pytest.approx(np.mean([0.01 * (1 + place) for place in range(12)]))
    assert inside["cross_fitted_forgetting"] == pytest.approx(inside["forgetting"])
    assert inside["clear"] == 1.0
