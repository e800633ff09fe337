"""Mixtures of layers: the weight is on the layer that knows the label, and one layer is an ordinary probe."""

import numpy as np
import pytest
import torch
from cells import per_seed, planted

from polychron.errors import InputError
from polychron.probing import mixture, probes, training

torch.set_num_threads(1)

SETTINGS = {"seeds": (0, 1), "epochs": 12, "batch": 32, "learning_rate": 0.02, "device": "cpu"}


def layers_of(vectors, layers, known, seed=3, size=1.0):
    """Return vectors at all layers: at one of them those that a label is planted in, noise at the others."""
    draw = np.random.default_rng(seed)
    found = size * draw.normal(size=(layers, *vectors.shape))
    found[known] = vectors
    return found.astype(np.float16)


def values(made, splits, vectors, metric, split=None):
    rows = mixture.scores(made, splits, vectors)
    return [row["value"] for row in rows if row["metric"] == metric and split in (None, row["split"])]


@pytest.mark.parametrize("pairs", [False, True])
@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_the_weight_is_on_the_layer_that_knows_the_label(pairs, scaling):
    splits, [vectors] = planted(500, 8, 3, pairs=pairs, noise=0.0)
    states = layers_of(vectors, 4, known=2, size=1.0 if scaling == "none" else 5.0)
    made = mixture.fit(splits["train"], splits["dev"], states, scaling=scaling, **SETTINGS | {"epochs": 60})
    np.testing.assert_allclose(made.weights.sum(axis=1), 1, atol=1e-12)
    assert (made.weights.argmax(axis=1) == 2).all() and made.weights[:, 2].min() > 0.6
    assert min(values(made, splits, states, "accuracy.mixture", "test")) > 0.75
    # an ordinary probe of another layer knows less
    other = training.fit(splits["train"], splits["dev"], [states[1]], scaling=scaling, **SETTINGS)
    assert probes.correct(other, [states[1]], splits["test"]).mean() < 0.6


def test_where_no_layer_knows_the_label_no_layer_is_weighted_and_accuracy_is_chance():
    """The control: the vectors of the layer that knew it are shuffled among the words."""
    splits, [vectors] = planted(500, 8, 3, pairs=False, noise=0.0)
    states = layers_of(np.random.default_rng(7).permutation(vectors), 4, known=2)
    made = mixture.fit(splits["train"], splits["dev"], states, **SETTINGS)
    assert made.weights.max() < 0.45
    labels = splits["test"].label
    majority = np.bincount(labels).max() / len(labels)
    assert max(values(made, splits, states, "accuracy.mixture", "test")) < majority + 0.12


@pytest.mark.parametrize("pairs", [False, True])
def test_a_mixture_of_one_layer_is_an_ordinary_probe(pairs):
    splits, [vectors] = planted(400, 8, 3, pairs=pairs)
    made = mixture.fit(splits["train"], splits["dev"], vectors[None], **SETTINGS)
    expected = training.fit(splits["train"], splits["dev"], [vectors], **SETTINGS)
    assert made.probe.kept_epochs == expected.kept_epochs and made.probe.classes == expected.classes
    np.testing.assert_allclose(made.probe.weight, expected.weight, atol=1e-4)
    np.testing.assert_allclose(made.probe.bias, expected.bias, atol=1e-4)
    np.testing.assert_array_equal(made.weights, 1)


def test_layers_that_are_all_the_same_are_weighted_alike():
    splits, [vectors] = planted(300, 8, 3, pairs=False)
    made = mixture.fit(splits["train"], splits["dev"], np.stack([vectors] * 3), **SETTINGS)
    # Adam makes steps of rounding errors where a gradient is 0
    np.testing.assert_allclose(made.weights, 1 / 3, atol=0.05)


def test_standardised_layers_do_not_depend_on_their_size_or_offset():
    splits, [vectors] = planted(300, 8, 3, pairs=False)
    states = layers_of(vectors, 3, known=1).astype(np.float64)
    moved = states * np.array([100.0, 0.01, 1])[:, None, None] + np.array([5.0, 0, -3])[:, None, None]
    one, other = (
        mixture.fit(splits["train"], splits["dev"], given, scaling="standard", **SETTINGS) for given in (states, moved)
    )
    np.testing.assert_allclose(one.weights, other.weights, atol=1e-3)
    np.testing.assert_allclose(one.mixed(0, states), other.mixed(0, moved), atol=1e-2)


def test_rows_have_a_layer_where_they_are_of_one_and_each_seed_its_own_examples():
    splits, _, [vectors] = per_seed()
    states = layers_of(vectors, 3, known=0)
    settings = SETTINGS | {"seeds": (0, 1, 2), "epochs": 2}
    made = mixture.fit(splits["train"], splits["dev"], states, **settings)
    rows = mixture.scores(made, splits, states)
    assert {(row["metric"], row["layer"] is None) for row in rows} == {
        ("accuracy.mixture", True),
        ("kept_epoch.mixture", True),
        ("excluded.mixture", True),
        ("mixture_weight", False),
    }
    weights = [row for row in rows if row["metric"] == "mixture_weight"]
    assert [(row["seed"], row["layer"]) for row in weights] == [
        (seed, layer) for seed in range(3) for layer in range(3)
    ]
    # alone, a seed gives the same bytes
    alone = {name: one.of_seed(1) for name, one in splits.items()}
    again = mixture.fit(alone["train"], alone["dev"], states, **settings | {"seeds": (1,)})
    assert again.probe.weight[0].tobytes() == made.probe.weight[1].tobytes()
    assert again.weights[0].tobytes() == made.weights[1].tobytes()


def test_vectors_that_are_not_finite_and_empty_splits_are_refused():
    splits, [vectors] = planted(100, 4, 2, pairs=False)
    states = layers_of(vectors, 2, known=0)
    with pytest.raises(InputError, match="dev: no examples"):
        mixture.fit(splits["train"], splits["dev"].subset(slice(0)), states, **SETTINGS)
    states[1, 3, 2] = np.inf
    with pytest.raises(InputError, match="the features of word 3 are not finite"):
        mixture.fit(splits["train"], splits["dev"], states, **SETTINGS)
