"""Treebanks: what is read, and what is refused with its line."""

import csv
import itertools
import re

import conllu
import pyarrow.parquet
import pytest
from conllu.parser import DEFAULT_FIELDS
from hypothesis import given, settings
from hypothesis import strategies as st
from script import Files, left_in, run

from polychron.data import treebanks
from polychron.errors import InputError

SENTENCE = """\
# sent_id = one
# text = Vámonos al mar ...
1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tVamos\tir\tVERB\t_\t_\t0\troot\t0:root\t_
2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t1:obj\t_
3-4\tal\t_\t_\t_\t_\t_\t_\t_\t_
3\ta\ta\tADP\t_\t_\t5\tcase\t5:case\t_
4\tel\tel\tDET\t_\t_\t5\tdet\t5:det\t_
4.1\tgran\tgrande\tADJ\t_\t_\t_\t_\t5:amod\t_
5\tmar\tmar\tNOUN\t_\t_\t1\tobl:arg\t1:obl:arg\t_
6\t...\t...\tPUNCT\t_\t_\t1\tpunct\t1:punct\t_

"""
OTHER = SENTENCE.replace("= one", "= two")


def write(folder, content, name="es_toy-ud-train.conllu"):
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_words_are_read_by_their_ids(tmp_path):
    table = treebanks.read({"train": write(tmp_path, SENTENCE + OTHER)})
    rows = table.to_pylist()
    assert [row["index"] for row in rows] == [1, 2, 3, 4, 5, 6] * 2
    assert [row["form"] for row in rows[:6]] == ["Vamos", "nos", "a", "el", "mar", "..."]
    assert [row["head"] for row in rows[:6]] == [0, 1, 5, 5, 1, 1]
    assert rows[4] == {
        **{"split": "train", "sentence": 0, "sent_id": "one", "index": 5},
        **{"form": "mar", "upos": "NOUN", "head": 1, "deprel": "obl:arg", "xpos": None, "feats": None},
    }
    assert {str(field.type) for field in table.schema if field.name in ("sentence", "index", "head")} == {"int32"}


def test_xpos_and_feats_are_as_written(tmp_path):
    tagged = SENTENCE.replace("NOUN\t_\t_", "NOUN\tncms\tGender=Masc|Number=Sing").replace("DET\t_", "DET\tda_")
    table = treebanks.read({"train": write(tmp_path, tagged)})
    assert table["xpos"].to_pylist() == [None, None, None, "da_", "ncms", None]
    assert table["feats"].to_pylist() == [None, None, None, None, "Gender=Masc|Number=Sing", None]
    assert [str(table.schema.field(name).type) for name in ("xpos", "feats")] == ["string", "string"]


def test_splits_stand_in_the_order_asked_and_sentences_are_counted_through(tmp_path, caplog):
    caplog.set_level("INFO", "polychron")
    files = {
        "train": write(tmp_path, SENTENCE + OTHER),
        "dev": write(tmp_path, SENTENCE.replace("= one", "= three").replace("...", "…"), "dev.conllu"),
        "test": write(tmp_path, SENTENCE.replace("= one", "= four"), "test.conllu"),
    }
    table = treebanks.read(files)
    assert table["split"].to_pylist() == ["train"] * 12 + ["dev"] * 6 + ["test"] * 6
    assert table["sentence"].to_pylist() == [sentence for sentence in range(4) for _ in range(6)]
    assert "2 sentences, 12 words, 4 multiword ranges, 2 empty nodes" in caplog.text
    assert "test.conllu: 1 sentences have the text of one of the train split" in caplog.text


def test_a_byte_order_mark_and_carriage_returns_change_nothing(tmp_path):
    plain = treebanks.read({"train": write(tmp_path, SENTENCE + OTHER)})
    windows = tmp_path / "windows.conllu"
    windows.write_bytes("\ufeff".encode() + (SENTENCE + OTHER).replace("\n", "\r\n").encode())
    assert treebanks.read({"train": windows}).equals(plain)


def row(number, replacement):
    """Replace a line of the file of two sentences, counted from 1."""

    def change(content):
        lines = content.split("\n")
        lines[number - 1] = replacement(lines[number - 1]) if callable(replacement) else replacement
        return "\n".join(lines)

    return change


def column(number, name, value):
    """Replace one column of one line."""

    def change(line):
        columns = line.split("\t")
        columns[DEFAULT_FIELDS.index(name.lower())] = value
        return "\t".join(columns)

    return row(number, change)


