"""Points of a grid: the two that are best on dev of the source are averaged, whatever their test scores are."""

import math

import pytest

from polychron.errors import InputError
from polychron.finetuning import selection


def point(dev, test, far, collapsed=0.0):
    scores = [("en", "train", "collapsed", collapsed), ("en", "dev", "accuracy", dev)]
    scores += [("en", "test", "accuracy", test), ("de", "parallel", "accuracy", far)]
    return [
        {"target": target, "split": split, "metric": metric, "value": value, "seed": 3, "examples": 9}
        for target, split, metric, value in scores
    ]


def values(points):
    return [row["value"] for row in selection.averaged(points, "xnli")]


def test_the_best_two_on_dev_are_averaged():
    points = [point(0.5, 0.9, 0.9), point(0.7, 0.6, 0.2), point(0.6, 0.4, 0.4), point(0.1, 1.0, 1.0)]
    assert values(points) == pytest.approx([0, 0.65, 0.5, 0.3])
    rows = selection.averaged(points, "xnli")
    assert rows and all(row["seed"] == 3 and row["examples"] == 9 for row in rows)


def test_ties_take_the_first_and_a_point_without_a_score_comes_last():
    points = [point(math.nan, 0.9, 0.9, 1.0), point(0.5, 0.2, 0.2), point(0.5, 0.4, 0.4), point(0.5, 0.6, 0.6)]
    assert values(points) == pytest.approx([0, 0.5, 0.3, 0.3])
    assert values(points[:2])[0] == 1 and values(points[1:2]) == pytest.approx([0, 0.5, 0.2, 0.2])


def test_points_of_different_scores_are_refused():
    with pytest.raises(InputError, match=r"different scores.*\n?.*--forcerun fine_tune"):
        selection.averaged([point(0.5, 0.5, 0.5), point(0.5, 0.5, 0.5)[:-1]], "xnli")
