"""Claims about when tasks and languages are learned."""

import numpy as np
import pytest
from agreeing import STEPS, judged


def test_onsets_are_read_at_other_shares(world, agreeing_evidence):
    found = judged("s42.step98.POS", agreeing_evidence)
    at95 = [STEPS[place] for (a, b), place in world.at95_across["pos"].items() if a != b]
    assert found.readings["onset_share 95%"] == pytest.approx(np.mean(at95))
    assert found.readings["onset_share 98%"] == found.measured