FAULTS = {
    "nine columns": (row(17, lambda line: line.rpartition("\t")[0]), 17, "The line has 9 columns but 10 are expected"),
    "eleven columns": (row(17, lambda line: line + "\t_"), 17, "The line has 11 columns but 10 are expected"),
    "spaces for tabs": (
        row(17, lambda line: line.replace("\t", "  ")),
        17,
        "The line has 1 columns but 10 are expected",
    ),
    "an empty column": (column(17, "DEPREL", ""), 17, "Empty value in column DEPREL"),
    "a form with doubled spaces": (column(17, "FORM", "a  b"), 17, "whitespace characters not allowed in column FORM"),
    "a head past the end": (column(19, "HEAD", "7"), 19, "Undefined HEAD (no such ID): '7'"),
    "a head that is no number": (column(19, "HEAD", "x"), 19, "Invalid HEAD: 'x'"),
    "a head that is a range": (column(19, "HEAD", "1-2"), 19, "Invalid HEAD: '1-2'"),
    "a word that is its own head": (column(19, "HEAD", "3"), 19, "HEAD == ID for 3"),
    "a cycle": (column(22, "HEAD", "3"), 15, "Words 3,4,5 are not reachable from the root 0"),
    "no root": (
        lambda content: column(16, "HEAD", "6")(column(16, "DEPREL", "dep")(content)),
        15,
        "Words 1,2,3,4,5,6 are not reachable from the root 0",
    ),
    "two roots": (
        lambda content: column(23, "HEAD", "0")(column(23, "DEPREL", "root")(content)),
        15,
        "Multiple root words: [1, 6]",
    ),
    "a root that is none": (column(17, "DEPREL", "root"), 17, "DEPREL is 'root' with HEAD 1, expected 'root' where"),
    "a head of 0 that is no root": (column(16, "DEPREL", "dep"), 16, "DEPREL is 'dep' with HEAD 0, expected 'root'"),
    "no relation": (column(17, "DEPREL", "_"), 17, "Invalid DEPREL value '_'"),
    "an unknown part of speech": (column(17, "UPOS", "NN"), 17, "Unknown UPOS tag: 'NN'"),
    "an ID left out": (column(19, "ID", "4"), 15, "Got '1,2,4,4,5,6'. Expected '1,2,3,4,5,6'"),
    "an ID that is none": (column(19, "ID", "03"), 19, "Unexpected ID format '03'"),
    "a range in the wrong place": (column(18, "ID", "4-5"), 19, "Form[3] is 'a' but text is 'mar ......'"),
    "a range past the end": (column(18, "ID", "3-9"), 18, "Spurious token interval 3-9 (out of range)"),
    "an empty node in the wrong place": (column(21, "ID", "3.1"), 21, "Empty node id 3.1, expected 4.1"),
    "a sent_id twice": (row(13, "# sent_id = one"), 15, "Non-unique sent_id attribute 'one'"),
    "no sent_id": (row(13, "# newpar"), 15, "Missing the sent_id attribute"),
    "no text": (row(14, "# text ="), 15, "The text attribute must not be empty"),
    "a comment amid words": (row(21, "# note"), 21, "Comments are only allowed before a sentence"),
    "white space for an empty line": (row(12, " "), 12, "Spurious line that appears empty but is not"),
    "two empty lines": (row(12, "\n"), 13, "Only one empty line is expected after every sentence"),
    "NFD text": (column(17, "FORM", "no\u0301s"), 17, "Unicode not normalized: FORM.character[1]"),
    "comments alone": (lambda content: content + "# sent_id = x\n# text = x\n\n", 27, "Sentence must not be empty"),
    "a file cut in a line": (lambda content: content[:-12], 23, "Missing empty line after the sentence"),
    "a file cut between lines": (lambda content: content[:-1], 23, "Missing empty line after the sentence"),
    "what the validator has no name for": (column(17, "FORM", "\u0344\x01"), 24, "udtools fails in the sentence that"),
}
"""A change of the file of two sentences, the line that is named, and a part of the message."""


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_line_and_a_remedy_and_nothing_is_left(tmp_path, capfd, fault):
    change, line, said = FAULTS[fault]
    content = SENTENCE + OTHER
    path = write(tmp_path, change(content))
    assert path.read_text() != content
    out = tmp_path / "out"
    with pytest.raises(SystemExit) as stopped:
        run(
            "tabulate_treebank",
            *(Files(files=[path]), Files(out / "es.parquet"), tmp_path / "log"),
            **{"language": "es", "splits": ["train"]},
        )
    assert stopped.value.code == 1
    message = capfd.readouterr().err
    assert f"{path}:{line}: " in message
    assert said in message
    assert "Next: fetch" in message
    assert "Traceback" not in message
    assert left_in(out) == []


