"""Weights and states that no trained model has are told apart from those of sound ones, step 0 included."""

import re

import numpy as np
import pytest
import torch
import zoo

from polychron.checkpoints import directory
from polychron.checks import soundness
from polychron.errors import InputError
from polychron.models import huggingface, transformer
from polychron.storage import files


@pytest.fixture(scope="module", params=["bert", "gpt_neox"])
def given(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    zoo.save(request.param, folder)
    return request.param, folder, directory.read(folder)[0]


def test_a_sound_model_and_buffers_of_old_files_have_no_fault(given):
    _, folder, tensors = given
    old = {"layers.0.attention.bias": np.tril(np.ones((1, 1, 4, 4), np.uint8)), "embeddings.position_ids": np.arange(9)}
    assert soundness.faults_of_weights(tensors | old, []) == []
    found = soundness.check_states(folder / "model.safetensors", folder / "config.json", zoo.WINDOW, bits=True)
    assert found == {"alone": False, "sees_ahead": given[0] == "bert"}


def test_a_model_before_training_has_no_fault(tmp_path):
    """Its biases and norms are constants, and some heads are zeros."""
    import transformers

    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 40}
    config = transformers.GPTNeoXConfig(**sizes, vocab_size=90, max_position_embeddings=32, tie_word_embeddings=False)
    made = transformers.GPTNeoXForCausalLM(config)
    made.get_output_embeddings().weight.data.zero_()
    made.save_pretrained(tmp_path)
    tensors, _ = files.read_tensors(tmp_path / "model.safetensors")
    assert soundness.faults_of_weights(tensors, []) == []
    places = tmp_path / "model.safetensors", tmp_path / "config.json"
    assert soundness.check_states(*places, 32, bits=True) == {"alone": False, "sees_ahead": False}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (
            lambda name, array: np.zeros_like(array),
            r"embeddings.* hold a single number each, as \S+ \(0\)",
        ),
        (lambda name, array: np.full_like(array, 0.5), r"hold a single number each, as \S+ \(0.5\)"),
        (
            lambda name, array: array * 0 if ".1." in name else array,
            r"the matrices of layer 2 hold a single number each, as \S+1\.\S+ \(0\)",
        ),
        (lambda name, array: (array * 50).astype(np.int8), r"weights are whole numbers \(int8\), as if quantized"),
        (lambda name, array: array.astype(np.int64), r"weights are whole numbers \(int64\)"),
        (lambda name, array: np.where(array > 0.5, np.nan, array), r"\d+ numbers are not finite, in "),
        (lambda name, array: np.where(array > 0.5, np.inf, array), r"\d+ numbers are not finite, in "),
    ],
    ids=["zeros", "constant", "a layer of zeros", "int8", "int64", "nan", "inf"],
)
def test_weights_of_no_trained_model_are_found(given, change, fault):
    _, _, tensors = given
    (found, *_) = soundness.faults_of_weights({name: change(name, array) for name, array in tensors.items()}, [])
    assert re.search(fault, found)


def test_tensors_of_the_layers_that_the_model_does_not_have(tmp_path):
    """As of a family with other positions, whose class is not the one of its type."""
    zoo.save("bert", tmp_path)
    tensors, _ = files.read_tensors(tmp_path / "model.safetensors")
    own, other = "bert.encoder.layer.0.attention.self.distance_embedding.weight", "classifier.weight"
    files.write_tensors(tmp_path / "model.safetensors", tensors | {own: np.eye(24), other: np.eye(24)})
    unread = huggingface.contents(tmp_path / "config.json").unread
    assert set(unread) == {own, other}
    faults = soundness.faults_of_weights(tensors, unread)
    assert faults == [f"the model that transformers has lacks 1 tensors of the layers, {own}"]


