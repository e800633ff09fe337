"""Expectations of the laboratory that its models cannot meet are refused."""

import copy

import pytest
from configs import study

from polychron.errors import InputError
from polychron.study import consistency

LAB = {
    "pairs": [["qsa", "qoe"]],
    "seeds": [1],
    "variants": {"default": {}, "apart": {"vocabularies": "union", "separate": {"layers": 1}}},
    "window": 64,
}
LINE = {
    "check": "variant_transfer_above",
    "pair": ["qsa", "qoe"],
    "variant": "default",
    "beside": "apart",
    "states": "raw",
    "at_least": 0.3,
}
CENTRING = {"check": "variant_retrieval_centring", "pair": ["qsa", "qoe"], "variant": "default", "at_least": 0.1}
OTHER = {"check": "retrieval_growth_other_script", "at_least": 0.1}
SCORES = {"check": "bits_fall", "at_least": 0.1}


def expecting(*lines, lab=LAB):
    return study("studies/toy.yaml", copy.deepcopy({"lab": lab, "expect": [*lines]}))


def test_expectations_of_the_laboratory_are_apart_from_others():
    found = expecting(LINE, OTHER, SCORES, CENTRING)
    consistency.check(found)
    assert found.expected_of_laboratory == [LINE, CENTRING]
    assert found.expected_of_scores == [SCORES] and found.expected_of_geometry == [OTHER]


def test_a_laboratory_alone_expects_nothing_of_scores():
    assert not expecting(LINE).expected_of_scores


@pytest.mark.parametrize(
    ("lines", "lab", "said"),
    [
        ([{**LINE, "pair": ["qoe", "qsa"]}], LAB, r"expect\[0\].pair: qoe, qsa is not in lab.pairs"),
        ([SCORES, {**LINE, "beside": "apat"}], LAB, r"expect\[1\].beside: there is no variant 'apat'"),
        ([{**CENTRING, "variant": "none"}], LAB, r"expect\[0\].variant: there is no variant 'none'"),
        ([{**CENTRING, "states": "raw"}], LAB, r"expect\[0\].states: variant_retrieval_centring has no such key"),
        ([{**SCORES, "pair": ["qsa", "qoe"]}], LAB, r"expect\[0\].pair: bits_fall has no such key"),
        ([LINE], None, r"expect\[0\]: variant_transfer_above is about models of the laboratory, and lab is null"),
        (
            [{key: value for key, value in LINE.items() if key != "states"}],
            LAB,
            r"expect\[0\]: variant_transfer_above needs states",
        ),
    ],
)
def test_an_expectation_that_no_model_can_meet_is_refused(lines, lab, said):
    with pytest.raises(InputError, match=said):
        consistency.check(expecting(*lines, lab=lab))
