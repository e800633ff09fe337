"""Word vectors equal a plain loop over sentences, and have the same bytes wherever they are computed."""

import re

import numpy as np
import pytest
import torch
from script import Files, left_in, run
from tiny import WINDOW, sentences

from polychron.errors import InputError
from polychron.features.extraction import extract, of_datasets
from polychron.models.loading import load
from polychron.storage import files
from polychron.tokenization.pieces import to_table

BUDGET = 200


@pytest.fixture(scope="module")
def pieces():
    lengths = np.random.default_rng(3).integers(3, WINDOW + 1, 120)
    found = sentences(lengths, seed=3, words=6)
    for place, status in ((4, 1), (5, 1), (60, 2), (len(found.status) - 1, 1)):
        found.status[place] = status
        found.first[place] = found.stop[place] = 0
    return found


def plain(encoder, pieces, layer):
    """Return the word vectors of one sentence after the other, one word after the other, in float32."""
    vectors = np.zeros((len(pieces.status), encoder.dimension), np.float32)
    for word, sentence in enumerate(pieces.word_sentence):
        start, stop = pieces.sentence_offsets[sentence : sentence + 2]
        ids = torch.from_numpy(pieces.ids[start:stop].astype(np.int64))[None]
        states = encoder(ids, torch.ones_like(ids, dtype=torch.bool))[layer][0]
        if pieces.status[word] == 0:
            vectors[word] = states[pieces.first[word] : pieces.stop[word]].mean(0)
    return vectors


@pytest.mark.parametrize("layer", [0, 1, 3])
def test_equal_to_a_plain_loop(model, pieces, layer):
    encoder = load(*model, upto=layer, device="cpu")
    found = extract(encoder, pieces, layer, BUDGET)
    assert found.dtype == np.float16
    expected = plain(encoder, pieces, layer)
    np.testing.assert_allclose(found, expected, rtol=2**-11 + 1e-5, atol=1e-6)
    assert not found[pieces.status != 0].any()
    assert found[pieces.status == 0].any(axis=1).all()


def test_batches_touch_no_more_than_the_last_bit(model, pieces):
    encoder = load(*model, device="cpu")
    found = extract(encoder, pieces, 3, BUDGET).astype(np.float32)
    for budget in (1, 50, 100_000):
        other = extract(encoder, pieces, 3, budget).astype(np.float32)
        np.testing.assert_allclose(other, found, rtol=2**-10, atol=1e-6)
        assert np.mean(other != found) < 0.01


def test_same_inputs_same_bytes(model, pieces):
    first = extract(load(*model, device="cpu"), pieces, 2, BUDGET)
    second = extract(load(*model, upto=2, device="cpu"), pieces, 2, BUDGET)
    assert first.tobytes() == second.tobytes()


def test_stored_and_computed_in_place_are_the_same_bytes(model, pieces, tmp_path):
    other = sentences([5, 8, 30], seed=4, words=2)
    tables = [to_table(pieces), to_table(other), to_table(pieces)]
    encoder = load(*model, upto=2, device="cpu")
    file = tmp_path / "features.npy"
    files.write_array(file, extract(encoder, other, 2, BUDGET))
    mixed = of_datasets([False, True, False], [file], tables, *model, 2, BUDGET)
    inline = of_datasets([False] * 3, [], tables, *model, 2, BUDGET)
    assert [array.tobytes() for array in mixed] == [array.tobytes() for array in inline]
    assert isinstance(mixed[1], np.memmap)
    assert [len(array) for array in mixed] == [len(pieces.status), len(other.status), len(pieces.status)]


def test_stored_features_need_no_checkpoint(pieces, tmp_path):
    vectors = np.ones((len(pieces.status), 2), np.float16)
    files.write_array(tmp_path / "a.npy", vectors)
    (found,) = of_datasets([True], [tmp_path / "a.npy"], [to_table(pieces)], "missing", "missing", 1, BUDGET)
    assert np.array_equal(found, vectors)


