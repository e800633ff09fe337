"""Tables of geometry from elsewhere: those of polychron are read as they are, others are refused by column."""

import pyarrow
import pytest

from polychron.analysis.pairs import factors
from polychron.errors import InputError
from polychron.storage import files, foreign_tables

ROW = {"model": "m", "source": "en", "target": "zh-Hans", "factor": "piece_overlap", "value": 0.25}


def written(tmp_path, *changes):
    table = pyarrow.Table.from_pylist([ROW | change for change in changes], schema=factors.schema())
    files.write_table(tmp_path / "factors.parquet", table)
    return tmp_path / "factors.parquet", table


def test_a_table_is_read_as_it_was_written(tmp_path):
    path, table = written(tmp_path, {}, {"target": "*", "value": None})
    further = table.append_column("comment", pyarrow.array(["<b>", "a"]))
    assert foreign_tables.read(path, factors.schema(), "m").equals(table)
    files.write_table(path, further)
    assert foreign_tables.read(path, factors.schema(), "m").equals(table)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model": "other"}, "column model: 'other', expected m"),
        ({"factor": "<script>top.planted=1</script>"}, "column factor: '<script>"),
        ({"source": 'x" onload="y'}, "column source"),
        ({"target": "a\nb"}, "column target"),
    ],
)
def test_names_that_no_table_has_are_refused(tmp_path, change, said):
    path, _ = written(tmp_path, {}, change)
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        foreign_tables.read(path, factors.schema(), "m")


def test_other_files_and_columns_are_refused(tmp_path):
    path, table = written(tmp_path, {})
    for other in (table.drop_columns(["value"]), table.slice(0, 0), table.set_column(4, "value", [["x"]])):
        files.write_table(path, other)
        with pytest.raises(InputError, match=r"factors\.parquet"):
            foreign_tables.read(path, factors.schema(), "m")
    path.write_bytes(b"no table")
    with pytest.raises(InputError, match="no table with the columns"):
        foreign_tables.read(path, factors.schema(), "m")
