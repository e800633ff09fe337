"""Tables 1 and 2: languages, pairs and examples are counted."""

import pandas as pd
from tabled import CODES, scores, tables_of

from polychron.tables import tasks_and_languages


def test_table_1_counts(made):
    (row,) = made[0].records
    assert (row["task"], row["languages"], row["sources"], row["targets"], row["pairs"]) == ("pos", 12, 12, 12, 132)
    assert (row["train_min"], row["train_max"], row["test_min"], row["test_max"]) == (100, 1200, 1000, 1000)


def test_table_1_counts_shared_languages_once():
    def said(trees, inference):
        rows = [(task, "inside", one) for task, languages in (("pos", trees), ("xnli", inference)) for one in languages]
        return tasks_and_languages._union(pd.DataFrame(rows, columns=["task", "use", "source"]))

    assert said("abc", "bcd")[0].startswith("3 + 3 = 6 counts the 2 languages twice that have a treebank")
    assert said("abc", "bcd")[0].endswith(": 4 languages in all.")
    assert said("a", "a") == ["1 + 1 = 2 counts a twice, which has a treebank and inference data: 1 language in all."]
    assert said("ab", "c") == []


def test_a_task_that_the_config_defines_has_its_place_in_every_table():
    """It comes after the tasks of the paper, by its own name, with word majority as its lexical baseline."""
    found = tables_of(scores(task="noun_class"))
    assert {(row["task"], row["setup"]) for row in found[0].records} == {("noun_class", "Token labelling")}
    assert all("Noun class" in str(table.rows) + str(table.head) for table in found)
    known = {row["task"]: row for row in found[2].records if row["setting"] == "In-language"}
    assert known["noun_class"]["lexical"] is not None


def test_table_2_lists(made):
    assert [row["languages"] for row in made[1].records] == [", ".join(CODES)] * 2
    assert [row["use"] for row in made[1].records] == ["in-language", "transfer"]


def test_table_2_lists_sources_and_targets_apart_where_they_differ():
    import pyarrow.compute as pc

    table = scores(codes=["de", "en", "gd"], seeds=(0,))
    to_gd = pc.and_(pc.equal(table["split"], "parallel"), pc.equal(table["target"], "gd"))
    made = tasks_and_languages.languages(table.filter(pc.invert(to_gd)))
    assert [(row["use"], row["number"], row["languages"]) for row in made.records] == [
        ("in-language", 3, "de, en, gd"),
        ("transfer from", 3, "de, en, gd"),
        ("transfer to", 2, "de, en"),
    ]
    assert made.caption[0].endswith("Sources and targets are listed apart where they differ.")


def test_codes_that_pandas_reads_as_missing_are_languages():
    codes = ["NA", "NaN", "en", "nan", "null"]
    listed = tasks_and_languages.languages(scores(codes=codes)).records
    assert [(row["use"], row["languages"]) for row in listed] == [
        ("in-language", ", ".join(codes)),
        ("transfer", ", ".join(codes)),
    ]
