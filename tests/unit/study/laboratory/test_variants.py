"""Pairs, variants and seeds as models of the study."""

import copy
import json

import pytest
from configs import merged, study

from polychron.checks.laboratory import CHECKS
from polychron.errors import InputError
from polychron.study import consistency
from polychron.study.configuration.config import validated
from polychron.study.laboratory import pretraining, variants

TOY = "studies/toy.yaml"
ALL = {"name": "toy", "provider": "pretrained", "final_layer": 2, "window": 64}
LAB = {"pairs": [["qsb", "qsa"], ["qsa", "qoe"]], "seeds": [1, 2], "variants": {"default": {}}, "window": 64}


def laboratory(**changes):
    return study(TOY, copy.deepcopy({"models": [ALL], "lab": {**LAB, **changes}}))


def test_there_is_a_model_for_each_pair_variant_and_seed():
    found = laboratory(variants={"default": {}, "wide": {"dimension": 128}, "alone": {"alone": True}})
    consistency.check(found)
    whole = [name for name in found.models if name.startswith("lab-") and "." not in name]
    assert len(whole) == 2 * 3 * 2 and "lab-qsb-qsa-wide-2" in whole
    assert found.pretraining_languages("lab-qsb-qsa-wide-2") == ["qsb", "qsa"]  # in the order of the pair
    told = found.pretraining_of("lab-qsb-qsa-wide-2")
    assert (told["dimension"], told["seed"], told["heads"]) == (128, 2, 2)
    assert found.pretraining_of("lab-qsb-qsa-default-1")["dimension"] == 64
    assert {job["language"] for job in found.cells if job["model"] == "lab-qsa-qoe-default-1"} == {"qsa", "qoe"}
    assert found.analysed == ["toy"] and "lab-qsa-qoe-default-1" in found.described


def test_languages_alone_are_two_models_and_their_ensemble():
    found = laboratory(variants={"mono": {"alone": True, "layers": 1}}, seeds=[3], pairs=[["qsa", "qoe"]])
    name = "lab-qsa-qoe-mono-3"
    assert [*found.models] == ["toy", f"{name}.qsa", f"{name}.qoe", name]
    assert found.ensembles == [name] and found.members(name) == {"qoe": f"{name}.qoe", "qsa": f"{name}.qsa"}
    assert found.pretraining_languages(f"{name}.qoe") == ["qoe"]
    # of one seed, both would start from the same weights
    assert [found.pretraining_of(f"{name}.{one}")["seed"] for one in ("qsa", "qoe")] == [3, 3 + 2**30]
    assert found.models[name]["final_layer"] == 1
    assert found.tasks(f"{name}.qoe") == [] and found.tasks(name) == found.probing["tasks"]


def test_window_steps_tasks_and_parts_are_those_of_the_laboratory():
    found = laboratory(
        variants={"default": {}, "short": {"window": 32}}, steps=[0, 50], tasks=["pos"], parts=["alignment"]
    )
    assert found.models["lab-qsa-qoe-default-1"]["window"] == 64
    short = "lab-qsa-qoe-short-1"
    assert found.models[short]["window"] == 32 and found.steps(short) == [0, 50] and found.tasks(short) == ["pos"]
    assert short not in found.described and not [job for job in found.bits if job["model"] == short]


def test_a_variant_with_fewer_layers_is_measured_at_its_own_last_one():
    """What it lacks is measured there; other models are refused, and those of the laboratory as they were."""
    shallow = {"default": {}, "shallow": {"layers": 1}, "mono": {"alone": True, "layers": 1}}
    found = laboratory(variants=shallow, seeds=[1], pairs=[["qsa", "qoe"]])
    consistency.check(found)

    def layers(jobs, model):
        return {job["layer"] for job in jobs if job["model"] == model}

    for name in ("lab-qsa-qoe-shallow-1", "lab-qsa-qoe-mono-1"):
        assert layers(found.cells, name) == layers(found.transfers, name) | {0, 1} == {0, 1}
        assert found.compared_layers(name) == [0, 1] and max(found.aligned_layers(name)) == 1
    assert layers(found.cells, "lab-qsa-qoe-default-1") == layers(found.cells, "toy") == {0, 1, 2}
    assert "lab-qsa-qoe-mono-1.qsa" in found.shallow and "lab-qsa-qoe-default-1" not in found.shallow
    with pytest.raises(InputError, match="layers: 2 is asked for, and the model 'low' has the layers 0 to 1"):
        low = {**ALL, "name": "low", "final_layer": 1, "pretraining": {"layers": 1}}
        consistency.check(study(TOY, {"models": [ALL, low]}))


