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


def test_stacked_heads_are_drawn_beside_models_that_are_fine_tuned_as_a_whole():
    table = laboratories.table(alone=0.5, layers=(2,))
    heads = [("a/b", "alone", {"task": "pos_stacked_tuned", "layer": layer}, 0.4 + layer / 10) for layer in (0, 1, 2)]
    whole = [("a/b", name, {"task": "pos_tuned", "layer": 2}, 0.9) for name in ("default", "alone")]
    table = laboratories.with_scores(table, heads + whole, (1, 2, 3))
    figure = depth.by_layer(table, summaries.summarise(table), "default", ["alone"])
    found = {(model, states, layer): value for model, states, layer, value in points(figure)}
    assert {*found} == {("alone", "mapped", layer) for layer in (0, 1, 2)} | {
        (name, "as they are", 2) for name in ("default", "alone")
    }
    assert found["alone", "mapped", 1] == pytest.approx(50, abs=1)
    assert found["default", "as they are", 2] == pytest.approx(90, abs=1)
    figure.chart.to_dict(validate=True)
    said = " ".join(figure.caption)
    assert "Stacked heads are trained on a frozen layer" in said and "fine-tuned." not in said
    assert {row["task"] for row in figure.numbers} == {"POS tagging, stacked heads"}


def test_trainings_that_collapsed_are_those_of_the_models_that_are_drawn():
    head = {"task": "pos_stacked_tuned"}
    heads = [("a/b", "alone", {**head, "layer": layer}, 0.4) for layer in (0, 1, 2)]
    whole = [("a/b", name, {"task": "pos_tuned", "layer": 2}, 0.9) for name in ("default", "alone", "other")]
    lost = {"metric": "collapsed", "split": "train", "target": "a", "layer": 2}
    told = [("a/b", name, {**lost, "task": "pos_tuned"}, 1) for name in ("default", "other")]
    told += [("a/b", "alone", {**lost, **head, "layer": layer}, 0) for layer in (0, 1, 2)]
    table = laboratories.with_scores(laboratories.table(alone=0.5, layers=(2,)), heads + whole + told, (1, 2, 3))
    said = depth.by_layer(table, summaries.summarise(table), "default", ["alone"]).caption[-1]
    assert "collapsed" in said and said.endswith("They are in the means of default (3).")
