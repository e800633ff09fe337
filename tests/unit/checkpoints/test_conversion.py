"""A checkpoint of any origin becomes one directory, and one that computes something else is refused."""

import json

import numpy as np
import pytest
import small_pretraining
import torch
import zoo
from fairseq_states import fairseq_state
from tiny import checkpoint as random_checkpoint
from tiny import files_of
from tiny import tokenizer as train_tokenizer

from polychron.checkpoints import conversion, directory
from polychron.errors import InputError
from polychron.models import behaviour, huggingface, loading, transformer, xlmr
from polychron.pretraining import fairseq_checkpoint
from polychron.pretraining.fairseq_checkpoint import FairseqCheckpoint
from polychron.storage import files
from polychron.tokenization import tokenizer


def paths(folder):
    names = {"weights": "model.safetensors", "config": "config.json", "tokenizer": "tokenizer.json"}
    return {part: folder / name for part, name in {**names, "tokenizer_config": "tokenizer_config.json"}.items()}


def convert(original, folder, **changes):
    return conversion.convert(original, paths(folder), **{"final_layer": 3, "window": zoo.WINDOW, **changes})


@pytest.mark.parametrize("name", zoo.FAMILIES)
def test_a_directory_of_any_family(name, tmp_path):
    zoo.save(name, tmp_path / "given")
    config = json.loads((tmp_path / "given/config.json").read_text())
    (tmp_path / "given/config.json").write_text(json.dumps({**config, "auto_map": {"AutoModel": "code.Model"}}))
    with pytest.raises(InputError, match=r"asks for code .* code\.Model\..* Next: find out .* own_code: ignore"):
        convert(tmp_path / "given", tmp_path / "made")
    proof = convert(tmp_path / "given", tmp_path / "made", agreed="ignore")
    assert proof["compared_with"].startswith("transformers ") and proof["own_code"] == ["code.Model"]
    assert 0 <= proof["layers"] < 1e-5 and 0 <= proof["logits"] < 1e-5
    assert "auto_map" not in json.loads((tmp_path / "made/config.json").read_text())
    assert (tmp_path / "made/tokenizer.json").read_text() == (tmp_path / "given/tokenizer.json").read_text()


def test_the_original_is_run_by_transformers_own_class_without_padding(tmp_path, monkeypatch):
    """A fault in how polychron pads, masks or calls the head is not in the original's numbers."""
    zoo.save("bert", tmp_path / "given")
    run, predict = transformer.Transformer._states, transformer.Transformer.predict

    def padding_unmasked(self, pieces, mask):
        return run(self, pieces.masked_fill(~mask, self._pad), torch.ones_like(mask))

    with monkeypatch.context() as patched:
        patched.setattr(transformer.Transformer, "_states", padding_unmasked)
        patched.setattr(behaviour.Behaviour, "alone", False)
        with pytest.raises(InputError, match="differs from the original at layer 1"):
            convert(tmp_path / "given", tmp_path / "made")
        patched.undo()
        patched.setattr(transformer.Transformer, "_states", padding_unmasked)
        assert convert(tmp_path / "given", tmp_path / "made")["layers"] < 1e-5  # sentences are computed alone
    monkeypatch.setattr(transformer.Transformer, "predict", lambda self, hidden: predict(self, hidden) * 1.01)
    with pytest.raises(InputError, match="differs from the original at its predictions"):
        convert(tmp_path / "given", tmp_path / "made")


def test_half_precision_parts_and_a_file_of_torch_give_the_same_numbers(tmp_path):
    from safetensors.torch import load_file

    model = zoo.save("gpt_neox", tmp_path / "half").half()
    (tmp_path / "half/model.safetensors").unlink()
    model.save_pretrained(tmp_path / "half", max_shard_size="20KB")
    assert len(list((tmp_path / "half").glob("model-*.safetensors"))) > 1
    convert(tmp_path / "half", tmp_path / "one")
    (tmp_path / "torch").mkdir()
    parts = [load_file(file) for file in (tmp_path / "half").glob("*.safetensors")]
    torch.save({name: tensor for part in parts for name, tensor in part.items()}, tmp_path / "torch/pytorch_model.bin")
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / "torch" / name).write_bytes((tmp_path / "half" / name).read_bytes())
    tensors, *_ = directory.read(tmp_path / "torch")
    found, _ = files.read_tensors(tmp_path / "one/model.safetensors")
    for name, array in found.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, tensors[name], err_msg=name)


