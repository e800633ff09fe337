"""Encoders that are kept are models of the study, whose geometry is measured beside that of the model before."""

import re
from types import SimpleNamespace

import pytest
from configs import study

from polychron.errors import InputError
from polychron.planning import costs, rates
from polychron.study import consistency
from polychron.study.axes import Axes
from polychron.study.inputs import Inputs

TOY, TUNED = "studies/toy.yaml", "studies/finetuned.yaml"
ONE = {"tasks": ["pos"], "seeds": [0], "steps": [50, 4800]}


def keeping(keep, *more):
    return study(TOY, TUNED, {"finetuning": {"keep": keep}}, *more)


def test_by_default_nothing_is_kept():
    made = study(TOY, TUNED)
    assert made.kept == made.keeping == made.compared_again == []
    assert [*made.models] == ["toy"]


def test_a_kept_encoder_is_a_model_of_its_own():
    made = keeping(ONE)
    assert [*made.models] == ["toy", "toy.pos-qsa-0"] and made.kept == ["toy.pos-qsa-0"]
    name = made.kept[0]
    assert made.steps(name) == [50, 4800] and made.tasks(name) == [] and name in made.single
    assert name in made.described and name not in made.analysed and name not in made.measured
    assert name not in made.fetched and name not in made.tuned_models
    assert made.compared_again == ["toy"] and made.tuned_as("toy") == [{"task": "pos", "source": "qsa", "seed": 0}]
    assert len(made.tuned) == 27  # none more, and none less
    consistency.check(made)


def test_all_are_kept_where_nothing_is_named():
    made = keeping({})
    assert len(made.keeping) == 27 and len(made.kept) == 9 and made.steps(made.kept[0]) == [0, 50, 4800]


def test_its_files_come_from_the_training():
    inputs = Inputs(keeping(ONE))
    wildcards = SimpleNamespace(model="toy.pos-qsa-0", step="50", place="toy.pos-qsa-0/checkpoints/step-50")
    assert inputs.address(wildcards) == "results/toy/checkpoints/step-50/model.safetensors"
    assert inputs.examination(wildcards) == "results/toy.pos-qsa-0/checkpoints/step-50/verdict.json"
    found = inputs.geometry_of_kept(SimpleNamespace(model="toy"))
    assert found == {"before": "results/toy/geometry.parquet", "after": ["results/toy.pos-qsa-0/geometry.parquet"]}
    assert "results/toy/forgetting.parquet" in inputs.gathered
    assert inputs.explored["tables"][0] == "results/toy/scores.parquet"
    assert not any("pos-qsa-0/scores" in path for path in inputs.explored["tables"])


def test_it_is_compared_with_the_untrained_model_and_not_with_step_0_after_fine_tuning():
    made = keeping({"tasks": ["pos"], "seeds": [0]})
    assert made.steps("toy.pos-qsa-0") == [0, 50, 4800]
    assert made.untrained_of("toy.pos-qsa-0", 4800) == "toy" and made.untrained_of("toy.pos-qsa-0", 0) is None


def test_the_figure_is_drawn_where_geometry_is_kept():
    line = {"30": ("t", "5 Geometry", "f", {}, {}), "29": ("t", "3", "f", {}, {})}
    assert [*keeping(ONE).figures(line, "5 Geometry")] == ["30", "29"]
    assert [*keeping(ONE, {"geometry": None}).figures(line, "5 Geometry")] == ["29"]
    assert [*study(TOY, TUNED).figures(line, "5 Geometry")] == ["29"]
    # a model of which nothing is kept has none
    other = {**study(TOY).config["models"][0], "name": "other", "parts": ["analysis", "geometry"]}
    made = study(TOY, {"models": [study(TOY).config["models"][0], other]})
    assert len(made.figure_files({"30": True})) == 0


def test_the_plan_has_the_jobs_and_the_weights():
    def lines(made):
        return {line.rule: line for line in costs.lines(Axes(made, known, {}, {}).values, known, rates.rates())}

    known = rates.sizes()
    plain, kept = lines(study(TOY, TUNED)), lines(keeping(ONE))
    assert plain["fine_tune"].jobs == 27 and "fine_tune_and_keep" not in plain
    assert (kept["fine_tune"].jobs, kept["fine_tune_and_keep"].jobs) == (25, 2)
    assert (
        kept["gather_scores"].jobs == 1 and kept["gather_geometry"].jobs == 2 and kept["compare_fine_tuned"].jobs == 1
    )
    assert kept["fine_tune_and_keep"].bytes > 2 * 4 * 64 * 600
    both = kept["fine_tune"].core_hours + kept["fine_tune_and_keep"].core_hours
    assert both == pytest.approx(plain["fine_tune"].core_hours, rel=1e-6)


FAULTS = {
    "a task that is not trained": (
        {"keep": {"tasks": ["entities"]}},
        r"finetuning\.keep\.tasks: no model is fine-tuned with the task 'entities'.*Next: add it to finetuning\.tasks",
    ),
    "a seed that is not trained": ({"keep": {"seeds": [9]}}, r"finetuning\.keep\.seeds: .* seed 9"),
    "a step that is not trained": ({"keep": {"steps": [800]}}, r"finetuning\.keep\.steps: .* step 800"),
    "a grid": (
        {"keep": {}, "recipe": "wu"},
        r"finetuning\.keep: the recipe 'wu' averages .*Next: set finetuning\.recipe",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_named_with_its_key(name):
    settings, message = FAULTS[name]
    with pytest.raises(InputError) as raised:
        consistency.check(study(TOY, TUNED, {"finetuning": settings}))
    assert re.search(message, str(raised.value).replace("\n", " "))
