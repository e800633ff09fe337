"""Tables of scores."""

import pyarrow
import pytest

from polychron.storage import files, scores

ROW = {
    **{"model": "m", "task": "pos", "source": "qsa", "target": "qoe", "layer": 2, "step": 8, "seed": None},
    **{"split": "test", "metric": "accuracy", "value": 0.25, "examples": 4},
}


def test_rows_keep_their_order_and_types(tmp_path):
    rows = [ROW, ROW | {"seed": 1, "value": 1 / 3}, ROW | {"step": 2**40}]
    scores.write_scores(tmp_path / "scores.parquet", rows)
    table = files.read_table(tmp_path / "scores.parquet")
    assert table.schema == scores.score_schema()
    assert table.to_pylist() == rows


def test_a_value_that_is_no_number_is_refused_and_nothing_is_left(tmp_path):
    with pytest.raises((pyarrow.ArrowInvalid, pyarrow.ArrowTypeError)):
        scores.write_scores(tmp_path / "scores.parquet", [ROW | {"value": "high"}])
    assert not list(tmp_path.iterdir())
