"""Scores that were gathered elsewhere: read in any type that others write, refused by column and row otherwise."""

import itertools

import planted
import pyarrow
import pyarrow.parquet
import pytest

from polychron.analysis import foreign_scores, gathering
from polychron.errors import InputError
from polychron.probing.tasks import registry
from polychron.storage.scores import score_schema

MODEL = "planted"
TASKS = ["arc_classification", "arc_prediction", "pos", "xnli", "xnli_tuned"]
HOSTILE = {
    "directive": "x\n\n.. raw:: html\n\n   <script>alert(1)</script>",
    "include": ".. include:: /etc/hosts",
    "HTML": "<img src=x onerror=alert(1)>",
    "formula": "=HYPERLINK(1)",
    "a line end": "en\n",
    "a path": "../../en",
    "braces": "{language}",
    "nothing": "",
    "letters of other scripts": "ｅｎ",
    "long": "en-" + "a" * 1000,
}


def rows():
    """A small table with each kind of score."""
    place = {"source": "en", "target": "en"}
    found = planted.rows([0.5, 0.6], task="pos", steps=[50, 200], **place)
    found += planted.rows([0.4, 0.3], task="pos", source="en", target="zh-Hans", split="parallel", steps=[50, 200])
    more = {"seeds": (None,), "steps": [50]}
    found += planted.rows([3.0], task="bits", split="heldout", metric="bits_per_character", **place, **more)
    found += planted.rows([0.7], task="alignment", source="en", target="cs", metric="f1", **more)
    found += planted.rows([12.0], task="pos", metric="excluded", **place, **more)
    found += planted.rows([7.0], task="pos", metric="kept_epoch", split="train", **place, **more)
    baseline = {
        **planted.rows([0.2], task="pos", **place, **more)[0],
        "metric": "majority",
        "layer": None,
        "step": None,
    }
    return [*found, baseline]


def read(table, folder, final_layer=2):
    path = folder / "scores.parquet"
    pyarrow.parquet.write_table(table, path)
    try:
        return foreign_scores.read(path, model=MODEL, tasks=TASKS, final_layer=final_layer)
    finally:
        assert path.is_file()


def refused(table, folder, message):
    with pytest.raises(InputError, match=message) as fault:
        read(table, folder)
    assert fault.value.file == folder / "scores.parquet"
    assert "delete" not in str(fault.value)
    assert "\n" not in str(fault.value) and len(str(fault.value)) < 600
    return fault.value


def changed(place, **values):
    """The table with other values in a row, the first is 0."""
    found = rows()
    found[place] |= values
    return planted.table(found)


def test_what_this_workflow_gathers_is_read_as_it_is(tmp_path):
    for table in (planted.table(rows()), gathering.gather([("a", planted.toy())])):
        assert read(table, tmp_path).equals(table)


def test_all_tasks_and_baselines_of_the_registry_have_their_metrics():
    for task in (*registry.TASKS.values(), *registry.INTRINSIC.values()):
        assert task.metric in {*foreign_scores.PROBED, *itertools.chain(*foreign_scores.INTRINSIC.values())}
        assert task.lexical is None or task.lexical in foreign_scores.BASELINES


TYPES = {
    "large_string": lambda column: column.cast("large_string") if column.type == "string" else column,
    "string_view": lambda column: column.cast("string_view") if column.type == "string" else column,
    "dictionary": lambda column: column.dictionary_encode() if column.type == "string" else column,
    "dictionary of large": lambda column: (
        column.cast("large_string").dictionary_encode() if column.type == "string" else column
    ),
    "int64": lambda column: column.cast("int64") if column.type == "int32" else column,
    "uint64": lambda column: column.cast("uint64") if pyarrow.types.is_integer(column.type) else column,
    "int16": lambda column: column.cast("int16") if pyarrow.types.is_integer(column.type) else column,
    "floats with NaN": lambda column: (
        column.cast("float64").fill_null(float("nan")) if pyarrow.types.is_integer(column.type) else column
    ),
    "NaN as the missing seed": lambda column: column,
}


@pytest.mark.parametrize("name", TYPES)
def test_types_that_pandas_and_polars_write_are_converted(tmp_path, name):
    expected = planted.table(rows())
    columns = {field.name: TYPES[name](expected[field.name]) for field in expected.schema}
    found = read(pyarrow.table(columns).select(expected.column_names[::-1]), tmp_path)
    assert found.equals(expected) and found.schema == score_schema()


def test_tables_of_pandas_are_read(tmp_path):
    expected = planted.table(rows())
    frame = expected.to_pandas().sample(frac=1, random_state=1)
    for column in ("task", "source"):
        frame[column] = frame[column].astype("category")
    frame.to_parquet(tmp_path / "scores.parquet")
    found = foreign_scores.read(tmp_path / "scores.parquet", model=MODEL, tasks=TASKS, final_layer=2)
    assert gathering.gather([("a", found)]).equals(gathering.gather([("b", expected)]))


