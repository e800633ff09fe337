"""Gathering scores: one order whatever the files' order, and a name for the file that is at fault."""

import random

import planted
import pyarrow
import pytest

from polychron.analysis import gathering
from polychron.errors import InputError
from polychron.storage import files
from polychron.storage.scores import score_schema

STEPS = [50, 200]


def curve(source="en", values=(0.5, 0.6), **more):
    return planted.rows(values, task="pos", source=source, target=source, steps=STEPS, **more)


def named(*parts):
    return [(f"{place}.parquet", planted.table(rows)) for place, rows in enumerate(parts)]


def test_the_order_of_files_and_rows_makes_no_difference(tmp_path):
    rows = [*curve("nan"), *curve("zh-Hans"), *curve("no", layer=0), *curve("en", split="dev")]
    rows.append({**rows[0], "layer": None, "step": None, "seed": None, "metric": "majority"})
    tables = []
    for order in range(3):
        random.Random(order).shuffle(rows)
        files.write_table(tmp_path / f"{order}.parquet", gathering.gather(named(rows[:7], rows[7:8], rows[8:])))
        tables.append((tmp_path / f"{order}.parquet").read_bytes())
    assert tables[0] == tables[1] == tables[2]
    gathered = files.read_table(tmp_path / "0.parquet")
    assert gathered.num_rows == len(rows)
    assert gathered.schema == score_schema()
    assert gathered["source"].unique().to_pylist() == ["en", "nan", "no", "zh-Hans"]


def test_a_score_given_twice_names_both_files():
    again = {**curve()[0], "value": 0.25}
    with pytest.raises(InputError, match=r"0\.parquet.*1\.parquet.*task pos.*step 50, seed 0.*0\.25.*1 such") as fault:
        gathering.gather(named(curve(), [again]))
    assert fault.value.file == "0.parquet"
    with pytest.raises(InputError, match="the same file"):
        gathering.gather(named([*curve(), curve()[0]]))


def test_rows_without_a_seed_are_repeats_of_each_other_too():
    bits = curve(seeds=(None,))
    with pytest.raises(InputError, match=r"1\.parquet"):
        gathering.gather(named(bits, bits))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (lambda table: table.drop_columns(["examples"]), "examples"),
        (lambda table: table.append_column("more", table["task"]), "more"),
        (lambda table: table.set_column(9, "value", table["value"].cast("float32")), "value"),
        (lambda table: table.select(table.column_names[::-1]), "order"),
        (lambda table: table.slice(0, 0), "no scores"),
    ],
)
def test_another_table_names_its_file(change, word):
    (name, table), other = named(curve(), curve("de"))
    with pytest.raises(InputError, match=word) as fault:
        gathering.gather([other, (name, change(table))])
    assert fault.value.file == name


def test_a_score_without_its_task_is_refused():
    with pytest.raises(InputError, match="without its task"):
        gathering.gather(named([{**curve()[0], "task": None}]))


def test_two_models_in_one_table_are_refused():
    other = [{**row, "model": "another"} for row in curve("de")[:2]]
    with pytest.raises(InputError, match="another, planted") as fault:
        gathering.gather(named(curve(), other))
    assert fault.value.file == "1.parquet"


def test_no_files_are_refused():
    with pytest.raises(InputError, match="no files"):
        gathering.gather([])


def test_scores_that_are_no_numbers_stay_and_are_counted(caplog):
    broken = [{**curve()[0], "value": float("nan")}, {**curve()[1], "value": None}, curve()[2]]
    assert gathering.gather(named(broken)).num_rows == 3
    assert "2 of 3 scores are not finite" in caplog.text


def test_means_over_seeds():
    rows = curve(values=(0.5, 0.6), seeds=(0, 1, 2))
    rows[0]["value"], rows[1]["value"], rows[2]["value"] = 0.25, 0.5, 1.5
    rows[3]["value"], rows[4]["value"] = float("nan"), 0.25
    rows += curve(split="dev") + curve(metric="kept_epoch")
    found = gathering.means(gathering.gather(named(rows)), ["accuracy"], ["test"]).to_pylist()
    assert [row["step"] for row in found] == STEPS
    assert (found[0]["value"], found[0]["runs"], found[0]["finite"]) == (0.75, 3, 3)
    assert found[0]["deviation"] == pytest.approx(0.6614378277661477)
    assert (found[1]["runs"], found[1]["finite"]) == (3, 2)
    assert found[1]["value"] == pytest.approx((0.25 + rows[5]["value"]) / 2)


def test_means_of_a_single_or_no_run():
    rows = curve(values=(1.5, float("nan")), seeds=(None,))
    found = gathering.means(planted.table(rows), ["accuracy"], ["test"]).to_pylist()
    assert (found[0]["value"], found[0]["deviation"], found[0]["finite"]) == (1.5, None, 1)
    assert (found[1]["value"], found[1]["runs"], found[1]["finite"]) == (None, 1, 0)


def test_thirty_thousand_files_are_read_one_by_one():
    one = planted.table(curve()[:1])
    places = pyarrow.array([f"l{place}" for place in range(30_000)])
    tables = ((f"{place}.parquet", one.set_column(2, "source", places.slice(place, 1))) for place in range(30_000))
    assert gathering.gather(tables).num_rows == 30_000
