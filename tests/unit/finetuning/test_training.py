"""The loop: which epoch is kept, how the rate falls, and what happens to a training that diverges."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from polychron.errors import InputError
from polychron.finetuning import training
from polychron.finetuning.recipes import Recipe, grid
from polychron.finetuning.sequences import Sequences
from polychron.finetuning.splits import Split

RECIPE = Recipe(epochs=3, batch=4, learning_rate=0.1)


class Line(nn.Module):
    """A model of one number, whose loss is its square, and which notes what it was asked."""

    def __init__(self, loss=lambda weight: weight**2):
        super().__init__()
        self.encoder, self.head = nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False)
        nn.init.ones_(self.encoder.weight)
        self.orders, self._loss = [], loss
        self.device = torch.device("cpu")

    def loss(self, split, chosen):
        self.orders.append(chosen.tolist())
        return self._loss(self.encoder.weight.sum())


def split(number):
    inputs = Sequences(np.zeros(number, np.int32), np.arange(number + 1))
    return Split(inputs, inputs.offsets, *np.zeros((2, number), int), ("a",))


def judging(scores):
    waiting = iter(scores)
    return lambda: next(waiting)


@pytest.mark.parametrize(("scores", "kept"), [((0.5, 0.9, 0.7), 2), ((0.5, 0.5, 0.5), 1), ((0.1, 0.2, 0.3), 3)])
def test_the_first_of_the_best_epochs_is_kept(scores, kept):
    seen, model = {}, Line()

    def note(epoch):
        seen[epoch] = model.encoder.weight.item()

    found = training.fit(model, split(10), judging(scores), RECIPE, seed=0, after=note)
    assert found == training.Trained(kept, scores) and found.best == scores[kept - 1]
    assert model.encoder.weight.item() == seen[kept] and len({*seen.values()}) == 3


def test_each_epoch_sees_every_example_once_in_an_order_of_the_seed():
    orders = []
    for seed in (0, 0, 1):
        model = Line()
        training.fit(model, split(10), judging([1, 2, 3]), RECIPE, seed=seed)
        assert [len(one) for one in model.orders] == [4, 4, 2] * 3
        epochs = [[*itertools.chain(*model.orders[place : place + 3])] for place in (0, 3, 6)]
        assert all(sorted(epoch) == [*range(10)] for epoch in epochs) and epochs[0] != epochs[1]
        orders.append(epochs)
    assert orders[0] == orders[1] != orders[2]


def test_the_rate_rises_and_falls_linearly():
    rates = []
    for recipe in (RECIPE, replace(RECIPE, warmup=0.5), replace(RECIPE, decay=False, head_rate=0.3)):
        optimizer, schedule = training._optimizer(Line(), recipe, 8)
        of_recipe = []
        for _ in range(8):
            of_recipe.append([group["lr"] for group in optimizer.param_groups])
            optimizer.step()
            schedule.step()
        rates.append(np.array(of_recipe))
    assert rates[0][:, 0] == pytest.approx(0.1 * np.arange(8, 0, -1) / 8) and (rates[0][:, 1] == rates[0][:, 0]).all()
    assert rates[1][:, 0] == pytest.approx(0.1 * np.array([0, 1, 2, 3, 4, 3, 2, 1]) / 4)
    assert rates[2][:, 0] == pytest.approx([0.1] * 8) and rates[2][:, 1] == pytest.approx([0.3] * 8)


def test_a_training_that_diverges_keeps_the_epoch_before(caplog):
    calls = []

    def loss(weight):
        calls.append(1)
        return weight**2 if len(calls) <= 3 else weight * float("nan")

    model = Line(loss)
    found = training.fit(model, split(10), judging([0.4]), RECIPE, seed=0)
    assert found.epoch == 1 and found.dev == (0.4,) and np.isfinite(model.encoder.weight.item())
    assert "epoch 2 of 3: the loss is not finite" in caplog.text
    found = training.fit(Line(lambda weight: weight * float("inf")), split(10), judging([]), RECIPE, seed=0)
    assert found.epoch == 0 and np.isnan(found.best)


def test_nothing_to_train_on_is_refused():
    with pytest.raises(InputError, match="train: no examples"):
        training.fit(Line(), split(0), judging([]), RECIPE, seed=0)


def test_an_epoch_of_fewer_examples_goes_on_where_the_last_one_ended():
    model = Line()
    training.fit(model, split(10), judging([1, 2, 3, 4, 5]), replace(RECIPE, epochs=5, size=6), seed=0)
    assert [len(one) for one in model.orders] == [4, 2] * 5
    seen = [*itertools.chain(*model.orders)]
    assert sorted(seen[:10]) == sorted(seen[10:20]) == sorted(seen[20:30]) == [*range(10)]
    whole = Line()
    training.fit(whole, split(10), judging([1, 2, 3]), replace(RECIPE, size=99), seed=0)
    plain = Line()
    training.fit(plain, split(10), judging([1, 2, 3]), RECIPE, seed=0)
    assert whole.orders == plain.orders


def test_a_study_has_values_of_its_own():
    assert grid("xtreme", "parsing", {"epochs": 3, "batch": None}) == (Recipe(epochs=3),)
    [xnli] = grid("xtreme", "xnli", {})
    assert xnli.epochs == 5


def test_the_grid_is_that_of_the_paper():
    points = grid("wu", "xnli", {})
    assert {point.batch for point in points} == {4, 8} and {point.epochs for point in points} == {200}
    assert {point.learning_rate for point in points} == {1.25e-6, 2.5e-6, 5e-6}
    assert {point.head_rate for point in points} == {5e-6, 2.5e-5, 1.25e-4}
    assert {(point.batch, point.learning_rate) for point in grid("wu", "parsing", {})} == {
        *itertools.product((16, 32), (2e-5, 3e-5, 5e-5))
    }
