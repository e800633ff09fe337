"""Files that are newer by their times and have the same content."""

import json
import lzma
import os
import shutil
import time
from pathlib import Path

import pyarrow
import pytest
from configs import study

from polychron.checkpoints import providers
from polychron.data import xnli
from polychron.data.fetch import Place
from polychron.data.sources import Source
from polychron.provenance import records
from polychron.storage import files
from polychron.study import freshness

HEADER = "language\tgold_label\tsentence1\tsentence2\tpairID"
ROWS = ["de\tneutral\ta b\tc d\t1", "de\tentailment\te f\tg h\t2", "fr\tneutral\ti j\tk l\t1"]


@pytest.fixture
def own(tmp_path):
    """A user's own file of two languages, and the table of one of them, older than the file."""
    source, table = tmp_path / "test.tsv", tmp_path / "de.parquet"
    entry = {"file": str(source), "format": "xnli", "rows": None}
    made = study("studies/toy.yaml", {"files": {"inference": {"test": entry}}})
    source.write_text("\n".join([HEADER, *ROWS]) + "\n")
    pairs = xnli.read(source, layout="xnli", language="de", rows=None)
    files.write_table(table, xnli.table({"test": pairs}))
    os.utime(table, (0, 0))
    return made, source, table


def test_a_row_of_another_language_makes_no_table_again(own):
    made, source, table = own
    source.write_text("\n".join([HEADER, *ROWS[:2]]) + "\n")
    assert freshness.rows_unchanged(made, "test", "de", table)


def test_a_row_of_its_own_does(own):
    made, source, table = own
    source.write_text("\n".join([HEADER, *ROWS[1:]]) + "\n")
    assert not freshness.rows_unchanged(made, "test", "de", table)
    source.write_text("no table of sentence pairs\n")
    assert not freshness.rows_unchanged(made, "test", "de", table)


def test_files_of_the_sources_are_judged_by_their_time_alone(own, tmp_path):
    _, _, table = own
    assert not freshness.rows_unchanged(study("studies/toy.yaml"), "test", "qsa", table)


