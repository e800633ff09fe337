"""Rows of natural language inference: what is read, and what is refused with its line."""

import pyarrow.parquet
import pytest
from script import Files, left_in, run

from polychron.data import xnli
from polychron.errors import InputError
from polychron.tokenization.sentences import unique_sentences

PLAIN = (
    'He said "yes.\tHe spoke.\tentailment\n"Yes", he said\tHe was mute.\tcontradiction\nHe said yes.\tYes?\tneutral\n'
)
TRANSLATED = "premise\thypo\tlabel\n" + PLAIN.replace("contradiction", "contradictory")
COLUMNS = ["language", "gold_label", "sentence1_binary_parse", "sentence1", "sentence2", "pairID", "match"]
ALL = "\n".join(
    "\t".join(fields)
    for fields in (
        COLUMNS,
        ["ar", "neutral", "", "أ", "ب", "1", "True"],
        ["en", "neutral", "", "A premise.", "A hypothesis.", "1", "True"],
        ["ar", "entailment", "", "أ", "ج", "2", "True"],
        ["en", "contradiction", "", "A premise.", "No \"premise'.", "2", "False"],
    )
)


def write(folder, content, name="dev-en.tsv"):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_quotation_marks_belong_to_the_text(tmp_path):
    pairs = xnli.read(write(tmp_path, PLAIN), layout="tsv")
    assert pairs[0] == ('He said "yes.', "He spoke.", "entailment")
    assert pairs[1].premise == '"Yes", he said'
    assert len(pairs) == 3


def test_the_translated_training_data_spells_a_label_differently(tmp_path):
    plain = xnli.read(write(tmp_path, PLAIN), layout="tsv")
    assert xnli.read(write(tmp_path, TRANSLATED), layout="xnli-mt") == plain


def test_one_language_is_picked_from_the_table_of_all(tmp_path):
    path = write(tmp_path, ALL)
    assert xnli.read(path, layout="xnli", language="en") == [
        ("A premise.", "A hypothesis.", "neutral"),
        ("A premise.", "No \"premise'.", "contradiction"),
    ]
    assert [pair.hypothesis for pair in xnli.read(path, layout="xnli", language="ar")] == ["ب", "ج"]


def test_rows_are_counted_in_the_languages_own_rows(tmp_path):
    (pair,) = xnli.read(write(tmp_path, ALL), layout="xnli", language="en", rows=(1, 2))
    assert pair.label == "contradiction"


FAULTS = {
    "an unknown label": ("tsv", PLAIN.replace("neutral", "netural"), ":3: the label 'netural', expected one of entail"),
    "a gold label that annotators did not agree on": ("xnli", ALL.replace("contradiction", "-"), ":5: the label '-'"),
    "two columns": ("tsv", PLAIN.replace("\tHe was mute.", ""), ":2: 2 columns, expected 3"),
    "a tab too many": ("xnli-mt", TRANSLATED.replace("He spoke", "He\tspoke"), ":2: 4 columns, expected 3"),
    "an empty sentence": ("tsv", PLAIN.replace("Yes?", " "), ":3: an empty sentence"),
    "another header": ("xnli-mt", PLAIN, ":1: the header lacks the columns premise, hypo, label"),
    "no header": ("xnli", PLAIN, ":1: the header lacks the columns language, sentence1, sentence2, gold_label"),
    "a language that is not there": ("xnli", ALL.replace("en\t", "sw\t"), ": the split is empty: no row in the langu"),
    "no row": ("xnli-mt", "premise\thypo\tlabel\n", ": the split is empty: no row"),
    "an empty file": ("tsv", "", ": the file is empty"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_line_and_a_remedy_and_nothing_is_left(tmp_path, capfd, fault):
    layout, content, said = FAULTS[fault]
    path = write(tmp_path, content)
    splits = [{"split": "test", "format": layout, "rows": None}]
    with pytest.raises(SystemExit) as stopped:
        run(
            "tabulate_inference",
            *(Files(files=[path]), Files(tmp_path / "out" / "en.parquet"), tmp_path / "log"),
            **{"language": "en", "splits": splits},
        )
    assert stopped.value.code == 1
    message = capfd.readouterr().err
    assert f"{path}{said}" in message
    assert "Next: " in message
    assert "Traceback" not in message
    assert left_in(tmp_path / "out") == []


@pytest.mark.parametrize("rows", [(0, 4), (3, 3), (2, 1)])
def test_a_selection_without_rows_or_past_the_end_is_refused(tmp_path, rows):
    with pytest.raises(
        InputError, match=r"dev-en\.tsv: the rows \d to \d are asked for, and there are 3\. Next: correct"
    ):
        xnli.read(write(tmp_path, PLAIN), layout="tsv", rows=rows)


def test_splits_stand_in_the_order_of_the_spec(tmp_path):
    path = write(tmp_path, PLAIN)
    splits = [
        {"split": "train", "format": "tsv", "rows": [1, 3]},
        {"split": "dev", "format": "tsv", "rows": [0, 1]},
    ]
    made = Files(tmp_path / "out" / "en.parquet")
    run("tabulate_inference", Files(files=[path, path]), made, tmp_path / "log", language="en", splits=splits)
    rows = pyarrow.parquet.read_table(made[0]).to_pylist()
    assert [(row["split"], row["label"]) for row in rows] == [
        ("train", "contradiction"),
        ("train", "neutral"),
        ("dev", "entailment"),
    ]


def test_a_table_holds_the_rows_of_its_file_until_one_of_them_changes(tmp_path):
    pairs = xnli.read(write(tmp_path, PLAIN), layout="tsv")
    table = xnli.table({"dev": pairs[:1], "test": pairs})
    assert xnli.holds(table, "test", pairs) and xnli.holds(table, "dev", pairs[:1])
    assert not xnli.holds(table, "dev", pairs)
    assert not xnli.holds(table, "train", pairs)
    assert not xnli.holds(table, "test", [pairs[1], pairs[0], pairs[2]])
    assert not xnli.holds(table, "test", [*pairs[:2], pairs[2]._replace(premise="He said  yes.")])


@pytest.mark.shared
@pytest.mark.parametrize("split", ["dev", "test"])
def test_every_real_file_has_as_many_rows_of_each_label(shared, split):
    files = sorted(shared.glob(f"xnli/{split}-*.tsv"))
    assert len(files) == 13
    for path in files:
        pairs = xnli.read(path, layout="tsv")
        assert len(pairs) == {"dev": 2490, "test": 5010}[split]
        assert {label: sum(pair.label == label for pair in pairs) for label in xnli.LABELS} == dict.fromkeys(
            xnli.LABELS, len(pairs) // 3
        )
        sentences, premise, _ = unique_sentences([pair[0] for pair in pairs], [pair[1] for pair in pairs])
        # A premise is in three rows, so that splits cut from one file are cut at multiples of three.
        assert all(len(set(premise[row : row + 3])) == 1 for row in range(0, len(pairs), 3))
        assert len(sentences) <= len(pairs) // 3 * 4
