"""Probes trained to convergence are scikit-learn's, and depend on no seed."""

import numpy as np
import pytest
import torch
from cells import per_seed, planted

from polychron.errors import InputError
from polychron.probing import controls, logistic_regression, probes

torch.set_num_threads(1)


def fit(splits, vectors, **settings):
    return logistic_regression.fit(
        splits["train"], splits["dev"], vectors, **({"seeds": (0, 1), "device": "cpu"} | settings)
    )


@pytest.mark.parametrize(("pairs", "classes"), [(False, 6), (True, 2), (True, 4)])
@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_equal_to_scikit_learn(pairs, classes, scaling):
    linear_model = pytest.importorskip("sklearn.linear_model")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    splits, vectors = planted(1200, 10, classes, pairs=pairs, noise=0.5)
    vectors[0] = vectors[0].astype(np.float32) * np.linspace(0.2, 4, 10, dtype=np.float32)
    seen = {split: probes.inputs(vectors[0], one.first, one.second) for split, one in splits.items()}
    if scaling == "standard":
        scaler = preprocessing.StandardScaler().fit(seen["train"])
        seen = {split: scaler.transform(one) for split, one in seen.items()}
    reference = linear_model.LogisticRegression(C=1 / 3, max_iter=5000, tol=1e-8)
    reference.fit(seen["train"].astype(np.float64), splits["train"].label)
    fitted = fit(splits, vectors, l2=[3.0], scaling=scaling)
    predicted = probes.predict(fitted, vectors[0], splits["test"])
    expected = reference.predict(seen["test"])
    assert (predicted[0] == predicted[1]).all()
    assert (predicted[0] != expected).mean() < 0.002 + 1 / len(expected)
    if scaling == "none" and classes > 2:
        centred = fitted.weight[0] - fitted.weight[0].mean(axis=1, keepdims=True)
        np.testing.assert_allclose(centred, (reference.coef_ - reference.coef_.mean(axis=0)).T, atol=2e-3)


def test_the_penalty_with_the_best_dev_accuracy_is_kept():
    """Few examples of many dimensions: a weak penalty fits the noise, and one that is far too strong nothing."""
    splits, vectors = planted(240, 60, 2, pairs=False, noise=1.5)
    dev = {
        strength: probes.correct(fit(splits, vectors, l2=[strength]), vectors, splits["dev"])[0].mean()
        for strength in (1e-4, 30.0, 1e6)
    }
    kept = fit(splits, vectors, l2=[*dev])
    assert probes.correct(kept, vectors, splits["dev"])[0].mean() == max(dev.values())
    assert len({*dev.values()}) > 1


def test_labels_of_a_control_task_are_each_seeds_own():
    splits, vectors = planted(600, 10, 3, pairs=False)
    labels = controls.labels("shuffled_labels", splits, [None], (4, 5))
    both = fit(splits, vectors, seeds=(4, 5), labels=labels)
    alone = fit(splits, vectors, seeds=(5,), labels={split: rows[1:] for split, rows in labels.items()})
    np.testing.assert_array_equal(both.weight[1], alone.weight[0])
    assert (both.weight[0] != both.weight[1]).any()


def test_a_split_without_examples():
    splits, vectors = planted(100, 4, 2, pairs=False)
    empty = {**splits, "dev": logistic_regression.Examples(0, *[np.zeros(0, int)] * 3, ("a", "b"), 0)}
    with pytest.raises(InputError, match="dev: no examples"):
        fit(empty, vectors)


def test_examples_of_a_seeds_own_give_its_own_weights():
    together, lone, vectors = per_seed(number=300, classes=2, seeds=2)
    both = fit(together, vectors, scaling="standard")
    for place, splits in enumerate(lone):
        alone = fit(splits, vectors, scaling="standard")
        np.testing.assert_array_equal(both.weight[place], alone.weight[0])
    assert (both.weight[0] != both.weight[1]).any()