TWO = (
    "# sent_id = s1\n# text = Go .\n1\tGo\tgo\tVERB\t_\t_\t0\troot\t_\t_\n2\t.\t.\tPUNCT\t_\t_\t1\tpunct\t_\t_\n\n"
    "# sent_id = s2\n# text = _ _\n1\t_\t_\tVERB\t_\t_\t0\troot\t_\t_\n2\t_\t_\tNOUN\t_\t_\t1\tobj\t_\t_\n\n"
)


def test_a_treebank_whose_words_are_withheld_is_refused(tmp_path):
    whole = TWO[TWO.index("# sent_id = s2") :]
    with pytest.raises(InputError) as stopped:
        treebanks.read({"train": write(tmp_path, whole + whole.replace("s2", "s3"))})
    said = str(stopped.value)
    assert (
        "train.conllu:1: FORM is '_' for the words of 2 of 2 sentences: their text is withheld. Next: restore" in said
    )
    assert "remove" not in said
    with pytest.raises(
        InputError, match=r":6: FORM is '_' for the words of 1 of 2 sentences.*or remove these sentences"
    ):
        treebanks.read({"train": write(tmp_path, TWO)})
    kept = (
        whole.replace("2\t_\t_\tNOUN", "2\t____\t_\tNOUN")
        .replace("_ _\n", "_ ____ .\n")
        .replace("\tobj\t_\t_\n", "\tobj\t_\t_\n3\t.\t.\tPUNCT\t_\t_\t1\tpunct\t_\t_\n")
    )
    with pytest.raises(InputError, match="the words of 1 of 1 sentences"):
        treebanks.read({"train": write(tmp_path, kept)})


@pytest.mark.parametrize(
    "content",
    [
        TWO.replace("\tVERB\t_\t_\t0\troot\t_\t_\n2\t_\t_\tNOUN", "\tSYM\t_\t_\t0\troot\t_\t_\n2\t_\t_\tPUNCT"),
        TWO.replace("1\t_\t_\tVERB", "1\tFill\tfill\tVERB").replace("= _ _", "= Fill _"),
        TWO.replace("2\t_\t_\tNOUN", "2\t.\t.\tPUNCT").replace("= _ _", "= _ .").replace("obj", "punct"),
    ],
)
def test_underscores_that_the_text_has_are_words(tmp_path, content):
    table = treebanks.read({"train": write(tmp_path, content)})
    assert "_" in table["form"].to_pylist()


@pytest.mark.shared
def test_no_real_treebank_counts_as_withheld(shared):
    files = sorted(shared.glob("ud/*/*.conllu"))
    assert len(files) > 100
    for file in files:
        treebanks.refuse_withheld(file)


def test_a_no_break_space_is_part_of_a_word_and_two_spaces_are_refused(tmp_path):
    number = SENTENCE.replace("mar\tmar\tNOUN", "1\u00a0000\t1000\tNUM").replace("al mar", "al 1\u00a0000")
    assert treebanks.read({"train": write(tmp_path, number)})["form"].to_pylist()[4] == "1\u00a0000"
    with pytest.raises(InputError, match="Next: fetch"):
        treebanks.read({"train": write(tmp_path, number.replace("1\u00a0000", "1  000"))})
    # in a lemma they would move the part of speech, the head and the relation to the columns beside them
    with pytest.raises(InputError, match="two spaces within a column"):
        treebanks.read({"train": write(tmp_path, SENTENCE.replace("mar\tmar\tNOUN", "mar\tm  ar\tNOUN"))})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("\ufeff", "the file is empty but for a byte order mark"),
        ("# a comment\n\n", "Sentence must not be empty"),
        ("\n", "Sentence must not be empty"),
    ],
)
def test_an_empty_split_is_refused(tmp_path, content, said):
    path = write(tmp_path, content, "es_toy-ud-dev.conllu")
    with pytest.raises(InputError, match=rf"es_toy-ud-dev\.conllu:.* {said}.* Next: fetch"):
        treebanks.read({"dev": path})