def check_changed(folder, change):
    tensors, _ = files.read_tensors(folder / "model.safetensors")
    changed = folder / "changed"
    changed.mkdir()
    files.write_tensors(changed / "model.safetensors", {name: change(name, array) for name, array in tensors.items()})
    (changed / "config.json").write_bytes((folder / "config.json").read_bytes())
    return soundness.check_states(changed / "model.safetensors", changed / "config.json", 32, bits=False)


def test_states_that_overflow_are_a_divergence(tmp_path):
    zoo.save("gpt_neox", tmp_path)
    with pytest.raises(InputError, match=r"states are not finite, though its weights are.* Next: look at .* loss"):
        check_changed(tmp_path, lambda name, array: array * np.float32(1e30) if array.ndim > 1 else array)


def test_states_that_say_nothing_of_the_text(tmp_path):
    zoo.save("gpt_neox", tmp_path)

    def same_rows(name, array):
        return np.repeat(array[:1], len(array), 0) if "embed_in" in name else array

    with pytest.raises(InputError, match="its states are the same whatever the pieces are"):
        check_changed(tmp_path, same_rows)


def test_states_that_depend_on_chance_or_on_what_came_before(tmp_path, monkeypatch):
    zoo.save("bert", tmp_path)
    states, calls = transformer.Transformer._states, []

    def drifting(self, pieces, mask):
        calls.append(1)
        return [layer + 0.01 * len(calls) for layer in states(self, pieces, mask)]

    monkeypatch.setattr(transformer.Transformer, "_states", drifting)
    with pytest.raises(InputError, match="they depend on chance, or on what came before"):
        check_changed(tmp_path, lambda name, array: array)


def test_attention_that_short_sentences_change_for_good_is_found(tmp_path):
    """BigBird computes short sentences in full, and from then on all others too."""
    import transformers

    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 40}
    config = transformers.BigBirdConfig(
        **sizes, vocab_size=90, max_position_embeddings=200, block_size=8, num_random_blocks=1
    )
    made = transformers.BigBirdForMaskedLM(config)
    for parameter in made.parameters():
        parameter.data += 0.3 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(0))
    made.save_pretrained(tmp_path)
    places = tmp_path / "model.safetensors", tmp_path / "config.json"
    assert soundness.check_states(*places, 48, bits=True) == {"alone": False, "sees_ahead": True}
    with pytest.raises(
        InputError, match=r"in sentences of 128 pieces .* what came before\. Next: set the model's window"
    ):
        soundness.check_states(*places, 128, bits=True)


def test_long_sentences_that_depend_on_the_batch(tmp_path, monkeypatch):
    """As attention in blocks does, which begins with long sentences only."""
    zoo.save("bert", tmp_path)
    states = transformer.Transformer._states

    def in_blocks(self, pieces, mask):
        long = 0.1 * (len(pieces) - 1) * (pieces.shape[1] == 32)
        return [layer + long for layer in states(self, pieces, mask)]

    monkeypatch.setattr(transformer.Transformer, "_states", in_blocks)
    with pytest.raises(InputError, match=r"in sentences of 32 pieces .* those of 31 they do not"):
        check_changed(tmp_path, lambda name, array: array)


def test_a_decoder_that_looks_both_ways_is_refused_where_bits_are_measured(tmp_path):
    import transformers

    sizes = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 40}
    sizes |= {"num_key_value_heads": 2, "head_dim": 8, "vocab_size": 90, "max_position_embeddings": 32}
    config = transformers.Gemma3TextConfig(**sizes, pad_token_id=0, use_bidirectional_attention=True)
    transformers.Gemma3ForCausalLM(config).save_pretrained(tmp_path)
    places = tmp_path / "model.safetensors", tmp_path / "config.json"
    assert soundness.check_states(*places, 32, bits=False) == {"alone": False, "sees_ahead": True}
    with pytest.raises(InputError, match=r"depend on the pieces after them.* Next: .*set the model's parts to"):
        soundness.check_states(*places, 32, bits=True)
