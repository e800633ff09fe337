"""The plug-in: rows of a batch by their language's parts, its softmax, its random words. One process of fairseq."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import small_separate
from small_separate import SETTINGS, made

from polychron.pretraining import fairseq_process, training


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plugin")
    settings = {**SETTINGS, "step": 1}
    arguments = training.arguments(settings, data=made() / "binarized", folder=folder, previous=None)
    (folder / "arguments.json").write_text(json.dumps(arguments), encoding="utf-8")
    script = Path(small_separate.__file__).with_name("plugin_probe.py")
    command = [sys.executable, "-P", script, fairseq_process.LAUNCHER, folder / "arguments.json", folder / "facts.npz"]
    done = subprocess.run([*map(str, command)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(folder / "facts.npz") as read:
        return {name: read[name] for name in read}


def close(mine, theirs):
    return mine.shape == theirs.shape and np.allclose(mine, theirs, rtol=0, atol=1e-5)


def probabilities(logits):
    powers = np.exp(logits.astype(np.float64) - logits.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def test_the_rows_of_a_mixed_batch_are_those_of_each_language_alone(facts):
    for number in (0, 1):
        rows = facts["lang_id"] == number
        kept = facts["ids"][rows] != 1
        assert close(facts["mixed_states"][:, rows][:, kept], facts[f"alone_states_{number}"][:, kept])
        assert close(facts["mixed_logits"][rows][kept], facts[f"alone_logits_{number}"][kept])
    assert close(facts["masked_logits"], facts["mixed_logits"][facts["masked"]])


def test_a_language_that_is_held_constant_shows_at_every_layer(facts):
    second = facts["lang_id"] == 1
    kept = facts["ids"] != 1
    difference = np.abs(facts["mixed_states"] - facts["constant_states"]).max(-1)
    assert difference[:, ~second[:, None] & kept].max() < 1e-5
    assert (difference[:, second[:, None] & kept] > 1e-3).all()


def test_a_language_predicts_its_own_pieces_and_the_first_four_ids(facts):
    predicted = facts["own"] | (np.arange(facts["own"].shape[1]) < 4)
    assert not np.array_equal(*predicted)
    for row, number in enumerate(facts["lang_id"]):
        found = probabilities(facts["mixed_logits"][row])
        assert (found[:, predicted[number]] > 0).all()
        assert (found[:, ~predicted[number]] == 0).all()


def test_random_words_are_of_the_sentences_own_language(facts):
    for number, own in enumerate(facts["own"]):
        words = facts["random"][facts["random"][:, 0] == number, 1]
        assert len(words) > 50
        assert own[words].all()
        assert len(set(words)) > own.sum() / 2  # and any of them
    assert not facts["own"][:, :4].any() and not facts["own"][:, -1].any()


def test_a_language_moves_its_own_and_the_shared_parts_alone(facts):
    moved = json.loads(str(facts["moved"]))
    more = {name for name in moved if ".more_" in name}
    assert {name.split(".more_")[1].split(".")[0] for name in more} == {
        "tokens",
        "positions",
        "norms",
        "layers",
        "bias",
    }
    assert all(moved[name] == 0 for name in more)
    for name in ("layers.0.fc1.weight", "layers.1.fc1.weight", "layernorm_embedding.bias", "embed_positions.weight"):
        assert moved[f"encoder.sentence_encoder.{name}"] > 0
    assert (facts["moved_rows"][4:][~facts["own"][0, 4:]] == 0).all()


def test_with_nothing_separate_it_is_the_model_of_fairseq(facts):
    kept = facts["ids"] != 1
    assert close(facts["plain_states"][:, kept], facts["stock_states"][:, kept])
    assert close(facts["plain_logits"][kept], facts["stock_logits"][kept])