def test_a_checkpoint_is_admitted_as_it_was_resolved(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    origin = freshness.origin_of("m", 5)
    assert not freshness.admitted("m", 5, {})
    origin.parent.mkdir(parents=True)
    origin.write_text('{"commit": 1}')
    assert not freshness.admitted("m", 5, {})
    origin.with_name("admission.json").write_text('{"commit": 1}')
    assert freshness.admitted("m", 5, {})
    origin.write_text('{"commit": 2}')
    assert not freshness.admitted("m", 5, {})


def test_a_checkpoint_that_is_asked_for_otherwise_has_not_been_admitted(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    origin = freshness.origin_of("m", 5)
    origin.parent.mkdir(parents=True)
    for file in (origin, origin.with_name("admission.json")):
        file.write_text('{"kind": "hub", "address": "a/b", "commit": "1"}')
    asked = {"kind": "hub", "address": "a/b", "revision": "step5"}
    other = asked | {"revision": "step6"}
    assert freshness.admitted("m", 5, other), "nothing says which revision it was"
    made = records.made({"rule": "resolve_checkpoint", **asked}, {}, {str(origin): files.checksum(origin)}, 1.0)
    files.write_json(records.record_of(origin), made)
    assert freshness.admitted("m", 5, asked)
    for changed in (other, asked | {"address": "a/c"}, asked | {"kind": "folder"}, asked | {"revision": None}):
        assert not freshness.admitted("m", 5, changed)


def test_a_checkpoint_is_replaced_by_the_rules_that_its_model_gets_it_with():
    made = study("studies/toy.yaml")
    (model,) = made.pretrained
    forced = freshness.replacing(made, model, 100)
    assert {"pretrain", f"results/{model}/checkpoints/step-100/model.safetensors"} <= {*forced}
    assert f"results/{model}/pretraining/step-100/checkpoint_last.pt" in forced


@pytest.fixture
def resolved(tmp_path, monkeypatch):
    """A model with two checkpoints in folders, which differ in one character, and what they were resolved to."""
    monkeypatch.chdir(tmp_path)
    model = {"name": "m", "provider": "folder", "source": "given/step-{step}", "final_layer": 2, "window": 64}
    made = study("studies/toy.yaml", {"models": [model], "steps": [1, 2]})
    for step in (1, 2):
        folder = tmp_path / f"given/step-{step}"
        folder.mkdir(parents=True)
        for name in ("config.json", "model.safetensors", "tokenizer.json"):
            (folder / name).write_text(f"{step}")
        origin = freshness.origin_of("m", step)
        origin.parent.mkdir(parents=True)
        origin.write_text(json.dumps(providers.resolve("folder", f"given/step-{step}")))
    time.sleep(0.02)
    assert freshness.replaced(made) == set()
    return made


def test_a_folder_whose_files_were_replaced_is_found(resolved):
    Path("given/step-2/model.safetensors").write_text("other weights")
    assert freshness.replaced(resolved) == {str(freshness.origin_of("m", 2))}


def test_a_file_of_a_checkpoint_with_an_older_time_and_the_same_size_is_found(resolved):
    shutil.copy2("given/step-1/model.safetensors", "given/step-2/model.safetensors")
    assert freshness.replaced(resolved) == {str(freshness.origin_of("m", 2))}


def test_folders_that_changed_their_names_are_found_until_they_have_them_again(resolved):
    """Nothing about their files changes: neither size nor time."""
    both = {str(freshness.origin_of("m", step)) for step in (1, 2)}
    for expected in (both, set()):
        for old, new in (("step-1", "other"), ("step-2", "step-1"), ("other", "step-2")):
            Path("given", old).rename(Path("given", new))
        assert freshness.replaced(resolved) == expected


@pytest.mark.parametrize("address", ["~no-one-here/given", "given/" + "a" * 5000, "given/\0"])
def test_a_folder_that_cannot_be_reached_has_gone_and_what_was_made_of_it_stays(resolved, address):
    origin = freshness.origin_of("m", 1)
    origin.write_text(json.dumps(json.loads(origin.read_text()) | {"address": address}))
    assert freshness.replaced(resolved) == set()


def test_a_tokenizer_is_there_when_both_its_files_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "results/m/tokenizer"
    folder.mkdir(parents=True)
    (folder / "tokenizer.json").touch()
    assert not freshness.has_tokenizer("m")
    (folder / "tokenizer_config.json").touch()
    assert freshness.has_tokenizer("m")


SOURCES = {
    "my/de.conllu": Source("my/de.conllu"),
    "known.txt": Source("known.txt", sha256="0" * 64),
    "text/de.txt.xz": Source("text/de.txt.xz"),
}


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A study, and a mirror whose files it has copied."""
    monkeypatch.chdir(tmp_path)
    overlay = {"world": None, "files": {"text": "text/{language}.txt.xz"}, "bits": {"sentences": 2}}
    made = study("studies/toy.yaml", overlay)
    for path in ("my/de.conllu", "known.txt"):
        for folder in (tmp_path / "mirror", made.resources):
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("as it was copied")
    (tmp_path / "mirror/text").mkdir()
    (tmp_path / "mirror/text/de.txt.xz").write_bytes(lzma.compress(b"one\ntwo\nthree\n"))
    files.write_table(made.example("heldout/de"), pyarrow.table({"sentence": ["one", "two"]}))
    return made, tmp_path / "mirror"


def test_a_file_of_a_mirror_is_followed_unless_its_checksum_is_recorded(mirror):
    made, folder = mirror

    def changed(file, place):
        return freshness.original_changed(made, file, place, SOURCES)

    for file in ("my/de.conllu", "known.txt"):
        assert not changed(file, Place(str(folder)))
        (folder / file).write_text("another file")
    assert changed("my/de.conllu", Place(str(folder)))
    assert changed("my/de.conllu", Place(by_hand=str(folder)))
    assert not changed("known.txt", Place(str(folder))), "it would be refused"
    assert not changed("my/de.conllu", Place()), "the network is not asked"
    assert not changed("my/de.conllu", Place("http://127.0.0.1:9"))
    Path(made.resource("my/de.conllu")).unlink()
    assert not changed("my/de.conllu", Place(str(folder))), "it is fetched in any case"


def test_of_a_text_in_a_mirror_the_beginning_is_compared(mirror):
    made, folder = mirror

    def changed(text):
        (folder / "text/de.txt.xz").write_bytes(lzma.compress(text))
        return freshness.beginning_changed(made, "de", Place(str(folder)), SOURCES)

    assert not changed(b"one\ntwo\nand more\n")
    assert changed(b"one\nTWO\nthree\n")
    assert changed(b"one\n")
    assert not freshness.beginning_changed(made, "de", Place(), SOURCES)


@pytest.mark.parametrize("sha256", [None, "0" * 64])
def test_a_vocabulary_that_was_edited_after_it_was_copied_is_found(tmp_path, monkeypatch, sha256):
    monkeypatch.chdir(tmp_path)
    vocabulary = {"sentencepiece": "given/spm.model", "dictionary": "./given/dict.txt", "sha256": sha256}
    model = {"name": "m", "provider": "published", "source": "https://example.org/{step}.pt", "vocabulary": vocabulary}
    made = study("studies/toy.yaml", {"models": [model | {"final_layer": 2, "window": 64}]})
    names = {"spm.model": "sentencepiece/sentencepiece.bpe.model", "dict.txt": "binarized/dict.txt"}
    for name, copy in names.items():
        for path in (tmp_path / "given" / name, tmp_path / "results/m" / copy):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(name)
    assert not freshness.vocabulary_changed(made, "m")
    (tmp_path / "given/spm.model").write_text("another")
    assert freshness.vocabulary_changed(made, "m") is (sha256 is None)
    (tmp_path / "given/spm.model").write_text("spm.model")
    (tmp_path / "given/dict.txt").write_text("another")
    assert freshness.vocabulary_changed(made, "m")
    shutil.rmtree(tmp_path / "given")
    assert not freshness.vocabulary_changed(made, "m")


def test_a_published_checkpoint_that_was_replaced_in_a_mirror_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address = "https://example.org/step-{step}.pt"
    vocabulary = {"sentencepiece": "spm.model", "sha256": "0" * 64}
    model = {"name": "m", "provider": "published", "source": address, "vocabulary": vocabulary}
    made = study("studies/toy.yaml", {"models": [model | {"final_layer": 2, "window": 64}], "steps": [1, 2]})
    where = Place(str(tmp_path / "mirror"))
    for step in (1, 2):
        file = tmp_path / f"mirror/example.org/step-{step}.pt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("weights")
        origin = freshness.origin_of("m", step)
        origin.parent.mkdir(parents=True)
        origin.write_text(json.dumps(providers.resolve("published", address.format(step=step), where=where)))
    assert freshness.replaced(made, where) == set()
    (tmp_path / "mirror/example.org/step-2.pt").write_text("other weights")
    assert freshness.replaced(made, where) == {str(freshness.origin_of("m", 2))}
    assert freshness.replaced(made) == set()
