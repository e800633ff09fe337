"""The majority class, and how predictions are scored."""

import numpy as np
from cells import pieces_of, treebank

from polychron.probing.baselines import base
from polychron.probing.tasks import arc_prediction
from polychron.probing.tasks.base import Examples


def test_arcs_are_even():
    table = treebank(400, seed=3)
    pieces = [pieces_of(table)]
    made = arc_prediction.Task("arc_prediction").examples([table], pieces)
    rows = base.scores(base.majority(made), made["test"])
    assert [(row["metric"], row["value"]) for row in rows] == [("majority", 0.5)]


def test_a_metric_is_scored_on_its_examples_and_has_no_row_without_any():
    test = Examples(0, np.arange(4), None, np.array([0, 1, 1, 0]), ("a", "b"), 0)
    predicted = np.array([0, 1, 0, 0])
    chosen = {"all": np.ones(4, bool), "some": np.array([False, True, True, False]), "none": np.zeros(4, bool)}
    rows = base.scores({name: (predicted, mask) for name, mask in chosen.items()}, test)
    assert [(row["metric"], row["value"], row["examples"]) for row in rows] == [("all", 0.75, 4), ("some", 0.5, 2)]
    assert {row["split"] for row in rows} == {"test"}
