"""Claims about when tasks and languages are learned."""

import numpy as np
import pytest
import reversals
from agreeing import CLAIMS, STEPS, judged

from polychron.audit.measures import onsets


@pytest.mark.parametrize("name", reversals.claims_about(onsets))
def test_a_claim_holds_where_the_paper_is_right_and_turns_with_its_fact(name, agreeing_evidence):
    claim, right = CLAIMS[name], name not in reversals.WRONG
    assert reversals.holds(claim, agreeing_evidence) is right
    assert reversals.holds(claim, reversals.evidence_against(claim.measure)) is not right


def test_onsets_are_read_at_other_shares(world, agreeing_evidence):
    found = judged("s42.step98.POS", agreeing_evidence)
    at95 = [STEPS[place] for (a, b), place in world.at95_across["pos"].items() if a != b]
    assert found.readings["onset_share 95%"] == pytest.approx(np.mean(at95))
    assert found.readings["onset_share 98%"] == found.measured
