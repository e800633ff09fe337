"""An environment in which fairseq is not installed, as after `make FAIRSEQ=no`."""

import os

PROGRAM = """
import importlib.machinery, importlib.metadata
find, version = importlib.machinery.PathFinder.find_spec, importlib.metadata.version

def find_spec(name, path=None, target=None):
    return None if name.partition(".")[0] in ("fairseq", "fairseq_cli") else find(name, path, target)

def version_of(name):
    if name == "fairseq":
        raise importlib.metadata.PackageNotFoundError(name)
    return version(name)

importlib.machinery.PathFinder.find_spec = find_spec
importlib.metadata.version = version_of
"""


def environment(folder):
    """Return variables with which a Python finds no fairseq; `folder` gets the module that it reads at its start."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sitecustomize.py").write_text(PROGRAM, encoding="utf-8")
    before = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": str(folder) + (f"{os.pathsep}{before}" if before else "")}
