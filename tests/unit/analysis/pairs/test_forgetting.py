"""Values before and after fine-tuning are put side by side, and nothing else is."""

import logging

import pyarrow
import pytest

from polychron.analysis.pairs import forgetting
from polychron.errors import InputError
from polychron.storage.scores import score_schema


def table(model, *rows):
    """Return rows of (target, step, seed, value)."""
    common = {"model": model, "task": "retrieval", "source": "a", "layer": 1, "split": "parallel", "examples": 50}
    common |= {"metric": "p_at_1.raw.cosine"}
    made = [common | dict(zip(("target", "step", "seed", "value"), row, strict=True)) for row in rows]
    return pyarrow.Table.from_pylist(made, schema=score_schema())


BEFORE = table("m", ("b", 0, 0, 0.1), ("b", 50, 0, 0.5), ("b", 50, 1, 0.6), ("c", 50, None, 0.7), ("d", 50, 0, 0.8))
AFTER = table("m.pos-a-3", ("c", 50, None, 0.3), ("b", 50, 1, 0.2), ("b", 50, 0, 0.4), ("e", 50, 0, 0.9))
TOLD = {"task": "pos", "source": "a", "seed": 3}


def test_values_are_those_of_the_same_place(caplog):
    caplog.set_level(logging.INFO)
    found = forgetting.beside(BEFORE, [(TOLD, AFTER)]).to_pylist()
    values = {(row["target"], row["seed"]): (row["before"], row["after"]) for row in found}
    assert values == {("b", 0): (0.5, 0.4), ("b", 1): (0.6, 0.2), ("c", None): (0.7, 0.3)}
    assert {row["step"] for row in found} == {50} and {row["model"] for row in found} == {"m"}
    assert {tuple(row[name] for name in forgetting.TUNED) for row in found} == {("pos", "a", 3)}
    assert "2 values are of one of the two models alone" in caplog.text  # d and e


def test_each_training_has_its_own_rows_in_an_order_that_does_not_depend_on_theirs():
    other = TOLD | {"seed": 1}
    one, two = (
        forgetting.beside(BEFORE, pair) for pair in ([(TOLD, AFTER), (other, AFTER)], [(other, AFTER), (TOLD, AFTER)])
    )
    assert one.equals(two) and one["tuned_seed"].to_pylist() == [1] * 3 + [3] * 3


def test_nothing_in_common_is_refused():
    with pytest.raises(InputError, match="no value of geometry is measured both before and after"):
        forgetting.beside(BEFORE, [(TOLD, table("x", ("b", 7, 0, 0.4)))])