def test_sizes_of_variants_are_those_that_differ_in_nothing_else():
    apart = {
        "default": {},
        "wide": {"dimension": 128},
        "short": {"window": 16, "text": 0.5},
        "masks": {"mask_probability": 0.4},
    }
    found = laboratory(variants=apart).sizes_of_variants
    assert {*found} == {"default", "wide", "short"} and found["wide"]["dimension"] == 2 * found["default"]["dimension"]
    assert (found["short"]["window"], found["short"]["text"], found["default"]["text"]) == (16, 0.5, 1)


def test_models_of_the_laboratory_are_fine_tuned_where_that_is_asked_for():
    tuned = {"tasks": ["pos"], "sources": ["qsa"], "steps": None, "seeds": [0]}
    for parts, expected in (([], {"toy"}), (["finetuning"], {"toy", "lab-qsa-qoe-default-1"})):
        lab = {**LAB, "parts": parts, "pairs": [["qsa", "qoe"]], "seeds": [1], "variants": {"default": {}}}
        found = study(TOY, copy.deepcopy({"models": [ALL], "lab": lab, "finetuning": tuned}))
        assert {job["model"] for job in found.tuned} == expected and found.analysed == ["toy"]


def test_a_pair_whose_first_language_is_no_source_of_fine_tuning_is_refused():
    tuned = {"tasks": ["pos"], "sources": ["qsa"], "steps": None, "seeds": [0]}
    lab = {**LAB, "parts": ["finetuning"], "pairs": [["qsa", "qoe"], ["qoe", "qsa"]], "seeds": [1]}
    with pytest.raises(InputError, match=r"finetuning\.sources: qoe is the first language of a pair.*Next: add qoe"):
        consistency.check(study(TOY, copy.deepcopy({"models": [ALL], "lab": lab, "finetuning": tuned})))


def test_a_variant_may_be_of_some_pairs_alone():
    found = laboratory(variants={"default": {}, "some": {"order": "reversed", "pairs": [["qsa", "qoe"]]}}, seeds=[1])
    assert [name for name in found.models if "some" in name] == ["lab-qsa-qoe-some-1"]
    assert "pairs" not in found.pretraining_of("lab-qsa-qoe-some-1")


def test_a_variant_more_changes_no_model_of_the_others():
    one, two = laboratory(), laboratory(variants={"default": {}, "wide": {"dimension": 128}})
    for name in one.models:
        assert json.dumps(one.models[name], sort_keys=True) == json.dumps(two.models[name], sort_keys=True)
        assert one.training_arguments(name) == two.training_arguments(name)
    assert {*two.models} - {*one.models} == {
        f"lab-{pair}-wide-{seed}" for pair in ("qsb-qsa", "qsa-qoe") for seed in (1, 2)
    }


def test_languages_that_only_others_read_are_none_of_a_model():
    """A language of which a model read no text has the amount 0; one of other models alone has none."""
    twin = {"world": {"twins": {"qtw": "qsa"}}}
    found = study(TOY, twin, copy.deepcopy({"models": [ALL], "lab": {**LAB, "pairs": [["qsa", "qtw"]]}}))
    six = ["qoe", "qpf", "qsa", "qsb", "qsc", "qsd"]
    assert found.languages_for("toy") == study(TOY).languages == six
    assert found.languages_for("lab-qsa-qtw-default-1") == found.languages == sorted([*six, "qtw"])


def test_without_a_laboratory_the_models_are_those_of_the_config():
    config = validated(merged(TOY))
    before = json.dumps(config, sort_keys=True)
    assert json.dumps(variants.expanded(config), sort_keys=True) == before


