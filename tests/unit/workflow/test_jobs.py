"""A job: its record, its messages, and what is left where it fails."""

import json
import textwrap
from pathlib import Path

import numpy as np
import pytest
from script import snakemake

from polychron.errors import InputError
from polychron.provenance import originals, records
from polychron.storage import files
from polychron.workflow import jobs


def run(tmp_path, work, **spec):
    source, result = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("data")
    with jobs.job(snakemake([source], [result], tmp_path / "logs" / "job.log", **spec)) as values:
        work(source, result, values)
    return result


def test_a_record_is_written_beside_a_result(tmp_path):
    result = run(tmp_path, lambda source, result, values: result.write_text(str(values["seed"])), seed=1)
    record = json.loads(records.record_of(result).read_text())
    assert record["spec"] == {"seed": 1}
    assert record["outputs"] == {str(result): files.checksum(result)}
    assert list(record["inputs"].values()) == ["3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7"]
    assert result.read_text() == "1"


def test_the_record_of_a_rule_that_made_an_output_alone_before_is_gone(tmp_path, monkeypatch):
    """As where the encoder of a fine-tuned model is kept now: its scores are recorded beside the encoder."""
    monkeypatch.chdir(tmp_path)
    encoder, scores = "results/m.pos-a-0/checkpoints/step-1/model.safetensors", "results/m/finetuned/seed-0.parquet"

    def made(rule, text, *outputs):
        with jobs.job(snakemake([], outputs, tmp_path / "logs" / "job.log", rule=rule)):
            for path in map(Path, outputs):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
        records.check({scores: files.checksum(scores)})

    made("fine_tune", "three epochs", scores)
    made("fine_tune_and_keep", "four epochs", encoder, scores)
    assert not records.record_of(scores).exists()
    Path(scores).write_text("damaged")
    with pytest.raises(InputError, match="since fine_tune_and_keep made it"):
        records.check({scores: files.checksum(scores)})


def test_bad_input_is_one_message_and_leaves_nothing(tmp_path, capsys):
    def work(source, result, values):
        result.write_text("half")
        raise InputError("9 columns, expected 10", file="en.conllu", line=7, remedy="fetch it again")

    with pytest.raises(SystemExit) as stop:
        run(tmp_path, work)
    assert stop.value.code == 1
    message = "en.conllu:7: 9 columns, expected 10. Next: fetch it again."
    assert message in (tmp_path / "logs" / "job.log").read_text()
    shown = capsys.readouterr().err
    assert message in shown
    assert "Traceback" not in shown
    assert not (tmp_path / "out.txt").exists()


def test_an_input_that_changes_meanwhile_fails_the_job(tmp_path):
    def work(source, result, values):
        result.write_text("of the old input")
        source.write_text("changed")

    with pytest.raises(SystemExit):
        run(tmp_path, work)
    assert not (tmp_path / "out.txt").exists()
    assert "changed while the job ran" in (tmp_path / "logs" / "job.log").read_text()


def test_a_fault_of_the_code_keeps_its_traceback(tmp_path):
    def work(source, result, values):
        raise ZeroDivisionError(textwrap.dedent("a fault"))

    with pytest.raises(ZeroDivisionError):
        run(tmp_path, work)
    assert "Traceback" in (tmp_path / "logs" / "job.log").read_text()


def test_a_password_in_a_fault_of_the_code_is_not_shown(tmp_path, capsys):
    def work(source, result, values):
        raise ZeroDivisionError("http://joe:secret@host/a")

    with pytest.raises(SystemExit):
        run(tmp_path, work)
    text = (tmp_path / "logs" / "job.log").read_text()
    for said in (text, capsys.readouterr().err):
        assert "ZeroDivisionError: http://***@host/a" in said and "Traceback" in said and "secret" not in said


def test_an_input_that_its_job_did_not_leave_like_that_fails_the_job_before_it_works(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    source, result = tmp_path / "results/m/x.npy", "results/m/y.parquet"
    source.parent.mkdir(parents=True)
    with jobs.job(snakemake([], ["results/m/x.npy"], tmp_path / "x.log", rule="extract_features")):
        np.save(source, np.arange(9.0))
    header = source.read_bytes()[:128]
    source.write_bytes(header + bytes(9 * 8))
    assert np.load(source).sum() == 0, "a sound header before zeros"
    worked = []
    with pytest.raises(SystemExit), jobs.job(snakemake(["results/m/x.npy"], [result], tmp_path / "y.log", rule="r")):
        worked.append(True)
    assert not worked
    assert "results/m/x.npy: damaged or changed since extract_features made it" in capsys.readouterr().err
    with jobs.job(snakemake([], ["results/m/x.npy"], tmp_path / "x.log", rule="extract_features")):
        np.save(source, np.arange(9.0))
    with jobs.job(snakemake(["results/m/x.npy"], [result], tmp_path / "y.log", rule="r")):
        files.write_text(result, "scores")
    assert list(records.read(records.record_of(result))["inputs"]) == ["results/m/x.npy"]


def test_a_job_that_fails_leaves_no_record_of_what_was_there_before(tmp_path):
    result = run(tmp_path, lambda source, result, values: result.write_text("first"))
    assert records.record_of(result).is_file()

    def work(source, result, values):
        raise InputError("bad")

    with pytest.raises(SystemExit):
        run(tmp_path, work)
    assert not result.exists() and not records.record_of(result).exists()


def test_a_fault_in_a_copy_is_one_in_the_users_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "copy.conllu").write_text("a tree")
    record = records.made({"rule": "fetch_source"}, {}, {"copy.conllu": files.checksum("copy.conllu")}, 1.0)
    files.write_json(records.record_of("copy.conllu"), record)
    originals.note("copy.conllu", "mirror/a.conllu")

    def work(source, result, values):
        raise InputError("9 columns, expected 10", file="copy.conllu", line=7, remedy="fix this line")

    with pytest.raises(SystemExit):
        run(tmp_path, work)
    said = "mirror/a.conllu:7: 9 columns, expected 10 (found in its copy, copy.conllu). Next: fix this line."
    assert said in capsys.readouterr().err
