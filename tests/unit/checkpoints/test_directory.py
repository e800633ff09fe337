"""A directory is read under one set of names, its own code is left out, and what is damaged is named."""

import json
import os

import numpy as np
import pytest
import torch
import zoo
from tiny import checkpoint
from tiny import tokenizer as train_tokenizer

from polychron.checkpoints import directory, providers
from polychron.errors import InputError
from polychron.storage import files


@pytest.fixture
def bert(tmp_path):
    zoo.save("bert", tmp_path)
    return tmp_path


def test_xlmr_without_its_head_gets_the_names_of_the_model_with_one(tmp_path):
    from transformers import XLMRobertaModel

    checkpoint(tmp_path / "whole")
    bare = XLMRobertaModel.from_pretrained(tmp_path / "whole", add_pooling_layer=False)
    bare.save_pretrained(tmp_path / "bare")
    train_tokenizer(tmp_path / "bare", zoo.TEXT[:2], 34)
    saved, _ = files.read_tensors(tmp_path / "bare/model.safetensors")
    assert not any(name.startswith("roberta.") for name in saved)
    tensors, *_ = directory.read(tmp_path / "bare")
    assert set(tensors) == {f"roberta.{name}" for name in saved}
    for name, array in saved.items():
        np.testing.assert_array_equal(tensors[f"roberta.{name}"], array, err_msg=name)


def test_what_names_code_of_its_own_is_left_out(bert):
    for name in ("config.json", "tokenizer_config.json"):
        content = json.loads((bert / name).read_text())
        (bert / name).write_text(json.dumps({**content, "auto_map": {"AutoModel": "code.Model"}}))
    _, config, _, tokenizer_config = directory.read(bert)
    assert "auto_map" not in config and "auto_map" not in tokenizer_config
    assert config["model_type"] == "bert" and tokenizer_config["tokenizer_class"]


def test_a_directory_without_a_config_of_its_tokenizer(tmp_path):
    zoo.save("modernbert", tmp_path)
    (tmp_path / "tokenizer_config.json").unlink()
    assert directory.read(tmp_path)[3] == {}


def test_a_kernel_that_a_config_names_reaches_nothing(bert, monkeypatch):
    """Where the package kernels is there, transformers fetches and runs compiled code that a config names."""
    import transformers
    from transformers.integrations import hub_kernels
    from transformers.modeling_utils import PreTrainedModel

    kernel, config = "kernels-community/evil", json.loads((bert / "config.json").read_text())
    named = {
        "attn_implementation": kernel,
        "_attn_implementation": kernel,
        "_attn_implementation_internal": kernel,
        "experts_implementation": kernel,
        "kernel_config": {"a": kernel},
        "transformers_weights": "../other.safetensors",
    }
    files.write_json(bert / "config.json", {**config, **named, "text_config": named})
    files.write_json(bert / "adapter_config.json", {"base_model_name_or_path": "org/other"})
    asked, check = [], PreTrainedModel._check_and_adjust_attn_implementation
    monkeypatch.setattr(
        PreTrainedModel,
        "_check_and_adjust_attn_implementation",
        lambda self, wanted, *rest, **more: asked.append(wanted) or check(self, wanted, *rest, **more),
    )
    _, read, *_ = directory.read(bert)
    assert kernel not in json.dumps(read) and not set(named) & set(read)
    with directory.alone(bert) as copy:
        assert sorted(file.name for file in copy.iterdir()) == ["config.json", "model.safetensors"]
        transformers.AutoModel.from_pretrained(str(copy))
    assert asked and kernel not in asked
    assert not hub_kernels._kernels_enabled
    files.write_json(bert / "config.json", {**config, "attn_implementation": kernel})
    with pytest.raises((ImportError, ValueError), match="kernels"):  # the control: it would be fetched
        transformers.AutoModel.from_pretrained(str(bert))


def test_a_tensor_in_two_parts(bert):
    parts = ["model-1.safetensors", "model-2.safetensors"]
    for part in parts:
        (bert / part).write_bytes((bert / "model.safetensors").read_bytes())
    (bert / "model.safetensors").unlink()
    files.write_json(bert / "model.safetensors.index.json", {"weight_map": dict(zip("ab", parts, strict=True))})
    with pytest.raises(InputError, match=r"model-2.safetensors: the tensor '.*' is in another file too"):
        directory.read(bert)


