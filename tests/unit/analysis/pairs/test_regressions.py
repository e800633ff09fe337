"""Transfer that follows one factor, of which another is a copy with noise."""

import logging

import numpy as np
import pyarrow
import pytest
from tabled import CODES, related, scores, studied

from polychron.analysis.pairs import factors, regressions
from polychron.stats import mrqap


def planted():
    distance, noise, unlike = np.random.default_rng(0).uniform(size=(3, 12, 12))
    nothing = np.full((12, 12), np.nan)
    return distance + 0.3 * unlike, {"distance": distance, "piece_share": distance + noise, "same_family": nothing}


def test_what_follows_another_factor_is_found_alone_and_not_beside_it():
    values, known = planted()
    rows = {row["factor"]: row for row in regressions.explain(values, known, permutations=199, seed=0)}
    assert rows["distance"]["p"] <= 0.01 and rows["distance"]["p_beta"] <= 0.01
    assert rows["piece_share"]["p"] <= 0.01 and rows["piece_share"]["p_beta"] > 0.05
    assert rows["distance"]["beta"] > 0.8 > 0.2 > rows["piece_share"]["beta"]
    unknown = rows["same_family"]
    assert (unknown["n"], unknown["pairs"], unknown["together"]) == (0, 132, 132)
    assert np.isnan([unknown["rho"], unknown["p"], unknown["beta"], unknown["p_beta"]]).all()
    assert unknown["note"] == "no pair has a value of it"
    alone = mrqap.regress(values, {name: known[name] for name in ("distance", "piece_share")}, 199, seed=0)
    assert rows["distance"]["beta"] == pytest.approx(alone["distance"].beta)


@pytest.fixture(scope="module")
def found():
    return related(scores(), CODES[:-1])


def test_a_factor_of_table_5_has_the_same_coefficient(found):
    assert found.schema == regressions.schema()
    rows = {(row["quantity"], row["factor"]): row for row in found.to_pylist() if row["table"] == 5}
    known = {(row["quantity"], row["factor"]): row for row in studied(scores()).to_pylist() if row["table"] == 5}
    compared = [place for place in known if place[1] != "best"]
    assert len(compared) == 4 * 4 + 3
    for place in compared:
        for mine, theirs in {"rho": "rho", "low": "low", "high": "high", "p": "p_permutation", "n": "n"}.items():
            assert rows[place][mine] == known[place][theirs], place


def test_factors_of_the_tokenizer_are_related_over_the_pairs_that_have_them(found):
    rows = {(row["quantity"], row["factor"]): row for row in found.to_pylist() if row["table"] == 5}
    share = rows["best", "piece_share"]
    # Russian has no factors; the nearer two languages, the more pieces they share, and the better the transfer
    assert (share["pairs"], share["n"], share["languages"], share["together"]) == (132, 110, 11, 110)
    assert share["rho"] > 0.9 and share["p"] == 1 / 200
    assert rows["best", "same_script"]["note"] == "the factor is the same everywhere"
    assert rows["best", "same_order"]["note"] == "no pair has a value of it"
    source, target = (rows["asymmetry", f"{side}_size"] for side in ("source", "target"))
    assert source["test"] == target["test"] and source["test_beta"] != target["test_beta"]
    assert {factor for quantity, factor in rows if quantity == "asymmetry"} == {*regressions.DIRECTED}


def test_what_has_no_coefficient_is_logged_once(caplog):
    with caplog.at_level(logging.WARNING):
        related(scores(codes=CODES[:6]), CODES[:6])
    said = [line for line in caplog.messages if line.endswith(": no pair has a value of it")]
    assert said == [
        "no coefficient beside the other factors in 8 rows (same_order, same_family): no pair has a value of it"
    ]


def test_a_factor_that_is_hardly_known_does_not_empty_the_regression():
    values, known = planted()
    hardly = np.full((12, 12), np.nan)
    hardly[0, 1:4] = 1, 2, 3
    rows = {row["factor"]: row for row in regressions.explain(values, {**known, "same_order": hardly}, 199, seed=0)}
    assert rows["same_order"]["note"] == "known of 3 of 132 pairs, too few for the regression"
    assert (rows["same_order"]["n"], rows["distance"]["together"]) == (3, 132) and rows["distance"]["p_beta"] <= 0.01
    # what half of the languages have is used, and what all have stays even where it is too much
    half = np.where(np.arange(12) < 6, known["piece_share"], np.nan)
    half[6:] = np.nan
    used, left = regressions.chosen(values, {"distance": known["distance"], "piece_share": half}, 4, "pair")
    assert [*used] == ["distance", "piece_share"] and not left
    few = values[0, :5]
    factors_of = {str(number): np.arange(5.0) ** number for number in range(1, 5)}
    used, left = regressions.chosen(few, factors_of, 4, "language")
    assert len(used) == 4 and not left


def test_factors_are_read_back_over_the_languages_that_are_asked_for():
    counts = {"a": [3, 1], "b": [2, 0]}
    languages = {name: factors.Language(np.array(often), 2, script="LATIN") for name, often in counts.items()}
    table = factors.table("toy", languages)
    assert isinstance(table, pyarrow.Table)
    found = regressions.read(table, ["b", "c", "a"])
    assert found["premium_ratio"][0, 2] == 2 and found["premium_ratio"][2, 0] == 0.5
    assert np.isnan(found["premium_ratio"][1]).all() and np.isnan(found["same_order"]).all()
