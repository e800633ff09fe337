"""Pretraining with separate parts: its arguments, what it refuses, and intervals that equal an uninterrupted run."""

import shutil

import numpy as np
import pytest
import small_separate
from small_pretraining import weights
from small_separate import SETTINGS, made, trained

from polychron.errors import InputError
from polychron.pretraining import separate, training
from polychron.pretraining.fairseq_checkpoint import WRITTEN, FairseqCheckpoint


def arguments(**changed):
    return training.arguments({**SETTINGS, "step": 5, **changed}, data="data", folder="folder", previous=None)


def test_what_is_shared_is_trained_by_the_same_command_as_before():
    settings = {name: value for name, value in SETTINGS.items() if name != "separate"}
    plain = training.arguments({**settings, "step": 5}, data="data", folder="folder", previous=None)
    assert plain == arguments(separate=None) == arguments(separate={"embeddings": False, "layers": 0})
    assert "--user-dir" not in plain and plain[plain.index("--task") + 1] == "multilingual_masked_lm"
    assert plain[plain.index("--arch") + 1] == "roberta_base"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({"embeddings": True, "layers": 1}, ["--separate-embeddings", "--separate-layers", "1"]),
        ({"embeddings": True}, ["--separate-embeddings"]),
        ({"layers": 2}, ["--separate-layers", "2"]),
    ],
)
def test_the_command_names_the_plugin_and_what_is_separate(parts, expected):
    command = arguments(separate=parts)
    first = command.index("--user-dir")
    assert command[first : first + 2 + len(expected)] == ["--user-dir", str(separate.PLUGIN), *expected]
    assert [word for word in command if word.startswith("--separate-")] == [w for w in expected if w[0] == "-"]
    assert command[command.index("--task") + 1] == "bilingual_masked_lm"
    assert command[command.index("--arch") + 1] == "bilingual_roberta"


@pytest.mark.slow
def test_intervals_are_equal_to_an_uninterrupted_run_over_epochs(tmp_path):
    """An epoch has eight updates: the run goes on in the second one, and ends in the third."""
    first = small_separate.train(tmp_path / "first.pt", 11)
    last = small_separate.train(tmp_path / "last.pt", 20, first)
    mine, theirs = weights(last), weights(trained())
    assert mine.keys() == theirs.keys()
    trainable = {name for name in mine if name.split(".")[-1] not in COPIES}
    assert [name for name in trainable if not np.array_equal(mine[name], theirs[name])] == []
    # of the second language: a table, positions, a norm's two tensors, a bias, a layer's sixteen
    assert sum(".more_" in name for name in trainable) == 21
    assert FairseqCheckpoint(last).updates() == [11, 20]


COPIES = {f"{name}_{part}" for name in ("in_proj", "out_proj", "fc1", "fc2") for part in ("weight", "bias")}
"""fairseq's second copy of a layer, which is never trained."""


def test_the_checkpoint_names_what_any_checkpoint_of_pretraining_does():
    opened = FairseqCheckpoint(trained(), WRITTEN)
    own = opened.tensors()["encoder.own"]
    ids = separate.read(made() / "binarized")
    assert [np.flatnonzero(row).tolist() for row in own] == [ids["aa"], ids["bb"]]
    with pytest.raises(InputError, match="a tensor of the unknown name 'encoder"):
        opened.convert(layers=2, vocabulary=own.shape[1])  # no half of it passes for a whole model


def refused(data, message, **changed):
    with pytest.raises(InputError, match=message):
        training.pretrain({**SETTINGS, "step": 5, **changed}, data=data, previous=None, output=data / "out.pt")


def test_what_cannot_be_separated_is_an_input_error(tmp_path):
    data = tmp_path / "binarized"
    shutil.copytree(made() / "binarized", data)
    parts = {"embeddings": True, "layers": 2}
    refused(data, r"separate\.layers is 2, and the model has 2 layers\. Next: separate up to 1", separate=parts)
    separate.write({"aa": [4], "cc": [5]}, data)
    refused(data, r"own\.json: has the languages aa, cc, expected aa, bb")
    (data / "own.json").unlink()
    refused(data, r"own\.json")
    shutil.rmtree(data / "bb")
    refused(data, "a model of one language has nothing to separate", languages=["aa"])