@pytest.mark.parametrize(
    ("content", "message"), [("{", r"config.json: no readable JSON"), ("[1]", r"config.json: no JSON object")]
)
def test_a_config_that_is_no_json_object(bert, content, message):
    (bert / "config.json").write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=message):
        directory.read(bert)


def test_no_weights(bert):
    (bert / "model.safetensors").unlink()
    with pytest.raises(InputError, match=r"no weights: none of model.safetensors, .*pytorch_model.bin"):
        directory.files_of(bert)


def test_a_file_of_torch_with_more_than_weights(bert):
    (bert / "model.safetensors").unlink()
    torch.save({"weight": torch.ones(2), "epoch": 3}, bert / "pytorch_model.bin")
    with pytest.raises(
        InputError, match=r"pytorch_model.bin: 'epoch' is no tensor. Next: give a file of weights alone"
    ):
        directory.read(bert)


def test_a_tokenizer_that_is_saved_again_is_the_same(bert):
    text = json.dumps(json.loads(zoo.tokenizer("gpt_neox").to_str()))
    content = json.loads(text)
    content["model"]["merges"] = [" ".join(pair) for pair in content["model"]["merges"]]
    del content["model"]["ignore_merges"]
    content["padding"], content["decoder"] = None, None
    assert directory.digest_of_tokenizer(json.dumps(content)) == directory.digest_of_tokenizer(text)
    content["model"]["merges"] = content["model"]["merges"][:-1]
    assert directory.digest_of_tokenizer(json.dumps(content)) != directory.digest_of_tokenizer(text)


def test_the_space_of_sentencepiece_under_its_older_name_is_the_same(tmp_path):
    train_tokenizer(tmp_path, zoo.TEXT[:2], 34)
    text = (tmp_path / "tokenizer.json").read_text(encoding="utf-8")
    content = json.loads(text)
    part = content["pre_tokenizer"] if content["pre_tokenizer"]["type"] == "Metaspace" else content["decoder"]
    assert part.pop("prepend_scheme") == "always" and part["type"] == "Metaspace"
    part.pop("split", None)
    part["add_prefix_space"] = True
    assert json.dumps(content) != text
    assert directory.digest_of_tokenizer(json.dumps(content)) == directory.digest_of_tokenizer(text)


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ([], "no JSON object, but a list"),
        ({}, "weight_map names no files"),
        ({"weight_map": {}}, "weight_map names no files"),
        ({"weight_map": ["model-1.safetensors"]}, "weight_map names no files"),
        ({"weight_map": {"a": 1}}, "weight_map names a number in place of a file"),
        ({"weight_map": {"a": None}}, "weight_map names null in place of a file"),
        (
            {"weight_map": {"a": "m-1.safetensors", "b": "m-2.safetensors"}},
            "names 2 files, of which 2 are missing, as 'm-1",
        ),
        ({"weight_map": {"a": "x" * 300 + ".safetensors"}}, "names 1 files, of which 1 are missing"),
        ({"weight_map": {"a": "m.bin"}}, "names 'm.bin', expected a name in .safetensors"),
        ({"weight_map": {"a": ".."}}, "names '..', expected a name in .safetensors"),
        ({"weight_map": {"a": "m\0.safetensors"}}, "names files outside its folder"),
        ({"weight_map": {"a": "/etc/passwd"}}, "names files outside its folder"),
    ],
)
def test_an_index_that_is_none(bert, index, message):
    (bert / "model.safetensors").unlink()
    (bert / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(InputError, match=rf"model.safetensors.index.json: .*{message}.* Next: get the"):
        directory.files_of(bert)


def test_tensors_that_share_their_numbers_far_too_often(bert):
    (bert / "model.safetensors").unlink()
    numbers = torch.ones(1000)
    torch.save({"one": numbers, "tied": numbers}, bert / "pytorch_model.bin")
    assert set(directory._tensors(bert / "pytorch_model.bin")) == {"one", "tied"}
    torch.save({str(place): numbers for place in range(100)}, bert / "pytorch_model.bin")
    with pytest.raises(
        InputError, match=r"pytorch_model.bin: tensors of 100,000 numbers, far more than the file holds"
    ):
        directory.read(bert)


def test_a_pipe_in_place_of_a_checkpoint_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "checkpoint.pt")
    with pytest.raises(InputError, match=r"checkpoint\.pt: a folder, a pipe or a device"):
        providers.resolve("folder", str(tmp_path / "checkpoint.pt"))
    os.mkfifo(tmp_path / "config.json")
    with pytest.raises(InputError, match=r"no config\.json"):
        providers.resolve("folder", str(tmp_path))
