"""Trajectories that figures are drawn from."""

import pytest
from drawn import layered_study, paper_study


@pytest.fixture(scope="session")
def paper():
    return paper_study()


@pytest.fixture(scope="session")
def stacks():
    return layered_study()
