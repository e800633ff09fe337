"""Untrained models have the shapes of the model they are like, other weights, and the same bytes for the same seed."""

import json

import numpy as np
import pytest
import tiny
from safetensors.numpy import load_file

from polychron.checkpoints import untrained
from polychron.errors import InputError


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A checkpoint with a tokenizer, as a study converts it."""
    folder = tmp_path_factory.mktemp("trained")
    tiny.checkpoint(folder)
    (folder / "tokenizer.json").write_text('{"model": {"vocab": []}}')
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 32}')
    return folder


def drawn(trained, folder, seed):
    files = [trained / name for name in ("config.json", "tokenizer.json", "tokenizer_config.json")]
    untrained.draw(*files, folder, seed)
    return load_file(folder / "model.safetensors")


def test_shapes_are_those_of_the_model_and_weights_are_not(trained, tmp_path):
    known, found = load_file(trained / "model.safetensors"), drawn(trained, tmp_path, 0)
    assert {name: array.shape for name, array in found.items()} == {name: array.shape for name, array in known.items()}
    words = "roberta.embeddings.word_embeddings.weight"
    assert abs(np.corrcoef(known[words].ravel(), found[words].ravel())[0, 1]) < 0.1
    # as transformers initialises them: deviation 0.02, and 0 for padding
    assert found[words].std() == pytest.approx(0.02, rel=0.1) and not found[words][1].any()
    assert json.loads((tmp_path / "config.json").read_text())["hidden_size"] == 24
    assert (tmp_path / "tokenizer.json").read_text() == (trained / "tokenizer.json").read_text()


def test_the_seed_decides_the_bytes(trained, tmp_path):
    folders = [tmp_path / name for name in "abc"]
    for folder, seed in zip(folders, (3, 3, 4), strict=True):
        folder.mkdir()
        drawn(trained, folder, seed)
    first, again, other = ((folder / "model.safetensors").read_bytes() for folder in folders)
    assert first == again != other


def test_drawing_leaves_other_draws_as_they_are(trained, tmp_path):
    import torch

    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    drawn(trained, tmp_path, 9)
    assert torch.equal(torch.rand(3), expected)


def test_an_unknown_family_is_named(trained, tmp_path):
    config = tmp_path / "config.json"
    config.write_text('{"model_type": "nothing"}')
    with pytest.raises(InputError, match=r"config\.json"):
        untrained.draw(config, trained / "tokenizer.json", trained / "tokenizer_config.json", tmp_path / "x", 0)
