"""All faults of all raw files: each reader goes on after a fault, and what it tells is collected."""

import gzip
import os

import pytest
from script import Files, run

from polychron.checks import raw_data
from polychron.checks.raw_data import STOPS, WARNING
from polychron.storage import files

SENTENCE = """\
# sent_id = {name}
# text = x y z
1\tx\t_\tNOUN\t_\t_\t0\troot\t_\t_
2\ty\t_\tVERB\t_\t_\t1\tdep\t_\t_
3\tz\t_\tX\t_\t_\t1\tdep\t_\t_

"""
TSV = {"key": "files.inference", "language": "de", "layouts": {"dev": {"format": "tsv", "rows": None}}}
BITEXT = {"key": "files.alignment.de/fi", "encoding": "utf-8", "first_word": None, "swapped": False, "drop": []}


def read(folder, dataset, contents, **named):
    """Write files, and return the lines and words of the faults in them by the name of the file."""
    paths = {}
    for part, content in contents.items():
        paths[part] = str(folder / part)
        if content is not None:
            (folder / part).write_bytes(content if isinstance(content, bytes) else content.encode())
    found = raw_data.read(dataset, {"key": "files.x", **named, "files": paths})
    return [(os.path.basename(one.file), one.line, one.severity, one.what) for one in found]


def places(found):
    return [(file, line) for file, line, severity, _ in found if severity == STOPS]


def test_all_faults_of_all_splits_of_a_treebank_are_found(tmp_path):
    wrong = SENTENCE.format(name="a") + SENTENCE.format(name="b").replace("VERB", "VERBS")
    wrong += SENTENCE.format(name="c").replace("1\tdep", "7\tdep", 1)
    root = SENTENCE.format(name="e").replace("1\tdep", "1\troot")
    contents = {"train": wrong, "dev": None, "test": root.encode() + b"# text = \xff\n"}
    found = read(tmp_path, "treebank/de", contents)
    assert places(found) == [("dev", None), ("test", 7), ("train", 10), ("train", 16)]
    contents["test"] = root
    assert ("test", 4) in places(read(tmp_path, "treebank/de", contents))


def test_all_faults_of_named_entities_are_found(tmp_path):
    wrong = "1\tx\tB-PER\n2\ty\tI-LOC\n\n1\tz\tO\n\n1\tx\tB-MISC\n\n1\n"
    contents = {"train": wrong, "dev": None, "test": "1\tx\tI-PER\n"}
    found = read(tmp_path, "entity_treebank/de", contents)
    assert places(found) == [("dev", None), ("train", 2), ("train", 6), ("train", 8), ("test", 1)]


@pytest.mark.parametrize("content", [None, "", b"\xff", os.mkdir])
def test_of_a_treebank_no_file_of_which_can_be_read_each_file_is_told(tmp_path, content):
    splits = ("train", "dev", "test")
    for split in splits:
        if content is os.mkdir:
            content(tmp_path / split)
    contents = dict.fromkeys(splits, None if content is os.mkdir else content)
    found = read(tmp_path, "treebank/de", contents)
    assert sorted(file for file, *_ in found) == ["dev", "test", "train"]
    assert {severity for _, _, severity, _ in found} == {STOPS}


def test_a_sound_treebank_has_no_fault_and_what_is_tolerated_is_a_warning(tmp_path):
    contents = {split: SENTENCE.format(name=split) for split in ("train", "dev", "test")}
    assert read(tmp_path, "treebank/de", contents) == []
    contents["dev"] = contents["dev"].replace("_\t_\n3", "_\tSpaceAfter=Yes\n3")
    found = read(tmp_path, "treebank/de", contents)
    assert any("spaceafter" in what and severity == WARNING for _, _, severity, what in found)
    assert not places(found)


