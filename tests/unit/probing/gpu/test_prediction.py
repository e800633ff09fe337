"""Predictions from tensors on the device are those from arrays; so are those of all targets together."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from cells import SEEDS, fit, per_seed, planted

from polychron import device
from polychron.errors import InputError
from polychron.probing import probes, training
from polychron.probing.gpu import prediction, resident, scoring, switch, uploads

torch.set_num_threads(1)
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"


@pytest.fixture(params=[False, True], ids=["words", "pairs"])
def trained(request, monkeypatch):
    """Return a probe, what it was trained on, and its vectors; batches of examples are small."""
    monkeypatch.setattr(scoring, "ROWS", 64)
    splits, vectors = planted(700, 20, 7, pairs=request.param, noise=0.5)
    return fit(splits, vectors, epochs=3), splits, vectors[0]


def test_from_a_tensor_as_from_an_array(trained):
    probe, splits, vectors = trained
    for split in splits.values():
        expected = probes.predict(probe, vectors, split)
        assert (prediction.predict(probe, vectors, split) == expected).all()
        found = prediction.predict(probe, uploads.copied(vectors, DEVICE), split)
        assert found.dtype == np.int64 and (found == expected).all()


def test_examples_of_each_seed():
    together, _, vectors = per_seed(number=300)
    probe = fit(together, vectors, seeds=(5, 6, 7), epochs=2)
    expected = probes.predict(probe, vectors[0], together["dev"])
    assert (prediction.predict(probe, uploads.copied(vectors[0], DEVICE), together["dev"]) == expected).all()


def targets(splits, vectors):
    """Return three targets of other sizes, cut from a split and its vectors."""
    draw, made = np.random.default_rng(0), []
    for number in (90, 300, 41):
        words = draw.normal(size=(number, vectors.shape[1])).astype(np.float16)
        places = draw.integers(number, size=(2, number // 2))
        second = None if splits["test"].second is None else places[1]
        label = np.zeros(number // 2, np.int64)
        made.append((words, replace(splits["test"], first=places[0], second=second, label=label)))
    return zip(*made, strict=True)


def test_all_targets_together_as_one_after_the_other(trained):
    probe, splits, vectors = trained
    arrays, examples = targets(splits, vectors)
    expected = [probes.predict(probe, words, one) for words, one in zip(arrays, examples, strict=True)]
    assert len({one.tobytes() for one in expected}) == 3
    found = [prediction.of_targets(probe, arrays, examples), resident.together(probe, arrays, examples, DEVICE)]
    for one in found:
        assert all((got == known).all() for got, known in zip(one, expected, strict=True))
    # the control: a target whose vectors are another's is scored otherwise
    moved = resident.together(probe, (arrays[1], arrays[0], arrays[2]), (examples[2], examples[0], examples[2]), DEVICE)
    assert (moved[0] != expected[2]).any() and (moved[2] == expected[2]).all()


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2)], ids=["float16 first", "float32 first"])
def test_targets_of_mixed_types(trained, order):
    """One target has numbers beyond float16, which its features are stored in float32 for."""
    probe, splits, vectors = trained
    arrays, examples = (list(one) for one in targets(splits, vectors))
    arrays[1] = arrays[1].astype(np.float32) * np.float32(1 + 2**-14)
    arrays[1][:, 3] *= np.float32(1e5)
    arrays, examples = [arrays[place] for place in order], [examples[place] for place in order]
    expected = [probes.predict(probe, words, one) for words, one in zip(arrays, examples, strict=True)]
    found = resident.together(probe, arrays, examples, DEVICE)
    assert all((got == known).all() for got, known in zip(found, expected, strict=True))


def test_the_target_whose_values_are_not_finite_is_named(trained):
    probe, splits, vectors = trained
    arrays, examples = (list(one) for one in targets(splits, vectors))
    row = examples[1].first[7]
    arrays[1][row, 2] = np.inf
    with pytest.raises(InputError, match=rf"target 2 of 3: the features of word {row} are not finite"):
        resident.together(probe, arrays, examples, DEVICE)


def test_values_that_are_not_finite_are_refused_where_an_example_has_them(trained):
    probe, splits, vectors = trained
    split, vectors = splits["test"], vectors.copy()
    unused = np.setdiff1d(np.arange(len(vectors)), [split.first, split.first if split.second is None else split.second])
    vectors[unused[0], 3] = np.nan
    prediction.predict(probe, uploads.copied(vectors, DEVICE), split)
    vectors[split.first[70], 3] = np.inf
    with pytest.raises(InputError, match=f"the features of word {split.first[70]} are not finite"):
        prediction.predict(probe, uploads.copied(vectors, DEVICE), split)


def test_all_word_vectors_of_a_training_are_looked_through(monkeypatch):
    monkeypatch.setattr(uploads, "ROWS", 4)
    vectors = np.ones((11, 3), np.float16)
    assert uploads.to_device(uploads.copied(vectors, DEVICE), DEVICE).shape == (11, 3)
    vectors[9, 2] = np.inf
    with pytest.raises(InputError, match="the features of word 9 are not finite"):
        uploads.to_device(uploads.copied(vectors, DEVICE), DEVICE)


@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_trained_on_tensors_as_on_arrays(scaling):
    splits, vectors = planted(300, 12, 3, pairs=True)
    on_arrays = fit(splits, vectors, epochs=3, scaling=scaling)
    on_tensors = fit(splits, [uploads.copied(vectors[0], "cpu")], epochs=3, scaling=scaling)
    assert on_tensors.weight.tobytes() == on_arrays.weight.tobytes()


def test_vectors_that_do_not_fit(trained):
    probe, splits, vectors = trained
    for wrong, said in ((vectors[:, :10], "dimensions for inputs of"), (vectors[:5], "and an example of word")):
        with pytest.raises(InputError, match=said):
            prediction.predict(probe, uploads.copied(np.ascontiguousarray(wrong), DEVICE), splits["test"])
    with pytest.raises(InputError, match="word vectors of 20 and 10 values in one transfer"):
        resident.together(probe, [vectors, vectors[:, :10]], [splits["test"]] * 2, DEVICE)


def test_a_gpu_scores_where_there_is_one(monkeypatch, tmp_path):
    monkeypatch.delenv(switch.SWITCH, raising=False)
    monkeypatch.setattr(device, "CARDS", f"{tmp_path}/nvidia[0-9]*")
    monkeypatch.setattr(device, "choose", lambda: "cuda")
    assert not prediction.on_gpu()
    Path(tmp_path / "nvidia0").touch()
    assert prediction.on_gpu()
    monkeypatch.setenv(switch.SWITCH, "plain")
    assert not prediction.on_gpu()


def test_word_vectors_stay_arrays_without_a_gpu(monkeypatch):
    vectors = [np.ones((3, 2), np.float16)]
    monkeypatch.setattr(uploads, "choose", lambda: "cpu")
    assert uploads.resident(vectors)[0] is vectors[0]
    monkeypatch.setattr(uploads, "choose", lambda: "cuda")
    monkeypatch.setenv(switch.SWITCH, "plain")
    assert uploads.resident(vectors)[0] is vectors[0]


def test_vectors_that_are_trained_on_again_are_copied_once(monkeypatch):
    splits, vectors = planted(200, 12, 3, pairs=False)
    expected = fit(splits, vectors, epochs=2)
    copies = []
    monkeypatch.setattr(
        uploads, "resident", lambda features: copies.append(len(features)) or [*map(torch.tensor, features)]
    )
    fits = uploads.fitting(training.fit, vectors)
    for _ in range(2):
        settings = {"seeds": SEEDS, "epochs": 2, "device": "cpu"}
        found = fits(splits["train"], splits["dev"], vectors, **settings)
        assert found.weight.tobytes() == expected.weight.tobytes()
    assert copies == [1]
    with pytest.raises(ValueError, match="other word vectors"):
        fits(splits["train"], splits["dev"], [vectors[0]])
