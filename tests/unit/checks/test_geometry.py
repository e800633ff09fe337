"""Planted geometry passes every check, and each check fails when its planted fact is reversed."""

import geometries
import numpy as np
import pyarrow
import pyarrow.compute as pc
import pytest
import yaml

from polychron.checks import geometry, study_report
from polychron.geometry import search
from polychron.storage.scores import score_schema

RELATIONS = {
    "aa": {"order": "SVO", "script": "Latin"},
    "bb": {"order": "SVO", "script": "Latin"},
    "cc": {"order": "SVO", "script": "Cyrillic"},
    "dd": {"order": "SOV", "script": "Greek"},
    "ee": {"order": "VSO", "script": "Latin"},
}
FAR = {"aa – cc", "bb – cc", "cc – aa", "cc – bb"}
BEFORE = {"far": 0.10, "near": 0.70, "apart": 0.08}
AFTER = {"far": 0.30, "near": 0.70, "apart": 0.12}
LAST = 800


def kind(source, target):
    if f"{source} – {target}" in FAR:
        return "far"
    return "near" if RELATIONS[source]["order"] == RELATIONS[target]["order"] else "apart"


def planted(**changes):
    """Return P@1 by metric and place: centring helps pairs of one order and another script, at layer 1 most."""
    known = {"before": BEFORE, "after": AFTER, "raw": 0.15, **changes}

    def value(metric, source, target, layer, step):
        of = known["after"] if step else known["before"]
        found = of[kind(source, target)] - 0.02 * abs(layer - 1)
        return found - known["raw"] * bool(step) if metric == "p_at_1.raw.cosine" else found

    return geometries.table(value, languages=tuple(RELATIONS))


@pytest.fixture(scope="module")
def expect(root):
    lines = geometry.expected(yaml.safe_load((root / "studies" / "toy.yaml").read_text())["expect"])
    assert {line["check"] for line in lines} == set(geometry.CHECKS)
    return lines


def judge(table, expect, split="parallel"):
    return {each.check: each for each in geometry.verdicts(table, expect, RELATIONS, split)}


def failed(found):
    return {name for name, each in found.items() if each.word == "failed"}


def test_what_is_planted_passes(expect):
    found = judge(planted(), expect)
    assert not failed(found)
    growth, order, centring = (found[name].finding for name in geometry.CHECKS)
    assert growth.value == pytest.approx(0.20) and set(growth.parts) == FAR
    assert order.value == pytest.approx(0.18)
    assert centring.value == pytest.approx(0.15) and set(centring.parts) == FAR
    assert study_report.lines(list(found.values()))[-1] == "3 of 3 expectations met"


REVERSED = {
    "retrieval_growth_other_script": {"before": BEFORE | {"far": 0.25}},
    "retrieval_order_other_script": {"after": AFTER | {"apart": 0.27}},
    "retrieval_centring_other_script": {"raw": 0.05},
}


@pytest.mark.parametrize("check", geometry.CHECKS)
def test_a_fact_turned_round_fails_its_check_alone(check, expect):
    assert failed(judge(planted(**REVERSED[check]), expect)) == {check}


def test_the_untrained_model_copied_over_the_last_step_is_refused(expect):
    control = geometry.untrained(planted())
    assert pc.sum(pc.equal(control["step"], LAST)).as_py() == pc.sum(pc.equal(planted()["step"], 0)).as_py()
    assert failed(judge(control, expect)) == set(geometry.CHECKS)


def test_shuffled_rows_are_refused_where_the_same_states_in_order_pass(expect):
    """Translations are planted where the order is one: once the rows are shuffled, nothing is found."""
    random, rows = np.random.default_rng(0), []
    fold = np.arange(200) % 2
    meaning = random.standard_normal((200, 16))
    settings = {"states": ["raw", "centred"], "scores": ["cosine"], "csls": 1, "margin": 1, "pool": False}
    settings |= {"mining": False, "normalise": 1}

    def states(shuffled, trained):
        found = {}
        for language, relation in RELATIONS.items():
            noise = random.standard_normal((200, 16))
            learnt = trained and relation["order"] == "SVO"
            found[language] = (meaning + 0.7 * noise if learnt else noise) + 3 * random.standard_normal(16)
            if shuffled:
                found[language] = found[language][random.permutation(200)]
        return found

    for shuffled in (False, True):
        rows = [
            {**row, "model": "m", "layer": 1, "step": step, "split": "parallel"}
            for step in (0, LAST)
            for row in search.retrieve(states(shuffled, step > 0), fold, settings)
        ]
        found = judge(pyarrow.Table.from_pylist(rows, schema=score_schema()), expect)
        assert failed(found) == (set(geometry.CHECKS) if shuffled else set())


def test_what_the_geometry_lacks_fails_and_is_named(expect):
    table, growth = planted(), "retrieval_growth_other_script"
    without = judge(table.filter(pc.field("step") != 0), expect)
    assert failed(without) == {growth} and "step 0" in without[growth].missing
    raw = judge(table.filter(pc.field("metric") != "p_at_1.raw.cosine"), expect)
    assert failed(raw) == {"retrieval_centring_other_script"}
    assert "p_at_1.raw.cosine" in raw["retrieval_centring_other_script"].missing
    for nothing in (judge(None, expect), judge(table, expect, "inference_parallel"), judge(table.slice(0, 0), expect)):
        assert failed(nothing) == set(geometry.CHECKS)
    assert "geometry" in judge(None, expect)[growth].missing
    alone = pc.field("source").isin(["aa", "bb"]) & pc.field("target").isin(["aa", "bb"])
    assert "different scripts" in judge(table.filter(alone), expect)[growth].missing


def test_halves_weigh_by_their_sentences(expect):
    """A half of 30 sentences in which nothing is found takes a quarter of what one of 90 sentences shows."""
    rows = planted().to_pylist()
    for row in rows:
        row["examples"] = 30 if row["seed"] else 90
        row["value"] *= not row["seed"]
    found = judge(pyarrow.Table.from_pylist(rows, schema=score_schema()), expect)
    assert found["retrieval_centring_other_script"].finding.value == pytest.approx(0.15 * 90 / 120)


def test_a_pair_at_one_of_the_steps_alone_is_no_pass(expect):
    lost = (pc.field("step") == 0) & (pc.field("source") == "aa") & (pc.field("target") == "cc")
    found = judge(planted().filter(~lost), expect)["retrieval_growth_other_script"]
    assert found.word == "failed" and "pair" in found.missing


def test_expectations_of_scores_are_told_from_those_of_geometry():
    names = ["bits_fall", *geometry.CHECKS]
    lines = [{"check": name, "at_least": 0} for name in names]
    assert [line["check"] for line in geometry.expected(lines)] == list(geometry.CHECKS)
    assert geometry.expected(None) == []
