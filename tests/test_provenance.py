import json
import textwrap

import pytest

from polychron import provenance
from polychron.error import InputError


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library of three modules, of which a script reaches two."""
    folder = tmp_path / "polychron"
    folder.mkdir()
    (folder / "near.py").write_text(
        '"""Near."""\nimport numpy\nfrom polychron import far\n\ndef f(x):\n    return x + 1\n'
    )
    (folder / "far.py").write_text("def g(x):\n    return x\n")
    (folder / "other.py").write_text("import scipy\n")
    (folder / "log.py").write_text("import yaml\n")
    script = tmp_path / "script.py"
    script.write_text('"""A script."""\nfrom polychron import log, near\nprint(near.f(snakemake.input[0]))\n')
    monkeypatch.setattr(provenance, "LIBRARY", folder)

    def fingerprint():
        provenance._read.cache_clear()
        return provenance.code_of(script)

    return folder, script, fingerprint


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_code_that_is_reached_counts_and_code_that_is_not_does_not(library):
    folder, script, fingerprint = library
    first = fingerprint()
    assert set(first["packages"]) == {"numpy"}
    (folder / "other.py").write_text("import scipy\nx = 2\n")
    assert fingerprint() == first
    edit(folder / "far.py", "return x", "return 2 * x")
    second = fingerprint()
    assert second["code"] != first["code"]
    edit(script, "input[0]", "input[1]")
    assert fingerprint()["code"] not in (first["code"], second["code"])


def test_comments_docstrings_and_layout_do_not_count(library):
    folder, script, fingerprint = library
    first = fingerprint()
    edit(folder / "near.py", "    return x + 1", '    """Add one."""\n    # because\n    return (x +\n            1)')
    edit(folder / "near.py", '"""Near."""', '"""Nearer."""\n')
    edit(script, "print", "# a comment\nprint")
    assert fingerprint() == first


def test_a_string_that_is_a_value_counts(library):
    folder, _, fingerprint = library
    edit(folder / "far.py", "return x", 'return "a"')
    first = fingerprint()
    edit(folder / "far.py", '"a"', '"b"')
    assert fingerprint()["code"] != first["code"]


def test_modules_of_messages_do_not_count(library):
    folder, _, fingerprint = library
    first = fingerprint()
    (folder / "log.py").write_text("import pandas\nprint(1)\n")
    assert fingerprint() == first


def test_versions_carry_no_local_part():
    assert "+" not in provenance.versions_of("torch")["torch"]


def run(tmp_path, work, spec='{"seed": 1}'):
    source, result = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("data")
    with provenance.job([str(source)], [str(result)], spec, tmp_path / "logs" / "job.log") as values:
        work(source, result, values)
    return result


def test_a_record_lies_beside_a_result(tmp_path):
    result = run(tmp_path, lambda source, result, values: result.write_text(str(values["seed"])))
    record = json.loads(provenance.record_of(result).read_text())
    assert record["spec"] == {"seed": 1}
    assert record["outputs"] == {str(result): provenance.checksum(result)}
    assert list(record["inputs"].values()) == ["3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7"]
    assert result.read_text() == "1"


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
