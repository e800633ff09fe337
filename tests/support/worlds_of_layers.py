"""False worlds of claims about layers."""

from __future__ import annotations

import numpy as np
from agreeing import FINAL, STEPS
from worlds import base, curved, false, redrawn

NUMBER = len(STEPS)
LOW = (0, 2, 4)


def outer(place):
    """Return the curve of the final layer in the same place."""
    task, source, target, _, transfer = place
    return base().study.values[task, source, target, FINAL, transfer]


@false("s51.best_internal.*", "C.best_internal_x.*", "s51.last_not_best", "s52.low_layers")
def equal_layers():
    """All layers are as good as the last one; means over seeds differ by a fiftieth of a point."""
    rng = np.random.default_rng(5)
    return curved(
        lambda place, values: values if place[3] == FINAL else outer(place) + 0.0002 * rng.normal(size=NUMBER)
    )


@false("s51.explayer_max.*", "C.explayer.*", "s52.explayer.*")
def layers_stay_as_they_are():
    """Layers differ, and do so in the same way at all checkpoints: the expected layer does not move."""
    return curved(lambda place, values: np.full(NUMBER, values.max()) if place[0] != "bits" else values)


@false("s51.explayer_max.*", "C.explayer.*", "s52.explayer.*", "s52.low_layers")
def layers_are_upside_down():
    """What is said of a layer is true of the one as far from the other end: the expected layer rises."""

    def change(world):
        world.mirrored = True

    return redrawn(change)


@false("s51.best_internal.*", "C.best_internal_x.*", "s51.last_not_best")
def the_last_layer_is_the_best():
    """The last layer is 20 points better than it is now, and better than all others."""

    def change(world):
        world.raised = 0.2

    return redrawn(change)


def arcs(change):
    """Change the curves of layers in transfer of arc classification from Japanese to English."""
    return curved(
        lambda place, values: (
            change(place[3], values) if place[:3] == ("arc_classification", "ja", "en") and place[4] else values
        )
    )


@false("s52.low_layers")
def low_layers_are_a_little_worse():
    """Layers 0 to 4 have a point less than the others, at every checkpoint."""
    return arcs(lambda layer, values: np.linspace(0.5, 0.6, NUMBER) - 0.01 * (layer in LOW))


@false("s52.low_layers")
def low_layers_catch_up():
    """Layers 0 to 4 have 20 points less than the others up to step 1 million, and as much from then on."""
    return arcs(lambda layer, values: 0.6 - 0.2 * (layer in LOW) * (STEPS <= 1_000_000))


@false("s52.low_layers")
def one_of_the_low_layers_is_as_good():
    """Layers 0 and 2 have 40 points less than the others, and layer 4 has as much."""
    return arcs(lambda layer, values: np.full(NUMBER, 0.6 - 0.4 * (layer in (0, 2))))


@false("s51.last_not_best")
def the_last_layer_is_the_best_in_half_of_the_languages():
    """In arc classification the last layer is the best, in XNLI it is not."""

    def change(place, values):
        raised = place[0] == "arc_classification" and place[3] == FINAL and not place[4]
        return values + 0.2 if raised else values

    return curved(change)


@false("s52.low_layers")
def a_middle_layer_is_worse_than_the_low_ones():
    """Layers 0 to 4 have 20 points less than most others, and layer 6 has 30 less."""
    return arcs(lambda layer, values: np.full(NUMBER, 0.6 - 0.2 * (layer in (0, 2, 4)) - 0.3 * (layer == 6)))


@false("s52.low_layers")
def the_final_layer_is_worse_than_the_low_ones():
    """Layers 0 to 4 have 20 points less than the middle ones, and the final layer has 35 less."""
    return arcs(lambda layer, values: np.full(NUMBER, 0.6 - 0.2 * (layer in (0, 2, 4)) - 0.35 * (layer == FINAL)))
