"""Readings of what the paper leaves open: each is computed, and the one nearest to the paper's number is named."""

import math
from dataclasses import replace

import agreeing
import pytest
import yaml
from agreeing import CLAIMS, judged

from polychron.audit import claims, readings
from polychron.audit.curves import BY_SENTENCE
from polychron.audit.readings import DEFAULTS


def test_the_reading_that_comes_closest_is_named(world):
    """Onsets before the checkpoint that is reported are one checkpoint earlier: a study read so comes nearest so."""
    claim = replace(CLAIMS["s32.arcpred_all98"], comparison="equal", value=15_000, readings=("A21", "A22"))
    found = claims.judge(claim, agreeing.evidence(world))
    assert found.measured == 20_000 and found.verdict == "fails"
    assert found.readings[found.closest] == 15_000 and "onset before" in found.closest


def test_what_arithmetic_can_settle_has_its_readings():
    """The open points A20 to A33 that touch a claim."""
    known = {one.point for one in readings.READINGS.values()}
    named = {point for claim in CLAIMS.values() for point in claim.readings}
    assert {point for point in named if 20 <= int(point[1:]) <= 33} <= known
    assert {f"A{number}" for number in range(20, 34)} <= known


def test_bits_are_read_as_of_the_text_of_sentences_and_in_nats(agreeing_evidence):
    study = agreeing_evidence.study
    of_sentences = {
        (BY_SENTENCE, *place[1:]): 1.1 * values for place, values in study.values.items() if place[0] == "bits"
    }
    both = replace(agreeing_evidence, study=replace(study, values=study.values | of_sentences), cache={})
    found = judged("F1.BPC.min", both).readings
    assert found == pytest.approx({"default": 0.36, "bits sentences": 0.396, "bits nats": 0.36 * math.log(2)})
    assert set(judged("F1.BPC.min", agreeing_evidence).readings) == {"default", "bits nats"}
    said = judged("F1.BPC.min", agreeing_evidence.under({"bits": "sentences"}))
    assert said.detail.startswith("needs in-language scores of bits per character of single sentences in 94 of 94")


def test_a_default_can_be_chosen(agreeing_evidence):
    chosen = agreeing_evidence.under({"order": "strict"})
    ties, strict = (claims.measured(CLAIMS["s42.pairs_in_order"], one).value for one in (agreeing_evidence, chosen))
    assert strict <= ties
    assert next(iter(readings.combinations(["A42"], chosen.reading))) == {"order": "strict"}


def test_readings_are_those_of_the_schema(root):
    schema = yaml.safe_load((root / "workflow/schemas/config.schema.yaml").read_text())
    known = schema["properties"]["analysis"]["properties"]
    for name, one in readings.READINGS.items():
        enum = known[name] if name == "expected_layer" else known["readings"]["properties"][name]
        assert enum["enum"] == [*one.alternatives]
    config = yaml.safe_load((root / "config.yaml").read_text())["analysis"]
    assert config["readings"] | {"expected_layer": config["expected_layer"]} == DEFAULTS


def test_the_findings_of_the_readings_are_reproduced(today):
    assert today["setup.langs_total"].measured == 46
    assert today["setup.langs_total"].closest == "languages summed"
    assert "13 languages twice" in today["setup.langs_total"].detail
    assert today["static.stars_T4"].differing == {"default": 0, "sample without_english": 2}
    assert today["static.stars_T5"].differing == {"default": 2, "sample with_diagonal": 3, "sample unordered": 22}
    assert "asym.src.XNLI" in today["static.stars_T5"].detail and "asym.trg.XNLI" in today["static.stars_T5"].detail
    assert today["static.shared9"].readings["average with_diagonal"] == [9, 81, 17]
    assert "2.49 (bg), 2.25 (en)" in today["static.explayer_bound"].detail
    assert today["B.q3"].paper.startswith("no: bits per character -0.385")
    others = [one.paper for name, one in today.items() if one.paper and name != "B.q3"]
    assert len(others) == 8 and all(said.startswith("yes") for said in others)


def test_claims_that_hold_are_counted_for_each_reading(today):
    count = [
        claims.held(today.values(), "sample", option, "ordered") for option in readings.READINGS["sample"].alternatives
    ]
    assert count == [(2, 2), (1, 2), (1, 2), (1, 2)]
