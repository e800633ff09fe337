"""Which models are fine-tuned for what; faults of that part of the config; and that by default there is none."""

import re
from types import SimpleNamespace

import pytest
from configs import study

from polychron.analysis import foreign_scores
from polychron.errors import InputError
from polychron.finetuning import recipes, scoring
from polychron.study import consistency
from polychron.study.finetuning import cells
from polychron.study.inputs import Inputs

TOY, TUNED = "studies/toy.yaml", "studies/finetuned.yaml"


def tuned(**settings):
    return study(TOY, TUNED, {"finetuning": settings})


@pytest.mark.parametrize("file", [TOY, "studies/mini.yaml", {}])
def test_by_default_nothing_is_fine_tuned(file):
    made = study(file)
    assert made.tuned == []
    scores = Inputs(made).scores(SimpleNamespace(model=made.first))
    assert scores and not any("finetuned" in path for path in scores)


def test_the_toy_study_has_27_cells():
    made = study(TOY, TUNED)
    assert len(made.tuned) == 27
    assert {job["task"] for job in made.tuned} == {"pos", "parsing", "xnli"}
    assert {job["step"] for job in made.tuned} == {0, 50, 4800} and {job["seed"] for job in made.tuned} == {0, 1, 2}
    assert {job["source"] for job in made.tuned} == {"qsa"} and made.tuned_targets("toy", "xnli") == made.languages
    scores = Inputs(made).scores(SimpleNamespace(model="toy"))
    assert "results/toy/finetuned/parsing/qsa/step-50/seed-2.parquet" in scores
    assert len([path for path in scores if "/finetuned/" in path]) == 27
    gathered = study(TOY, TUNED, {"scores": "elsewhere"})
    assert gathered.tuned == []


@pytest.mark.parametrize("overlays", [(), ("studies/entities.yaml",)])
def test_the_paper_is_fine_tuned_on_english_at_eight_steps(overlays):
    made = study(*overlays, TUNED)
    assert len(made.tuned) == 8 * 3 * 3 and {job["model"] for job in made.tuned} == {"xlmr-replica"}
    consistency.check(made)


def test_a_model_has_the_steps_that_it_has():
    made = tuned(steps=None)
    assert made.tuned_steps("toy") == [0, 50, 800, 4800]
    assert tuned(steps=[4800, 50]).tuned_steps("toy") == [50, 4800]


def test_a_model_of_some_languages_is_tested_on_these_and_on_no_others():
    made = tuned(sources=["qsa", "qsb"])
    few = {**made.config["models"][0], "name": "few", "languages": ["qsa", "qoe"]}
    made = study(TOY, TUNED, {"models": [*made.config["models"], few], "finetuning": {"sources": ["qsa", "qsb"]}})
    assert made.tuned_sources("few", "pos") == ["qsa"] and made.tuned_sources("toy", "pos") == ["qsa", "qsb"]
    assert sorted(made.tuned_targets("few", "xnli")) == ["qoe", "qsa"]
    assert {job["source"] for job in made.tuned if job["model"] == "few"} == {"qsa"}
    assert set(made.tuned_models) == {"toy", "few"}


def test_models_are_fine_tuned_that_are_named():
    made = tuned()
    other = {**made.config["models"][0], "name": "other"}
    models = {"models": [*made.config["models"], other]}
    assert study(TOY, TUNED, models).tuned_models == ["toy", "other"]
    few = study(TOY, TUNED, models, {"finetuning": {"models": ["other"]}})
    assert few.tuned_models == ["other"] and {job["model"] for job in few.tuned} == {"other"} and len(few.tuned) == 27
    consistency.check(few)


def test_a_cell_reads_its_source_then_all_targets_and_then_dev_sets():
    wildcards = SimpleNamespace(model="toy", task="xnli", source="qsb", step="50", seed="0")
    made = Inputs(tuned(oracle=True))
    found = made.tuning(wildcards)
    languages = ["qsa", "qsb", "qsc", "qsd", "qoe", "qpf"]
    targets = sorted(languages)
    names = ["inference/qsb", "inference_test/qsb"]
    names += [f"inference_test/{language}" for language in made.study.tuned_targets("toy", "xnli")]
    names += [f"inference/{language}" for language in made.study.oracle_targets("toy", "xnli")]
    assert (
        sorted(made.study.oracle_targets("toy", "xnli")) == sorted(made.study.tuned_targets("toy", "xnli")) == targets
    )
    assert found["examples"] == [f"resources/toy/examples/{name}.parquet" for name in names]
    assert found["pieces"] == [f"results/toy/pieces/{name}.parquet" for name in names]
    assert found["tokenizer"] == "results/toy/checkpoints/step-0/tokenizer.json"
    assert made.tuning_entry(wildcards) == ["polychron.probing.tasks.nli"]
    trees = SimpleNamespace(model="toy", task="parsing", source="qsa", step="50", seed="0")
    plain = Inputs(tuned())
    assert plain.tuning(trees)["tokenizer"] == [] and plain.tuning_entry(trees) == []
    assert len(plain.tuning(trees)["examples"]) == 1 + 6