@pytest.mark.parametrize("name", ["xlm-roberta", "gpt_neox"])
def test_half_precision_rounds_what_was_proved_and_says_how_far(name, tmp_path):
    if name == "xlm-roberta":
        random_checkpoint(tmp_path / "given")
        train_tokenizer(tmp_path / "given", zoo.TEXT[:2], 34)
    else:
        zoo.save(name, tmp_path / "given")
    exact = convert(tmp_path / "given", tmp_path / "exact")
    proof = convert(tmp_path / "given", tmp_path / "half", precision="float16")
    assert (exact["precision"], exact["rounding"]) == ("float32", None)
    assert {part: proof[part] for part in ("compared_with", "layers", "logits")} == {
        part: exact[part] for part in ("compared_with", "layers", "logits")
    }
    (before, _), (after, _) = (
        files.read_tensors(tmp_path / folder / "model.safetensors") for folder in ("exact", "half")
    )
    assert set(before) == set(after)
    for part, array in after.items():
        assert array.dtype == np.float16
        np.testing.assert_array_equal(array, before[part].astype(np.float16), err_msg=part)
    one, other = (loading.load(*files_of(tmp_path / folder), device="cpu") for folder in ("exact", "half"))
    ids, mask = torch.arange(5, 25)[None], torch.ones(1, 20, dtype=torch.bool)
    exactly, rounded = one(ids, mask)[-1], other(ids, mask)[-1]
    assert rounded.dtype == torch.float32
    found = float((exactly - rounded).abs().max() / exactly.abs().max())
    assert found > 1e-5 and proof["rounding"] / 10 < found < proof["rounding"] * 10


def test_a_number_beyond_half_precision_is_told(tmp_path):
    from safetensors.torch import load_file, save_file

    random_checkpoint(tmp_path / "given")
    train_tokenizer(tmp_path / "given", zoo.TEXT[:2], 34)
    tensors = load_file(tmp_path / "given/model.safetensors")
    tensors["lm_head.bias"][3] = 70_000.0
    save_file(tensors, tmp_path / "given/model.safetensors", {"format": "pt"})
    convert(tmp_path / "given", tmp_path / "made")
    with pytest.raises(InputError, match=r"1 tensors have numbers that do not fit .* the first is 'lm_head.bias'"):
        convert(tmp_path / "given", tmp_path / "made", precision="float16")


def test_a_file_of_torch_that_is_a_program_is_refused(tmp_path):
    import os
    import pickle

    class Program:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path / 'ran'}",)

    zoo.save("bert", tmp_path / "given")
    (tmp_path / "given/model.safetensors").unlink()
    (tmp_path / "given/pytorch_model.bin").write_bytes(pickle.dumps({"weight": Program()}))
    with pytest.raises(InputError, match=r"pytorch_model.bin"):
        convert(tmp_path / "given", tmp_path / "made")
    assert not (tmp_path / "ran").exists()


def test_xlm_r_keeps_the_names_that_its_own_encoder_reads(tmp_path):
    """As on the hub: with a pooler, copies of what is tied, and positions as a tensor."""
    from safetensors.torch import load_file, save_file

    model = random_checkpoint(tmp_path / "given")
    train_tokenizer(tmp_path / "given", zoo.TEXT[:2], 34)
    tensors = load_file(tmp_path / "given/model.safetensors")
    embeddings = tensors["roberta.embeddings.word_embeddings.weight"]
    extra = {"lm_head.decoder.weight": embeddings.clone(), "roberta.pooler.dense.weight": torch.ones(24, 24)}
    extra["roberta.embeddings.position_ids"] = torch.arange(34)[None]
    save_file({**tensors, **extra}, tmp_path / "given/model.safetensors", {"format": "pt"})
    proof = convert(tmp_path / "given", tmp_path / "made")
    assert proof["compared_with"].startswith("transformers") and proof["layers"] < 1e-5 and proof["logits"] < 1e-5
    assert isinstance(loading.load(*files_of(tmp_path / "made"), head=True, device="cpu"), xlmr.Encoder)
    assert set(files.read_tensors(tmp_path / "made/model.safetensors")[0]) == set(tensors)
    twins = {"lm_head.decoder.weight": embeddings, "lm_head.decoder.bias": tensors["lm_head.bias"]}
    alone = {name: tensor for name, tensor in tensors.items() if tensor is not embeddings and name != "lm_head.bias"}
    save_file({**alone, **twins}, tmp_path / "given/model.safetensors", {"format": "pt"})
    assert convert(tmp_path / "given", tmp_path / "made")["logits"] < 1e-5
    extra["lm_head.decoder.weight"] += 1
    save_file({**tensors, **extra}, tmp_path / "given/model.safetensors", {"format": "pt"})
    with pytest.raises(InputError, match="its output layer is not its embedding"):
        convert(tmp_path / "given", tmp_path / "made")
    assert model.config.num_hidden_layers == 3


