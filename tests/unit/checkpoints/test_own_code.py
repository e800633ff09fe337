"""Checkpoints that ask for code of their own are refused, unless the config says that transformers' class will do."""

import json

import pytest

from polychron.checkpoints import own_code
from polychron.errors import InputError


def given(folder, config, settings=None):
    (folder / "config.json").write_text(json.dumps(config))
    if settings is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return folder


@pytest.mark.parametrize(
    ("config", "settings", "classes"),
    [
        ({"auto_map": {"AutoModelForCausalLM": "modeling.TwoWay"}}, {}, ["modeling.TwoWay"]),
        ({"auto_map": {"AutoConfig": "org/other--configuration.Own"}}, {}, ["org/other--configuration.Own"]),
        ({"auto_map": None}, {"auto_map": {"AutoTokenizer": ["tokenization.Own", None]}}, ["tokenization.Own"]),
        ({"architectures": ["LlamaBiForMNTP"]}, {}, ["LlamaBiForMNTP"]),
        ({"architectures": ["BertForMaskedLM", "JinaBertForMaskedLM"]}, None, ["JinaBertForMaskedLM"]),
        ({"auto_map": "modeling.Own"}, {}, ["modeling.Own"]),
    ],
)
def test_code_of_its_own_is_refused_by_name(tmp_path, config, settings, classes):
    folder = given(tmp_path, {"model_type": "llama", **config}, settings)
    with pytest.raises(InputError) as caught:
        own_code.check(folder)
    said = str(caught.value)
    assert f"asks for code that transformers does not have: {', '.join(classes)}." in said
    assert "the type 'llama' may compute something else" in said and "set own_code: ignore" in said
    assert own_code.check(folder, "ignore") == classes


@pytest.mark.parametrize(
    "config",
    [
        {"architectures": ["XLMRobertaForMaskedLM"]},
        {"architectures": ["TFBertForMaskedLM"]},
        {"architectures": ["FlaxRobertaForMaskedLM"], "auto_map": {}},
        {"architectures": None, "auto_map": None},
        {},
    ],
)
def test_classes_of_transformers_are_no_code_of_its_own(tmp_path, config):
    assert own_code.check(given(tmp_path, config, {"tokenizer_class": "BertTokenizer"})) == []


@pytest.mark.parametrize("content", ["", "[1]", '{"auto_map": [1, {"a": 2}], "architectures": "Bert"}'])
def test_what_is_no_config_is_left_to_others(tmp_path, content):
    (tmp_path / "config.json").write_text(content)
    assert own_code.check(tmp_path) == []
