"""Minimum description length: the code of a probe's probabilities, and what it says of planted tasks."""

import itertools
import math

import numpy as np
import pytest
import torch
from cells import fit, planted
from torch.nn import functional

from polychron.probing import description_length, logistic_regression, probes, training

SETTINGS = {"seeds": (0, 1), "epochs": 30, "patience": 5, "batch": 64, "learning_rate": 0.01, "data_seed": 0}


def measured(splits, vectors, **changes):
    rows = description_length.measure(training.fit, splits["train"], splits["dev"], vectors, **(SETTINGS | changes))
    return {(row["metric"], row["seed"]): row["value"] for row in rows}


def test_the_code_length_is_that_of_the_cross_entropy():
    splits, vectors = planted(500, 12, 4, pairs=True)
    fitted = fit(splits, vectors, seeds=(0, 1), epochs=3)
    test = splits["test"]
    seen = torch.from_numpy(probes.inputs(vectors[0], test.first, test.second))
    found = description_length.code_length(fitted, test, vectors)
    for place in range(2):
        logits = seen @ torch.from_numpy(fitted.weight[place]) + torch.from_numpy(fitted.bias[place])
        names = [fitted.classes.index(test.labels[code]) for code in test.label]
        expected = functional.cross_entropy(logits.double(), torch.tensor(names), reduction="sum") / math.log(2)
        assert found[place] == pytest.approx(expected.item(), rel=1e-5)


def test_the_blocks_add_up_as_in_a_plain_loop():
    """Each block is sent with a probe of all before it, the first one at log2 of the number of labels."""
    splits, vectors = planted(300, 8, 3, pairs=False)
    train = splits["train"]
    order = np.random.default_rng(4).permutation(len(train))
    settings = {name: value for name, value in SETTINGS.items() if name != "data_seed"}
    ends = description_length.blocks(len(train))
    total = np.full(2, ends[0] * math.log2(3))
    for start, stop in itertools.pairwise(ends):
        before, block = (train.subset(np.sort(rows)) for rows in (order[:start], order[start:stop]))
        classes = [train.labels[code] for code in np.unique(train.label)]
        fitted = fit({**splits, "train": before}, vectors, classes=classes, **settings)
        total += description_length.code_length(fitted, block, vectors)
    found = measured(splits, vectors, data_seed=4)
    for place in range(2):
        assert found["description_length", place] == pytest.approx(total[place] / len(train))
        assert found["compression", place] == pytest.approx(len(train) * math.log2(3) / total[place])


def test_what_is_learned_from_few_examples_has_a_short_code_and_noise_has_none():
    easy, vectors = planted(2000, 8, 4, pairs=False, noise=0.0)
    noisy, noisy_vectors = planted(2000, 8, 4, pairs=False, noise=3.0)
    nothing = np.random.default_rng(1).normal(size=vectors[0].shape).astype(np.float32)
    found = [
        np.mean([measured(splits, given)["compression", seed] for seed in SETTINGS["seeds"]])
        for splits, given in ((easy, vectors), (noisy, noisy_vectors), (easy, [nothing]))
    ]
    assert found[0] > 2 * found[1] > 2
    assert 0.85 < found[2] < 1.1


def test_one_label_needs_no_bits(caplog):
    splits, vectors = planted(100, 6, 1, pairs=False)
    assert measured(splits, vectors) == {("description_length", 0): 0.0, ("description_length", 1): 0.0}
    assert "every example has the label 'label 00', which needs no bits" in caplog.text


def test_probes_trained_to_convergence_have_a_code_that_does_not_depend_on_how_close_they_come(monkeypatch):
    """The first blocks lack most labels, whose probability would fall with each further iteration."""
    splits, vectors = planted(600, 8, 8, pairs=False, noise=0.3)
    lengths = []
    for close in (1e-4, 1e-7):
        monkeypatch.setattr(logistic_regression, "CLOSE", close)
        rows = description_length.measure(
            logistic_regression.fit, splits["train"], splits["dev"], vectors, seeds=(0,), l2=[1.0], data_seed=0
        )
        lengths.append(rows[0]["value"])
    assert lengths[0] == pytest.approx(lengths[1], rel=0.01)
    assert lengths[0] < 0.9 * math.log2(8)
