"""Scores are averaged over seeds and found by what they measure; what is not there is named."""

import pytest

from polychron.checks.score_lookup import Lacking, Scores

RELATIONS = {
    "aa": {"order": "SVO", "script": "Latin"},
    "bb": {"order": "SVO", "script": "Latin"},
    "cc": {"order": "SVO", "script": "Greek"},
    "dd": {"order": "SOV", "script": "Latin"},
    "ee": {"order": "SOV", "script": "Cyrillic"},
}


def row(value, task="pos", source="aa", target=None, layer=2, step=50, split="test", metric="accuracy", examples=100):
    where = {"task": task, "source": source, "target": target or source, "layer": layer, "step": step}
    return {**where, "split": split, "metric": metric, "value": value, "examples": examples}


def test_seeds_are_averaged_at_the_final_layer_of_the_last_step():
    rows = [row(0.7), row(0.8), row(0.9, layer=0), row(0.1, step=0), row(0.2, step=5), row(0.3, "bits", layer=2)]
    scores = Scores(rows, {})
    assert (scores.first, scores.last, scores.final) == (5, 50, 2)
    assert scores.accuracy("pos", 50) == {"aa": pytest.approx(0.75)}
    assert scores.accuracy("pos", 50, layer=0) == {"aa": 0.9}
    # 1.96 * sqrt(0.75 * 0.25 / 100)
    assert scores.error("pos", 50) == {"aa": pytest.approx(0.08487, abs=1e-5)}


def test_the_final_layer_is_that_of_the_probes_whatever_their_task():
    rows = [row(0.4, "xnli", layer=0), row(0.7, "xnli", layer=8), row(0.9, "xnli_tuned", layer=12)]
    assert Scores(rows, {}).final == 8
    assert Scores([*rows, row(0.5, "alignment", target="bb", layer=12, metric="f1")], {}).final == 8
    bits = row(1.5, "bits", layer=12, split="heldout", metric="bits_per_character")
    assert (Scores([*rows, bits], {}).final, Scores([*rows, bits], {}).whole) == (8, 12)
    assert Scores([bits], {}).final == 12


def test_baselines_have_neither_layer_nor_step():
    scores = Scores([row(0.7), row(0.4, layer=None, step=None, metric="majority")], {})
    assert scores.baseline("pos", "majority") == {"aa": 0.4}


def test_transfer_is_between_two_languages():
    rows = [row(0.7, split="parallel"), row(0.5, target="bb", split="parallel")]
    scores = Scores(rows, {})
    assert scores.of("pos", "accuracy", 50, layer=2, split="parallel", transfer=True) == {("aa", "bb"): 0.5}
    assert scores.of("pos", "accuracy", 50, layer=2, split="parallel") == {("aa", "aa"): 0.7}


def test_alignment_is_that_of_each_pairs_best_layer():
    pair = {"task": "alignment", "target": "bb", "metric": "f1"}
    other = {**pair, "target": "cc"}
    rows = [
        row(0.4, layer=0, **pair),
        row(0.6, layer=1, **pair),
        row(0.3, layer=0, **other),
        row(0.2, layer=1, **other),
    ]
    assert Scores(rows, {}).aligned(50) == {("aa", "bb"): 0.6, ("aa", "cc"): 0.3}


@pytest.mark.parametrize(
    ("target", "expected"), [("bb", "related"), ("cc", "order"), ("dd", "script"), ("ee", "neither")]
)
def test_what_two_languages_share(target, expected):
    scores = Scores([row(0.7)], RELATIONS)
    assert scores.relation("aa", target) == scores.relation(target, "aa") == expected


def test_what_is_not_there_is_named():
    scores = Scores([row(0.7)], RELATIONS)
    with pytest.raises(Lacking, match="accuracy of xnli at step 50, layer 2, split test"):
        scores.accuracy("xnli", 50)
    with pytest.raises(Lacking, match="f1 of alignment at step 50"):
        scores.aligned(50)
    with pytest.raises(Lacking, match="what ff shares with other languages"):
        scores.relation("aa", "ff")
    with pytest.raises(Lacking, match="a step"):
        Scores([row(0.4, layer=None, step=None, metric="majority")], {})
