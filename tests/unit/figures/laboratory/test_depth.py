"""Figure 28: transfer and retrieval of one model and of two, in each layer and states."""

import laboratories
import pytest
from drawn import values

from polychron.analysis.laboratory import summaries
from polychron.figures.laboratory import depth


def draw(alone=("alone",), **told):
    table = laboratories.table(**{"alone": 0.5, "apart": 0.2, **told})
    return depth.by_layer(table, summaries.summarise(table), "default", list(alone))


def points(figure):
    rows = [row for row in values(figure) if "states" in row]
    return {(row["model"], row["states"], row["layer"], row["value"]) for row in rows}


def test_planted_scores_are_drawn_at_the_last_step():
    figure = draw()
    found = points(figure)
    mapped = {(model, layer): value for model, states, layer, value in found if states == "mapped"}
    assert {*mapped} == {(model, layer) for model in ("default", "alone") for layer in (0, 2)}
    for layer in (0, 2):
        assert mapped["default", layer] - mapped["alone", layer] == pytest.approx(50, abs=6)
    assert len([one for one in found if one[1] == "centred"]) == 8  # transfer and retrieval
    assert not [one for one in found if one[0] == "apart"]
    figure.chart.to_dict(validate=True)
    said = " ".join(figure.caption)
    assert "Without mapped states, since probes are not asked for them: POS tagging." in said
    row = next(one for one in figure.numbers if (one["model"], one["states"]) == ("alone", "mapped"))
    assert row["task"] == "Sentences found" and row["last layer"] == f"{mapped['alone', 2]:.1f}"


def test_what_a_laboratory_lacks_is_said():
    said = " ".join(draw(alone=(), seeds=(1, 2)).caption)
    assert "No variant of the laboratory has a model for each language" in said and "10 of 10 means have none" in said
    assert "was measured at two layers or more" in draw(layers=(2,)).caption[0]
