"""Training gives the weights of PyTorch's Adam and the accuracy of scikit-learn, and stops and keeps as it should."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from cells import SEEDS, fit, planted
from torch.nn import functional

from polychron.errors import InputError
from polychron.probing import multi_seed, probes, scaling
from polychron.probing.tasks.base import Examples

torch.set_num_threads(1)


def accuracy(fitted, splits, vectors, split="test"):
    return probes.correct(fitted, vectors, splits[split]).mean(axis=1)


def plain(splits, vectors, seed, *, epochs, patience, batch=256):
    """One seed with PyTorch's own parts: Linear, Adam, cross-entropy, a loop over batches."""
    train, dev = (
        (torch.from_numpy(probes.inputs(vectors[one.dataset], one.first, one.second)), torch.from_numpy(one.label))
        for one in (splits["train"], splits["dev"])
    )
    classes = len(splits["train"].labels)
    weight, bias, generator = multi_seed.initial(seed, train[0].shape[1], classes)
    layer = torch.nn.Linear(train[0].shape[1], classes)
    layer.weight.data, layer.bias.data = weight, bias
    adam = torch.optim.Adam(layer.parameters(), lr=1e-3)
    best, kept = -1, None
    for epoch in range(1, epochs + 1):
        for rows in torch.randperm(len(train[1]), generator=generator).split(batch):
            adam.zero_grad()
            functional.cross_entropy(layer(train[0][rows]), train[1][rows]).backward()
            adam.step()
        right = (layer(dev[0]).argmax(1) == dev[1]).sum().item()
        if right > best:
            best, kept = right, (epoch, layer.weight.detach().clone(), layer.bias.detach().clone())
        elif epoch - kept[0] >= patience:
            break
    return kept


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("number", [200, 1100])
def test_equal_to_torch_adam(pairs, number):
    """Same first weights, same order: the same weights, after several epochs with a part-filled last batch."""
    splits, vectors = planted(number, 24, 5, pairs=pairs)
    fitted = fit(splits, vectors, epochs=6)
    for place, seed in enumerate(SEEDS):
        epoch, weight, bias = plain(splits, vectors, seed, epochs=6, patience=3)
        assert fitted.kept_epochs[place] == epoch
        np.testing.assert_allclose(fitted.weight[place].T, weight, atol=1e-6)
        np.testing.assert_allclose(fitted.bias[place], bias, atol=1e-6)


def test_early_stopping_as_in_a_plain_loop():
    """The seeds stop in different epochs, all long before the last; each keeps what a plain loop keeps."""
    splits, vectors = planted(600, 16, 6, pairs=True, noise=2.0)
    fitted = fit(splits, vectors, epochs=60)
    expected = [plain(splits, vectors, seed, epochs=60, patience=3) for seed in SEEDS]
    assert fitted.kept_epochs == tuple(epoch for epoch, _, _ in expected)
    assert len(set(fitted.kept_epochs)) > 1 and max(fitted.kept_epochs) < 57
    for place, (_, weight, _) in enumerate(expected):
        np.testing.assert_allclose(fitted.weight[place].T, weight, atol=2e-5)


def test_same_inputs_same_bytes():
    splits, vectors = planted(700, 20, 4, pairs=False)
    one, other = (fit(splits, vectors, epochs=5) for _ in range(2))
    assert one.weight.tobytes() == other.weight.tobytes() and one.bias.tobytes() == other.bias.tobytes()


def test_of_equally_good_epochs_the_first_is_kept():
    """Labels that one split lacks leave dev accuracy at 0: nothing is better than the first epoch."""
    splits, vectors = planted(600, 8, 3, pairs=False)
    stranger = replace(splits["dev"], label=np.full(len(splits["dev"]), 3), labels=("a", "b", "c", "never in train"))
    train = replace(splits["train"], labels=stranger.labels)
    fitted = fit({"train": train, "dev": stranger}, vectors)
    assert fitted.kept_epochs == (1,) * 5
    first = fit({"train": train, "dev": stranger}, vectors, epochs=1)
    assert fitted.weight.tobytes() == first.weight.tobytes()
    assert fitted.classes == ("a", "b", "c")


def test_the_best_epoch_is_restored():
    splits, vectors = planted(500, 30, 8, pairs=False, noise=2.0)
    fitted = fit(splits, vectors)
    for epoch in set(fitted.kept_epochs):
        until = fit(splits, vectors, epochs=epoch)
        for place, kept in enumerate(fitted.kept_epochs):
            if kept == epoch:
                assert fitted.weight[place].tobytes() == until.weight[place].tobytes()


@pytest.mark.parametrize("pairs", [False, True])
def test_a_planted_truth_is_found(pairs):
    splits, vectors = planted(6000, 20, 4, pairs=pairs, noise=0.0)
    assert accuracy(fit(splits, vectors, learning_rate=1e-2), splits, vectors).min() > 0.93


