"""What the best of many noisy checkpoints shows by luck, compared with simulations."""

import numpy as np
import pytest

from polychron.audit import noise
from polychron.audit.curves import Curve
from polychron.audit.evidence import Missing

STEPS = np.arange(1, 40)
DRAWN = np.random.default_rng(0).normal(size=(20_000, 39))


def test_the_noise_of_checkpoints_is_found_where_seeds_hide_it():
    rise = 0.7 - 0.2 * np.exp(-STEPS / 3)
    curves = {n: Curve(STEPS, rise + 0.004 * row, error=np.full(39, 0.0002)) for n, row in enumerate(DRAWN[:200])}
    assert np.median([*noise.noises(curves, "POS tagging").values()]) == pytest.approx(0.004, rel=0.1)


def test_nothing_tells_the_noise_of_one_run_with_few_checkpoints():
    few = {"de": Curve(STEPS[:4], np.array([0.5, 0.6, 0.7, 0.7]))}
    with pytest.raises(Missing, match="two or more runs of POS tagging, or six checkpoints or more"):
        noise.noises(few, "POS tagging")
    seeds = {"de": few["de"]._replace(error=np.array([np.nan, 0.01, 0.03, np.nan]))}
    assert noise.noises(seeds, "POS tagging") == {"de": pytest.approx(0.02)}


@pytest.mark.parametrize("loss", [1, 3, 4.5])
def test_the_chance_of_a_loss_is_that_of_simulated_curves(loss):
    lost = DRAWN.max(axis=1) - DRAWN[:, -1]
    assert noise.chance_of_loss(loss * 0.01, 0.01, 39) == pytest.approx((lost >= loss).mean(), abs=0.01)
    assert noise.lifted(39) == pytest.approx(DRAWN.max(axis=1).mean(), abs=0.03)


def test_fitted_curves_do_not_reach_their_level_late():
    """98% of the level is reached at the fifth checkpoint, and 98% of the luckiest score at the seventh."""
    rise = 1 - 0.1 * np.exp(-STEPS / 3)
    curves = {n: Curve(STEPS, rise + 0.005 * row) for n, row in enumerate(DRAWN[:100])}

    def onset(curve):
        return curve.steps[np.argmax(curve.values >= 0.98 * curve.values.max())]

    assert np.mean([onset(curve) for curve in curves.values()]) > 6.5
    assert np.mean([onset(curve) for curve in noise.settled(curves).values()]) < 5.5
