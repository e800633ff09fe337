"""Figures 22 and 25: planted curves are found again in the charts."""

import pyarrow
import pytest
from drawn import svg, values
from geometries import table, whole

from polychron.analysis.pairs import geometry_trajectories
from polychron.figures.geometry import over_steps, retrieval
from polychron.storage.scores import score_schema

STEPS = (0, 50, 800)


def planted(metric, source, target, layer, step):
    """Layer 1 is the best; values rise to step 50 for pairs with German, to step 800 for others."""
    if metric == "top_language.raw":
        return 0.9
    if metric.startswith(("map_at_20", "top_language")):
        return {"raw": 0.1, "centred": 0.3, "standardised": 0.35}[metric.rpartition(".")[2]] + layer / 100
    early = "de" in (source, target)
    reached = 1.0 if step == 800 or (early and step == 50) else 0.5
    kind = metric.split(".")[1] if metric.startswith("p_at_1") else ""
    top = {"raw": 0.4, "centred": 0.6, "mapped": 0.7}.get(kind, 0.5)
    return reached * top * (1 if layer == 1 else 0.5)


def traced(geometry):
    return geometry_trajectories.study(geometry, [0.95], "minmax")


def test_what_a_rotation_adds_and_the_means_hide_is_drawn_in_points():
    figure = over_steps.differences(traced(table(planted, steps=STEPS)))
    rows = [row for row in values(figure) if "layer" in row]
    found = {(row["name"], row["layer"], row["step"]): row["value"] for row in rows}
    assert found["alignment_gap", 1, "800"] == pytest.approx(10)
    assert found["neutrality", 1, "800"] == pytest.approx(20)
    assert found["neutrality", 0, "800"] == pytest.approx(10)
    # a third of the pairs has no German: (2 * 20 + 10) / 3
    assert found["neutrality", 1, "50"] == pytest.approx(50 / 3, abs=0.001)
    assert figure.numbers[0]["largest at the last step"] == "10.0 points (layer 1)"
    assert "<path" in svg(figure)


def test_the_mixed_pool_is_drawn_at_the_layer_that_finds_most():
    figure = over_steps.mixed_pool(whole(planted, steps=STEPS))
    bold = [row for row in values(figure) if "kind" in row and "language" not in row]
    found = {(row["name"], row["kind"], row["step"]): row["value"] for row in bold}
    assert found["map_at_20", "centred", "800"] == pytest.approx(0.32)
    assert found["top_language", "as they are", "0"] == pytest.approx(0.9)
    assert [row for row in values(figure) if set(row) == {"value"}] == [{"value": 0.5}]
    spec = figure.chart.to_dict()
    ends = {
        panel["layer"][0]["encoding"]["y"]["title"]: panel["layer"][0]["encoding"]["y"] for panel in spec["hconcat"]
    }
    assert ends["mAP@20 in the mixed pool"]["scale"]["domain"] == [0, 0.37], "what is found can be read"
    assert ends["Largest share of one language"]["scale"]["domain"] == [0, 1]
    assert "at layer 2" in figure.caption[0] and "2 other languages" in figure.caption[0]
    assert figure.numbers[0] == {
        "states": "as they are",
        "mAP@20 at the last step": "12.0%",
        "largest share of one language": "90.0%",
    }
    assert "<path" in svg(figure)


def test_without_rows_each_says_why_nothing_is_drawn():
    geometry = table(planted, steps=STEPS)
    none = geometry.slice(0, 0)
    assert "lacks raw, centred or mapped" in over_steps.differences(traced(none)).caption[0]
    assert "geometry.pool is off" in over_steps.mixed_pool(geometry).caption[0]


def test_sets_of_sentences_that_are_not_shown_are_named():
    """Pairs of Tatoeba are in the table beside the parallel sentences, and figures show the latter."""
    rows = table(planted, steps=STEPS).to_pylist()
    other = [{**row, "split": "tatoeba", "value": 1.0} for row in rows if row["task"] == "retrieval"]
    both = pyarrow.Table.from_pylist([*rows, *other], schema=score_schema())
    said = "Other sets are not shown: pairs of sentences of Tatoeba."
    for figure, alone in (
        (over_steps.differences(traced(both)), over_steps.differences(traced(table(planted, steps=STEPS)))),
        (retrieval.by_layer_and_step(both), retrieval.by_layer_and_step(table(planted, steps=STEPS))),
    ):
        assert said in figure.caption and said not in alone.caption
        assert values(figure) == values(alone)
