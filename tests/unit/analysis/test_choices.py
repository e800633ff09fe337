"""Steps and layers that dev chooses: noise of test that dev does not share does not lift the best score."""

import math

import numpy as np
import pytest

from polychron.analysis import choices

STEPS = np.arange(1.0, 40)


def test_dev_does_not_choose_the_luckiest_score():
    """39 equal checkpoints, noise of 0.4 points on test and on dev: the best is 0.8 points too high, dev's is not."""
    rng = np.random.default_rng(0)
    best, chosen = [], []
    for _ in range(400):
        test, dev = 0.8 + 0.004 * rng.normal(size=(2, 39))
        numbers, place = choices.of_curve(STEPS, test, dev, [0.95])
        assert numbers["best_by_dev"] == test[place] and numbers["best_step_by_dev"] == STEPS[place]
        best.append(test.max())
        chosen.append(numbers["best_by_dev"])
    print(f"best {100 * np.mean(best) - 80:.2f}, by dev {100 * np.mean(chosen) - 80:.2f} points above the truth")
    assert np.mean(best) > 0.807 and np.mean(chosen) == pytest.approx(0.8, abs=0.0007)


def test_gaps_are_never_chosen():
    numbers, place = choices.of_curve(np.array([5, 10, 15]), np.array([0.5, math.nan, 0.4]), [0.5, 0.9, 0.6], [0.9])
    assert place == 2 and numbers["best_by_dev"] == 0.4
    assert (numbers["onset_0.9_by_dev"], numbers["onset_0.9_by_dev_lower"]) == (5, 0)
    for dev in (None, np.full(3, math.nan)):
        numbers, place = choices.of_curve(np.array([5, 10, 15]), np.array([0.5, 0.6, 0.4]), dev, [0.9])
        assert place is None and all(math.isnan(number) for number in numbers.values())


def test_the_scored_step_before_the_onset_skips_gaps():
    numbers, _ = choices.of_curve(np.array([5, 10, 15]), np.array([0.5, math.nan, 0.8]), [0.5, 0.6, 0.9], [0.9])
    assert (numbers["onset_0.9_by_dev"], numbers["onset_0.9_by_dev_lower"]) == (15, 5)


def test_layers():
    """Pure noise: the best of 6 layers and 39 steps is above the last layer's best; chosen on dev it is not."""
    rng = np.random.default_rng(1)
    paper, honest = [], []
    for _ in range(400):
        test, dev = 0.8 + 0.004 * rng.normal(size=(2, 7, 39))
        paper.append(test[:-1].max() - test[-1].max())
        honest.append(choices.of_layers(test, dev)[1])
    assert np.mean(paper) > 0.001 and abs(np.mean(honest)) < 0.0008
    lifted = np.full((7, 39), 0.8)
    lifted[4, 20] = 0.9
    place, gain = choices.of_layers(lifted, lifted)
    assert place == 4 and gain == pytest.approx(0.1)
    lifted[-1] = math.nan
    assert math.isnan(choices.of_layers(lifted, lifted)[1])


def test_forgetting_is_chosen_on_other_items_by_other_seeds():
    """Noise of each seed and split: the loss is 0 on average; a planted loss is found."""
    rng = np.random.default_rng(2)
    truth = np.full(39, 0.8)
    for loss in (0.0, 0.05):
        truth[-1] = 0.8 - loss
        test, dev = (truth + 0.004 * rng.normal(size=(300, 5, 39)) for _ in range(2))
        found = [choices.forgetting(*runs).mean() for runs in zip(test, dev, strict=True)]
        assert np.mean(found) == pytest.approx(loss, abs=0.0006)
    assert choices.forgetting([[0.5, 0.4]], [[0.9, 0.8]]).round(9).tolist() == [0.1]
    assert np.isnan(choices.forgetting([[0.5, math.nan]], [[0.9, 0.8]])).all()
    assert np.isnan(choices.forgetting([[0.5, 0.4]], [[math.nan, math.nan]])).all()
