"""fairseq's checkpoints under the names of transformers: the same numbers at every layer, and every fault refused."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_pretraining
import torch
from fairseq_states import LAYERS, PIECES, fairseq_state

from polychron import paths
from polychron.errors import InputError
from polychron.pretraining import fairseq_process
from polychron.pretraining.fairseq_checkpoint import FairseqCheckpoint
from polychron.storage import files


def converted(path, state, layers=LAYERS, vocabulary=PIECES, **options):
    torch.save(state, path, **options)
    return FairseqCheckpoint(path).convert(layers=layers, vocabulary=vocabulary)


def test_updates_are_those_of_the_chain(tmp_path):
    path = tmp_path / "a.pt"
    torch.save({"optimizer_history": [{"num_updates": 5}, {"num_updates": 9}]}, path)
    assert FairseqCheckpoint(path).updates() == [5, 9]
    torch.save({"model": {}}, path)
    with pytest.raises(InputError, match="does not say how many updates"):
        FairseqCheckpoint(path).updates()


def test_a_tensor_is_read_once_and_tied_tensors_share_an_array(tmp_path):
    torch.save(fairseq_state(), tmp_path / "a.pt")
    checkpoint = FairseqCheckpoint(tmp_path / "a.pt")
    tensors, _ = checkpoint.convert(layers=LAYERS, vocabulary=PIECES)
    kept = checkpoint.tensors()
    embeddings = kept["encoder.sentence_encoder.embed_tokens.weight"]
    assert embeddings is kept["encoder.lm_head.weight"] is tensors["roberta.embeddings.word_embeddings.weight"]
    assert kept["encoder.sentence_encoder.layers.0.fc2.bias"] is tensors["roberta.encoder.layer.0.output.dense.bias"]


def test_old_layouts_give_the_same_weights(tmp_path):
    """Before 2021: arguments in a Namespace, another prefix, another name of a norm, and no zip archive."""
    expected, config = converted(tmp_path / "new.pt", fairseq_state())
    old = fairseq_state(prefix="decoder.sentence_encoder.", norm="emb_layer_norm")
    old["args"], old["cfg"] = old["cfg"]["model"], None
    found, same = converted(tmp_path / "old.pt", old, _use_new_zipfile_serialization=False)
    assert config == same
    assert found.keys() == expected.keys()
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def test_query_key_and_value_in_one_matrix_are_taken_apart(tmp_path):
    expected, _ = converted(tmp_path / "new.pt", fairseq_state())
    state = fairseq_state()
    for layer in range(LAYERS):
        name = f"encoder.sentence_encoder.layers.{layer}.self_attn"
        for part in ("weight", "bias"):
            rows = [state["model"].pop(f"{name}.{key}_proj.{part}") for key in "qkv"]
            state["model"][f"{name}.in_proj_{part}"] = torch.cat(rows)
    found, _ = converted(tmp_path / "old.pt", state)
    for name in expected:
        np.testing.assert_array_equal(found[name], expected[name], err_msg=name)


def test_arguments_kept_by_omegaconf_are_found(tmp_path):
    omegaconf = pytest.importorskip("omegaconf")
    state = fairseq_state()
    state["cfg"] = omegaconf.OmegaConf.create({"model": {"encoder_attention_heads": 4, "dropout": 0.3}})
    _, config = converted(tmp_path / "a.pt", state)
    assert (config["num_attention_heads"], config["hidden_dropout_prob"]) == (4, 0.3)


def renamed(state, old, new):
    state["model"] = {name.replace(old, new): tensor for name, tensor in state["model"].items()}
    return state


def without(state, name):
    del state["model"][name]
    return state


@pytest.mark.parametrize(
    ("state", "expected", "message"),
    [
        (renamed(fairseq_state(), "fc1", "fc3"), {}, "unknown name 'encoder.sentence_encoder.layers.0.fc3.weight'"),
        (renamed(fairseq_state(), "encoder.lm_head", "lm_head"), {}, "unknown name 'lm_head"),
        (without(fairseq_state(), "encoder.lm_head.dense.bias"), {}, r"lacks the tensors \['lm_head.dense.bias'\]"),
        (renamed(fairseq_state(), "layers.1", "layers.2"), {}, "lacks the tensors"),
        (without(fairseq_state(), "encoder.lm_head.weight"), {}, "lacks its embeddings, its output layer"),
        (fairseq_state(), {"layers": 12}, "2 encoder layers, expected 12. Next: set final_layer"),
        (fairseq_state(), {"vocabulary": 31}, "30 pieces in its vocabulary, expected 31"),
        (fairseq_state(encoder_normalize_before=True), {}, "encoder_normalize_before=True"),
        ({**fairseq_state(), "cfg": None}, {}, "no model with its arguments"),
        ({"model": 3, "args": argparse.Namespace()}, {}, "no model with its arguments"),
        ([1, 2], {}, "no state of a model"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_an_input_error(tmp_path, state, expected, message):
    with pytest.raises(InputError, match=message) as caught:
        converted(tmp_path / "odd.pt", state, **expected)
    assert str(caught.value).startswith(f"{tmp_path / 'odd.pt'}: ")
    assert caught.value.remedy


def test_an_output_layer_of_its_own_is_an_input_error(tmp_path):
    state = fairseq_state()
    state["model"]["encoder.lm_head.weight"] = state["model"]["encoder.lm_head.weight"] + 1
    with pytest.raises(InputError, match="its output layer is not its embedding"):
        converted(tmp_path / "a.pt", state)


def test_a_truncated_checkpoint_is_an_input_error(tmp_path):
    path = tmp_path / "checkpoint_last.pt"
    torch.save(fairseq_state(), path)
    content = path.read_bytes()
    for kept in (b"", content[: len(content) // 2]):
        path.write_bytes(kept)
        with pytest.raises(InputError, match=r"checkpoint_last\.pt: is (empty|cut short)\. Next: get it again"):
            FairseqCheckpoint(path).convert(layers=LAYERS, vocabulary=PIECES)


def test_half_precision_becomes_single(tmp_path):
    state = fairseq_state()
    state["model"] = {name: tensor.half() for name, tensor in state["model"].items()}
    tensors, _ = converted(tmp_path / "a.pt", state)
    assert {tensor.dtype for tensor in tensors.values()} == {np.dtype("float32")}


COMPARED = """
import importlib.util, sys
spec = importlib.util.spec_from_file_location("launcher", sys.argv[1])
spec.loader.exec_module(importlib.util.module_from_spec(spec))
import numpy, torch
from fairseq import checkpoint_utils
torch.set_num_threads(1)
(model,), _, _ = checkpoint_utils.load_model_ensemble_and_task([sys.argv[2]], arg_overrides={"data": sys.argv[3]})
tokens = torch.from_numpy(numpy.load(sys.argv[4]))
with torch.no_grad():
    logits, extra = model.eval()(tokens, features_only=False, return_all_hiddens=True)