def test_further_columns_are_left_out_and_named(tmp_path, caplog):
    table = planted.table(rows()).append_column("more\n<b>", pyarrow.array(range(len(rows()))))
    assert read(table, tmp_path).equals(planted.table(rows()))
    assert r"left out: 'more\n<b>'" in caplog.text


@pytest.mark.parametrize("column", score_schema().names)
def test_a_column_that_is_missing_twice_there_or_of_another_kind_is_named(tmp_path, column):
    table = planted.table(rows())
    place = table.schema.get_field_index(column)
    refused(table.drop_columns([column]), tmp_path, f"lacks the column '{column}'")
    refused(table.append_column(column, table[column]), tmp_path, f"has the column '{column}' more than once")
    other = pyarrow.array([b"x"] * table.num_rows)
    refused(table.set_column(place, column, other), tmp_path, f"column {column}: has the type binary, expected")
    other = pyarrow.array([[1]] * table.num_rows)
    refused(table.set_column(place, column, other), tmp_path, f"column {column}: has the type list")
    if pyarrow.types.is_string(table.schema.field(place).type):
        other = pyarrow.array([1] * table.num_rows)
        refused(table.set_column(place, column, other), tmp_path, f"column {column}: .* expected text")
        other = pyarrow.nulls(table.num_rows)
        refused(table.set_column(place, column, other), tmp_path, f"row 1, column {column}: None, expected a name")
    else:
        other = pyarrow.array(["1"] * table.num_rows)
        refused(table.set_column(place, column, other), tmp_path, f"column {column}: .* expected numbers")