def test_annotation_is_checked_by_the_official_validator(tmp_path):
    bad = write(tmp_path, column(17, "UPOS", "Noun")(SENTENCE + OTHER), "tags.conllu")
    with pytest.raises(InputError, match=r"tags\.conllu:17: udtools unknown-upos: .*first of 1 errors.*Next: "):
        treebanks.read({"train": bad})
    with pytest.raises(InputError, match=r"text\.conllu:\d+: udtools text-form-mismatch"):
        treebanks.read({"train": write(tmp_path, SENTENCE.replace("= Vámonos al", "= Vámonos a la"), "text.conllu")})


def test_sentence_ids_are_unique_over_all_splits(tmp_path):
    files = {"train": write(tmp_path, SENTENCE), "test": write(tmp_path, SENTENCE, "es_toy-ud-test.conllu")}
    with pytest.raises(InputError, match=r"es_toy-ud-test\.conllu:\d+: udtools non-unique-sent-id"):
        treebanks.read(files)


def test_what_released_treebanks_have_is_tolerated_and_counted(tmp_path, caplog):
    first = SENTENCE.replace("punct\t1:punct\t_", "punct\t1:punct\tSpaceAfter=No")
    table = treebanks.read({"train": write(tmp_path, first + "# newpar\n" + OTHER)})
    assert table.num_rows == 12
    assert "udtools finds 1 times 'spaceafter-newdocpar', which is tolerated" in caplog.text


UNREAD = {
    "SpaceAfter=Yes": (column(17, "MISC", "SpaceAfter=Yes"), "spaceafter-value"),
    "a part of MISC twice": (column(17, "MISC", "Gloss=us|Gloss=us"), "repeated-misc"),
    "no SpaceAfter=No": (row(14, "# text = Vámonos al mar..."), "missing-spaceafter"),
    "a dependency that is none": (column(17, "DEPS", "obj"), "invalid-deps"),
    "an enhanced head past the end": (column(17, "DEPS", "9:obj"), "unknown-ehead"),
    "no lemma": (column(17, "LEMMA", ""), "empty-column"),
    "a feature that is none": (column(17, "FEATS", "Case"), "invalid-feature"),
    "features out of order": (column(17, "FEATS", "Number=Plur|Case=Acc"), "unsorted-features"),
    "an empty XPOS": (column(17, "XPOS", ""), "empty-column"),
    "a range with a part of speech": (column(15, "UPOS", "VERB"), "mwt-nonempty-field"),
    "two paragraphs at once": (row(13, "# newpar\n# newpar\n# sent_id = two"), "multiple-newpar"),
}
"""A change of the file of two sentences that changes no word and no tree, and the validator's name of the fault."""


@pytest.mark.parametrize("fault", UNREAD)
def test_a_fault_in_what_is_not_read_is_counted_and_changes_nothing(tmp_path, fault):
    change, test = UNREAD[fault]
    sound = treebanks.read({"train": write(tmp_path, SENTENCE + OTHER, "sound.conllu")})
    table = treebanks.read({"train": write(tmp_path, change(SENTENCE + OTHER))})
    assert table.drop(["xpos", "feats"]) == sound.drop(["xpos", "feats"])
    assert table["xpos"].null_count == 12
    count, first = treebanks.tolerated(table)["train"][test]
    assert count == 1
    assert re.match(r"line \d+: ", first)
    assert treebanks.tolerated(sound) == {}


@pytest.mark.parametrize("fault", ["a cycle", "an unknown part of speech", "a sent_id twice", "a file cut in a line"])
def test_a_fault_in_what_is_read_is_refused_beside_one_that_is_tolerated(tmp_path, fault):
    change, line, said = FAULTS[fault]
    content = column(3, "MISC", "SpaceAfter=Yes")(change(SENTENCE + OTHER))
    with pytest.raises(InputError, match=re.escape(said)) as refused:
        treebanks.read({"train": write(tmp_path, content)})
    assert refused.value.line == line


def test_a_fault_is_counted_for_the_file_that_has_it(tmp_path):
    test = column(4, "MISC", "SpaceAfter=Yes")(SENTENCE.replace("= one", "= three"))
    table = treebanks.read({"train": write(tmp_path, SENTENCE), "test": write(tmp_path, test, "test.conllu")})
    assert {split: list(tests) for split, tests in treebanks.tolerated(table).items()} == {"test": ["spaceafter-value"]}