def test_stored_features_of_another_dataset(pieces, tmp_path):
    files.write_array(tmp_path / "a.npy", np.ones((3, 2), np.float16))
    with pytest.raises(InputError, match=rf"a.npy: vectors of 3 words.*has {len(pieces.status)}"):
        of_datasets([True], [tmp_path / "a.npy"], [to_table(pieces)], "missing", "missing", 1, BUDGET)


def with_bias(model, folder, value):
    """Return the checkpoint with one number of a bias set."""
    from safetensors.torch import load_file, save_file

    weights, config = model
    tensors = load_file(weights)
    tensors["roberta.encoder.layer.1.output.LayerNorm.bias"][7] = value
    save_file(tensors, folder / "model.safetensors")
    return load(folder / "model.safetensors", config, device="cpu")


def test_finite_numbers_beyond_float16_are_stored_as_float32(model, pieces, tmp_path, caplog):
    encoder = with_bias(model, tmp_path, 1e5)
    assert extract(encoder, pieces, 1, BUDGET).dtype == np.float16
    with caplog.at_level("WARNING", logger="polychron"):
        found = extract(encoder, pieces, 2, BUDGET)
    kept = np.sum(pieces.status == 0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, plain(encoder, pieces, 2), rtol=1e-5, atol=1e-5)
    said = rf"{kept} of {len(pieces.status)} word vectors at layer 2 have numbers up to 1e\+05, beyond float16"
    assert re.search(said, caplog.text)
    files.write_array(tmp_path / "a.npy", found)
    (stored,) = of_datasets([True], [tmp_path / "a.npy"], [to_table(pieces)], "missing", "missing", 2, BUDGET)
    assert stored.dtype == np.float32 and stored.tobytes() == found.tobytes()


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_diverged_checkpoint(model, pieces, tmp_path, value):
    encoder = with_bias(model, tmp_path, value)
    extract(encoder, pieces, 1, BUDGET)
    kept = np.sum(pieces.status == 0)
    said = rf"{kept} of {len(pieces.status)} word vectors at layer 2 are not finite, stored in float32"
    with pytest.raises(InputError, match=said):
        extract(encoder, pieces, 2, BUDGET)


def test_a_layer_beyond_what_was_loaded(model, pieces):
    with pytest.raises(InputError, match="layer 2 is asked for"):
        extract(load(*model, upto=1), pieces, 2, BUDGET)


def test_a_dataset_of_words_beyond_the_window_only(model):
    pieces = sentences([6, 6])
    pieces.status[:] = 1
    assert not extract(load(*model), pieces, 1, BUDGET).any()


def test_the_script_gives_the_bytes_that_a_cell_computes(model, pieces, tmp_path):
    files.write_table(tmp_path / "pieces.parquet", to_table(pieces))
    given = Files(pieces=tmp_path / "pieces.parquet", weights=model[0], config=model[1])
    values = {"layer": 2, "tokens_per_batch": BUDGET, "threads": 1}
    run("extract_features", given, Files([tmp_path / "vectors.npy"]), tmp_path / "log", **values)
    (inline,) = of_datasets([False], [], [to_table(pieces)], *model, 2, BUDGET)
    assert np.load(tmp_path / "vectors.npy").tobytes() == inline.tobytes()


def test_the_script_refuses_a_layer_that_the_model_does_not_have(model, pieces, tmp_path, capsys):
    files.write_table(tmp_path / "pieces.parquet", to_table(pieces))
    given = Files(pieces=tmp_path / "pieces.parquet", weights=model[0], config=model[1])
    values = {"layer": 7, "tokens_per_batch": BUDGET, "threads": 1}
    with pytest.raises(SystemExit):
        run("extract_features", given, Files([tmp_path / "vectors.npy"]), tmp_path / "log", **values)
    assert "layer 7 is asked for, and the model has the layers 0 to 3" in capsys.readouterr().err
    assert left_in(tmp_path) == ["log", "pieces.parquet"]
