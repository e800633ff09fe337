"""Evidence with holes: a claim says which cell it lacks, and is measured on what there is."""

from dataclasses import replace

import agreeing
import numpy as np
import pytest
import related
from agreeing import CLAIMS, STEPS, judged

from polychron.audit import claims, partial
from polychron.data import languages


def without(evidence, *places):
    """The evidence without the curves at some places."""
    study = evidence.study
    values = {place: values for place, values in study.values.items() if place not in places}
    return replace(evidence, study=replace(study, values=values), cache={})


@pytest.mark.parametrize(
    ("name", "place", "missing", "part"),
    [
        (
            "F1.POS.max",
            ("pos", "gd", "gd", 12, False),
            "POS tagging in 1 of 44 languages: gd",
            "gd (1 of 44 languages)",
        ),
        ("T3.inlang.BPC.replica", ("bits", "xh", "xh", 12, False), "1 of 94 languages: xh", "xh (1 of 94 languages)"),
        ("s42.step98.POS", ("pos", "ja", "ko", 12, True), "1 of 324 pairs: ja to ko", "ja (1 of 20 languages)"),
        ("s42.step98.XNLI", ("xnli", "sw", "ar", 12, True), "1 of 225 pairs: sw to ar", "ar (1 of 15 languages)"),
        ("s32.order_langs", ("xnli", "sw", "sw", 12, False), "1 of 15 languages: sw", "sw (1 of 15 languages)"),
        ("s51.explayer_max.XNLI", ("xnli", "hi", "hi", 5, False), "1 of 4 languages: hi", "hi (1 of 4 languages)"),
        ("s52.explayer.XNLI.mean", ("xnli", "hi", "zh", 4, True), "1 of 12 pairs: hi to zh", "hi (1 of 4 languages)"),
        ("s52.explayer.SimAlign.mean", ("alignment", "en", "fr", 4, False), "en to fr", "fr (1 of 6 languages)"),
    ],
)
def test_a_missing_cell_is_named_and_the_rest_is_measured(name, place, missing, part, agreeing_evidence):
    found = judged(name, without(agreeing_evidence, place))
    assert found.verdict == "not run" and missing in found.detail and found.measured is None
    assert found.part == f"without {part}"
    whole = judged(name, agreeing_evidence).measured
    assert found.partial == pytest.approx(whole, rel=0.3, abs=1)


def test_the_partial_value_is_that_of_the_languages_that_are_there(agreeing_evidence):
    best = {one: agreeing_evidence.study.values["pos", one, one, 12, False].max() for one in agreeing.LANGUAGES["pos"]}
    worst = min(best, key=best.get)
    found = judged("F1.POS.min", without(agreeing_evidence, ("pos", worst, worst, 12, False)))
    assert found.partial == pytest.approx(100 * sorted(best.values())[1])


def test_a_claim_about_a_language_that_is_missing_has_no_partial_value(agreeing_evidence):
    for name, places in (
        ("C.explayer.XNLI.hi", [("xnli", "hi", "hi", 5, False)]),
        ("s41.q4", [("pos", "ja", other, 12, True) for other in ("de", "en")]),
        ("s51.explayer_max.XNLI", [("xnli", one, one, 5, False) for one in agreeing.LAYERWISE["xnli"]]),
    ):
        found = judged(name, without(agreeing_evidence, *places))
        assert (found.verdict, found.partial, found.part) == ("not run", None, "")


def test_a_missing_checkpoint_and_a_missing_score_leave_the_others(agreeing_evidence):
    study, kept = agreeing_evidence.study, STEPS != 500_000
    fewer = {place: values[kept] for place, values in study.values.items()}
    found = judged(
        "F1.POS.max", replace(agreeing_evidence, study=replace(study, steps=STEPS[kept], values=fewer), cache={})
    )
    assert found.detail == "needs 1 of the paper's 39 checkpoints: steps 500000"
    assert (found.part, found.partial) == (
        "without 1 of 39 checkpoints",
        judged("F1.POS.max", agreeing_evidence).measured,
    )
    place = ("pos", "af", "af", 12, False)
    holed = {**study.values, place: np.where(STEPS == 5000, np.nan, study.values[place])}
    found = judged("F1.POS.max", replace(agreeing_evidence, study=replace(study, values=holed), cache={}))
    assert found.part == "without af (1 of 44 languages)"


def test_a_correlation_is_computed_over_the_languages_that_are_there():
    """The study's table has 43 languages, and says why; the partial coefficient is that of these 43."""
    world = related.unrelated(0)
    note = "no onset of 1 of 44 languages (gd)"
    name = "T4.perf.pretrain.ArcC"
    rows = [{**CLAIMS[name].arguments, "rho": 0.4, "n": 43, "note": note}]
    evidence = without(replace(world, correlations=rows), ("arc_classification", "gd", "gd", 12, False))
    found = claims.judge(CLAIMS[name], replace(evidence, departed=False))
    assert found.verdict == "not run" and found.part == "without gd (1 of 44 languages)"
    assert found.partial == pytest.approx(claims.measured(CLAIMS[name], world).value, abs=0.1)
    complete = replace(world, correlations=rows, departed=False, cache={})
    assert note in claims.judge(CLAIMS[name], complete).detail
    every = claims.judge(CLAIMS["B.q1"], replace(evidence, departed=False))
    assert (every.verdict, every.partial, every.part) == ("not run", False, found.part)
    assert claims.judge(CLAIMS["B.q3"], replace(evidence, departed=False)).partial is False


@pytest.mark.parametrize(
    ("name", "language", "part"),
    [
        ("T4.perf.langsim.BPC", "xh", "xh (1 of 94 languages)"),
        ("T5.perf.langsim.XNLI", "sw", "sw (1 of 15 languages)"),
        ("T5.perf.src.POS", "ko", "ko (1 of 20 languages)"),
    ],
)
def test_a_language_without_a_fact_is_left_out_of_the_correlation_with_it(name, language, part):
    world = related.unrelated(0)
    facts = world.factors
    known = {pair: value for pair, value in facts.distances.known.items() if languages.iso(language) not in pair}
    sizes = {code: size for code, size in facts.sizes.items() if code != language}
    lacking = replace(facts, distances=languages.Distances(known), sizes=sizes)
    found = claims.judge(CLAIMS[name], replace(world, factors=lacking, cache={}))
    assert found.verdict == "not run" and language in found.detail and found.part == f"without {part}"
    assert found.partial == pytest.approx(claims.measured(CLAIMS[name], world).value, abs=0.15)


def test_a_study_without_any_of_the_languages_has_no_part(agreeing_evidence):
    nothing = replace(agreeing_evidence, study=replace(agreeing_evidence.study, values={}), cache={})
    assert not [*partial.available(CLAIMS["F1.POS.max"], nothing)]
    assert not [*partial.available(CLAIMS["F1.POS.max"], agreeing_evidence)]
