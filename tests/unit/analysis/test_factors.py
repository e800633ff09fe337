"""Planted correlations are found, and what is missing is named."""

import planted
import pyarrow
import pytest
from scipy import stats
from tabled import CODES, facts, scores, studied

from polychron.analysis import factors
from polychron.data import languages
from polychron.data.languages import Size
from polychron.stats import correlation


def by_cell(found):
    return {(row["table"], row["task"], row["quantity"], row["factor"]): row for row in found.to_pylist()}


@pytest.fixture(scope="module")
def correlated():
    return studied(scores())


def test_planted_correlations_are_found(correlated):
    assert correlated.schema == factors.schema()
    cells = by_cell(correlated)
    size = cells[4, "pos", "best", "pretraining_size"]
    assert (size["rho"], size["n"], size["stars"]) == (1.0, 12, "**")
    assert size["p_permutation"] == 1 / 200
    assert cells[4, "pos", "best", "task_data"]["rho"] == -1.0
    assert cells[4, "pos", "best", "distance"]["rho"] == 1.0
    assert cells[4, "pos", "onset", "pretraining_size"]["rho"] < -0.8
    assert cells[4, "pos", "forgetting", "pretraining_size"]["rho"] == 1.0
    assert cells[4, "pos", "cross_fitted_forgetting", "pretraining_size"]["rho"] == 1.0
    apart = cells[5, "pos", "best", "distance"]
    assert apart["n"] == 132 and apart["languages"] == 12 and apart["rho"] < -0.95
    assert apart["low"] < apart["rho"] < apart["high"] and apart["p_permutation"] == 1 / 200
    assert cells[5, "pos", "asymmetry", "source_size"]["rho"] > 0.5


def test_asymmetry_mirrors_source_and_target_and_has_no_row_with_distance(correlated):
    cells = by_cell(correlated)
    source, target = (cells[5, "pos", "asymmetry", f"{role}_size"] for role in ("source", "target"))
    assert source["rho"] == pytest.approx(-target["rho"], abs=1e-12)
    assert source["p_permutation"] == target["p_permutation"]
    assert (5, "pos", "asymmetry", "distance") not in cells
    assert (5, "pos", "forgetting", "best") in cells


def test_q_is_over_each_table(correlated):
    for table in (4, 5):
        mine = [row for row in correlated.to_pylist() if row["table"] == table and row["rho"] is not None]
        assert all(row["q"] >= row["p_permutation"] for row in mine)
        assert max(row["q"] for row in mine) == max(row["p_permutation"] for row in mine)


def test_one_test_under_two_names_counts_once(correlated):
    cells = by_cell(correlated)
    # the planted task data are the sizes in reverse order
    assert cells[4, "pos", "best", "pretraining_size"]["test"] == cells[4, "pos", "best", "task_data"]["test"]
    assert cells[4, "pos", "onset", "distance"]["test"] != cells[4, "pos", "best", "distance"]["test"]
    source, target = (cells[5, "pos", "asymmetry", f"{role}_size"] for role in ("source", "target"))
    assert source["test"] == target["test"] and source["q"] == target["q"]
    for table in (4, 5):
        rows = [row for row in correlated.to_pylist() if row["table"] == table and row["test"]]
        first = {row["test"]: row for row in reversed(rows)}
        expected = dict(zip(first, stats.false_discovery_control([row["p"] for row in first.values()]), strict=True))
        found = correlation.discovery_rates([row["p"] for row in rows], [row["test"] for row in rows])
        assert found == pytest.approx([expected[row["test"]] for row in rows])
        assert len(first) < len(rows)


def test_the_same_scores_as_a_second_task_change_no_q(correlated):
    again = pyarrow.concat_tables([scores(), scores(task="upos")])
    given = facts(
        examples={(task, code): 7 * (place + 1) for task in ("pos", "upos") for place, code in enumerate(CODES)}
    )
    once, twice = by_cell(studied(scores(), given)), by_cell(studied(again, given))
    assert len(twice) == 2 * len(once)
    for cell, row in once.items():
        assert (twice[cell]["q"], twice[cell]["test"]) == (row["q"], row["test"])
    # other scores in the same order of languages are another test
    other = pyarrow.table(again.to_pydict(), schema=again.schema).to_pylist()
    for row in other:
        row["value"] *= 1 - 1e-6 * (row["task"] == "upos")
    apart = by_cell(studied(planted.table(other), given))
    assert apart[4, "upos", "best", "distance"]["test"] != apart[4, "pos", "best", "distance"]["test"]


def test_the_same_again(correlated):
    assert correlated == studied(scores())


def test_readings_of_forgetting_and_onset():
    cells = by_cell(studied(scores(), forgetting="absolute"))
    assert cells[4, "pos", "forgetting", "pretraining_size"]["rho"] == 1.0
    nothing = by_cell(studied(scores(), onset=0.5))
    assert nothing[4, "pos", "onset", "distance"]["rho"] is None


def test_missing_facts_are_left_out_and_named():
    few = facts(sizes={code: Size(code, 1.0 + place) for place, code in enumerate(CODES[:-1])})
    row = by_cell(studied(scores(), few))[4, "pos", "best", "pretraining_size"]
    assert row["n"] == 11 and row["rho"] == 1.0
    assert row["note"] == "no pretraining data of 1 of 12 (ru)"
    row = by_cell(studied(scores(), few))[5, "pos", "best", "target_size"]
    assert row["n"] == 121 and "no pretraining data of the target of 11 of 132" in row["note"]
    unknown = facts(distances=languages.Distances({}), examples={})
    cells = by_cell(studied(scores(), unknown))
    assert cells[4, "pos", "best", "distance"]["rho"] is None
    assert "there are 1" in cells[4, "pos", "best", "distance"]["note"]
    assert "syntactic distance of 11 of 12 (cs = ces, de = deu" in cells[4, "pos", "best", "distance"]["note"]
    assert "(ar = ara to cs = ces, ar = ara to de = deu" in cells[5, "pos", "best", "distance"]["note"]
    assert cells[5, "pos", "best", "task_data"]["n"] == 0


def test_a_constant_factor_keeps_its_row():
    same = facts(examples={("pos", code): 7 for code in CODES})
    row = by_cell(studied(scores(), same))[4, "pos", "best", "task_data"]
    assert row["rho"] is None and row["note"] == "task data is the same everywhere" and row["stars"] == ""


def test_bits_have_the_pretraining_data_as_task_data():
    rows = [
        row
        for place, code in enumerate(CODES)
        for row in planted.rows(
            [3.0, 2.0, 1.0 + 0.05 * place],
            task="bits",
            source=code,
            target=code,
            split="heldout",
            metric="bits_per_character",
            steps=[10, 20, 30],
            seeds=(None,),
        )
    ]
    cells = by_cell(studied(planted.table(rows)))
    assert cells[4, "bits", "best", "task_data"]["rho"] == cells[4, "bits", "best", "pretraining_size"]["rho"] == 1.0
    assert (4, "bits", "cross_fitted_forgetting", "distance") not in cells


def test_training_examples_are_read_off_the_scores():
    assert factors.training_examples(scores())["pos", "ar"] == 1200
    assert factors.training_examples(scores().slice(0, 0)) == {}
