"""The notebook of the docs runs on the toy study, and says what is written in it."""

import re
import runpy

import nbformat
import pytest

NUMBER = re.compile(r"[−-]?\d[\d,.]*")


def said(book):
    """What each cell shows: kinds of its outputs, and the first line of their text, numbers and widths aside."""
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    texts = [output.get("text") or output["data"]["text/plain"] for output in outputs]
    kinds = [sorted(output.get("data", {"stream": 0})) for output in outputs]
    return [
        (kind, NUMBER.sub("#", " ".join(text.split("\n")[0].split()))) for kind, text in zip(kinds, texts, strict=True)
    ]


@pytest.fixture(scope="module")
def notebook(root):
    return runpy.run_path(str(root / "docs/notebook.py"))


@pytest.mark.slow
def test_the_notebook_runs_and_says_what_is_written(root, toy, notebook):
    written = nbformat.read(root / "docs/notebook.ipynb", as_version=4)
    counts = [cell.execution_count for cell in written.cells if cell.cell_type == "code"]
    assert counts == list(range(1, len(counts) + 1)) and len(counts) >= 8
    assert said(notebook["executed"](root)) == said(written)
    assert sum("image/png" in kinds for kinds, _ in said(written)) == 2


def test_a_notebook_without_its_study_fails(tmp_path, notebook):
    from nbclient.exceptions import CellExecutionError

    with pytest.raises(CellExecutionError, match=r"no such folder.*give the folder of a model, such as results/toy"):
        notebook["executed"](tmp_path)
