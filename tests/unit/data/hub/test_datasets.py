"""Columns of Parquet files in datasets of Hugging Face: planted in a file that a local server has at the hub's path."""

import hashlib
import json

import pyarrow as pa
import pyarrow.parquet
import pytest
import script
import server

from polychron.data import fetch, sources, xnli
from polychron.data.download import Policy
from polychron.data.hub import datasets
from polychron.data.sources import Source
from polychron.errors import InputError

COMMIT = "0123456789" * 4
PLACE = fetch.Place(policy=Policy(retries=0, pause=0.0, timeout=60.0))
PAIRS = [("A man.", "A person.", 0), ('Sie sagt "ja".', "Sie\tsagt\nnein.", 2), ("这是", "那是", 1)]
LABELS = {"features": {"label": {"names": ["entailment", "neutral", "contradiction"], "_type": "ClassLabel"}}}


def parquet(path, **columns):
    """Write a file as the library `datasets` does: names of labels are in its metadata."""
    table = pa.table(columns).replace_schema_metadata({"huggingface": json.dumps({"info": LABELS})})
    pyarrow.parquet.write_table(table, path, row_group_size=2)
    return path.read_bytes()


@pytest.fixture
def pairs(tmp_path):
    premises, hypotheses, labels = zip(*PAIRS, strict=True)
    return parquet(tmp_path / "given.parquet", label=labels, hypothesis=hypotheses, premise=premises)


def source(columns, file="hub/de.tsv", path="de/train%20set.parquet", commit=COMMIT, **more):
    return Source(file, f"hf://datasets/me/nli@{commit}/{path}?columns={columns}", **more)


def fetched(folder, content, of, monkeypatch):
    """Fetch a source from a server that has one Parquet file; return what was written and what was asked."""
    with server.serving(server.Answer(content), path="") as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        datasets.fetch(of, folder / of.file, PLACE)
    return (folder / of.file).read_text(encoding="utf-8"), [path for path, _ in asked]


def test_columns_become_a_table_that_the_reader_of_pairs_reads(tmp_path, pairs, monkeypatch):
    said, asked = fetched(tmp_path, pairs, source("premise,hypothesis,label"), monkeypatch)
    assert asked == [f"/datasets/me/nli/resolve/{COMMIT}/de/train%20set.parquet"]
    assert said.split("\n")[1] == 'Sie sagt "ja".\tSie sagt nein.\tcontradiction'
    names, spaced = LABELS["features"]["label"]["names"], str.maketrans("\t\n", "  ")
    expected = [(premise, hypothesis.translate(spaced), names[k]) for premise, hypothesis, k in PAIRS]
    assert [tuple(pair) for pair in xnli.read(tmp_path / "hub/de.tsv", layout="tsv")] == expected
    assert [path.name for path in (tmp_path / "hub").iterdir()] == ["de.tsv"]


def test_a_column_becomes_lines_and_blank_texts_are_counted(tmp_path, monkeypatch, caplog):
    texts = ["one\ntwo\r\n\nthree", None, "  ", "four\u2028still four"]
    content = parquet(tmp_path / "given.parquet", text=texts)
    said, _ = fetched(tmp_path, content, source("text", "hub/de.txt"), monkeypatch)
    assert said == "one\ntwo\nthree\nfour\u2028still four\n"
    assert "2 of 4 rows have no text, and are left out" in caplog.text


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ("premise,label,gold", "no column 'gold', there are label, hypothesis, premise"),
        ("premise,number", "number is int64: neither text nor labels with names"),
        ("premise,list", "list is list<"),
        ("premise,hole", "row 2 has no 'hole'"),
        ("wrong,premise", "wrong is 3, and has the names entailment, neutral, contradiction"),
    ],
)
def test_a_column_that_cannot_be_read_is_named(tmp_path, monkeypatch, columns, said):
    monkeypatch.setitem(LABELS["features"], "wrong", LABELS["features"]["label"])
    more = {"number": [1, 2], "list": [["a"], []], "hole": ["a", None], "wrong": [0, 3]}
    few = {"label": [0, 1], "hypothesis": ["a", "b"], "premise": ["c", "d"]}
    content = parquet(tmp_path / "given.parquet", **few, **({} if "gold" in columns else more))
    with pytest.raises(InputError) as error:
        fetched(tmp_path, content, source(columns), monkeypatch)
    assert said in str(error.value) and "de/train%20set.parquet" in str(error.value)
    assert not (tmp_path / "hub/de.tsv").exists() and not list(tmp_path.glob("hub/*.parquet"))


def test_what_is_no_parquet_file_is_said(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="no readable Parquet file"):
        fetched(tmp_path, b"PAR1 cut short", source("premise"), monkeypatch)


def test_a_recorded_checksum_is_that_of_what_is_written(tmp_path, pairs, monkeypatch):
    said, _ = fetched(tmp_path, pairs, source("premise,hypothesis"), monkeypatch)
    right = hashlib.sha256(said.encode()).hexdigest()
    again, _ = fetched(
        tmp_path, pairs, source("premise,hypothesis", sha256=right, bytes=len(said.encode())), monkeypatch
    )
    assert again == said
    with pytest.raises(InputError, match="another content than recorded"):
        fetched(tmp_path, pairs, source("premise,hypothesis", sha256="0" * 64), monkeypatch)


@pytest.mark.parametrize(
    ("of", "said"),
    [
        (source("a", commit="main"), "'main' may stand for other files tomorrow. Next: write the commit, 40 digits"),
        (source("a", commit=COMMIT[:7]), "'0123456' may stand for other files tomorrow"),
        (source("a", path="de/train.csv"), "names no columns of a Parquet file. Next: write hf://datasets/OWNER/NAME@"),
        (Source("a.txt", f"hf://datasets/me/nli@{COMMIT}/a.parquet"), "names no columns of a Parquet file"),
        (source("a", file="hub/de.txt.xz"), "what is read from columns is not compressed. Next: take the ending off"),
    ],
)
def test_an_address_that_is_not_pinned_or_says_too_little_is_refused(of, said):
    with pytest.raises(InputError) as error:
        datasets.address(of)
    assert said in str(error.value)


def test_the_job_reads_the_hub_where_no_copy_is_at_hand(tmp_path, pairs, monkeypatch):
    """The table of sources names the address, and the config the file, as those of all sources."""
    row = source("premise,label")
    monkeypatch.setattr(sources, "catalogue", lambda path=None: {row.file: row})
    places = {"by_hand": None, "sources": [], "downloads": PLACE.policy._asdict()}
    mirror = tmp_path / "mirror"
    output = tmp_path / "resources" / row.file

    def run(mirror):
        spec = {"source": sources.identity({row.file: row}, row.file)}
        script.run("fetch_source", [], [output], tmp_path / "log", config={"mirror": mirror, **places}, **spec)
        return output.read_text(encoding="utf-8")

    with server.serving(server.Answer(pairs), path="") as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        assert run(None).split("\n")[0] == "A man.\tentailment" and len(asked) == 1
        (mirror / "hub").mkdir(parents=True)
        (mirror / row.file).write_text("x\ty\n")
        assert run(str(mirror)) == "x\ty\n" and len(asked) == 1
