"""The fingerprint of code: what it depends on and what it does not."""

import pytest

from polychron import paths
from polychron.errors import InputError
from polychron.provenance import fingerprints


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
        fingerprints._read.cache_clear()
        return fingerprints.code_of(script, *entries)

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


def test_what_the_library_hands_to_notebooks_does_not_count(library):
    """It is reached by every script, and by none of them called."""
    folder, _, fingerprint = library
    first = fingerprint()
    lazy = '"""The library."""\n\n\ndef __getattr__(name):\n    import other\n    return other.x\n'
    (folder / "__init__.py").write_text(lazy)
    assert fingerprint() == first
    (folder / "charts/__init__.py").write_text(lazy)  # elsewhere it counts
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
    """If two modules swap their texts, the fingerprint changes."""
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
    assert "+" not in fingerprints.versions_of("torch")["torch"]
