"""Tables of geometry from elsewhere: those of polychron are read as they are, others are refused by column."""

import pyarrow
import pytest
import script

from polychron.analysis.pairs import factors
from polychron.errors import InputError
from polychron.storage import files, foreign_tables
from polychron.storage.scores import score_schema

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


MEASURED = {
    **{"model": "m", "task": "similarity", "source": "en", "target": "de", "layer": 2, "step": 5, "seed": None},
    **{"split": "parallel", "metric": "cka", "value": 0.5, "examples": 9},
}


def adopted(tmp_path, name, schema, *changes):
    row = MEASURED if name == "geometry" else ROW
    given, made = tmp_path / "given" / f"{name}.parquet", tmp_path / "results/m" / f"{name}.parquet"
    given.parent.mkdir(exist_ok=True)
    files.write_table(given, pyarrow.Table.from_pylist([row | change for change in changes], schema=schema))
    script.run("adopt_table", script.Files(given), script.Files(made), tmp_path / "log", final_layer=2)
    return files.read_table(made)


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("geometry", ({}, {"value": 0.7}), "two rows have the same model, task"),
        ("geometry", ({}, {"source": None}), "column source: a row has none"),
        ("geometry", ({}, {"step": 6, "value": float("inf")}), "column value: infinite"),
        ("geometry", ({}, {"layer": 3}), "column layer: 3, expected 0 to 2"),
        ("factors", ({}, {"value": 0.7}), "two rows have the same model, source, target, factor"),
        ("factors", ({}, {"target": None}), "column target: a row has none"),
        ("factors", ({}, {"target": "de", "value": float("-inf")}), "column value: infinite"),
    ],
)
def test_rows_that_no_table_has_are_refused(tmp_path, name, changes, said):
    schema = score_schema() if name == "geometry" else factors.schema()
    with pytest.raises((InputError, SystemExit)) as fault:
        adopted(tmp_path, name, schema, *changes)
    assert said in f"{fault.value} {(tmp_path / 'log').read_text()}"
    assert not (tmp_path / "results/m" / f"{name}.parquet").exists()


def test_geometry_is_adopted_in_the_order_of_gathered_tables(tmp_path):
    changes = {"step": 9, "value": float("nan")}, {"layer": None}, {"source": "de", "target": "en"}, {}
    found = adopted(tmp_path, "geometry", score_schema(), *changes)
    assert found["source"].to_pylist() == ["de", "en", "en", "en"]
    assert found["layer"].to_pylist() == [2, 2, 2, None]
