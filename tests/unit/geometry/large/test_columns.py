"""CKA by products of columns against Gram matrices."""

import math

import numpy as np
import pytest

from polychron.geometry import comparison, similarity, stability
from polychron.geometry.large import columns

SETTINGS = {
    "similarity": ["cka_debiased", "cka", "shared_neighbours"],
    "permutations": 19,
    "seed": 0,
    "variance": 0.99,
    "components": 20,
    "neighbours": 5,
}


def related(seed, number=300):
    """Return states that share half of their dimensions, one column of which is constant."""
    draw = np.random.default_rng(seed)
    shared = draw.normal(size=(number, 6))
    sides = [np.hstack([shared, draw.normal(size=(number, own)), np.full((number, 1), 2.0)]) + 30 for own in (5, 9)]
    return [*sides, draw.normal(size=(number, 8)), np.ones((number, 4))]


def test_values_are_those_of_gram_matrices():
    states = related(0)
    grams, kept = ([form.of(one) for one in states] for form in (similarity.Gram, columns.Columns))
    for name in ("debiased", "as_printed"):
        of_grams, of_columns = (
            [getattr(module, name)(one, other) for one in form for other in form]
            for module, form in ((similarity, grams), (columns, kept))
        )
        assert of_columns == pytest.approx(of_grams, abs=1e-10, nan_ok=True)
        assert 0.2 < of_columns[1] < 0.9 and math.isnan(of_columns[3])
    orders = similarity.permutations(300, 5, seed=1)
    upper = np.triu_indices(len(states), 1)
    expected = similarity.null(grams, orders)[:, *upper]
    assert columns.null(kept, orders)[:, *upper] == pytest.approx(expected, abs=1e-10, nan_ok=True)


def test_other_sentences_are_another_value():
    one, other, *_ = related(0)
    right, wrong = (columns.debiased(*map(columns.Columns.of, (one, side))) for side in (other, other[::-1]))
    assert right > 0.2 and abs(wrong) < 0.05


def test_many_sentences_take_columns_and_rows_of_scores_stay(monkeypatch):
    one, other, third, constant = related(0)
    given = {"de": one, "en": other, "fr": third, "is": constant}
    untrained = {name: np.random.default_rng(9).normal(size=(300, 8)) for name in given}
    assert not columns.suit(given)
    expected = comparison.compare(given, untrained, SETTINGS), stability.compare_steps("de", {0: third, 5: third**3})
    monkeypatch.setattr(columns, "MANY", 200)
    assert columns.suit(given) and not columns.suit({"de": np.ones((300, 150))})
    monkeypatch.setattr(similarity, "Gram", None)
    found = comparison.compare(given, untrained, SETTINGS), stability.compare_steps("de", {0: third, 5: third**3})
    for ours, theirs in zip(found, expected, strict=True):
        values = [[row.pop("value") for row in rows] for rows in (ours, theirs)]
        assert values[0] == pytest.approx(values[1], abs=1e-10, nan_ok=True) and ours == theirs