@pytest.mark.parametrize("pairs, classes", [(False, 6), (True, 2), (True, 6)])
def test_as_good_as_logistic_regression(pairs, classes):
    sklearn = pytest.importorskip("sklearn.linear_model")
    splits, vectors = planted(6000, 24, classes, pairs=pairs, noise=0.5)
    seen = {split: probes.inputs(vectors[0], one.first, one.second) for split, one in splits.items()}
    reference = sklearn.LogisticRegression(max_iter=1000).fit(seen["train"], splits["train"].label)
    expected = reference.score(seen["test"], splits["test"].label)
    found = accuracy(fit(splits, vectors, patience=50), splits, vectors)
    assert abs(found.mean() - expected) < 0.02  # 900 test examples: a standard error of 0.015


@pytest.mark.parametrize("pairs", [False, True])
def test_scaled_vectors_are_those_of_scikit_learn(pairs):
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    splits, vectors = planted(3000, 12, 4, pairs=pairs)
    vectors[0] = (vectors[0] * np.linspace(0.01, 30, 12) + np.linspace(-5, 5, 12)).astype(np.float32)
    vectors[0][:, 3] = 7  # a dimension that says nothing
    train = splits["train"]
    scaler = preprocessing.StandardScaler().fit(probes.inputs(vectors[0], train.first, train.second).astype(np.float64))
    mean, inverse = scaling.standard(train, vectors[0])
    np.testing.assert_allclose(mean, scaler.mean_, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(inverse, 1 / scaler.scale_, rtol=1e-5)


@pytest.mark.parametrize("pairs", [False, True])
def test_scaling_makes_scores_independent_of_the_norm_and_its_weights_are_for_unscaled_vectors(pairs):
    splits, vectors = planted(4000, 16, 4, pairs=pairs, noise=0.1)
    small = [(vectors[0].astype(np.float32) / 32).astype(np.float32)]
    large = [vectors[0].astype(np.float32)]
    settings = {"scaling": "standard", "epochs": 8, "patience": 8}
    scores = [accuracy(fit(splits, given, **settings), splits, given) for given in (small, large)]
    assert np.abs(scores[0] - scores[1]).max() < 0.01
    plain = [accuracy(fit(splits, given, epochs=8, patience=8), splits, given).mean() for given in (small, large)]
    assert plain[1] - plain[0] > 0.03  # the control: without scaling, the norm alone changes the score
    assert scores[0].mean() > plain[0]


def test_a_single_class():
    splits, vectors = planted(100, 6, 1, pairs=False)
    fitted = fit(splits, vectors)
    assert accuracy(fitted, splits, vectors).tolist() == [1.0] * 5
    assert fitted.kept_epochs == (1,) * 5


def test_features_that_say_nothing():
    """All words have one vector: no error, and every seed guesses one class for all."""
    splits, vectors = planted(400, 6, 3, pairs=False)
    vectors[0][:] = vectors[0][0]
    fitted = fit(splits, vectors)
    assert np.isfinite(fitted.weight).all()
    shares = np.bincount(splits["test"].label, minlength=3) / len(splits["test"].label)
    assert all(min(abs(shares - value)) < 1e-6 for value in accuracy(fitted, splits, vectors))


def test_fewer_examples_than_labels():
    """A label that train does not have gets no weights: there are never more classes than examples."""
    splits, vectors = planted(30, 6, 40, pairs=False)
    seen = np.unique(splits["train"].label)
    assert len(seen) < len(splits["train"].label) < 40
    fitted = fit(splits, vectors)
    assert fitted.weight.shape == (5, 6, len(seen))
    assert np.isfinite(fitted.weight).all()


def test_vectors_from_two_datasets_and_from_disk(tmp_path):
    """Dev may lie in another dataset than train; mapped float16 files and arrays of float32 will do."""
    splits, vectors = planted(900, 12, 3, pairs=True)
    np.save(tmp_path / "vectors.npy", vectors[0])
    mapped = np.load(tmp_path / "vectors.npy", mmap_mode="r")
    moved = {**splits, "dev": replace(splits["dev"], dataset=1)}
    one, two, wide = (
        fit(splits, vectors, epochs=4),
        fit(moved, [mapped, mapped], epochs=4),
        fit(splits, [vectors[0].astype(np.float32)], epochs=4),
    )
    assert one.weight.tobytes() == two.weight.tobytes() == wide.weight.tobytes()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_finite(value):
    splits, vectors = planted(100, 6, 2, pairs=False)
    vectors[0][37, 2] = value
    with pytest.raises(InputError, match="the features of word 37 are not finite"):
        fit(splits, vectors)


@pytest.mark.parametrize("split", ["train", "dev"])
def test_an_empty_split(split):
    splits, vectors = planted(100, 6, 2, pairs=True)
    nothing = Examples(0, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64), ("a", "b"), 4)
    with pytest.raises(InputError, match=f"{split}: no examples"):
        fit({**splits, split: nothing}, vectors)


def test_examples_beyond_the_features():
    splits, vectors = planted(100, 6, 2, pairs=True)
    with pytest.raises(InputError, match="features of 60 words, and an example of word"):
        fit(splits, [vectors[0][:60]])
