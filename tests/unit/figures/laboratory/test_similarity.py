"""Figure 26: one model, two models and the untrained one, at each layer."""

import laboratories
import pytest
from drawn import values

from polychron.analysis.laboratory import summaries
from polychron.figures.laboratory import similarity


def draw(alone=("alone",), **told):
    table = laboratories.table(**{"alone": 0.4, "apart": 0.2, **told})
    return similarity.by_layer(table, summaries.summarise(table), "default", list(alone))


def points(figure):
    rows = [row for row in values(figure) if row.get("measure") == "debiased"]
    return {(row["model"], row["layer"]): row for row in rows}


def test_planted_similarities_are_drawn_with_their_intervals():
    figure = draw()
    found = points(figure)
    assert {*found} == {(model, layer) for model in ("default", "alone", "untrained") for layer in (0, 2)}
    for layer in (0, 2):
        assert found["untrained", layer]["value"] == pytest.approx(0.6, abs=0.05)
        gap = found["default", layer]["value"] - found["alone", layer]["value"]
        assert gap == pytest.approx(0.4, abs=0.06)
        assert found["default", layer]["low"] < found["default", layer]["value"] < found["default", layer]["high"]
    figure.chart.to_dict(validate=True)
    assert (
        "at step 50: means over 3 seeds" in figure.caption[0] and "Untrained: default at step 0." in figure.caption[0]
    )
    assert len(figure.numbers) == 6 and figure.numbers[0]["pair"] == "a/b"


def test_what_a_laboratory_lacks_is_said():
    figure = draw(alone=(), steps=(50,), seeds=(1, 2))
    said = " ".join(figure.caption)
    assert {model for model, _ in points(figure)} == {"default"}
    assert "No variant of the laboratory has a model for each language" in said
    assert "no step 0" in said and "2 of 2 means have none" in said
    table = laboratories.table().slice(0, 0)
    empty = similarity.by_layer(table, summaries.summarise(table), "default", [])
    assert "CKA of the laboratory's models was not measured" in empty.caption[0]
