"""What the plan reads from the disk: rows of existing tables, and sizes of files."""

import pyarrow

from polychron.planning import storage
from polychron.storage import files


def test_rows_are_counted_where_tables_of_treebanks_are_there(tmp_path):
    for name, rows in (("treebank/qsa", 3), ("parallel/qsa", 5), ("bitext/qsa", 7)):
        files.write_table(tmp_path / "examples" / f"{name}.parquet", pyarrow.table({"form": ["w"] * rows}))
    names = ["treebank/qsa", "treebank/qoe", "parallel/qsa", "bitext/qsa", "world"]
    assert storage.count_rows(tmp_path, names) == {"treebank/qsa": 3, "parallel/qsa": 5}
    # a damaged one is planned as one that is not there yet
    (tmp_path / "examples/treebank/qsa.parquet").write_bytes(b"PAR1")
    assert storage.count_rows(tmp_path, names) == {"parallel/qsa": 5}


def test_a_file_that_is_not_there_has_no_bytes(tmp_path):
    (tmp_path / "five").write_bytes(b"12345")
    assert [storage.size_of(tmp_path / name) for name in ("five", "none", ".")] == [5, 0, 0]