layers = [state.transpose(0, 1).numpy() for state in extra["inner_states"]]
numpy.savez(sys.argv[5], logits=logits.numpy(), layers=numpy.stack(layers))
"""


def test_all_layers_and_logits_equal_those_of_fairseq(tmp_path):
    """On padded sentences with masks, what is written computes the same as fairseq itself."""
    from transformers import XLMRobertaForMaskedLM

    path, data, settings = (
        small_pretraining.trained(),
        small_pretraining.made() / "binarized",
        small_pretraining.SETTINGS,
    )
    pieces = 4 + len(Path(data, "dict.txt").read_text().splitlines()) + 1
    random = np.random.default_rng(1)
    tokens = np.ones((9, settings["window"]), np.int64)
    for row, length in zip(tokens, [3, 4, 7, 10, 12, 15, 20, 31, 32], strict=True):
        row[:length] = [0, *random.integers(4, pieces - 1, length - 2), 2]
        row[1] = pieces - 1  # <mask>
    np.save(tmp_path / "tokens.npy", tokens)
    (tmp_path / "compared.py").write_text(COMPARED)
    subprocess.run(
        [
            *(sys.executable, "-P", tmp_path / "compared.py", fairseq_process.LAUNCHER, path),
            *(small_pretraining.made() / "binarized", tmp_path / "tokens.npy", tmp_path / "fairseq.npz"),
        ],
        check=True,
        capture_output=True,
    )
    expected = np.load(tmp_path / "fairseq.npz")

    tensors, config = FairseqCheckpoint(path).convert(layers=settings["layers"], vocabulary=pieces)
    for folder in ("once", "again"):
        files.write_tensors(tmp_path / folder / "model.safetensors", tensors, {"format": "pt"})
        files.write_json(tmp_path / folder / "config.json", config)
    assert (tmp_path / "once/model.safetensors").read_bytes() == (tmp_path / "again/model.safetensors").read_bytes()
    assert (tmp_path / "once/model.safetensors").stat().st_mode & 0o444 == 0o444

    model, info = XLMRobertaForMaskedLM.from_pretrained(tmp_path / "once", output_loading_info=True)
    assert not any(info.values()), info
    mask = torch.from_numpy(tokens != 1)
    with torch.no_grad():
        found = model.eval()(torch.from_numpy(tokens), attention_mask=mask.long(), output_hidden_states=True)
    assert len(found.hidden_states) == len(expected["layers"]) == settings["layers"] + 1
    for layer, (mine, theirs) in enumerate(zip(found.hidden_states, expected["layers"], strict=True)):
        np.testing.assert_allclose(mine[mask], theirs[mask], atol=2e-6, err_msg=f"layer {layer}")
    np.testing.assert_allclose(found.logits[mask], expected["logits"][mask], atol=1e-5)
    # the comparison can fail: other weights give other numbers
    assert np.abs(expected["layers"][0] - expected["layers"][-1]).max() > 0.1


def test_config_says_what_transformers_would_say(tmp_path):
    from transformers import XLMRobertaConfig

    _, config = converted(tmp_path / "a.pt", fairseq_state())
    (tmp_path / "config.json").write_text(json.dumps(config))
    loaded = XLMRobertaConfig.from_pretrained(tmp_path)
    assert {name: getattr(loaded, name) for name in config if name != "dtype"} | {"dtype": "float32"} == config


def test_nothing_of_torch_or_fairseq_is_imported():
    code = (
        "import sys; from polychron.pretraining import fairseq_checkpoint;"
        "print({'torch', 'fairseq', 'transformers'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={
        "PYTHONPATH": str(paths.SCRIPTS)})  # fmt: skip
    assert run.stdout.strip() == "set()"
