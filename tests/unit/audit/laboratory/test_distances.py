"""How often effects that have nothing to do with distances seem to follow them."""

from itertools import combinations

import numpy as np
import pytest

from polychron.audit.laboratory.distances import LEVEL, chance

SHAPES = {
    "all pairs of four": [*combinations("abcd", 2)],
    "all pairs of five": [*combinations("abcde", 2)],
    "around one": [("a", other) for other in "bcdef"],
    "apart": [("a", "b"), ("c", "d"), ("e", "f"), ("g", "h")],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_languages_that_are_special_are_rarely_taken_for_an_order_by_distance(shape):
    """Both the effects and the distances of a pair are sums of what its two languages have."""
    random, found, tried = np.random.default_rng(0), {1: 0, -1: 0}, 300
    for _ in range(tried):
        far, gain = (dict(zip("abcdefgh", random.standard_normal(8), strict=True)) for _ in range(2))
        effects = {f"{a}/{b}": gain[a] + gain[b] for a, b in SHAPES[shape]}
        p = chance(lambda a, b, far=far: far[a] + far[b], effects)
        order = np.corrcoef([far[a] + far[b] for a, b in SHAPES[shape]], [*effects.values()])[0, 1]
        found[1 if order > 0 else -1] += p < LEVEL
    # each direction has LEVEL, and three standard errors
    assert max(found.values()) / tried <= LEVEL + 3 * (LEVEL * (1 - LEVEL) / tried) ** 0.5, found


def test_an_order_by_distance_of_pairs_that_share_languages_is_found():
    place = dict(zip("abcde", (0.0, 1.0, 2.2, 3.7, 5.9), strict=True))

    def distance(one, other):
        return abs(place[one] - place[other])

    effects = {f"{a}/{b}": distance(a, b) for a, b in combinations("abcde", 2)}
    assert chance(distance, effects) == chance(distance, effects, -1) == 1 / 120
