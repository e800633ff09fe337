"""Structural probes find a tree that is planted in a subspace of the vectors, on sentences that they have not seen."""

import numpy as np
import pytest
import torch
from embedded import embed, joined, random_trees

from polychron.errors import InputError
from polychron.probing.structural import scoring, training

SETTINGS = {"rank": 8, "epochs": 60, "patience": 10, "batch": 20, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def splits():
    train = random_trees(200, 0)
    dev = random_trees(60, 1, first=joined(train))
    test = random_trees(100, 2, first=joined(dev))
    return {"train": train, "dev": dev, "test": test}


def values(probe, vectors, trees):
    rows = scoring.scores(probe, vectors, trees, "test")
    return {row["metric"]: row["value"] for row in rows if row["seed"] in (None, probe.seeds[0])}


def test_a_tree_in_a_subspace_is_found_in_unseen_sentences(splits):
    vectors, _ = embed(splits.values(), rank=8, dimension=16)
    probe = training.fit(splits["train"], splits["dev"], vectors, seeds=[0], **SETTINGS)
    found = values(probe, vectors, splits["test"])
    assert found["uuas"] > 0.99 and found["dspearman"] > 0.95
    assert found["uuas.linear_chain"] < 0.6


def test_a_loss_that_is_never_finite_is_refused(splits):
    """Squared distances of such vectors are beyond float32: no weights could be told from the first ones."""
    vectors, _ = embed(splits.values(), rank=8, dimension=16)
    with pytest.raises(InputError, match="structural probe of seed 3 is no finite number in any epoch"):
        training.fit(splits["train"], splits["dev"], vectors * 1e25, seeds=[3], **{**SETTINGS, "epochs": 2})


@pytest.mark.parametrize("scaling", ["none", "standard"])
def test_without_a_tree_in_the_vectors_nothing_is_found(splits, scaling):
    """The control: the vectors of each sentence are shuffled among its words."""
    vectors, _ = embed(splits.values(), rank=8, dimension=16)
    draw = np.random.default_rng(5)
    for part in splits.values():
        for rows in part.rows:
            vectors[rows] = vectors[draw.permutation(rows)]
    probe = training.fit(splits["train"], splits["dev"], vectors, seeds=[0], scaling=scaling, **SETTINGS)
    found = values(probe, vectors, splits["test"])
    assert found["uuas"] == pytest.approx(found["uuas.chance"], abs=0.06)


def test_scaling_is_folded_into_the_map(splits):
    """Dimensions of other sizes: with scaling the tree is found at a rate at which it is not without."""
    vectors, _ = embed(splits.values(), rank=8, dimension=16)
    sizes = np.logspace(-3, 1, 16)
    settings = {"seeds": [0], **SETTINGS, "epochs": 20}
    plain, scaled = (
        training.fit(splits["train"], splits["dev"], vectors * sizes, scaling=scaling, **settings)
        for scaling in ("none", "standard")
    )
    assert values(scaled, vectors * sizes, splits["test"])["uuas"] > 0.9
    assert values(plain, vectors * sizes, splits["test"])["uuas"] < 0.9


def test_the_loss_is_that_of_a_double_loop(splits):
    trees = splits["train"]
    draw = np.random.default_rng(0)
    vectors, weight = draw.normal(size=(joined(trees), 6)) + 3, draw.normal(size=(4, 6))
    chosen = [3, 0, 17]
    found = training.losses(
        torch.tensor(weight, dtype=torch.float32), torch.tensor(vectors, dtype=torch.float32), trees, chosen
    )
    for place, value in zip(chosen, found.tolist(), strict=True):
        rows, gold = trees.rows[place], trees.distances[place]
        total = 0.0
        for one in range(len(rows)):
            for other in range(len(rows)):
                between = ((weight @ (vectors[rows[one]] - vectors[rows[other]])) ** 2).sum()
                total += abs(gold[one, other] - between)
        assert value == pytest.approx(total / len(rows) ** 2, rel=1e-4)


def test_a_seed_gives_the_same_bytes_alone_and_another_gives_others(splits):
    vectors, _ = embed(splits.values(), rank=8, dimension=16, noise=0.2)
    settings = {**SETTINGS, "epochs": 3}
    both = training.fit(splits["train"], splits["dev"], vectors, seeds=[4, 7], **settings)
    alone = training.fit(splits["train"], splits["dev"], vectors, seeds=[7], **settings)
    assert both.weight[1].tobytes() == alone.weight[0].tobytes() != both.weight[0].tobytes()
    assert both.weight.shape == (2, 8, 16) and both.weight.dtype == np.float32


def test_the_epoch_with_the_lowest_loss_on_dev_is_kept(splits):
    """At a rate that is far too high the loss soon grows, and training ends before its last epoch."""
    vectors, _ = embed(splits.values(), rank=8, dimension=16)
    settings = {"seeds": [0], **SETTINGS, "patience": 2, "learning_rate": 0.05, "epochs": 200}
    kept = training.fit(splits["train"], splits["dev"], vectors, **settings)
    assert kept.kept_epochs[0] < 190
    again = training.fit(splits["train"], splits["dev"], vectors, **settings | {"epochs": kept.kept_epochs[0]})
    assert again.weight.tobytes() == kept.weight.tobytes()


def test_what_cannot_be_trained_is_refused(splits):
    vectors = np.ones((joined(*splits.values()), 4))
    with pytest.raises(InputError, match=r"structural\.rank is 8, and word vectors have 4 dim.*set it to 4 or less"):
        training.fit(splits["train"], splits["dev"], vectors, seeds=[0], **SETTINGS)
    vectors[5] = np.nan
    with pytest.raises(InputError, match="the features of word 5 are not finite"):
        training.fit(splits["train"], splits["dev"], vectors, seeds=[0], **SETTINGS | {"rank": 2})
