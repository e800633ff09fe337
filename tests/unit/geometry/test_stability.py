import logging
import math

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.geometry import stability


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def test_steps_of_a_language_are_compared_with_its_own():
    first, second = draw(0, 60, 4), draw(1, 60, 4)
    rows = stability.compare_steps("de", {5: second, 0: first, 9: second * 2 + 1})
    assert {(row["task"], row["source"], row["target"], row["examples"]) for row in rows} == {
        ("stability", "de", "de", 60)
    }
    found = {(row["step"], row["metric"]): row["value"] for row in rows}
    assert set(found) == {(0, "cka_to_last"), (5, "cka_to_last"), (5, "cka_to_previous"), (9, "cka_to_previous")}
    assert found[9, "cka_to_previous"] == found[5, "cka_to_last"] == pytest.approx(1, abs=1e-9)
    assert abs(found[0, "cka_to_last"]) < 0.3 and found[0, "cka_to_last"] == pytest.approx(found[5, "cka_to_previous"])


def test_a_language_without_variance_at_a_step_has_no_number_and_is_warned_of(caplog):
    caplog.set_level(logging.WARNING, "polychron")
    rows = stability.compare_steps("is", {0: np.ones((60, 4)), 5: draw(0, 60, 4)})
    assert len(rows) == 2 and all(math.isnan(row["value"]) for row in rows)
    assert "is, step 0: all sentences have the same state" in caplog.text


def test_too_few_sentences():
    with pytest.raises(InputError, match="similarity needs 4 sentences; there are 1"):
        stability.compare_steps("de", {0: np.ones((1, 4)), 5: np.ones((1, 4))})
