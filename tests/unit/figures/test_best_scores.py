"""Figure 1: every language has its best score, and the untrained one of the same split."""

import pytest
from drawn import TASKS, against_order, few, pos, values

from polychron.analysis import trajectories
from polychron.figures import best_scores


def test_every_language_has_its_best_score(paper):
    rows = [row for row in values(best_scores.best_scores(paper, TASKS, 12)) if "best step" in row]
    assert len(rows) == 3 * 44 + 15 + 94
    best = {
        (row["task"], row["source"]): row["value"]
        for row in trajectories.select(paper, quantity="best", split="test", layer=12, metric="accuracy")
    }
    japanese = next(row for row in rows if (row["task"], row["language"]) == ("POS tagging", "ja"))
    assert japanese["value"] == pytest.approx(100 * best["pos", "ja"])
    assert japanese["rests on"].startswith("3 runs, s.d. 0.20 points, 1000 ex")


def test_a_deviation_has_the_unit_of_its_score_and_unknown_examples_are_not_told():
    """Draws of masks differ by a hundredth of a bit; examples that nobody counted are not none."""
    draws = {0: [3.0, 2.0, 1.00], 1: [3.0, 2.0, 1.02]}
    place = dict(task="bits", split="heldout", metric="bits_per_character")
    rows = [row for seed, draw in draws.items() for row in pos(draw, seeds=(seed,), **place)]
    counted, unknown = (few([{**row, "examples": examples} for row in rows]) for examples in (900, None))
    told = [
        [row["rests on"] for row in values(best_scores.best_scores(study, ["bits"], 2)) if "rests on" in row]
        for study in (counted, unknown)
    ]
    assert told == [["2 runs, s.d. 0.014 bits, 900 examples"], ["2 runs, s.d. 0.014 bits"]]


def test_untrained_scores_are_those_of_the_same_split():
    study = few(pos([0.6, 0.7, 0.8]), pos([0.1, 0.2, 0.3], split="parallel"))
    figure = best_scores.best_scores(study, ["pos"], 2)
    assert "60.0% before training" in figure.caption[1]


def test_a_task_that_the_config_defines_is_drawn_by_its_name():
    study = few(pos([0.6, 0.7, 0.8]), pos([0.1, 0.2, 0.3], task="noun_class"))
    rows = [row for row in values(best_scores.best_scores(study, ["pos", "noun_class"], 2)) if "best step" in row]
    assert {row["task"]: row["value"] for row in rows} == {
        "POS tagging": pytest.approx(80),
        "Noun class": pytest.approx(30),
    }


def test_baselines_are_ticks_at_their_values():
    traced, scores = against_order()
    figure = best_scores.best_scores(traced, ["arc_prediction"], 2, scores)
    ticks = {(row["baseline"], row["value"]): row["lane"] for row in values(figure) if "baseline" in row}
    assert {*ticks} == {("distance", 50.0), ("distance", 75.0), ("distance with UPOS", 90.0)}
    assert len({*ticks.values()}) == 2, "a lane for each baseline"
    words = {row["word"] for row in values(figure) if "word" in row}
    assert {"distance", "distance with UPOS"} <= words
    assert figure.numbers[0]["median of baselines"] == "distance 62.5%, distance with UPOS 90.0%"
    assert "Grey ticks" in figure.caption[0]
    bare = best_scores.best_scores(traced, ["arc_prediction"], 2)
    assert not [row for row in values(bare) if "baseline" in row] and "ticks: baselines" not in bare.caption[0]
