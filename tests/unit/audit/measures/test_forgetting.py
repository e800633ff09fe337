"""Claims about what is lost from the best checkpoint to the last."""

import itertools
from dataclasses import replace

import pytest
from agreeing import CLAIMS

from polychron.audit import claims, specimens
from polychron.audit.evidence import PROBING
from polychron.audit.measures import forgetting


@pytest.mark.parametrize("runs", [0, 1])
def test_forgetting_is_not_found_in_a_single_run(agreeing_evidence, runs):
    study = agreeing_evidence.study
    few = {key: one[:runs] for key, one in study.runs.items()}
    found = claims.judge(
        CLAIMS["s32.degradation_exists"], replace(agreeing_evidence, study=replace(study, runs=few), cache={})
    )
    assert found.verdict == "not run" and "two or more runs" in found.detail


@pytest.mark.parametrize("measure", ["forgetting_larger", "forgetting_varies"])
def test_noise_is_taken_off_losses_in_their_own_unit(measure):
    """Scores half as high, with half the noise, lose the same share of the best: the relative readings agree."""
    pairs = list(itertools.permutations(("de", "en", "fr"), 2)) + [(one, one) for one in ("de", "en", "fr")]
    lost = dict(zip(pairs, (0.3, 0.2, 0.1, 0.2, 0.3, 0.1, 0.1, 0.1, 0.1), strict=True))
    arguments = {
        "forgetting_larger": {"tasks": ["pos"], "than": ["xnli"], "times": 1.25},
        "forgetting_varies": {"at_least": 0.1},
    }[measure]
    found = []
    for scale in (1.0, 0.5):
        rows = {pair: [0.9 * scale, (1 - lost[pair]) * 0.9 * scale] for pair in pairs}
        one = specimens.evidence(across=dict.fromkeys(PROBING, rows), error=0.03 * scale)
        found.append(forgetting.MEASURES[measure](one.under({"forgetting": "relative"}), **arguments).detail)
    assert found[0] == found[1]
