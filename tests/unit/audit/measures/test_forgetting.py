"""Claims about what is lost from the best checkpoint to the last."""

from dataclasses import replace

import pytest
from agreeing import CLAIMS

from polychron.audit import claims


@pytest.mark.parametrize("runs", [0, 1])
def test_forgetting_is_not_found_in_a_single_run(agreeing_evidence, runs):
    study = agreeing_evidence.study
    few = {key: one[:runs] for key, one in study.runs.items()}
    found = claims.judge(
        CLAIMS["s32.degradation_exists"], replace(agreeing_evidence, study=replace(study, runs=few), cache={})
    )
    assert found.verdict == "not run" and "two or more runs" in found.detail