def test_all_faults_of_inference_alignments_texts_and_tables_are_found(tmp_path):
    rows = "a\tb\tneutral\na\tb\tmaybe\na\tb\n\tb\tneutral\n"
    assert places(read(tmp_path, "inference/de", {"dev": rows}, **TSV)) == [("dev", 2), ("dev", 3), ("dev", 4)]
    pairs = {"source": "one two\nthree\nfour\tfive\n", "target": "a b\nc\nd\n", "links": "0-0 1-9\nx\n0-0\n"}
    found = read(tmp_path, "bitext/de/fi", pairs, format="talp", **BITEXT)
    assert places(found) == [("links", 1), ("links", 2), ("source", 3)]
    both = {"source": "one ||| a\ntwo\nthree ||| c\n", "links": "0-0\n0-0\n0-5\n"}
    assert places(read(tmp_path, "bitext/de/fi", both, format="talp", **BITEXT)) == [("source", 2), ("links", 3)]
    naacl = {
        "source": "<s snum=1> one </s>\nno sentence\n",
        "target": "<s snum=1> a </s>\n<s snum=2> b </s>\n",
        "links": "1 1 1\n2 1\n",
    }
    found = read(tmp_path, "bitext/de/fi", naacl, format="naacl", **BITEXT)
    assert places(found) == [("source", 2), ("links", 2)]
    jsonl = {"links": '{"src_words": ["a"], "tgt_words": ["b"], "alignment": [[0, 0]]}\n{}\n[]\n'}
    found = read(tmp_path, "bitext/de/fi", jsonl, format="jsonl", **BITEXT)
    assert places(found) == [("links", 2), ("links", 3)]
    text = b"line\n" * 20 + b"\xff\nline\n\xfe\n"
    found = read(tmp_path, "text/de", {"text": text}, sentences=3)
    assert places(found) == [("text", 21), ("text", 23)]
    found = read(tmp_path, "text/de", {"text": b"\xff\n" * 5}, sentences=3)
    assert places(found) == [("text", line) for line in range(1, 6)]  # and not that the text is too short
    found = read(tmp_path, "text/de", {"text": b"line\n" * 5}, sentences=3)
    assert places(found) == [("text", None)]
    found = read(tmp_path, "text/de", {"text": gzip.compress(text)[:-4]}, sentences=3)
    assert places(found)[-1] == ("text", None)
    distances = "kind\tlang1\tlang2\tdistance\nsyntactic\tdeu\tfin\tfar\nsyntactic\tdeu\n"
    found = read(tmp_path, "distances", {"distances": distances}, languages=["de", "fi"])
    assert places(found) == [("distances", 2), ("distances", 3)]
    sizes = "language,code,size_gib\nGerman,de,-1\nFinnish,fi\n"
    assert places(read(tmp_path, "sizes", {"sizes": sizes}, languages=[])) == [("sizes", 2), ("sizes", 3)]


def test_all_faults_of_a_dictionary_are_found(tmp_path):
    pairs = {"dictionary": "the\tle\nhouse\n\t\ncat\tchat\n"}
    assert places(read(tmp_path, "dictionary/en/fr", pairs, format="tsv")) == [("dictionary", 2)]
    assert places(read(tmp_path, "dictionary/en/fr", {"dictionary": "a hot dog\n"}, format="muse")) == [
        *(("dictionary", 1), ("dictionary", None)),
    ]
    assert read(tmp_path, "dictionary/en/fr", {"dictionary": "the le\n"}, format="muse") == []


def test_sound_files_have_no_fault(tmp_path):
    pairs = {"source": "one two\n", "target": "a b\n", "links": "0-0 1p1\n"}
    assert read(tmp_path, "bitext/de/fi", pairs, format="talp", **BITEXT) == []
    assert read(tmp_path, "inference/de", {"dev": "a\tb\tneutral\n"}, **TSV) == []
    assert read(tmp_path, "text/de", {"text": "line\n" * 30}, sentences=3) == []
    sizes = {"sizes": "language,code,size_gib\nGerman,deu,1\n"}
    assert read(tmp_path, "sizes", sizes, languages=["de"]) == []
    what = "no size of fi, qsa; a language is found by its code of ISO 639"
    assert read(tmp_path, "sizes", sizes, languages=["de", "fi", "qsa"]) == [("sizes", None, WARNING, what)]


def test_a_fetched_beginning_is_not_read_again():
    assert raw_data.read("text/de", {"fetched": True, "files": {"text": "nowhere"}}) == []


def test_of_a_file_with_many_faults_some_are_listed_and_the_others_counted(tmp_path):
    found = read(tmp_path, "inference/de", {"dev": "a\tb\tbad\n" * 130}, **TSV)
    assert len(found) == raw_data.MOST + 1
    assert found[-1] == ("dev", None, STOPS, "110 more, which are not listed")


