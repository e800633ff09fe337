"""Ensembles are fine-tuned: which members a job reads, and what of them is frozen."""

from types import SimpleNamespace

import pytest
from configs import study

from polychron.planning import costs, rates
from polychron.study import consistency
from polychron.study.axes import Axes
from polychron.study.inputs import Inputs

TUNED = ("studies/toy.yaml", "studies/finetuned.yaml")
MODEL = {"provider": "pretrained", "final_layer": 2, "window": 64}
APART = {**MODEL, "tasks": [], "parts": ["bits"]}
TOY = {**MODEL, "name": "toy"}
ONE = {**APART, "name": "one", "languages": ["qsa"], "pretraining": {"languages": ["qsa"]}}
OTHER = {**APART, "name": "other", "languages": ["qoe"], "pretraining": {"languages": ["qoe"]}}
BOTH = {**MODEL, "name": "both", "provider": "ensemble", "members": {"qsa": "one", "qoe": "other"}}
BOTH |= {"languages": ["qsa", "qoe"]}


def with_models(*models):
    return study(*TUNED, {"models": [TOY, *models]})


def divided(**pretraining):
    told = {"languages": ["qsa", "qoe"], "vocabularies": "union", **pretraining}
    return with_models({**MODEL, "name": "two", "pretraining": told})


def test_a_job_reads_the_members_of_its_source_and_its_targets():
    made = with_models(ONE, OTHER, BOTH)
    consistency.check(made)
    assert made.tuned_models == ["toy", "both"]
    assert {job["task"] for job in made.tuned if job["model"] == "both"} == {"pos", "parsing", "xnli"}
    assert made.tuned_members("both", "pos", "qsa") == ["one", "other"]
    assert made.tuned_speakers("both", "pos", "qsa") == {"qoe": 1, "qsa": 0}
    place = SimpleNamespace(model="both", task="xnli", source="qsa", step="50", seed="0")
    found = Inputs(made)
    assert found.tuned_members(place)["config"] == [
        f"results/{name}/checkpoints/step-50/config.json" for name in ("one", "other")
    ]
    assert len(found.tuned_admissions(place)) == 2
    read = found.tuning(place)
    assert read["pieces"][0] == "results/one/pieces/inference/qsa.parquet"
    assert "results/other/pieces/inference_test/qoe.parquet" in read["pieces"]
    assert len(read["tokenizer"]) == len(read["pieces"]) == len(read["examples"])
    assert {path.split("/")[1] for path in read["tokenizer"]} == {"one", "other"}


def test_members_that_are_models_of_their_own_have_nothing_in_common():
    assert with_models(ONE, OTHER, BOTH).frozen("both", "pos", "qsa") == [""]
    same = {**BOTH, "name": "same", "members": {"qsa": "toy", "qoe": "toy"}}
    assert with_models(same).frozen("same", "pos", "qsa") == []


@pytest.mark.parametrize(
    ("separate", "frozen"),
    [
        (None, []),
        ({"embeddings": True}, ["embeddings."]),
        ({"layers": 1}, ["encoder.layer.0."]),
        ({"embeddings": True, "layers": 1}, ["embeddings.", "encoder.layer.0."]),
    ],
)
def test_separate_parts_are_frozen_and_all_else_is_trained(separate, frozen):
    made = divided(separate=separate)
    assert made.tuned_models == ["toy", "two"] and made.frozen("two", "pos", "qsa") == frozen
    assert made.tuned_members("two", "pos", "qsa") == ["two.qsa", "two.qoe"]


def test_encoders_of_ensembles_are_not_kept():
    made = study(*TUNED, {"models": [TOY, ONE, OTHER, BOTH], "finetuning": {"keep": {}}})
    assert {job["model"] for job in made.keeping} == {"toy"}


def test_the_plan_counts_its_jobs_under_their_rule():
    known = rates.sizes()
    found = costs.lines(Axes(with_models(ONE, OTHER, BOTH), known, {}, {}).values, known, rates.rates())
    jobs = {line.rule: line.jobs for line in found}
    assert jobs["fine_tune"] == 27 and jobs["fine_tune_members"] == 27
