"""Models of the registry: what one line of the config stands for."""

import re

import pytest
import yaml

from polychron.errors import InputError
from polychron.study.configuration import config, suites


def expanded(*models, steps=(0, 1000)):
    study = {"models": [dict(model) for model in models], "steps": list(steps)}
    return suites.expand(study), study["models"]


def study_with(root, text):
    study = yaml.safe_load((root / "config.yaml").read_text())
    study |= {"models": [yaml.safe_load(text)], "steps": [0, 1000, 143000]}
    study["probing"] |= {"layers": [6], "layerwise": [], "controls": []}
    return study


def test_one_line_is_the_model_as_it_would_be_written(root):
    found = config.validated(study_with(root, "{registry: pythia-70m}"))["models"]
    written = "{name: pythia-70m, provider: hub, source: EleutherAI/pythia-70m, revision: 'step{step}', "
    assert found == config.validated(study_with(root, written + "final_layer: 6, window: 2048}"))["models"]
    assert "registry" not in found[0]


def test_keys_of_the_config_come_first_and_a_second_reading_changes_nothing():
    faults, models = expanded(
        {"registry": "pythia-1b", "name": "mine", "window": 128, "steps": [512]}, {"name": "other"}
    )
    assert not faults
    assert models[0]["name"] == "mine" and models[0]["window"] == 128 and models[0]["final_layer"] == 16
    assert models[1] == {"name": "other"}
    again = [dict(model) for model in models]
    assert suites.expand({"models": again}) == [] and again == models


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"registry": "pythia-410"}, "Did you mean 'pythia-410m'"),
        ({"registry": "xlm_roberta_base"}, "Did you mean 'xlm-roberta-base'"),
        ({"registry": "?"}, "docs/models.md lists the names"),
        ({"registry": "pythia-410m", "steps": [1500]}, "1 of 1 steps, as 1500. The nearest are 512, 1000, 2000"),
        ({"registry": "xlm-roberta-base"}, "2 of 2 steps, as 0. It has step 1500000 alone"),
        ({"registry": "mBERT"}, "does not know revision and window. Add revision or revisions and window"),
        (
            {"registry": "EuroBERT-210m"},
            "does not know revision. Add revision or revisions (its config.json names code",
        ),
        ({"registry": "mmBERT-base"}, "does not know revision. Add revision or revisions (one checkpoint"),
        ({"registry": "Apertus-8B-2509"}, "does not know revision. Add revision or revisions (causal"),
        ({"registry": "OLMo-2-1124-7B"}, "does not know revision. Add revision or revisions (causal"),
        ({"registry": "pythia-410m", "provider": "folder"}, "the provider is 'folder'. Take one of the two out"),
    ],
)
def test_what_is_not_known_is_asked_for(model, said):
    faults, _ = expanded(model)
    assert len(faults) == 1 and faults[0][1].startswith("models.0.registry: ") and said in faults[0][1]


def test_what_is_asked_for_and_given_is_enough():
    names = {0: "stage1-step0-tokens0B", 1000: "stage1-step1000-tokens5B"}
    faults, models = expanded({"registry": "OLMo-2-1124-7B", "revisions": names})
    assert not faults and models[0]["source"] == "allenai/OLMo-2-1124-7B" and "revision" not in models[0]
    assert not expanded({"registry": "mBERT", "revision": "a" * 40, "window": 512, "steps": [1]})[0]


def test_a_fault_names_its_line(root, tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("steps: [0]\nmodels:\n  - registry: pythia-70n\n")
    with pytest.raises(InputError, match=r"Did you mean 'pythia-70m'.*\(.*mine.yaml, line 3\)"):
        config.validated(study_with(root, "{registry: pythia-70n}"), files=[path])


@pytest.mark.parametrize("models", [None, "pythia-70m", [3], [{"registry": 3}], [{"registry": None}], [{}]])
def test_what_is_no_such_line_is_left_to_the_schema(models):
    assert suites.expand({"models": models}) == []


def test_the_table_is_sound_and_the_page_lists_it(root):
    page = (root / "docs/models.md").read_text()
    for name, facts in suites.registry().items():
        assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name) and facts["source"].count("/") == 1
        assert facts["final_layer"] > 0 and (facts["steps"] or [0]) == sorted({*(facts["steps"] or [0])})
        if facts["revision"] and "{" not in facts["revision"] + facts["source"]:
            assert re.fullmatch("[0-9a-f]{40}", facts["revision"]), "only a commit is one and the same for ever"
    assert len(suites.registry()["B-GPT_pl_en_sequential"]["steps"]) == 46
    assert len(suites.registry()["pythia-160m-deduped"]["steps"]) == 154
    layers = {"EuroBERT-210m": 12, "EuroBERT-2.1B": 32, "mmBERT-small": 22, "mmBERT-base": 22, "Apertus-8B-2509": 32}
    assert {name: suites.registry()[name]["final_layer"] for name in layers} == layers
    for name in (
        *layers,
        "pythia-70m",
        "bloom-1b1-intermediate",
        "OLMo-2-1124-13B",
        "xlm-roberta-base",
        "multiberts-seed_0",
    ):
        assert f"`{name}`" in page and name in suites.registry()
