"""Claims: read from their file, judged, and not run where something is missing."""

from dataclasses import replace

import numpy as np
import pytest
import yaml
from agreeing import CLAIMS, STEPS

from polychron.audit import claims
from polychron.audit.evidence import Missing
from polychron.errors import InputError


def test_the_static_claims_run_today(today):
    static = [one for one in today.values() if one.claim.needs == "paper"]
    assert len(CLAIMS) == 242 and len(static) == 37
    assert {one.claim.id for one in static if one.verdict != "consistent"} == {"setup.langs_total"}
    assert claims.counts(static) == {**dict.fromkeys(claims.VERDICTS, 0), "inconsistent": 1, "consistent": 36}


def test_what_needs_a_model_says_what_it_needs(today):
    for one in today.values():
        if one.verdict == "not run":
            assert one.detail.startswith("needs ") and one.measured is None
    assert claims.counts(today.values())["not run"] == 242 - 37 - 1


def test_scores_that_are_all_equal_are_judged_without_an_error(agreeing_evidence):
    study = agreeing_evidence.study
    flat = replace(study, values={place: np.full(len(STEPS), 0.5) for place in study.values}, runs={})
    verdicts = claims.audit(CLAIMS, replace(agreeing_evidence, study=flat, cache={}))
    found = {one.claim.id: one for one in verdicts}
    assert found["C.explayer.ArcClass.ja"].verdict == "not run"
    assert found["s32.forget_uncorrelated"].verdict == "not run"
    assert found["B2.perf_vs_step95.POS"].verdict == "not run"
    assert found["s42.step98.POS"].measured == 5000


def written(tmp_path, **changes):
    entry = {"id": "x", "section": "1", "kind": "result", "statement": "s", "value": 1, "comparison": "equal"}
    entry |= {"needs": "paper", "measure": "languages_covered"} | changes
    path = tmp_path / "claims.yaml"
    path.write_text(yaml.safe_dump({"paper": {}, "claims": [{k: v for k, v in entry.items() if v is not None}]}))
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kind": "rumour"}, "'rumour', expected one of setup"),
        ({"measure": "guess"}, "no measure is called 'guess'"),
        ({"comparison": "within"}, "a tolerance belongs"),
        ({"toleranse": 1}, "unknown field 'toleranse'"),
        ({"statement": None}, "statement"),
    ],
)
def test_a_faulty_file_of_claims_is_refused(tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        claims.load(written(tmp_path, **changes))


def test_the_pieces_fit_together():
    for claim in CLAIMS.values():
        assert all(point[0] == "A" and 1 <= int(point[1:]) <= 45 for point in claim.readings)
        assert all(item.partition("-")[0] in ("figure", "table") for item in claim.items)
    assert issubclass(Missing, Exception)
