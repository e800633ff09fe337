"""Named entities: what is read, what is refused with its line, and sentences found in a treebank by their words."""

import json

import pyarrow
import pytest

from polychron.data import entities
from polychron.errors import InputError

FILE = """\
# newdoc id = n01
# sent_id = n01-0001
# text = Ana Sá foi a Faro.
1\tAna\tB-PER\t-\t-
2\tSá\tI-PER\t-\t-
3\tfoi\tO\t-\t-
4\ta\tO\t-\t-
5\tFaro\tB-LOC\t-\t-
6\t.\tO\t-\t-

# sent_id = n01-0002
1\tA\tO
2\tNASA\tB-ORG
3\t5\u00a0000\tO

"""


def write(folder, content, name="pt_toy-ud-train.iob2"):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def row(number, replacement):
    """Return the file with another line in place of one, counted from 1."""
    lines = FILE.split("\n")
    lines[number - 1] = replacement
    return "\n".join(lines)


def test_words_and_labels_are_read(tmp_path, caplog):
    caplog.set_level("INFO", "polychron")
    table = entities.read({"train": write(tmp_path, FILE), "test": write(tmp_path, FILE, "test.iob2")})
    rows = table.to_pylist()
    assert rows[1] == {
        **{"split": "train", "sentence": 0, "sent_id": "n01-0001"},
        **{"index": 2, "form": "Sá", "entity": "I-PER"},
    }
    assert [one["sentence"] for one in rows] == [*[0] * 6, *[1] * 3, *[2] * 6, *[3] * 3]
    assert [one["form"] for one in rows[6:9]] == ["A", "NASA", "5\u00a0000"], "a space that does not break is kept"
    assert [one["split"] for one in rows] == ["train"] * 9 + ["test"] * 9
    assert {str(table.schema.field(name).type) for name in ("sentence", "index")} == {"int32"}
    counts = json.loads(table.schema.metadata[entities.COUNTS])
    assert counts == {split: {"sentences": 2, "words": 9, "names": 3} for split in ("train", "test")}
    assert "2 sentences, 9 words, 3 names" in caplog.text
    assert "test.iob2: 2 sentences have the words of one of the train split, and count for both" in caplog.text


def test_other_kinds_are_outside_and_ranges_are_no_words_and_both_are_counted(tmp_path, caplog):
    caplog.set_level("INFO", "polychron")
    more = FILE.replace("4\ta\tO", "4-5\taFaro\t_\t-\t-\n4\ta\tB-OTH").replace("2\tNASA\tB-ORG", "2\tNASA\tB-O")
    table = entities.read({"train": write(tmp_path, more)})
    assert table["entity"].to_pylist() == ["B-PER", "I-PER", "O", "O", "B-LOC", "O", "O", "O", "O"]
    assert "2 names, 1 multiword ranges, 2 labels of other kinds" in caplog.text
    counts = json.loads(table.schema.metadata[entities.COUNTS])["train"]
    assert (counts["names"], counts["labels of other kinds"], counts["multiword ranges"]) == (2, 2, 1)


def test_comments_line_ends_and_the_last_empty_line_change_nothing(tmp_path):
    plain = entities.read({"train": write(tmp_path, FILE)})
    windows = tmp_path / "windows.iob2"
    windows.write_bytes("\ufeff".encode() + FILE.rstrip("\n").replace("\n", "\r\n").encode())
    assert entities.read({"train": windows}).equals(plain)
    spaced = write(tmp_path, FILE.replace("\n\n#", "\n\t\n#"), "spaced.iob2")
    assert entities.read({"train": spaced}).equals(plain), "a line with a tab alone ends a sentence too"
    bare = entities.read({"train": write(tmp_path, FILE.replace("# sent_id", "# id"), "bare.iob2")})
    assert bare["sent_id"].unique().to_pylist() == ["1", "2"]


