"""Points of a row that would cover each other are beside each other."""

from polychron.figures import swarms


def test_points_that_would_cover_each_other_have_lanes_of_their_own():
    assert swarms.beeswarm([0, 100, 200], 5, 0.3) == [0, 0, 0]
    lanes = swarms.beeswarm([50.0] * 17, 5, 0.3)
    assert len(set(lanes)) == 17 and max(map(abs, lanes)) < 1
