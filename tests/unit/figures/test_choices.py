"""Captions say what dev chooses: the planted differences are in the sentences."""

import pytest
from drawn import SHARES, few, pos

from polychron.figures import best_scores, choices, layers, onsets, transfer_dynamics, transfer_matrices

PLACE = {"metric": "accuracy", "layer": 2}


@pytest.fixture(scope="module")
def study():
    """Dev chooses the third step; the best is the fourth, two points higher in-language and five in transfer."""
    dev = pos([0.3, 0.5, 0.9, 0.8, 0.7], split="dev")
    return few(
        pos([0.3, 0.5, 0.78, 0.8, 0.75]), dev, pos([0.2, 0.4, 0.55, 0.6, 0.58], target="de", split="parallel"),
        pos([0.3, 0.5, 0.6, 0.7, 0.8], split="parallel"),
    )  # fmt: skip


def said(figure, start):
    return [paragraph for paragraph in figure.caption if paragraph.startswith(start)]


def test_best_scores_and_changes(study):
    luck = "The best of many checkpoints is partly luck. If dev"
    assert "by 2.00 points (POS tagging)" in said(best_scores.best_scores(study, ["pos"], 2), luck)[0]
    matrix = said(transfer_matrices.transfer(study, ["pos"], 2), f"{luck} of the source chooses")
    assert "by 5.00 points (POS tagging)" in matrix[0]
    changes = said(transfer_dynamics.changes(study, ["pos"], 2), "If dev of the source chooses")
    assert changes[0].endswith("is +3.00 points (POS tagging).")


def test_onsets(study):
    """In-language, and of the only pair of a study."""
    late = said(onsets.onsets(study, ["pos"], 2, [0.98]), "A lucky best")
    assert "chosen on dev: 98% by 100 (POS tagging)." in late[0] and "regression: 98% by 100 (POS" in late[0]
    assert "dev of the source" in said(transfer_dynamics.onsets(study, ["pos"], 2, 0.98), "A lucky best")[0]


def test_inner_layers():
    """Test prefers layer 1 by five points; dev prefers layer 0, which is ten points below the last."""
    test, dev = {0: 0.6, 1: 0.75, 2: 0.7}, {0: 0.9, 1: 0.5, 2: 0.7}
    made = [pos([0.1, 0.2, score], layer=layer, split=split) for split, of in (("test", test), ("dev", dev))
            for layer, score in of.items()]  # fmt: skip
    figure = layers.in_language(few(*made), ["pos"], [("pos", "en", "en")], others=False)
    assert "chosen on dev: +5.00 and −10.00 points (POS tagging), in the mean" in said(figure, "The best of many")[0]


def test_without_dev_scores_nothing_is_said_of_dev():
    study = few(pos([0.3, 0.5, 0.78, 0.8, 0.75]))
    assert choices.best_by_dev(study, ["pos"], split="test", **PLACE) == []
    assert choices.changes_by_dev(study, ["pos"], split="test", **PLACE) == []
    assert "on dev" not in choices.onsets(study, ["pos"], SHARES, split="test", **PLACE)[0]
    assert choices.onsets(study, ["xnli"], SHARES, split="test", **PLACE) == []
