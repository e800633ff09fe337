"""Claims about what is lost from the best checkpoint to the last."""

from dataclasses import replace

import pytest
import reversals
from agreeing import CLAIMS

from polychron.audit import claims
from polychron.audit.measures import forgetting


@pytest.mark.parametrize("name", reversals.claims_about(forgetting))
def test_a_claim_holds_where_the_paper_is_right_and_turns_with_its_fact(name, agreeing_evidence):
    claim, right = CLAIMS[name], name not in reversals.WRONG
    assert reversals.holds(claim, agreeing_evidence) is right
    assert reversals.holds(claim, reversals.evidence_against(claim.measure)) is not right


@pytest.mark.parametrize("runs", [0, 1])
def test_forgetting_is_not_found_in_a_single_run(agreeing_evidence, runs):
    study = agreeing_evidence.study
    few = {key: one[:runs] for key, one in study.runs.items()}
    found = claims.judge(
        CLAIMS["s32.degradation_exists"], replace(agreeing_evidence, study=replace(study, runs=few), cache={})
    )
    assert found.verdict == "not run" and "two or more runs" in found.detail
