"""Figures 3, 15 and 17: what is drawn is the planted share of the best, and the planted loss."""

import pytest
from drawn import against_order, few, pos, svg, transfer, values

from polychron.figures import relative_scores

FORGETFUL = {"kept": [0.3, 0.4, 0.6, 0.7, 0.8], "some": [0.3, 0.6, 0.8, 0.8, 0.76], "most": [0.3, 0.8, 0.8, 0.7, 0.6]}


def test_what_loses_most_is_on_top():
    study = few(*(pos(curve, language) for language, curve in FORGETFUL.items()))
    figure = relative_scores.over_time(study, ["pos"], 2)
    assert [line["language"] for line in figure.numbers] == ["most", "some", "kept"]
    assert [line["lost, of the best"] for line in figure.numbers] == ["25.00%", "5.00%", "0.00%"]
    assert "POS tagging: 10.0% lost in the mean of 3 languages, from 0.0% (kept) to 25.0% (most)" in figure.caption[1]
    assert "; 1 best at the last step" in figure.caption[1]
    spec = figure.chart.to_dict()
    rows = [part["encoding"]["y"]["sort"] for part in spec["concat"][0]["hconcat"][0]["layer"]]
    assert rows == [["most", "some", "kept"]] * 2


def test_cells_are_shares_of_the_best_and_the_untrained_model_has_none():
    figure = relative_scores.over_time(few(pos(FORGETFUL["some"])), ["pos"], 2)
    cells = {row["step"]: row["share"] for row in values(figure) if "share" in row}
    assert cells == pytest.approx({"50": 75, "100": 100, "200": 100, "400": 95})
    assert [row["step"] for row in values(figure) if "best" in row] == ["100"]
    assert "Shares below 80% have the darkest colour." in figure.caption


def test_transfer_from_one_source_has_its_targets_as_rows():
    study = few(
        transfer([0.1, 0.2, 0.4, 0.5, 0.4], "en", "de"),
        transfer([0.1, 0.2, 0.4, 0.5, 0.5], "en", "fr"),
        transfer([0.1, 0.2, 0.4, 0.5, 0.1], "en", "en"),
        transfer([0.1, 0.2, 0.4, 0.5, 0.1], "de", "en"),
    )
    figure = relative_scores.over_time(study, ["pos"], 2, "en")
    assert [line["language"] for line in figure.numbers] == ["de", "fr"]
    assert (
        "Nothing to draw: no scores of POS tagging from xx"
        in relative_scores.over_time(study, ["pos"], 2, "xx").caption[0]
    )


def test_a_language_without_a_last_score_is_last():
    study = few(pos([0.3, 0.4, 0.5, 0.6, float("nan")], "cut"), pos(FORGETFUL["kept"], "kept"))
    figure = relative_scores.over_time(study, ["pos"], 2)
    assert [line["language"] for line in figure.numbers] == ["kept", "cut"]
    assert "(1 of 2 have a score at the last step)" in figure.caption[1]
    assert "Grey: 1 cell of 8 without a score." in figure.caption


def test_the_best_score_is_shown_above_each_baseline():
    traced, scores = against_order()
    figure = relative_scores.over_time(traced, ["arc_prediction"], 2, scores=scores)
    rows = {
        (row["language"], row["baseline"]): row["above"]
        for row in values(figure)
        if "above" in row and "baseline" in row
    }
    expected = {("aa", "distance"): 20, ("bb", "distance"): -5}
    expected |= {(one, "distance with UPOS"): -20 for one in ("aa", "bb")}
    assert rows == pytest.approx(expected)
    assert "best score minus baselines" in figure.caption[0] and "distance with UPOS" in svg(figure)
    figure.chart.to_dict(validate=True)
    bare = relative_scores.over_time(traced, ["arc_prediction"], 2)
    assert not [row for row in values(bare) if "above" in row] and "On the right" not in bare.caption[0]
