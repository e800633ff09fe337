"""The encoder equals XLM-R in transformers, layer by layer, and refuses what it cannot compute."""

import json

import numpy as np
import pytest
import torch
from tiny import WINDOW, files_of, sentences
from tiny import checkpoint as random_checkpoint

from polychron.errors import InputError
from polychron.features.batching import pad
from polychron.models.loading import load


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    return random_checkpoint(folder), *files_of(folder)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"num_hidden_layers": 1, "num_attention_heads": 1, "layer_norm_eps": 1e-5},
        {"num_hidden_layers": 12, "num_attention_heads": 12, "hidden_size": 48, "layer_norm_eps": 1e-5},
        {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 8, "layer_norm_eps": 0.1},
        {"pad_token_id": 3, "max_position_embeddings": WINDOW + 4},
        {"pad_token_id": -1, "max_position_embeddings": WINDOW},
    ],
    ids=["default epsilon", "one layer, one head", "twelve layers", "large epsilon", "another padding", "none"],
)
def test_equals_transformers_at_every_layer(tmp_path, changes):
    reference = random_checkpoint(tmp_path, **changes)
    pieces = sentences([WINDOW, 3, 17, 17, 4])
    ids, mask = pad(pieces, np.arange(5))
    own = load(*files_of(tmp_path), head=True, device="cpu")
    padding = max(reference.config.pad_token_id, 0)
    with torch.no_grad():
        expected = reference(
            input_ids=ids.masked_fill(~mask, padding), attention_mask=mask.long(), output_hidden_states=True
        )
    states = own(ids, mask)
    assert len(states) == len(expected.hidden_states) == own.depth + 1
    for ours, theirs in zip(states, expected.hidden_states, strict=True):
        torch.testing.assert_close(ours[mask], theirs[mask], rtol=1e-5, atol=2e-6)
    torch.testing.assert_close(own.predict(states[-1][mask]), expected.logits[mask], rtol=1e-5, atol=1e-5)


def test_early_exit_gives_the_same_layers(checkpoint):
    _, weights, config = checkpoint
    ids, mask = pad(sentences([5, 9, 7]), np.array([0, 2, 1]))
    whole = load(weights, config, device="cpu")(ids, mask)
    for layer in range(4):
        part = load(weights, config, upto=layer, device="cpu")
        assert part.depth == layer
        for left, right in zip(part(ids, mask), whole, strict=False):
            assert torch.equal(left, right)
        assert torch.equal(part.at(layer, ids, mask), whole[layer])


def test_padding_and_its_ids_change_nothing(checkpoint):
    _, weights, config = checkpoint
    own = load(weights, config, device="cpu")
    pieces = sentences([6, 30])
    alone = own(*pad(pieces, np.array([0])))
    ids, mask = pad(pieces, np.arange(2))
    ids[~mask] = 55
    for left, right in zip(alone, own(ids, mask), strict=True):
        torch.testing.assert_close(left[0], right[0, :6], rtol=1e-5, atol=5e-6)


def test_a_layer_that_the_model_does_not_have(checkpoint):
    _, weights, config = checkpoint
    with pytest.raises(InputError, match=r"layer 4 is asked for, and the model has the layers 0 to 3"):
        load(weights, config, upto=4)
    with pytest.raises(InputError, match=r"layer -1"):
        load(weights, config, upto=-1)


def test_the_head_needs_the_last_layer(checkpoint):
    _, weights, config = checkpoint
    with pytest.raises(ValueError, match="the head reads layer 3, and the encoder stops at layer 2"):
        load(weights, config, upto=2, head=True)


def test_a_missing_tensor(checkpoint, tmp_path):
    from safetensors.torch import load_file, save_file

    _, weights, config = checkpoint
    tensors = load_file(weights)
    del tensors["roberta.encoder.layer.1.output.dense.bias"]
    save_file(tensors, tmp_path / "model.safetensors")
    load(tmp_path / "model.safetensors", config, upto=1)
    with pytest.raises(InputError, match=r"lacks 1 of \d+ tensors.*layer.1.output.dense.bias"):
        load(tmp_path / "model.safetensors", config, upto=2)


@pytest.mark.parametrize("keep", [0, 6, 0.5, 0.999])
def test_a_truncated_file(checkpoint, tmp_path, keep):
    _, weights, config = checkpoint
    content = weights.read_bytes()
    cut = tmp_path / "model.safetensors"
    cut.write_bytes(content[: int(keep * len(content)) if isinstance(keep, float) else keep])
    with pytest.raises(InputError, match=r"model.safetensors: no readable safetensors file"):
        load(cut, config)


@pytest.mark.parametrize("change", [{"hidden_act": "relu"}, {"is_decoder": True}])
def test_another_kind_of_model(checkpoint, tmp_path, change):
    _, weights, config = checkpoint
    (tmp_path / "config.json").write_text(json.dumps({**json.loads(config.read_text()), **change}))
    with pytest.raises(InputError, match="expected an XLM-R encoder"):
        load(weights, tmp_path / "config.json")


def test_a_sentence_longer_than_the_positions(checkpoint):
    _, weights, config = checkpoint
    with pytest.raises(InputError, match=rf"33 pieces, and the checkpoint has positions for {WINDOW}"):
        load(weights, config)(*pad(sentences([WINDOW + 1]), np.array([0])))


def test_a_checkpoint_without_its_head_has_layers_and_no_bits(tmp_path):
    from safetensors.torch import load_file, save_file

    random_checkpoint(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    body = {name: tensor for name, tensor in tensors.items() if not name.startswith("lm_head.")}
    save_file(body, tmp_path / "model.safetensors", {"format": "pt"})
    assert load(*files_of(tmp_path), device="cpu").depth == 3
    with pytest.raises(InputError, match=r"lacks the head .* no bits per character. Next: leave bits out"):
        load(*files_of(tmp_path), head=True, device="cpu")