def test_languages_with_vocabularies_of_their_own_have_a_member_each():
    asked = {**LAB, "pairs": [["qsa", "qoe"]], "seeds": [1], "variants": {"default": {}}}
    asked["variants"]["union"] = {"vocabularies": "union", "separate": {"embeddings": True, "layers": 1}}
    config = validated(merged(TOY, {"models": [ALL], "lab": asked}))
    found = {model["name"]: model for model in variants.expanded(config)["models"]}
    name = "lab-qsa-qoe-union-1"
    assert [*found][-3:] == [name, f"{name}.qsa", f"{name}.qoe"]
    assert found[name]["members"] == {"qsa": f"{name}.qsa", "qoe": f"{name}.qoe"}
    assert found[name]["provider"] == "pretrained"
    view = found[f"{name}.qoe"]
    assert (view["provider"], view["of"], view["language"], view["tasks"]) == ("view", name, "qoe", [])
    assert found["lab-qsa-qoe-default-1"]["members"] is None


FAULTS = {
    "an unknown key": (
        {"variants": {"a": {"maskprobability": 0.3}}},
        r"maskprobability: unknown key\. Did you mean 'mask_",
    ),
    "a language twice": ({"pairs": [["qsa", "qsa"]]}, r"lab\.pairs: the pair qsa, qsa is of one language"),
    "languages of a variant": (
        {"variants": {"a": {"languages": ["qsa"]}}},
        r"lab\.variants\.a\.languages: what a variant has in every model.*Next: .*name pairs in lab",
    ),
    "a pair that is none of the laboratory": (
        {"variants": {"a": {"pairs": [["qsa", "qpf"]]}}},
        r"lab\.variants\.a\.pairs: qsa, qpf is no pair of lab\.pairs\. Next: add it there",
    ),
    "more layers than are measured": (
        {"variants": {"default": {}, "a": {"layers": 3}}},
        r"lab\.variants\.a\.layers: 3 is more than pretraining\.layers, 2.*Next: set pretraining\.layers to 3, with",
    ),
    "a seed of a variant": ({"variants": {"a": {"seed": 2}}}, r"lab\.variants\.a\.seed: .*name seeds in lab"),
    "a language that the world does not have": (
        {"pairs": [["qsa", "qzz"]]},
        r"the text of 'qzz' is read, and the world has none.*Next: name some of these: qsa, .*world\.twins",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_laboratory_is_found_while_the_run_is_planned(fault):
    changes, message = FAULTS[fault]
    with pytest.raises(InputError, match=message):
        consistency.check(laboratory(**changes))


def test_what_is_for_models_of_two_languages_is_refused_where_they_are_alone():
    config = validated(merged(TOY, {"models": [ALL], "lab": {**LAB, "variants": {"a": {"alone": True}}}}))
    config["lab"]["variants"]["a"]["vocabularies"] = "union"
    with pytest.raises(InputError, match=r"lab\.variants\.a\.vocabularies: the variant has a model for each language"):
        variants.expanded(config)


def test_every_key_that_a_model_may_have_is_in_the_models_of_the_laboratory():
    """So that no part of the study misses one."""
    filled = validated(merged(TOY, {"models": [ALL]}))["models"][0]
    made = laboratory().models["lab-qsa-qoe-default-1"]
    assert made.keys() == filled.keys()
    assert set(pretraining.ADDED) <= made.keys()


def test_the_laboratory_of_the_toy_world_has_eleven_variants():
    """One of all languages; for each seed three of one vocabulary, two and their ensemble, and seven with two views."""
    found = study(TOY, "studies/lab.yaml")
    consistency.check(found)
    assert len(found.models) == 1 + 3 * (3 + 3 + 7 * 3)
    assert len(found.ensembles) == 3 * 8 and len(found.views) == 3 * 7 * 2
    assert len(found.pretrained) == 1 + 3 * 12
    assert "qtw" in found.text_languages and found.described.count("lab-qsa-qtw-alone-3") == 1
    assert found.laboratory_checks == ["results/lab/checks/laboratory.html"]
    assert {line["check"] for line in found.expected_of_laboratory} == set(CHECKS)
