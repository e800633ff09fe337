import json
import textwrap

import pytest
from script import snakemake

from polychron import paths
from polychron.errors import InputError
from polychron.storage import files
from polychron.workflow import jobs


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A library of modules and a folder of modules, of which a script reaches some."""
    folder = tmp_path / "polychron"
    folder.mkdir()
    (folder / "__init__.py").write_text('"""The library."""\n')
    (folder / "near.py").write_text(
        '"""Near."""\nimport numpy\nfrom polychron import far\nfrom polychron.charts.layers import draw\n\n'
        "def f(x):\n    return x + 1\n"
    )
    for package in ("charts", "measures", "tasks"):
        (folder / package).mkdir()
        (folder / package / "__init__.py").write_text('"""A folder of modules."""\n')
    (folder / "charts/layers.py").write_text("import pandas\nimport polychron.charts.axes as axes\ndraw = 1\n")
    (folder / "charts/axes.py").write_text("ticks = 1\n")
    (folder / "charts/lines.py").write_text("width = 1\n")
    (folder / "measures/layers.py").write_text("import scipy\nfound = 1\n")
    (folder / "tasks/pos.py").write_text("from polychron.measures import layers\nlabels = 17\n")
    (folder / "tasks/arcs.py").write_text("import yaml\nlabels = 2\n")
    (folder / "far.py").write_text("def g(x):\n    return x\n")
    (folder / "other.py").write_text("import scipy\n")
    (folder / "workflow").mkdir()
    (folder / "workflow/__init__.py").write_text('"""Jobs."""\n')
    (folder / "workflow/logs.py").write_text("import yaml\n")
    script = tmp_path / "script.py"
    script.write_text(
        '"""A script."""\nfrom polychron import near\nfrom polychron.workflow import logs\n'
        "print(near.f(snakemake.input[0]))\n"
    )
    monkeypatch.setattr(paths, "LIBRARY", folder)

    def fingerprint(*entries):
        jobs._read.cache_clear()
        return jobs.code_of(script, *entries)

    return folder, script, fingerprint


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_code_that_is_reached_counts_and_code_that_is_not_does_not(library):
    folder, script, fingerprint = library
    first = fingerprint()
    assert set(first["packages"]) == {"numpy", "pandas"}
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
    (folder / "workflow/logs.py").write_text("import xarray\nprint(1)\n")
    assert fingerprint() == first


def test_a_module_in_a_folder_counts_by_whatever_name_it_is_imported(library):
    folder, _, fingerprint = library
    prints = [fingerprint()]
    for path in ("charts/layers.py", "charts/axes.py"):
        edit(folder / path, " = 1", " = 2")
        prints.append(fingerprint())
    assert len({found["code"] for found in prints}) == 3


def test_a_module_of_the_same_name_in_another_folder_does_not_count(library):
    folder, _, fingerprint = library
    first = fingerprint()
    edit(folder / "measures/layers.py", " = 1", " = 2")
    edit(folder / "charts/lines.py", " = 1", " = 2")
    assert fingerprint() == first


@pytest.mark.parametrize("path", ["__init__.py", "charts/__init__.py"])
def test_the_init_files_on_the_way_count(library, path):
    folder, _, fingerprint = library
    first = fingerprint()
    (folder / path).write_text('"""Another docstring."""\n')
    assert fingerprint() == first
    (folder / path).write_text("print(1)\n")
    assert fingerprint()["code"] != first["code"]


def test_an_entry_counts_with_what_it_reaches_and_other_entries_do_not(library):
    folder, _, fingerprint = library
    plain, first = fingerprint(), fingerprint("polychron.tasks.pos")
    assert first["code"] != plain["code"] and set(first["packages"]) == {"numpy", "pandas", "scipy"}
    edit(folder / "tasks/arcs.py", "labels = 2", "labels = 3")
    assert fingerprint("polychron.tasks.pos") == first
    edit(folder / "measures/layers.py", " = 1", " = 2")
    second = fingerprint("polychron.tasks.pos")
    assert second["code"] != first["code"] and fingerprint() == plain
    edit(folder / "tasks/pos.py", "17", "18")
    assert fingerprint("polychron.tasks.pos")["code"] not in (first["code"], second["code"])


def test_a_module_of_two_entries_and_one_of_the_script_count_apart(library):
    """Two modules that swap their texts are another code."""
    folder, _, fingerprint = library
    first = fingerprint("polychron.tasks.pos")
    near, far = (folder / "charts/layers.py").read_text(), (folder / "measures/layers.py").read_text()
    (folder / "charts/layers.py").write_text(far)
    (folder / "measures/layers.py").write_text(near)
    assert fingerprint("polychron.tasks.pos")["code"] != first["code"]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("from . import far", "near.py:1: a relative import"),
        ("from .charts import layers", "near.py:1: a relative import"),
        ("from polychron import charts", "near.py:1: 'polychron.charts' names no module"),
        ("import polychron.charts", "near.py:1: 'polychron.charts' names no module"),
        ("from polychron.charts import bars", "near.py:1: 'polychron.charts.bars' names no module"),
        ("from polychron.nowhere import f", "near.py:1: 'polychron.nowhere.f' names no module"),
        ("import polychron", "near.py:1: 'polychron' names no module"),
    ],
)
def test_an_import_that_cannot_be_followed_is_refused(library, line, what):
    folder, _, fingerprint = library
    (folder / "near.py").write_text(f"{line}\n")
    with pytest.raises(InputError, match=what):
        fingerprint()


def test_an_entry_that_is_no_module_is_refused(library):
    with pytest.raises(InputError, match=r"'polychron\.tasks\.xnli' names no module"):
        library[2]("polychron.tasks.xnli")


def test_versions_carry_no_local_part():
    assert "+" not in jobs.versions_of("torch")["torch"]


def run(tmp_path, work, **spec):
    source, result = tmp_path / "in.txt", tmp_path / "out.txt"
    source.write_text("data")
    with jobs.job(snakemake([source], [result], tmp_path / "logs" / "job.log", **spec)) as values:
        work(source, result, values)
    return result


def test_a_record_lies_beside_a_result(tmp_path):
    result = run(tmp_path, lambda source, result, values: result.write_text(str(values["seed"])), seed=1)
    record = json.loads(jobs.record_of(result).read_text())
    assert record["spec"] == {"seed": 1}
    assert record["outputs"] == {str(result): files.checksum(result)}
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
