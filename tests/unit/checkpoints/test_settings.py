"""Sizes that no model has, and tokenizers that are none, are refused before anything is made of them."""

import json

import pytest
import zoo

from polychron.checkpoints import settings
from polychron.errors import InputError

CONFIG = {
    "model_type": "bert",
    "hidden_size": 24,
    "num_hidden_layers": 3,
    "id2label": {"0": "a"},
    "pad_token_id": 10**9,
}


def read(tmp_path, content):
    (tmp_path / "config.json").write_text(json.dumps(content))
    return settings.model(tmp_path / "config.json")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"hidden_size": -24}, "hidden_size is -24, expected 1 or more"),
        ({"num_attention_heads": 0}, "num_attention_heads is 0, expected 1 or more"),
        ({"num_hidden_layers": 10**9}, "num_hidden_layers is 1000000000, and at most 1,000 are read"),
        ({"num_local_experts": 10**9}, "num_local_experts is 1000000000, and at most 20,000 are read"),
        ({"text_config": {"n_layer": 10**12}}, "n_layer is 1000000000000, and at most 1,000"),
        ({"quantization_config": {"bits": 4}}, r"quantised weights \(quantization_config\)"),
        ({"model_type": None}, "model_type, the family of the model, is missing"),
    ],
)
def test_a_config_that_no_model_has(tmp_path, changes, message):
    assert read(tmp_path, CONFIG) == CONFIG
    with pytest.raises(InputError, match=rf"config.json: {message}.* Next: "):
        read(tmp_path, {**CONFIG, **changes})


@pytest.mark.parametrize("size", [10**9, 10**12])
def test_a_dimension_beyond_all_weights(tmp_path, size):
    settings.fit(CONFIG, 30_000, tmp_path / "config.json")
    with pytest.raises(InputError, match=rf"config.json: vocab_size is {size}, and the weights are 30,000 numbers"):
        settings.fit({**CONFIG, "vocab_size": size}, 30_000, tmp_path / "config.json")


def test_a_file_that_is_too_long_is_not_read(tmp_path):
    with open(tmp_path / "config.json", "wb") as file:
        file.truncate(2**40)
    with pytest.raises(InputError, match=r"config.json: 1,099,511,627,776 bytes, and such a file has at most"):
        settings.read(tmp_path / "config.json")


def test_a_tokenizer_that_is_none(tmp_path):
    """The fourth ends the process that reads it."""
    good = zoo.tokenizer("bert").to_str()
    pieces, path = zoo.tokenizer("bert").get_vocab_size(), tmp_path / "tokenizer.json"
    settings.tokenizer(good, path, pieces)
    content = json.loads(good)
    beyond = {"type": "Unigram", "unk_id": 7, "vocab": [["a", 0.0]]}
    broken = {"type": "Precompiled", "precompiled_charsmap": "no base64"}
    for text, message in (
        ("hello", "no tokenizer of the tokenizers package"),
        ("{}", "no tokenizer of the tokenizers package"),
        (json.dumps({**content, "model": beyond}), "no tokenizer of the tokenizers package"),
        (json.dumps({**content, "normalizer": broken}), "no tokenizer of the tokenizers package .*panic|Precompiled"),
    ):
        with pytest.raises(
            InputError, match=rf"tokenizer.json: {message}.* Next: save the model's fast tokenizer again"
        ):
            settings.tokenizer(text, path, pieces)
    with pytest.raises(
        InputError, match=rf"it has the id {pieces - 1}, and the model's embeddings end at {pieces - 2}"
    ):
        settings.tokenizer(good, path, pieces - 1)
