"""Claims about correlations, from the curves on: planted there as printed they hold, planted otherwise they fail."""

import math
from dataclasses import replace

import agreeing
import numpy as np
import pytest
import related
from agreeing import CLAIMS, FINAL, LANGUAGES, PAPER, STEPS, TRANSFER, judged
from scipy.stats import rankdata

from polychron.audit import claims
from polychron.audit.curves import Curves
from polychron.audit.evidence import Evidence
from polychron.audit.readings import DEFAULTS
from polychron.storage.scores import score_schema

CELLS = [name for name, claim in CLAIMS.items() if claim.measure == "correlation"]


def mirrored(places, values):
    """Make values those of a place minus those of the way back."""
    found = dict(zip(places, values, strict=True))
    return np.array([found[a, b] - found[b, a] for a, b in places])


def correlated(x, y):
    return np.corrcoef(rankdata(x), rankdata(y))[0, 1]


def between(places, x, rho, quantity):
    """Draw what is measured at each place, its rank correlation with x being about rho: found by bisection."""
    parts = [rankdata(x), np.random.default_rng(7).normal(size=len(x))]
    if quantity == "asymmetry":
        parts = [mirrored(places, part) for part in parts]
    like, noise = ((part - part.mean()) / part.std() for part in parts)

    def drawn(angle):
        values = math.sin(angle) * like + math.cos(angle) * noise
        if quantity == "asymmetry":
            return values / np.abs(values).max()
        values = (rankdata(values) - 0.5) / len(values)
        return np.floor(10 * values) if quantity == "onset" else values

    below, above = -math.pi / 2, math.pi / 2
    for _ in range(16):
        middle = (below + above) / 2
        below, above = (middle, above) if correlated(drawn(middle), x) < rho else (below, middle)
    return drawn(below)


def turned(claim):
    """A coefficient that contradicts a printed one: a strong one of the other sign."""
    return -math.copysign(max(0.5, abs(claim.value)) if claim.stars else 0.6, claim.value)


def planted(claim, rho):
    """The evidence of a study whose curves of one task have about this correlation, and the one that they have."""
    task, quantity, factor = (claim.arguments[name] for name in ("task", "quantity", "factor"))
    crossing = claim.arguments["table"] == 5
    names = (TRANSFER if crossing else LANGUAGES)[task]
    places = [(a, b) for a in names for b in names if (a != b) is crossing]
    x = [related.known(related.facts(), factor, task, *place) for place in places]
    drawn = between(places, x, rho, quantity)
    values = {(task, one, one, FINAL, crossing): related.curve(task, 0.95, 0, 0, 0.0) for one in names}
    for place, value in zip(places, drawn, strict=True):
        best = {"best": 0.4 + 0.5 * value, "asymmetry": 0.6 + 0.1 * value}.get(quantity, 0.7)
        at95 = value if quantity == "onset" else 3
        loss = 0.02 * value if quantity == "forgetting" else 0.01
        values[task, *place, FINAL, crossing] = related.curve(task, best, at95, at95, loss)
    study = Curves(STEPS, values, FINAL)
    known = Evidence(CLAIMS, PAPER, DEFAULTS, study=study, factors=related.facts(), departed=True)
    return known, correlated(drawn, x)


@pytest.mark.parametrize("name", CELLS)
def test_a_coefficient_is_found_in_the_curves_and_turns_with_them(name):
    """Planted as printed it never fails, and holds where many languages are to show no relation; turned it fails."""
    claim = CLAIMS[name]
    for rho, wanted in (
        (claim.value, {"holds", "undecided"} if claim.stars or claim.n == 15 else {"holds"}),
        (turned(claim), {"fails"}),
    ):
        evidence, coefficient = planted(claim, rho)
        found = claims.measured(claim, evidence)
        assert found.value == pytest.approx(coefficient) and abs(coefficient - rho) < 0.1
        assert claims.decide(claim, found)[0] in wanted


def test_there_is_a_claim_for_each_coefficient():
    assert len(CELLS) == 95


def test_correlations_over_other_languages_are_not_the_papers(agreeing_evidence):
    rows = agreeing.correlations()
    rows[0]["n"] = 6
    found = judged("T4.perf.pretrain.BPC", replace(agreeing_evidence, correlations=rows))
    assert found.detail == "needs the paper's 94 languages of bits per character: the study has 6"
    absent = judged("T4.perf.pretrain.BPC", replace(agreeing_evidence, correlations=rows[1:]))
    assert absent.verdict == "not run"


def test_a_similarity_turns_the_sign_of_a_distance(agreeing_evidence):
    factors = agreeing.facts_of(score_schema().empty_table())
    claim = CLAIMS["T4.perf.langsim.XNLI"]
    known = replace(agreeing_evidence, factors=factors)
    distance, similarity = (
        claims.measured(claim, known.under({"distance": choice})).value for choice in ("distance", "similarity")
    )
    assert similarity == -distance != 0


@pytest.mark.parametrize(
    ("name", "table", "reading"),
    [
        ("T4.step95.langsim.XNLI", {"onset": 0.9}, {}),
        ("T4.forget.langsim.XNLI", {"forgetting": "absolute"}, {}),
        ("T4.forget.langsim.XNLI", {}, {"forgetting": "absolute"}),
    ],
)
def test_a_table_of_another_onset_or_forgetting_is_computed_again(agreeing_evidence, name, table, reading):
    """The table of correlations has what analysis.correlation asks for, and a claim what analysis.readings says."""
    claim = CLAIMS[name]
    rows = [row | {"rho": 0.123} for row in agreeing.correlations()]
    usual = {"correlation": {"onset": 0.95, "forgetting": "relative"}}
    known = replace(
        agreeing_evidence,
        correlations=rows,
        config=agreeing_evidence.config | {"analysis": usual},
        factors=related.facts(),
    )
    assert claims.measured(claim, known).value == 0.123
    other = replace(
        known,
        config=known.config | {"analysis": {"correlation": usual["correlation"] | table}},
        reading=known.reading | reading,
    )
    again = claims.measured(claim, replace(other, departed=True))
    assert claims.measured(claim, other).value == again.value != 0.123


def test_claims_on_factors_do_not_take_the_onsets_of_another_share(agreeing_evidence):
    claim = CLAIMS["B.q6"]
    rows = [row | {"rho": 0.0} for row in agreeing.correlations()]
    told = {"analysis": {"correlation": {"onset": 0.9, "forgetting": "relative"}}}
    known = replace(
        agreeing_evidence,
        correlations=rows,
        config=agreeing_evidence.config | told,
        factors=related.facts(),
    )
    assert " 0.000" not in claims.measured(claim, known).detail
