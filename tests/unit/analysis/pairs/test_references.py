"""What a language shares with the reference language, and how its scores follow it."""

import numpy as np
import pytest
from tabled import CODES, facts, related, scores, shared, studied

from polychron.analysis.pairs import references


@pytest.fixture(scope="module")
def found():
    rows = related(scores(), CODES[:-1]).to_pylist()
    return {(row["quantity"], row["factor"]): row for row in rows if row["table"] == 4}


def test_a_factor_of_table_4_has_the_same_coefficient(found):
    known = [row for row in studied(scores()).to_pylist() if row["table"] == 4]
    assert len(known) == 4 * 3
    for row in known:
        mine = found[row["quantity"], row["factor"]]
        for name, other in {"rho": "rho", "low": "low", "high": "high", "p": "p_permutation", "n": "n"}.items():
            assert mine[name] == row[other], row


def test_the_reference_counts_as_like_itself():
    known = references._known("pos", CODES, shared(CODES[:-1]), facts())
    assert known["piece_share"][0] == 1 and np.isfinite(known["piece_share"]).sum() == 11
    assert (known["premium_ratio"][0], known["fertility_difference"][0]) == (1, 0)
    # of what is not known of any language, nor is it of the reference
    assert np.isnan(known["same_order"]).all()
    # a reference that is not among the languages is compared with them all the same
    apart = references._known("pos", CODES[1:4], shared(CODES), facts())
    assert apart["piece_share"].tolist() == pytest.approx(
        references._known("pos", CODES, shared(CODES), facts())["piece_share"][1:4]
    )
    unknown = references._known("pos", CODES[1:4], shared(CODES[1:4]), facts())
    assert np.isnan(unknown["piece_share"]).all()


def test_task_data_of_bits_are_the_pretraining_data_and_count_once():
    known = references._known("bits", CODES, shared(CODES), facts())
    assert "task_data" not in known and [*known] == [name for name in references.FACTORS if name != "task_data"]


def test_what_follows_another_factor_has_nothing_to_add():
    size, noise, unlike = np.random.default_rng(1).uniform(size=(3, 25))
    known = {"pretraining_size": size, "piece_share": size + noise, "same_family": np.full(25, np.nan)}
    rows = {row["factor"]: row for row in references.explain(size + 0.2 * unlike, known, 199, seed=0)}
    assert rows["pretraining_size"]["p_beta"] <= 0.01 and rows["pretraining_size"]["beta"] > 0.8
    assert rows["piece_share"]["p"] <= 0.01 and rows["piece_share"]["p_beta"] > 0.05
    assert rows["same_family"]["note"] == "no language has a value of it" and rows["same_family"]["n"] == 0
    few = [*references.explain(size[:4], {name: one[:4] for name, one in known.items()}, 199, seed=0)]
    assert few[0]["note"] == "too few languages for a regression on 2 factors: 4"