@pytest.fixture(scope="module")
def fairseq(tmp_path_factory):
    """A checkpoint of fairseq, and the tokenizer of its vocabulary."""
    folder, made = tmp_path_factory.mktemp("fairseq"), small_pretraining.made()
    text = tokenizer.build(made / "sentencepiece.bpe.model", made / "binarized/dict.txt")
    files.write_text(folder / "tokenizer.json", text)
    files.write_json(folder / "tokenizer_config.json", tokenizer.configuration(32))
    given = {"tokenizer": folder / "tokenizer.json", "tokenizer_config": folder / "tokenizer_config.json"}
    return small_pretraining.trained(), {**given, "final_layer": 2, "window": 32}


def test_a_file_of_fairseq_is_opened_once_and_run_by_fairseq(fairseq, tmp_path, monkeypatch):
    path, given = fairseq
    opened, read = [], fairseq_checkpoint.read
    monkeypatch.setattr(fairseq_checkpoint, "read", lambda file, names=None: opened.append(file) or read(file, names))
    proof = convert(path, tmp_path / "made", **given)
    assert opened == [path]
    assert proof["compared_with"].startswith("fairseq 0.12.2")
    assert proof["layers"] < 1e-5 and proof["logits"] < 1e-5
    assert sorted(file.name for file in (tmp_path / "made").iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_what_computes_something_else_is_found(tmp_path):
    """A wrong number of heads, or two matrices exchanged: the shapes fit, and the numbers do not."""
    sizes = {"encoder_layers": 2, "encoder_embed_dim": 8, "encoder_ffn_embed_dim": 16, "max_positions": 12}
    path = tmp_path / "checkpoint.pt"
    torch.save(fairseq_state(**sizes), path)
    checkpoint = FairseqCheckpoint(path)
    tensors, told = checkpoint.convert(layers=2, vocabulary=30)
    weights, config = files_of(tmp_path)
    files.write_tensors(weights, tensors)
    files.write_json(config, told)
    proof = conversion.prove(checkpoint, weights, config)
    assert proof["layers"] < 1e-5 and proof["logits"] < 1e-5
    files.write_json(config, {**told, "num_attention_heads": 1})
    with pytest.raises(InputError, match="differs from the original at layer 1"):
        conversion.prove(checkpoint, weights, config)
    files.write_json(config, told)
    one, other = (f"roberta.encoder.layer.1.attention.self.{name}.weight" for name in ("value", "key"))
    files.write_tensors(weights, {**tensors, one: tensors[other], other: tensors[one]})
    with pytest.raises(InputError, match="differs from the original at layer 2"):
        conversion.prove(checkpoint, weights, config)
    files.write_tensors(weights, {**tensors, "lm_head.bias": tensors["lm_head.bias"][::-1]})
    with pytest.raises(InputError, match="differs from the original at its predictions"):
        conversion.prove(checkpoint, weights, config)


def test_what_the_study_expects_is_compared_with_the_config(fairseq, tmp_path):
    path, given = fairseq
    with pytest.raises(InputError, match="2 encoder layers, expected 3"):
        convert(path, tmp_path / "made", **{**given, "final_layer": 3})
    with pytest.raises(InputError, match=r"positions for 32 pieces, expected 33 or more. Next: set the model's window"):
        convert(path, tmp_path / "made", **{**given, "window": 33})
    with pytest.raises(InputError, match="has no vocabulary"):
        convert(path, tmp_path / "made")
    zoo.save("llama", tmp_path / "given")
    with pytest.raises(InputError, match=r"3 layers, expected 2. Next: set the model's final_layer to 3"):
        convert(tmp_path / "given", tmp_path / "made", final_layer=2)
    assert not (tmp_path / "made/model.safetensors").exists()


def test_the_arguments_of_a_checkpoint_are_plain_values(fairseq):
    path, _ = fairseq
    checkpoint = FairseqCheckpoint(path)
    arguments = checkpoint.arguments()
    assert arguments["encoder_attention_heads"] == 2 and arguments["activation_fn"] == "gelu"
    json.dumps(arguments)
    assert any(name.endswith("embed_tokens.weight") for name in checkpoint.tensors())


def test_a_directory_without_a_tokenizer_file(tmp_path):
    zoo.save("bert", tmp_path / "given")
    pieces = json.loads((tmp_path / "given/tokenizer.json").read_text())["model"]["vocab"]
    (tmp_path / "given/tokenizer.json").unlink()
    (tmp_path / "given/tokenizer_config.json").write_text('{"tokenizer_class": "BertTokenizer"}')
    (tmp_path / "given/vocab.txt").write_text("\n".join(sorted(pieces, key=pieces.get)))
    *_, text, _ = directory.read(tmp_path / "given")
    assert json.loads(text)["model"]["vocab"] == pieces
    (tmp_path / "given/vocab.txt").unlink()
    with pytest.raises(InputError, match=r"no tokenizer.json, and none can be made"):
        directory.read(tmp_path / "given")


def test_a_model_without_its_head_is_compared_by_its_layers(tmp_path):
    from transformers import XLMRobertaModel

    random_checkpoint(tmp_path / "whole")
    XLMRobertaModel.from_pretrained(tmp_path / "whole", add_pooling_layer=False).save_pretrained(tmp_path / "given")
    train_tokenizer(tmp_path / "given", zoo.TEXT[:2], 34)
    proof = convert(tmp_path / "given", tmp_path / "made")
    assert proof["layers"] < 1e-5 and proof["logits"] is None
    assert huggingface.facts(tmp_path / "made/config.json").layers == 3


def test_a_model_whose_first_layers_depend_on_how_many_there_are_is_found(tmp_path, monkeypatch):
    import families

    families.model("minicpm3", True).save_pretrained(tmp_path)
    weights, config = files_of(tmp_path)
    assert conversion.prove(tmp_path, weights, config)["layers"] < 1e-5
    monkeypatch.setattr(huggingface, "WHOLE", frozenset())
    with pytest.raises(InputError, match="the model up to layer 1 differs from the whole one"):
        conversion.prove(tmp_path, weights, config)


def test_what_cannot_be_studied_is_refused_before_its_weights_are_read(tmp_path):
    zoo.save("bert", tmp_path / "given")
    config = json.loads((tmp_path / "given/config.json").read_text())
    (tmp_path / "given/model.safetensors").write_bytes(b"not read")
    (tmp_path / "given/config.json").write_text(json.dumps({**config, "model_type": "xmod"}))
    with pytest.raises(InputError, match=r"'xmod' cannot be studied: needs to be told .*model_families.md"):
        convert(tmp_path / "given", tmp_path / "made")


def test_weights_that_do_not_fit_their_config_are_named(tmp_path):
    """Another shape, numbers that are none, and sizes that no weights have; the file is that of the user."""
    from safetensors.torch import load_file, save_file

    zoo.save("bert", tmp_path / "given")
    weights, config = tmp_path / "given/model.safetensors", tmp_path / "given/config.json"
    tensors, settings = load_file(weights), json.loads(config.read_text())
    name = "bert.encoder.layer.1.output.dense.bias"
    save_file({**tensors, name: torch.zeros(5)}, weights, {"format": "pt"})
    with pytest.raises(InputError, match=rf"given: 1 tensors have other shapes .*: {name} has \[5\], expected \[24\]"):
        convert(tmp_path / "given", tmp_path / "made")
    save_file({**tensors, name: torch.full((24,), torch.nan)}, weights, {"format": "pt"})
    with pytest.raises(InputError, match="given: it computes numbers that are not finite at layer 2"):
        convert(tmp_path / "given", tmp_path / "made")
    save_file(tensors, weights, {"format": "pt"})
    for changes, message in (
        ({"num_attention_heads": 5}, "given.*not a multiple of the number of attention heads"),
        ({"hidden_act": "none such"}, "given.*none such"),
        ({"vocab_size": "a"}, r"given/config.json: no model that transformers"),
        ({"max_position_embeddings": 10**12}, "given: its config.json describes a model of"),
    ):
        config.write_text(json.dumps({**settings, **changes}))
        with pytest.raises(InputError, match=rf"{message}.* Next: "):
            convert(tmp_path / "given", tmp_path / "made")
