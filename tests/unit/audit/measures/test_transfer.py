"""Claims about how well transfer works, and from where to where."""

import pytest
import reversals
from agreeing import CLAIMS

from polychron.audit.measures import transfer


@pytest.mark.parametrize("name", reversals.claims_about(transfer))
def test_a_claim_holds_where_the_paper_is_right_and_turns_with_its_fact(name, agreeing_evidence):
    claim, right = CLAIMS[name], name not in reversals.WRONG
    assert reversals.holds(claim, agreeing_evidence) is right
    assert reversals.holds(claim, reversals.evidence_against(claim.measure)) is not right