def test_the_plan_counts_a_job_for_each_step_and_seed():
    found = tuned(epochs=3).tuned_axes("toy")
    assert found["jobs"] == 9 and not found["grid"]
    assert {cell["task"]: len(cell["targets"]) for cell in found["cells"]} == {"pos": 6, "parsing": 6, "xnli": 6}
    assert all(cell["points"] == [(3, None)] for cell in found["cells"])
    assert study(TOY).tuned_axes("toy")["cells"] == []


def test_a_grid_has_a_file_for_each_point():
    made = study(TUNED, {"finetuning": {"recipe": "wu"}})
    cell = SimpleNamespace(model="m", task="xnli", source="en", step="5", seed="0")
    paths = Inputs(made).points(cell)
    assert len(paths) == 18 and paths[3] == "results/m/finetuned/xnli/en/step-5/seed-0/point-3.parquet"
    assert made.gridded and not study(TUNED).gridded
    # values of the study's own leave fewer points, and it is still a grid
    assert len(tuned(recipe="wu").tuning_points("pos")) == 1 and tuned(recipe="wu").gridded


def test_all_sources_together_are_a_further_source():
    made = tuned(sources=["qsa", "qsb"], joint=True)
    consistency.check(made)
    assert made.tuned_sources("toy", "pos") == ["qsa", "qsb", "joint"] and made.tuned_from == ["joint", "qsa", "qsb"]
    assert tuned(sources=["qsa", "qsb"]).tuned_sources("toy", "pos") == ["qsa", "qsb"]
    assert made.tuned_datasets("xnli", "joint") == [
        *("inference/qsa", "inference_test/qsa", "inference/qsb", "inference_test/qsb")
    ]
    assert len(made.tuned) == 27 * 3
    few = {**made.config["models"][0], "name": "few", "languages": ["qsa", "qoe"]}
    settings = {"sources": ["qsa", "qsb"], "joint": True}
    made = study(TOY, TUNED, {"models": [made.config["models"][0], few], "finetuning": settings})
    assert made.tuned_sources("few", "pos") == ["qsa"]


FAULTS = {
    "one source that is joined": ({"finetuning": {"joint": True}}, r"finetuning\.joint: .* than two sources, qsa"),
    "data that no probe reads": (
        {"finetuning": {"tasks": ["entities"]}},
        r"finetuning\.tasks: 'entities' is asked for, and no task of probing\.tasks reads its data.*Next: add entities",
    ),
    "trees without treebanks": (
        {"finetuning": {"tasks": ["parsing"]}, "probing": {"tasks": ["xnli"], "layerwise": [], "sensitivity": None}},
        r"finetuning\.tasks: 'parsing'.*Next: add pos to probing\.tasks, or take parsing out",
    ),
    "a source without data": (
        {"finetuning": {"sources": ["en"]}},
        r"finetuning\.sources: none of en is in probing\.treebank_languages",
    ),
    "a source that is none": (
        {"finetuning": {"sources": ["qsa", "en"]}},
        r"finetuning\.sources: 'en' is no language of the tasks",
    ),
    "a model that is none": (
        {"finetuning": {"models": ["to"]}},
        r"finetuning\.models: 'to' is no model of the study",
    ),
    "a step that is none": ({"finetuning": {"steps": [0, 51]}}, r"finetuning\.steps: no model has the step 51"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_key(name):
    change, message = FAULTS[name]
    with pytest.raises(InputError) as caught:
        consistency.check(study(TOY, TUNED, change))
    assert re.search(message, str(caught.value), re.DOTALL), str(caught.value)
    # where nothing is fine-tuned, the rest of that part is not looked at
    if "tasks" not in change["finetuning"]:
        consistency.check(study(TOY, change))


def test_names_are_the_same_everywhere():
    assert set(cells.FAMILIES) == set(recipes.TASKS) == set(scoring.MAIN)
    assert {*scoring.MAIN.values()} <= {*foreign_scores.TUNED}


def test_claims_are_told_of_the_grid_that_models_are_fine_tuned_on():
    assert tuned().claimed_recipe == study(TUNED).claimed_recipe == {}
    told = study(TUNED, {"finetuning": {"recipe": "wu"}}).claimed_recipe["finetuning"]["wu"]
    assert told["token"] == {"epochs": 10, "warmup": 0.1, "batch": [16, 32], "learning_rate": [2e-5, 3e-5, 5e-5]}
    assert told["nli"]["epochs"] == 200 and told["nli"]["classifier_rate"] == [5e-6, 2.5e-5, 1.25e-4]
    assert told["best"] == 2
