"""Rows of geometry as figures read them: halves weigh by their sentences, as in trajectories."""

import math

import pyarrow
import pytest
from geometries import table

from polychron.analysis.pairs import geometry_trajectories
from polychron.figures.geometry import retrieval, rows
from polychron.storage.scores import score_schema

METRIC = "p_at_1.centred.cosine"


def unequal():
    """Return a table in which the second half has a third of the sentences, and other values."""
    made = table(lambda metric, source, target, layer, step: 0.8 - layer / 10).to_pylist()
    for row in made:
        if row["seed"] is not None:
            row["examples"] = 30 if row["seed"] else 90
            row["value"] -= 0.4 * row["seed"]
    return pyarrow.Table.from_pylist(made, schema=score_schema())


def test_halves_of_other_sizes_weigh_by_their_sentences():
    found = {
        (row["source"], row["target"], row["layer"], row["step"]): row
        for row in rows.of(unequal(), "retrieval", [METRIC])
    }
    assert len(found) == 6 * 3 * 3
    one = found["de", "en", 1, 50]
    assert one["value"] == pytest.approx((90 * 0.7 + 30 * 0.3) / 120) and one["examples"] == 120


def test_figures_and_trajectories_average_the_halves_alike():
    given = unequal()
    steps, curves = geometry_trajectories.curves_of(given)
    traced = {
        (one.place.source, one.place.target, layer, step): of_layer[number]
        for one in curves
        if one.place.metric == METRIC
        for layer, of_layer in zip(one.layers, one.values, strict=True)
        for number, step in enumerate(steps.tolist())
    }
    drawn = {
        (row["source"], row["target"], row["layer"], row["step"]): row["value"]
        for row in rows.of(given, "retrieval", [METRIC])
    }
    assert drawn.keys() == traced.keys() and drawn == pytest.approx(traced)
    # the mean of the halves as if they were alike is another
    assert abs(drawn["de", "en", 0, 0] - (0.8 + 0.4) / 2) > 0.05
    assert "70.0%" in retrieval.by_layer_and_step(given).numbers[1]["highest mean of pairs"]


def test_a_mean_of_alike_halves_is_the_plain_one_and_what_is_no_number_is_left_out():
    made = table(lambda metric, source, target, layer, step: 0.1 if layer else math.nan)
    found = rows.of(made, "retrieval", [METRIC])
    assert {row["layer"] for row in found} == {1, 2} and {row["value"] for row in found} == {0.1}
