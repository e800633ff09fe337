"""The encoder that is kept computes what the fine-tuned network computes, and has the names of the checkpoint."""

import numpy as np
import pytest
import tiny
import torch

from polychron.checks import checkpoints
from polychron.errors import InputError
from polychron.finetuning import keeping, network
from polychron.finetuning.splits import of_words
from polychron.models import loading
from polychron.probing.tasks.base import Examples
from polychron.storage import files


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "model"
    tiny.checkpoint(made, num_hidden_layers=2)
    return made


def tuned(folder, seed=0):
    """Return a network whose encoder is not that of the checkpoint any more, and words."""
    pieces = tiny.sentences([9, 12, 7, 20, 5], words=4)
    number = len(pieces.status)
    split = of_words(Examples(0, np.arange(number), None, np.arange(number) % 3, ("a", "b", "c"), 0), pieces)
    made = network.Network(network.load(folder / "config.json", "cpu"), split.labels, "pos", seed=0)
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in made.encoder.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=draw))
    return made, split


def written(folder, made, split):
    paths = {
        name: str(folder.parent / file) for name, file in (("weights", "w.safetensors"), ("config", "config.json"))
    }
    return paths, keeping.write(made, *tiny.files_of(folder), paths, split)


def test_what_is_kept_is_the_fine_tuned_encoder(folder):
    made, split = tuned(folder)
    paths, proof = written(folder, made, split)
    before, _ = files.read_tensors(folder / "model.safetensors")
    after, _ = files.read_tensors(paths["weights"])
    assert after.keys() == {name for name in before if name.startswith("roberta.")}  # the head of pieces is left out
    known = made.encoder.state_dict()
    for name, tensor in after.items():
        assert np.array_equal(tensor, known[name.removeprefix("roberta.")].numpy())
        assert not np.array_equal(tensor, before[name])
    assert proof["layers"] < 1e-5 and proof["logits"] is None
    assert files.read_json(paths["config"])["dtype"] == "float32"


def test_a_training_that_diverged_leaves_the_encoder_of_the_checkpoint(folder, caplog):
    made, split = tuned(folder)
    with torch.no_grad():
        next(made.encoder.parameters()).fill_(float("nan"))
    paths, proof = written(folder, made, split)
    before, _ = files.read_tensors(folder / "model.safetensors")
    after, _ = files.read_tensors(paths["weights"])
    assert all(np.array_equal(tensor, before[name]) for name, tensor in after.items())
    assert proof["layers"] < 1e-5 and "kept as it was before the training" in caplog.text


def test_what_is_kept_can_be_examined_and_read_like_any_checkpoint(folder):
    written(folder, *tuned(folder))
    (folder.parent / "w.safetensors").rename(folder.parent / "model.safetensors")
    tiny.tokenizer(folder, ["a b c"] * 20, 8)
    text = (folder / "tokenizer.json").read_text()
    verdict = checkpoints.examine(*tiny.files_of(folder.parent), text, text, final_layer=2, window=tiny.WINDOW)
    assert verdict["layers"] == 2 and len(verdict["headless"]) > 0
    assert loading.load(*tiny.files_of(folder.parent)).depth == 2


def test_another_encoder_than_what_was_written_is_found(folder):
    """The control: the comparison fails where the network is another one."""
    made, split = tuned(folder)
    paths, _ = written(folder, made, split)
    other, _ = tuned(folder, seed=1)
    assert keeping._difference(made.encoder, paths, split) < keeping.TOLERANCE
    assert keeping._difference(other.encoder, paths, split) > 100 * keeping.TOLERANCE


def test_a_checkpoint_of_other_names_is_refused(folder):
    made, split = tuned(folder)
    arrays, _ = files.read_tensors(folder / "model.safetensors")
    renamed = {name.replace("LayerNorm.weight", "LayerNorm.gamma"): value for name, value in arrays.items()}
    files.write_tensors(folder / "model.safetensors", renamed, {"format": "pt"})
    with pytest.raises(InputError, match=r"no tensor .*LayerNorm\.weight.*\n?.*finetuning\.keep: null"):
        written(folder, made, split)


def test_kinds_of_pieces_are_no_difference(tmp_path, monkeypatch):
    """What is written is read without them, as pieces of a first sentence."""
    tiny.checkpoint(tmp_path / "model", num_hidden_layers=2, type_vocab_size=2)
    made, split = tuned(tmp_path / "model")
    plain = type(split.inputs).pad

    def pad(inputs, *arguments):
        given = plain(inputs, *arguments)
        return {**given, "token_type_ids": torch.ones_like(given["input_ids"])}

    monkeypatch.setattr(type(split.inputs), "pad", pad)
    _, proof = written(tmp_path / "model", made, split)
    assert proof["layers"] < 1e-5
