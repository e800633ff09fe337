"""`pip install .`: in an environment of its own, without a network, the library opens a study from any folder."""

import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig

import pytest
from finished import finished
from registry import modules

from polychron import paths

PROGRAM = """
import importlib, json, sys
from pathlib import Path
import polychron
study = polychron.Study(sys.argv[1])
chart = study.figures.draw(4, layer=0).to_dict(validate=False)
for name in sys.argv[2:]:
    importlib.import_module(name)
print(json.dumps({
    "file": polychron.__file__,
    "rows": len(study.scores(task="pos", layer=2)),
    "points": sum(map(len, chart["datasets"].values())),
    "data": {path.name: path.read_text("utf-8") for path in importlib.import_module("polychron.paths").DATA.iterdir()},
    "heavy": sorted({"torch", "transformers", "fairseq", "snakemake", "yaml", "requests"} & {*sys.modules}),
}))
"""


@pytest.fixture(scope="module")
def python(root, tmp_path_factory):
    """Install the checkout where only the packages of this environment can be found; return that environment's Python.

    It is built by the tools that are here, as nothing is downloaded.
    """
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    python = folder / "bin/python"
    purelib = sysconfig.get_path("purelib", vars={"base": str(folder), "platbase": str(folder)})
    here = [path for path in sys.path if path.endswith("site-packages")]
    with open(os.path.join(purelib, "here.pth"), "w", encoding="utf-8") as file:
        file.write("\n".join(here))
    command = [python, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", str(root)]
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    return python


@pytest.fixture(scope="module")
def said(python, tmp_path_factory):
    """What the installed library says of a study, run in another folder than the checkout."""
    folder = tmp_path_factory.mktemp("elsewhere")
    finished(folder / "results/toy")
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [python, "-c", PROGRAM, "results/toy", *modules("figures")]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def test_an_installed_library_opens_a_study_from_anywhere(said, python):
    assert said["file"].startswith(str(python.parent.parent))
    assert said["rows"] == 2 * 3 * 3 + 4 * 3 * 3  # two languages and four pairs, three steps, three seeds
    assert said["points"] > 0


def test_it_has_the_tables_of_data(said):
    assert said["data"] == {path.name: path.read_text("utf-8") for path in paths.DATA.iterdir()}


def test_a_notebook_needs_no_part_of_the_workflow(said):
    assert said["heavy"] == []


def test_the_distribution_says_what_it_is(python):
    found = next(python.parent.parent.glob("lib/*/site-packages/polychron_probing-*.dist-info"))
    about = importlib.metadata.PathDistribution(found)
    assert about.metadata["Name"] == "polychron-probing" and about.metadata["License-Expression"] == "MIT"
    needed = {line.partition("=")[0] for line in about.requires}
    assert needed == {"altair", "numpy", "pandas", "pyarrow", "scipy", "vl-convert-python"}
    assert not [path for path in about.files if str(path).startswith("polychron/") and "test" in path.name]
