"""Stacked heads: which jobs there are, what they read, and faults of that part of the config."""

import re
from types import SimpleNamespace

import pytest
from configs import study

from polychron.errors import InputError
from polychron.planning import costs, rates
from polychron.study import consistency
from polychron.study.axes import Axes
from polychron.study.finetuning.cells import NAMES
from polychron.study.inputs import Inputs

TUNED = ("studies/toy.yaml", "studies/finetuned.yaml")
MODEL = {"provider": "pretrained", "final_layer": 2, "window": 64}
TOY = {**MODEL, "name": "toy"}
LANGUAGES = ["qsa", "qsb", "qoe"]
ONE = {**MODEL, "name": "one", "tasks": [], "parts": ["bits"], "languages": ["qsa", "qoe"]}
OTHER = {**MODEL, "name": "other", "tasks": [], "parts": ["bits"], "languages": ["qsb"]}
MIXED = {**MODEL, "name": "mixed", "provider": "ensemble", "languages": LANGUAGES}
MIXED |= {"members": {"qsa": "one", "qoe": "one", "qsb": "other"}}
PAIRS = [["qsa", "qsb"], ["qsa", "qoe"]]


def stacking(stacked, *more, pairs=PAIRS, models=(TOY, ONE, OTHER, MIXED)):
    told = {"finetuning": {"stacked": stacked, "steps": [50, 4800], "seeds": [0]}, "alignment": {"pairs": pairs}}
    return study(*TUNED, {"models": [*models], **told}, *more)


def test_by_default_there_are_none():
    assert study(*TUNED).stacked == [] and stacking(None).stacked == []


def test_there_is_a_job_for_each_layer_of_an_ensemble():
    made = stacking({})
    consistency.check(made)
    assert {job["model"] for job in made.stacked} == {"mixed"}
    assert len(made.stacked) == 3 * 3 * 2  # tasks, layers, steps
    assert {job["layer"] for job in stacking({"layers": [1]}).stacked} == {1}
    scores = Inputs(made).scores(SimpleNamespace(model="mixed"))
    assert "results/mixed/stacked/pos/qsa/layer-2/step-50/seed-0.parquet" in scores
    assert {"pos_tuned", "pos_stacked_tuned"} < {*NAMES}


def test_a_job_reads_members_and_the_bitexts_of_its_targets_in_the_order_of_its_spec():
    made = stacking({}, {"alignment": {"pairs": [["qsb", "qsa"], ["qsa", "qoe"], ["qsb", "qoe"]]}})
    inputs = Inputs(made)
    place = SimpleNamespace(model="mixed", task="xnli", source="qsa", step="50", seed="0", layer="1")
    found = inputs.stacked(place)
    assert made.linked("mixed", "xnli", "qsa") == {"qoe": True, "qsb": False}
    assert [*made.linked("mixed", "xnli", "qsa")] == sorted(made.linked("mixed", "xnli", "qsa"))
    assert found["bitexts"] == [f"resources/toy/examples/bitext/{pair}.parquet" for pair in ("qsa/qoe", "qsb/qsa")]
    assert found["bitext_pieces"] == [
        "results/one/pieces/bitext/qsa/qoe.parquet",
        "results/one/pieces/bitext/qsa/qoe.parquet",
        "results/other/pieces/bitext/qsb/qsa.parquet",
        "results/one/pieces/bitext/qsb/qsa.parquet",
    ]
    assert [path.split("/")[1] for path in found["weights"]] == ["one", "other"]
    assert made.stacked_speakers("mixed", "xnli", "qsa") == {"qsa": 0, "qoe": 0, "qsb": 1}
    told = {name: value(place) for name, value in inputs.training_of_stacked.items() if callable(value)}
    assert told["layer"] == 1 and sorted(told["targets"]) == ["qoe", "qsa", "qsb"]
    assert len(found["examples"]) == len(found["pieces"]) == len(found["tokenizer"]) == 2 + 3


def test_a_language_without_a_bitext_with_the_source_is_no_target():
    made = stacking({}, pairs=[["qsa", "qoe"], ["qsb", "qoe"]])
    assert sorted(made.stacked_targets("mixed", "pos", "qsa")) == ["qoe", "qsa"]
    assert made.stacked_members("mixed", "pos", "qsa") == ["one"]


def planned(made):
    known = rates.sizes()
    found = costs.lines(Axes(made, known, {}, {}).values, known, rates.rates())
    return {line.rule: line.jobs for line in found}


def test_the_plan_has_a_line():
    jobs = planned(stacking({}))
    assert jobs["fine_tune_stacked"] == 18 and jobs["fine_tune_members"] == 6
    assert "select_stacked_settings" not in jobs


def test_of_a_grid_each_layer_has_a_job_for_each_point_and_one_that_selects():
    own = dict.fromkeys(("epochs", "batch", "learning_rate"))  # which the toy study has, and the grid has several of
    made = stacking({}, {"finetuning": {"recipe": "wu", **own}})
    consistency.check(made)
    place = SimpleNamespace(model="mixed", task="pos", source="qsa", layer="1", step="50", seed="0")
    points = Inputs(made).stacked_points(place)
    where = "results/mixed/stacked/pos/qsa/layer-1/step-50/seed-0"
    assert points == [f"{where}/point-{point}.parquet" for point in range(6)]
    scores = Inputs(made).scores(SimpleNamespace(model="mixed"))
    assert "results/mixed/stacked/pos/qsa/layer-1/step-50/seed-0.parquet" in scores and not {*points} & {*scores}
    jobs = planned(made)
    # of two steps and three layers: 18 points of XNLI, 6 of parts of speech and 6 of parsing
    assert jobs["fine_tune_stacked"] == 2 * 3 * (18 + 6 + 6) and jobs["select_stacked_settings"] == 2 * 3 * 3


FAULTS = {
    "no ensemble": ({"models": (TOY,)}, {}, r"finetuning\.stacked: no ensemble is fine-tuned.*Next: add a model"),
    "no bitext": ({"pairs": [["qsb", "qsc"]]}, {}, r"no pair of alignment\.pairs is of a source, qsa,"),
    "a layer beyond": ({}, {"stacked": {"layers": [3]}}, r"finetuning\.stacked\.layers: 3 .* layers 0 to 2"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_key(name):
    given, settings, message = FAULTS[name]
    with pytest.raises(InputError) as raised:
        consistency.check(stacking({}, {"finetuning": settings}, **given))
    assert re.search(message, str(raised.value).replace("\n", " "))
