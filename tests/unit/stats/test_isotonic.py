"""Isotonic regression: equal to scikit-learn's, row by row, and to the definition."""

import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from polychron.stats import isotonic


def test_many_rows_are_fitted_as_each_of_them_alone(monkeypatch):
    rng = np.random.default_rng(0)
    curves = rng.normal(size=(50, 1)) + 0.3 * np.arange(12) + rng.normal(size=(50, 12))
    expected = [IsotonicRegression().fit_transform(range(12), curve) for curve in curves]
    assert isotonic.isotonic(curves) == pytest.approx(np.array(expected), abs=1e-12)
    monkeypatch.setattr(isotonic, "TOGETHER", 7)
    assert isotonic.isotonic(curves) == pytest.approx(np.array(expected), abs=1e-12)


def test_curves_that_rise_stay_and_curves_that_fall_become_their_mean():
    assert isotonic.isotonic([[1.0, 2.0, 2.0]]).tolist() == [[1.0, 2.0, 2.0]]
    assert isotonic.isotonic([[3.0, 2.0, 1.0], [-5.0, -6.0, -7.0]]).round(12).tolist() == [[2.0] * 3, [-6.0] * 3]
    assert isotonic.isotonic(np.full((2, 3), 0.5)).tolist() == [[0.5] * 3] * 2
    assert isotonic.isotonic(np.empty((0, 3))).shape == (0, 3)
