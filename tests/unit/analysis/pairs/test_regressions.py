"""Transfer that follows one factor, of which another is a copy with noise."""

import logging

import numpy as np
import pyarrow
import pytest

from polychron.analysis.pairs import factors, regressions
from polychron.stats import mrqap


def planted():
    distance, noise, unlike = np.random.default_rng(0).uniform(size=(3, 12, 12))
    nothing = np.full((12, 12), np.nan)
    return distance + 0.3 * unlike, {"distance": distance, "piece_share": distance + noise, "same_family": nothing}


def test_what_follows_another_factor_is_found_alone_and_not_beside_it(caplog):
    values, known = planted()
    with caplog.at_level(logging.WARNING):
        rows = {row["factor"]: row for row in regressions.explain(values, known, permutations=199, seed=0)}
    assert rows["distance"]["p"] <= 0.01 and rows["distance"]["p_beta"] <= 0.01
    assert rows["piece_share"]["p"] <= 0.01 and rows["piece_share"]["p_beta"] > 0.05
    assert rows["distance"]["beta"] > 0.8 > 0.2 > rows["piece_share"]["beta"]
    assert rows["same_family"] == {
        "factor": "same_family",
        **dict.fromkeys(("n", "languages"), 0),
        "together": 132,
        **dict.fromkeys(("rho", "p", "beta", "p_beta")),
        "note": "no pair has a value of it",
    }
    assert "no coefficient of same_family" in caplog.text
    alone = mrqap.regress(values, {name: known[name] for name in ("distance", "piece_share")}, 199, seed=0)
    assert rows["distance"]["beta"] == pytest.approx(alone["distance"].beta)
    columns = [name for name in regressions.schema().names if name not in ("model", "task", "quantity")]
    assert all([*row] == columns for row in rows.values())


def test_factors_are_read_back_over_the_languages_that_are_asked_for():
    counts = {"a": [3, 1], "b": [2, 0]}
    languages = {name: factors.Language(np.array(often), 2, script="LATIN") for name, often in counts.items()}
    table = factors.table("toy", languages)
    assert isinstance(table, pyarrow.Table)
    found = regressions.read(table, ["b", "c", "a"])
    assert found["premium_ratio"][0, 2] == 2 and found["premium_ratio"][2, 0] == 0.5
    assert np.isnan(found["premium_ratio"][1]).all() and np.isnan(found["same_order"]).all()