def test_two_runs_write_the_same_bytes(tmp_path):
    path = write(tmp_path, SENTENCE + OTHER)
    for name in "ab":
        given, made = Files(files=[path]), Files(tmp_path / name / "es.parquet")
        run("tabulate_treebank", given, made, tmp_path / "log", language="es", splits=["train"])
    assert (tmp_path / "a/es.parquet").read_bytes() == (tmp_path / "b/es.parquet").read_bytes()
    assert pyarrow.parquet.read_table(tmp_path / "a/es.parquet").num_rows == 12


heads = st.integers(1, 9).flatmap(lambda size: st.lists(st.integers(0, size), min_size=size, max_size=size))


@settings(max_examples=200, deadline=None)
@given(heads)
def test_a_tree_passes_and_nothing_else_does(tmp_path_factory, heads):
    lines = ["# sent_id = s", "# text = " + " ".join("x" * len(heads))]
    for word, head in enumerate(heads, start=1):
        lines.append(f"{word}\tx\tx\tX\t_\t_\t{head}\t{'dep' if head else 'root'}\t_\t_")
    path = tmp_path_factory.mktemp("tree") / "a.conllu"
    path.write_text("\n".join(lines) + "\n\n")

    def rises_to_the_root(word):
        way = itertools.accumulate(heads, lambda at, _: heads[at - 1] if at else 0, initial=word)
        return 0 in way

    good = heads.count(0) == 1 and all(rises_to_the_root(word) for word in range(1, len(heads) + 1))
    if good:
        assert treebanks.read({"test": path})["head"].to_pylist() == heads
    else:
        with pytest.raises(InputError):
            treebanks.read({"test": path})


@pytest.mark.shared
@pytest.mark.slow
def test_every_real_treebank_is_read_and_agrees_with_its_statistics(shared, caplog):
    """118 files of 62 treebanks: sentences, words, multiword ranges and empty nodes as counted elsewhere."""
    caplog.set_level("INFO", "polychron")
    with open(shared / "ud" / "STATS.tsv", encoding="utf-8") as file:
        expected = {row["file"]: row for row in csv.DictReader(file, delimiter="\t")}
    found = sorted(str(path.relative_to(shared / "ud")) for path in shared.glob("ud/*/*.conllu"))
    assert found == sorted(expected)
    for name in found:
        caplog.clear()
        words = sum(len(words) for _, _, words in treebanks.sentences(shared / "ud" / name))
        row = expected[name]
        assert words == int(row["syntactic_words"])
        counts = (
            f"{row['sentences']} sentences, {words} words, {row['multiword_ranges']} multiword ranges, "
            f"{row['empty_nodes']} empty nodes"
        )
        assert counts in caplog.text, name


@pytest.mark.shared
def test_a_released_treebank_with_a_value_that_the_guidelines_forbid_is_read(shared, tmp_path):
    """UD_Scottish_Gaelic-ARCOSG of UD 2.8 to 2.10 writes SpaceAfter=Yes; here it is planted in another treebank."""
    original = (shared / "ud/UD_Welsh-CCG/cy_ccg-ud-dev.conllu").read_text(encoding="utf-8")
    lines = original.split("\n")
    places = [number for number, line in enumerate(lines) if line.endswith("\t_") and line[:1].isdigit()][:40]
    for number in places:
        lines[number] = lines[number][:-1] + "SpaceAfter=Yes"
    table = treebanks.read({"dev": write(tmp_path, "\n".join(lines))})
    assert table == treebanks.read({"dev": shared / "ud/UD_Welsh-CCG/cy_ccg-ud-dev.conllu"})
    assert treebanks.tolerated(table)["dev"]["spaceafter-value"][0] == len(places) == 40


@pytest.mark.shared
@pytest.mark.parametrize("name", ["UD_Russian-Taiga/ru_taiga-ud-test", "UD_Finnish-PUD/fi_pud-ud-test"])
def test_a_real_treebank_is_read_as_by_conllu_alone(shared, name):
    path = shared / "ud" / f"{name}.conllu"
    with open(path, encoding="utf-8") as file:
        plain = [word for sentence in conllu.parse_incr(file) for word in sentence if isinstance(word["id"], int)]
    table = treebanks.read({"test": path}).to_pydict()
    for ours, theirs in (("form", "form"), ("upos", "upos"), ("head", "head"), ("deprel", "deprel"), ("index", "id")):
        assert table[ours] == [word[theirs] for word in plain]
