"""Text of others in captions and tables: shown as it is, whatever it would mean to a reader of markup or formulas."""

import ast
import csv
import html
import io
import re

import pytest
from docutils.core import publish_parts

from polychron import paths
from polychron.reporting import formatting, tables

SECRET = "what is in a file of the reader"

TEXTS = {
    "a directive": ".. raw:: html\n\n   <b id=planted>planted</b>",
    "a directive after words": "x\n\n.. raw:: html\n\n   <b id=planted>planted</b>",
    "other line ends": "x\u2028\u2028.. raw:: html\x85\x85   <b id=planted>planted</b>",
    "a vertical tab": "x\x0b\x0b.. raw:: html\x0c\x0c   <b id=planted>planted</b>",
    "separators": "x\x1c\x1d.. raw:: html\x1e\x1e   <b id=planted>planted</b>",
    "a file": ".. include:: {secret}",
    "a file after words": "x\r\r.. include:: {secret}\r\r",
    "a file as code": ".. literalinclude:: {secret}\n\n.. csv-table::\n   :file: {secret}",
    "a picture": ".. image:: https://example.org/x.png",
    "a picture by substitution": "|x| .. |x| image:: https://example.org/x.png",
    "a role": ":raw:`<b id=planted>` and `x <javascript:alert(1)>`_",
    "an address": "see https://example.org/x and file:///etc/hosts and mailto:a@example.org",
    "a title": "x\n===\n\ny",
    "a target": ".. _x: https://example.org\n\n__ https://example.org",
    "a field": ":x: y",
    "a doctest": ">>> x",
    "a list": "- x",
    "a line": "----",
    "a footnote": "[1]_ and [#x]_",
    "HTML": "<script>document.title='planted'</script>",
    "an attribute": "' onmouseover='alert(1)' \" <x",
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("pattern", ["{}", "In {}, and others.", "[{}] is a pair."])
def test_a_caption_is_a_paragraph_of_words(tmp_path, name, pattern):
    """Rendered as Snakemake renders the captions of a report."""
    secret = tmp_path / "secret.txt"
    secret.write_text(SECRET)
    text = pattern.format(TEXTS[name].replace("{secret}", str(secret)))
    caption = tmp_path / "caption.rst"
    caption.write_text(formatting.restructured(text) + "\n", encoding="utf-8")
    settings = {"warning_stream": io.StringIO()}
    body = publish_parts(f".. include:: {caption}\n", writer="html", settings_overrides=settings)["body"]
    assert SECRET not in body
    assert {*re.findall(r"<(\w+)", body)} <= {"p", "a", "tt", "em"}, body
    assert not re.search(r"href=", body), body
    words = html.unescape(re.sub(r"<[^>]+>", "", body))
    assert words.split() == formatting.one_line(text).split()


def test_captions_of_the_workflow_are_what_they_were():
    for text in ("Table 1. The mean of 5 runs: 0.5 (−0.1).", "arc_prediction: 96.1% [18 → 18]; a|b, *x*, `y`, \\z"):
        assert formatting.restructured(text) == re.sub(r"([\\*`|_])", r"\\\1", text)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1 and more", "-1+1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "=HYPERLINK(1)", " =1"]
)
def test_no_text_of_a_table_is_a_formula(text):
    head, row = csv.reader(io.StringIO(tables.plain([{"languages": text, text: 0.5}]), newline=""))
    assert row == [f"'{formatting.one_line(text)}", "0.5"]
    assert head == ["languages", f"'{formatting.one_line(text)}"]


def test_numbers_of_a_table_stay_numbers():
    record = {"a": -0.5, "b": "-0.5", "c": "+1e3", "d": 3, "e": None, "f": "−0.5", "g": "en-US", "h": float("nan")}
    assert tables.plain([record]).splitlines()[1] == "-0.5,-0.5,+1e3,3,,−0.5,en-US,"


def test_text_for_print_is_in_one_line():
    assert tables.escaped("a\n\n\\input{/etc/hosts}\u2029%") == r"a \textbackslash{}input\{/etc/hosts\} \%"


@pytest.mark.parametrize("file", sorted((paths.LIBRARY / "tables").glob("*.py")), ids=lambda file: file.stem)
def test_latex_knows_all_signs_that_tables_are_written_with(file):
    texts = (node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant))
    signs = {sign for text in texts if isinstance(text, str) for sign in text if not sign.isascii()}
    assert signs <= {*tables.SPECIAL} and ("Δ" in signs or file.stem != "ablation")
