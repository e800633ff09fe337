"""Claims about the layers at which a task is solved best."""

import pytest
import reversals
from agreeing import CLAIMS, judged

from polychron.audit.measures import layers


@pytest.mark.parametrize("name", reversals.claims_about(layers))
def test_a_claim_holds_where_the_paper_is_right_and_turns_with_its_fact(name, agreeing_evidence):
    claim, right = CLAIMS[name], name not in reversals.WRONG
    assert reversals.holds(claim, agreeing_evidence) is right
    assert reversals.holds(claim, reversals.evidence_against(claim.measure)) is not right


def test_each_reading_of_the_expected_layer_is_computed(agreeing_evidence):
    found = judged("C.explayer.XNLI.bg", agreeing_evidence)
    assert found.closest == "default"
    raw = found.readings["expected_layer raw"]
    assert abs(raw) < 2.04 < found.measured