FAULTS = {
    "two columns": (row(6, "3\tfoi"), 6, "2 columns, expected a word's number, form and label"),
    "spaces for tabs": (row(6, "3 foi O"), 6, "1 column, expected a word's number"),
    "an unknown kind": (row(8, "5\tFaro\tB-MISC\t-\t-"), 8, "the label 'B-MISC', expected one of O, B-PER, I-PER"),
    "no label": (row(8, "5\tFaro\t_\t-\t-"), 8, "the label '_', expected one of O"),
    "IOB1": (row(8, "5\tFaro\tI-LOC\t-\t-"), 8, "the label I-LOC after O: IOB2 begins each name with B"),
    "another kind inside": (row(5, "2\tSá\tI-LOC\t-\t-"), 5, "the label I-LOC after B-PER"),
    "a name over two sentences": (row(12, "1\tA\tI-PER"), 12, "the label I-PER after O"),
    "a number left out": (row(6, "4\tfoi\tO\t-\t-"), 6, "the number '4', expected 3"),
    "two sentences without an empty line": (row(10, "#"), 12, "the number '1', expected 7"),
    "no form": (row(6, "3\t\tO\t-\t-"), 6, "a word without a form"),
    "a space after a form": (row(6, "3\tfoi \tO\t-\t-"), 6, "a form with a space before or after it"),
    "comments alone": (FILE + "# sent_id = x\n", 16, "a sentence without words"),
    "withheld": (row(12, "1\t_\tO").replace("NASA", "_").replace("5\u00a0000", "_"), 11, "its text is withheld"),
    "empty": ("\n\n", None, "the split is empty: no sentence"),
}
"""A file, the line that is named, and a part of the message."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_line_and_a_remedy(tmp_path, fault):
    content, line, said = FAULTS[fault]
    assert content != FILE
    with pytest.raises(InputError) as stopped:
        entities.read({"train": write(tmp_path, content)})
    assert (stopped.value.line, said in stopped.value.what, bool(stopped.value.remedy)) == (line, True, True)


def test_all_faults_are_told_and_other_sentences_are_read(tmp_path):
    found = []
    content = row(8, "5\tFaro\tB-MISC\t-\t-") + FILE.replace("3\t5\u00a0000", "9\tx")
    path = write(tmp_path, content)
    kept = [sent_id for sent_id, _ in entities.sentences(path, fault=found.append)]
    assert kept == ["n01-0002", "n01-0001"]
    assert [error.line for error in found] == [8, 29]


def bank(*sentences):
    """Return a table of words, as of a treebank."""
    rows = [(number, sent_id, form) for number, (sent_id, words) in enumerate(sentences) for form in words.split()]
    return pyarrow.table(dict(zip(("sentence", "sent_id", "form"), map(list, zip(*rows, strict=True)), strict=True)))


def test_sentences_are_joined_by_their_words(caplog):
    """Not by place, and not by identifier: x-2 is another sentence in the treebank. One that is there twice is two."""
    caplog.set_level("INFO", "polychron")
    treebank = bank(("x-1", "the end"), ("x-2", "a cat"), ("x-3", "a dog ran"), ("x-4", "the end"))
    mine = bank(("x-2", "the end"), ("n-2", "a dog ran"), ("n-3", "a dog"), ("n-4", "the end"), ("n-5", "the end"))
    joined = entities.join(mine, treebank)
    assert joined == ([0, 2, -1, 3, -1], ["n-3", "n-5"])
    made = entities.identified(mine, treebank, "de.iob2")
    assert made["sent_id"].to_pylist() == [
        *["x-1"] * 2, *["x-3"] * 3, *["n-3"] * 2, *["x-4"] * 2, *["n-5"] * 2,
    ]  # fmt: skip
    assert made.drop_columns("sent_id").equals(mine.drop_columns("sent_id"))
    assert "de.iob2: 3 of 5 sentences have the words of one of the treebank" in caplog.text
    said = "2 of 5 sentences are not in the treebank word for word, and keep their own sent_id: n-3, n-5"
    assert f"de.iob2: {said}" in caplog.text


@pytest.mark.shared
def test_parallel_files_of_universal_ner_are_found_in_the_treebanks(shared):
    """All sentences of the six, whose identifiers and order are others."""
    from polychron.data import treebanks

    for code, folder in {"en": "English", "zh": "Chinese"}.items():
        table = entities.read({"test": shared / f"ner/UNER_{folder}-PUD/{code}_pud-ud-test.iob2"})
        found = treebanks.sentences(shared / f"ud/UD_{folder}-PUD/{code}_pud-ud-test.conllu")
        rows = [(number, sent_id, word["form"]) for number, (sent_id, _, words) in enumerate(found) for word in words]
        columns = map(list, zip(*rows, strict=True))
        treebank = pyarrow.table(dict(zip(("sentence", "sent_id", "form"), columns, strict=True)))
        joined = entities.join(table, treebank)
        assert sorted(joined.place) == [*range(1000)] and not joined.lacking
        moved = sum(place != number for number, place in enumerate(joined.place))
        assert moved == {"en": 500, "zh": 0}[code]
        assert not {*table["sent_id"].to_pylist()} & {*treebank["sent_id"].to_pylist()}