@pytest.mark.parametrize("column", ["model", "task", "source", "target", "split", "metric"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_that_is_none_is_refused_by_row_and_column(tmp_path, column, name):
    refused(changed(3, **{column: HOSTILE[name]}), tmp_path, f"row 4, column {column}: '.*expected")


@pytest.mark.parametrize("column", ["model", "task", "source", "target", "split", "metric"])
def test_a_missing_name_is_refused(tmp_path, column):
    refused(changed(2, **{column: None}), tmp_path, f"row 3, column {column}: None, expected a name")


def test_names_that_are_unknown_here_are_refused(tmp_path):
    refused(changed(0, task="ner"), tmp_path, "row 1, column task: 'ner', expected one of alignment, arc_class")
    refused(changed(0, split="train2"), tmp_path, "row 1, column split: 'train2', expected one of dev")
    refused(changed(0, metric="bleu"), tmp_path, "row 1, column metric: 'bleu', expected one of accuracy.* task pos")
    refused(changed(0, metric="f1"), tmp_path, "row 1, column metric: 'f1', expected one of .* for the task pos")
    refused(changed(0, task="bits"), tmp_path, "column metric: 'accuracy', expected one of bits_per_character")


@pytest.mark.parametrize("split", ["test", "dev", "heldout"])
def test_transfer_in_a_split_of_one_language_is_refused(tmp_path, split):
    """Three languages whose transfer to two others is in the split test would count as nine languages in Table 3."""
    names = ("de", "en", "fi")
    pairs = [(source, target) for source in names for target in names]
    found = [
        row
        for source, target in pairs
        for row in planted.rows([0.5], task="pos", source=source, target=target, split=split, steps=[50])
    ]
    message = f"row 4, column split: '{split}', expected parallel, the split of transfer, for the source"
    assert "Next: correct a copy" in str(refused(planted.table(found), tmp_path, message))
    moved = [row | {"split": "parallel"} if row["source"] != row["target"] else row for row in found]
    assert read(planted.table(moved), tmp_path).num_rows == len(found)
    bits = planted.rows([3.0], task="bits", source="en", target="de", split="heldout", metric="bits_per_character",
                        steps=[50])  # fmt: skip
    refused(planted.table(bits), tmp_path, "row 1, column split: 'heldout', expected parallel")


NUMBERS = {
    "layer": [-1, 3, 10**6],
    "step": [-1, 2**53, 2**62],
    "seed": [-1],
    "examples": [-1, 0, 2**62],
    "value": [-0.01, 1.01, 90.0, -1e308, 1e308, float("inf"), float("-inf")],
}


@pytest.mark.parametrize(("column", "value"), [(name, value) for name, values in NUMBERS.items() for value in values])
def test_a_number_out_of_range_is_refused_by_row_and_column(tmp_path, column, value):
    refused(
        changed(1, **{column: value}), tmp_path, rf"row 2, column {column}: {value!r}, expected".replace("+", r"\+")
    )


def test_numbers_that_their_column_cannot_hold_are_refused(tmp_path):
    table = planted.table(rows())
    for column, kind, value in [
        ("layer", "float64", 1.5),
        ("layer", "int64", 2**40),
        ("step", "uint64", 2**63),
        ("seed", "float64", 1e300),
        ("examples", "float64", float("inf")),
    ]:
        values = table[column].cast(kind).to_pylist()
        values[4] = value
        place = table.schema.get_field_index(column)
        other = table.set_column(place, column, pyarrow.array(values, kind))
        refused(other, tmp_path, f"row 5, column {column}: ")


def test_other_metrics_have_other_ranges(tmp_path):
    at = {row["metric"]: place for place, row in enumerate(rows())}
    for metric, value in [("bits_per_character", 900.0), ("excluded", 1e6), ("kept_epoch", 50.0), ("f1", 1.0)]:
        read(changed(at[metric], value=value), tmp_path)
    for metric, value in [("bits_per_character", -0.1), ("bits_per_character", 1e9), ("excluded", -1.0), ("f1", 1.1)]:
        refused(changed(at[metric], value=value), tmp_path, f"row {at[metric] + 1}, column value: ")


def test_scores_that_are_missing_stay_missing(tmp_path):
    found = read(changed(0, value=float("nan"), examples=0), tmp_path)
    assert found["value"].to_pylist()[0] is None and found["examples"].to_pylist()[0] == 0
    assert gathering.gather([("a", found)]).num_rows == len(rows())


def test_baselines_and_counts_without_a_value_are_as_if_they_were_not_there(tmp_path, caplog):
    """What looks them up expects a number: trajectories of word alignment and the claims on bits did not."""
    place = {"task": "bits", "source": "en", "target": "en", "split": "heldout", "seeds": (None,), "steps": [50]}
    found = [*rows(), *planted.rows([3.0], metric="bits_per_character_of_sentences", **place)]
    place |= {"task": "alignment", "target": "cs", "split": "test"}
    found += planted.rows([5.0], metric="excluded_links", **place)
    for row in found[-3:]:
        row["value"] = None
    table = read(planted.table(found), tmp_path)
    assert table.num_rows == len(found) - 3 and table["value"].null_count == 0
    assert "3 rows of bits_per_character_of_sentences, excluded_links, majority have no value" in caplog.text


def test_only_baselines_have_no_layer_and_step(tmp_path):
    for column in ("layer", "step"):
        refused(changed(0, **{column: None}), tmp_path, f"row 1, column {column}: None, expected a {column}")


def test_a_score_that_is_there_twice_is_named_by_its_rows(tmp_path):
    again = planted.table([*rows(), {**rows()[2], "value": 0.25}])
    last = len(rows()) + 1
    refused(
        again, tmp_path, rf"rows 3 and {last} are the same score: model planted, task pos.*\(1 such scores in all\)"
    )
    bits = [row for row in rows() if row["task"] == "bits"]
    refused(planted.table([*rows(), *bits]), tmp_path, "are the same score: .*task bits")


def test_files_that_are_no_table_are_refused(tmp_path):
    path = tmp_path / "scores.parquet"
    whole = tmp_path / "whole.parquet"
    pyarrow.parquet.write_table(planted.table(rows()), whole)
    for content in (b"", b"PAR1", b"model,task\n", whole.read_bytes()[:-100], whole.read_bytes()[100:]):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"scores\.parquet: .*Next: copy it again") as fault:
            foreign_scores.read(path, model=MODEL, tasks=TASKS, final_layer=2)
        assert "delete" not in str(fault.value)
    refused(planted.table([]), tmp_path, "holds no scores")


def test_text_that_is_no_unicode_is_refused(tmp_path):
    table = planted.table(rows())
    broken = pyarrow.Array.from_buffers(
        pyarrow.string(), 1, [None, pyarrow.array([0, 2], "int32").buffers()[1], pyarrow.py_buffer(b"\xff\xfe")]
    )
    other = pyarrow.chunked_array([broken, table["source"].slice(1).combine_chunks()])
    refused(table.set_column(2, "source", other), tmp_path, "no readable Parquet table")


def test_scores_of_another_model_are_refused(tmp_path):
    """Tables are told apart by their folders: the numbers would appear under another model's name."""
    other = [{**row, "model": "another"} for row in rows()]
    refused(planted.table(other), tmp_path, "row 1, column model: 'another', expected planted, the model that the")
    refused(planted.table([*rows(), *other]), tmp_path, f"row {len(rows()) + 1}, column model: 'another'")


def test_a_source_of_several_languages_together_is_read(tmp_path):
    given = [row | {"source": "*", "task": "xnli_tuned"} if row["metric"] == "accuracy" else row for row in rows()]
    table = pyarrow.Table.from_pylist(given, schema=score_schema())
    assert "*" in read(table, tmp_path)["source"].to_pylist()
    refused(
        pyarrow.Table.from_pylist([given[0] | {"source": "**"}], schema=score_schema()), tmp_path, "a language code"
    )
