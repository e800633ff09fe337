"""What Snakemake would have noted of a result is made from the record beside it, which nothing else's can stand for."""

import json

import pytest

from polychron.provenance import records
from polychron.storage import files
from polychron.workflow.metadata import FromRecords, Read

SPEC = {"rule": "train_probe", "epochs": 2, "rate": 0.001, "labels": "ä", "seeds": [0, 1]}
LARGE = 1000


@pytest.fixture
def place(tmp_path, monkeypatch):
    """A result of two files, made of another result and of a file of the user's own."""
    monkeypatch.chdir(tmp_path)
    for path in ("results/a.parquet", "results/a.safetensors", "results/in.npy", "results/in.json", "own.tsv"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(path)
    recorded({"rule": "extract_features"}, ["own.tsv"], ["results/in.npy", "results/in.json"])
    recorded(SPEC, ["results/in.json", "own.tsv"], ["results/a.parquet", "results/a.safetensors"])
    return tmp_path


def recorded(spec, inputs, outputs, **changes):
    sums = [{path: files.checksum(path) for path in paths} for paths in (inputs, outputs)]
    files.write_json(records.record_of(outputs[0]), records.made(spec, *sums, 1.5) | changes)


READ = [Read("results/in.json", "results/in.npy"), Read("own.tsv")]


def noted(inputs=READ, outputs=("results/a.parquet", "results/a.safetensors")):
    said = []
    return FromRecords(said.append).of([*outputs], inputs, LARGE), said


def test_a_record_says_what_snakemake_would_have_noted(place):
    found, said = noted()
    assert said == []
    assert found["params"] == [repr(json.dumps(SPEC, sort_keys=True))]
    assert found["input"] == ["own.tsv", "results/in.json"]
    assert found["input_checksums"] == {path: f"sha256:{files.checksum(path)}" for path in found["input"]}
    assert found["endtime"] - found["starttime"] == 1.5


def test_an_input_that_is_listed_twice_is_no_change(place):
    assert noted([*READ, READ[1]])[0]["input"] == ["own.tsv", "own.tsv", "results/in.json"]


def test_an_input_that_is_no_longer_asked_for_is_a_change(place):
    assert noted(READ[:1])[0]["input"] == ["own.tsv", "results/in.json"]  # where Snakemake expects one


@pytest.mark.parametrize("name", ["a.parquet", "a.safetensors"])
def test_an_output_with_other_content_is_a_change(place, name):
    """Another file was put in its place, without a record of its own."""
    (place / "results" / name).write_text("another")
    assert noted()[0]["params"] == [f"results/{name} is not what results/a.parquet.provenance.json says"]
    (place / "results" / name).write_text("x" * (LARGE + 1))
    assert noted()[0]["params"] == [repr(json.dumps(SPEC, sort_keys=True))], "a large file is not read"


def test_an_input_with_other_content_is_a_change(place):
    """What a job made is compared by its record, a small file of the user's own by its content."""
    (place / "own.tsv").write_text("another")
    assert noted()[0]["input"] == ["results/in.json"]
    (place / "own.tsv").write_text("own.tsv")
    (place / "results/in.json").write_text("made again")
    recorded({"rule": "extract_features"}, ["own.tsv"], ["results/in.npy", "results/in.json"])
    assert noted()[0]["input"] == ["own.tsv"]


def test_what_is_large_or_only_waited_for_is_not_compared(place):
    (place / "own.tsv").write_text("x" * (LARGE + 1))
    assert "own.tsv" in noted()[0]["input"]
    (place / "own.tsv").write_text("another")
    assert "own.tsv" in noted([READ[0], Read("own.tsv", compared=False)])[0]["input"]


def test_a_record_of_another_place_is_none(place):
    """The result was moved here with its record."""
    (place / "results/a.parquet").rename(place / "results/b.parquet")
    records.record_of("results/a.parquet").rename(records.record_of(place / "results/b.parquet"))
    found, said = noted(outputs=["results/b.parquet"])
    assert found["params"] == ["results/b.parquet.provenance.json is no record of results/b.parquet"]
    assert (found["input"], said) == ([], [])


@pytest.mark.parametrize("content", [b"", b"\0" * 90, b"{", b"[]", b'{"spec": {"rule": "a"}}', b"\xff\xfe"])
def test_a_record_that_cannot_be_read_is_none_and_is_named(place, content):
    records.record_of(place / "results/a.parquet").write_bytes(content)
    found, (said,) = noted()
    assert "is no record of" in found["params"][0]
    assert said.startswith("results/a.parquet.provenance.json: ")
    assert "results/a.parquet does not count as made" in said


def test_without_a_record_times_alone_decide_and_that_is_said_once(place):
    for name in ("a.parquet", "in.npy"):
        records.record_of(place / f"results/{name}").unlink()
    said = []
    made = FromRecords(said.append)
    assert made.of(["results/a.parquet"], READ, LARGE) is made.of(["results/in.npy"], [], LARGE) is None
    assert len(said) == 1
    assert "only its time is looked at" in said[0]