@pytest.mark.parametrize("made", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_a_fault_and_is_not_waited_for(tmp_path, made):
    made(tmp_path / "dev")
    assert places(read(tmp_path, "inference/de", {"dev": None}, **TSV)) == [("dev", None)]


def test_a_file_of_several_datasets_is_listed_once_and_a_message_has_every_file(tmp_path):
    contents = {"dev": "a\tb\n", "links": "x\n", "source": "a\n", "target": "b\n"}
    for name, content in contents.items():
        (tmp_path / name).write_text(content)
    dev, bitext = {"dev": str(tmp_path / "dev")}, {name: str(tmp_path / name) for name in ("source", "target", "links")}
    for language in ("de", "fi"):
        made = Files(tmp_path / f"{language}.json")
        named = {**TSV, "language": language, "files": dev}
        run("check_data", Files(*dev.values()), made, tmp_path / "log", dataset=f"inference/{language}", named=named)
    made = Files(tmp_path / "bitext.json")
    named = {**BITEXT, "format": "talp", "files": bitext}
    run("check_data", Files(*bitext.values()), made, tmp_path / "log", dataset="bitext/de/fi", named=named)
    reports = [str(tmp_path / f"{name}.json") for name in ("de", "fi", "bitext")]
    found = raw_data.collected(reports)
    assert [(fault.dataset, os.path.basename(fault.place)) for fault in found] == [
        ("inference/de", "dev:1"),
        ("bitext/de/fi", "links:1"),
    ]
    about = {"study": "s", "folder": str(tmp_path), "datasets": 3, "files": 4}
    with pytest.raises(SystemExit):
        run("report_faults", Files(*reports), Files(), tmp_path / "log", **about)
    said = (tmp_path / "log").read_text()
    assert "2 files have faults that stop the study" in said
    assert f"{tmp_path}/dev:1: 2 columns" not in said
    said = raw_data.ending({path: [] for path in reports}, {}, about)
    assert f"{tmp_path}/dev:1: 2 columns" in said
    assert f"{tmp_path}/links:1: the link 'x'" in said
    assert "dev:1" not in (tmp_path / "faults.csv").read_text()
    assert "2 columns, expected 3" in (tmp_path / "faults.csv").read_text()
    assert "the link" in (tmp_path / "faults.html").read_text()
    for path in reports:
        files.write_json(path, [])
    run("report_faults", Files(*reports), Files(), tmp_path / "log", **about)
    assert "0 faults stop the study" in (tmp_path / "faults.html").read_text()


def test_files_that_were_not_fetched_are_listed_with_the_faults_of_the_others(tmp_path):
    log, there, check, other = (tmp_path / name for name in ("log", "there", "check", "other"))
    log.write_text("12:00 INFO a.txt: x\n12:01 ERROR a.txt: the server is gone. Next: try again later.\n")
    there.touch()
    for path in (check, other):
        files.write_json(path, [raw_data.Fault("text/de", str(path), 3, STOPS, "no text")._asdict()])
    checks = {str(check): [str(there)], str(other): ["b.txt", str(there)]}
    about = {"study": "s", "folder": str(tmp_path), "datasets": 2, "files": 3}
    said = raw_data.ending(checks, {str(there): "", "a.txt": log, "b.txt": tmp_path / "none"}, about)
    assert "3 files have faults" in said
    assert "a.txt: the server is gone. Next: try again later." in said
    assert f"b.txt: was not fetched. Next: look at {tmp_path}/none." in said
    assert f"{check}:3: no text" in said
    assert f"{other}:3" not in said  # of an earlier run: one of its files is not there
    assert f"{other}:3" in raw_data.ending(checks, {str(there): ""}, about)
    for path in checks:
        files.write_json(path, [])
    assert raw_data.ending(checks, {str(there): ""}, about) == ""


def test_a_file_whose_check_failed_is_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    about = {"study": "s", "folder": "found", "datasets": 2, "files": 2}
    files.write_json("found/text/de.json", [raw_data.Fault("text/de", "a.txt", 3, STOPS, "no text")._asdict()])
    checks = {"found/text/de.json": ["a.txt"], "found/treebank/de.json": ["b.conllu"]}
    said = raw_data.ending(checks, {}, about)
    assert "2 files have faults" in said
    assert "b.conllu: was not read to its end. Next: look at the messages above." in said
    assert "b.conllu" in (tmp_path / "found/faults.html").read_text()
    log = tmp_path / "logs/s/check_data/treebank/de.log"
    files.write_text(log, "")
    assert "Next: look at logs/s/check_data/treebank/de.log." in raw_data.ending(checks, {}, about)
