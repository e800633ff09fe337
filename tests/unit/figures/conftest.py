"""Trajectories that figures are drawn from."""

import planted
import pytest
from drawn import SHARES, few, layered, pos, transfer

from polychron.analysis import trajectories


@pytest.fixture(scope="session")
def toy():
    return trajectories.study(planted.toy(), SHARES, "minmax")


@pytest.fixture(scope="session")
def paper():
    return trajectories.study(planted.paper(), SHARES, "minmax")


@pytest.fixture(scope="session")
def stacks():
    inside = (layered(lambda curve, of=of, **at: pos(curve, of, **at)) for of in ("aa", "bb", "cc"))
    pairs = [("aa", "bb"), ("bb", "aa")]
    between = (layered(lambda curve, pair=pair, **at: transfer(curve, *pair, **at)) for pair in pairs)
    aligned = layered(
        lambda curve, **at: pos(curve, "aa", "cc", task="alignment", metric="f1", seeds=(None,), **at),
        layers=(0, 2, 4), early=4, late=2,
    )  # fmt: skip
    return few(*inside, *between, aligned)
