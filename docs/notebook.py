"""Execute the notebook on the toy study: `python docs/notebook.py` writes docs/notebook.ipynb again with its outputs.

It needs the results of `make`. A test executes it too, and compares what it says with what is written.
"""

import os
import tempfile
from pathlib import Path

import nbformat

CHECKOUT = Path(__file__).resolve().parent.parent
NOTEBOOK = CHECKOUT / "docs" / "notebook.ipynb"


def executed(folder=CHECKOUT):
    """Return the notebook, executed in a folder that has ``results/toy``."""
    from nbclient import NotebookClient

    book = nbformat.read(NOTEBOOK, as_version=4)
    where = {"metadata": {"path": str(folder)}}
    with tempfile.TemporaryDirectory() as place:
        # the library of this checkout, as if it were installed; IPython writes nothing into the home folder
        env = os.environ | {"PYTHONPATH": str(CHECKOUT / "workflow" / "scripts"), "IPYTHONDIR": place}
        NotebookClient(book, kernel_name="python3", timeout=300, record_timing=False, resources=where).execute(env=env)
    return book


if __name__ == "__main__":
    nbformat.write(executed(), NOTEBOOK)
