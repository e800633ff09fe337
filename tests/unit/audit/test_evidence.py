"""Evidence that is incomplete: what is missing is named, and is never a failure of the claim."""

from dataclasses import replace

import numpy as np
from agreeing import STEPS, judged


def without(evidence, keep):
    study = evidence.study
    return replace(
        evidence,
        study=replace(study, values={place: one for place, one in study.values.items() if keep(place)}),
        cache={},
    )


def test_languages_that_are_missing_are_named(agreeing_evidence):
    found = judged("F1.POS.min", without(agreeing_evidence, lambda place: place[1] != "ga"))
    assert found.verdict == "not run"
    assert found.detail == "needs in-language scores of POS tagging in 1 of 44 languages: ga"
    found = judged("s42.step98.XNLI", without(agreeing_evidence, lambda place: place[1:3] != ("ar", "sw")))
    assert found.detail == "needs scores of XNLI across languages in 1 of 225 pairs: ar to sw"


def test_checkpoints_that_are_missing_are_named(agreeing_evidence):
    study = agreeing_evidence.study
    short = replace(study, steps=study.steps[:-1], values={place: one[:-1] for place, one in study.values.items()})
    found = judged("F1.POS.min", replace(agreeing_evidence, study=short, cache={}))
    assert found.detail == "needs 1 of the paper's 39 checkpoints: steps 1500000"


def test_further_checkpoints_and_languages_make_no_difference(agreeing_evidence):
    study = agreeing_evidence.study
    longer = {place: np.append(values, 0.99) for place, values in study.values.items()}
    longer["pos", "xx", "xx", 12, False] = np.full(len(STEPS) + 1, 0.1)
    more = replace(study, steps=np.append(study.steps, 1_600_000), values=longer)
    found = replace(agreeing_evidence, study=more, cache={})
    assert judged("F1.POS.min", found).measured == judged("F1.POS.min", agreeing_evidence).measured


def test_a_score_that_is_no_number_is_no_failure(agreeing_evidence):
    study = agreeing_evidence.study
    place = ("pos", "af", "af", 12, False)
    holed = {**study.values, place: np.where(STEPS == 5000, np.nan, study.values[place])}
    found = judged("F1.POS.max", replace(agreeing_evidence, study=replace(study, values=holed), cache={}))
    assert (found.verdict, found.detail) == ("not run", "needs 1 of 1716 scores: POS tagging af, layer 12, step 5000")
