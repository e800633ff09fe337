"""Claims about the paper's own numbers, which need no model."""

import agreeing
import numpy as np
import pytest
from agreeing import CLAIMS

from polychron.audit import claims


def test_the_swing_of_the_expected_layer_is_found_by_search_too():
    """Random accuracies within the bounds never swing E by more than the bound."""
    bound = claims.measured(CLAIMS["static.explayer_bound"], agreeing.BARE).value
    rng = np.random.default_rng(0)
    corners = np.where(rng.random((20_000, 13)) < rng.random((20_000, 1)), 0.629, 0.333)
    thresholds = np.where(np.arange(13) >= np.arange(13)[:, None], 0.629, 0.333)
    weights = np.vstack([corners, thresholds, thresholds[:, ::-1]])
    expected = weights @ np.arange(13) / weights.sum(axis=1)
    assert expected.max() - expected.min() == pytest.approx(bound)
