"""The study in which the paper is right, and its evidence."""

import agreeing
import pytest

from polychron.audit import claims


@pytest.fixture(scope="session")
def world():
    return agreeing.world()


@pytest.fixture(scope="session")
def agreeing_evidence(world):
    return agreeing.evidence(world)


@pytest.fixture(scope="session")
def today():
    """The verdicts without any model: only the paper's own numbers can be judged."""
    return {one.claim.id: one for one in claims.audit(agreeing.CLAIMS, agreeing.BARE)}
