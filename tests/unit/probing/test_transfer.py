"""The table of targets gives back what was put in, in the order that is asked for."""

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.probing import transfer
from polychron.probing.tasks.base import Examples
from polychron.storage import files


def split(number, second, labels):
    draw = np.random.default_rng(number)
    rows = draw.integers(0, 50, (2, number))
    return Examples(0, rows[0], rows[1] if second else None, draw.integers(0, len(labels), number), labels, number % 3)


@pytest.mark.parametrize("second", [False, True])
def test_targets_come_back_as_they_were(tmp_path, second):
    names, made = ["nan", "zh-Hans"], [split(7, second, ("ADJ", "VERB")), split(4, second, ("ADV", "NOUN", "VERB"))]
    files.write_table(tmp_path / "targets.parquet", transfer.to_table(names, made, [50, 60]))
    splits, vectors = transfer.from_table(files.read_table(tmp_path / "targets.parquet"), ["zh-Hans", "nan"])
    assert vectors == [60, 50]
    for found, put in zip(splits, reversed(made), strict=True):
        assert found.first.dtype == found.label.dtype == np.int64
        assert np.array_equal(found.first, put.first)
        assert np.array_equal(found.label, put.label)
        assert (found.labels, found.excluded, found.dataset) == (put.labels, put.excluded, 0)
        assert np.array_equal(found.second, put.second) if second else found.second is None


def test_a_target_that_is_not_there():
    table = transfer.to_table(["de"], [split(3, False, ("ADJ",))], [5])
    with pytest.raises(InputError, match=r"no target 'fr' among \['de'\]"):
        transfer.from_table(table, ["fr"])


def test_the_same_targets_are_the_same_bytes(tmp_path):
    for name in "ab":
        files.write_table(tmp_path / name, transfer.to_table(["de"], [split(9, True, ("no arc", "arc"))], [50]))
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
