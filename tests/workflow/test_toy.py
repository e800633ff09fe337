"""The toy study, in the checkout itself: what `make` runs, and what it must show."""

import csv
import re

import pytest

from polychron.storage import files

pytestmark = pytest.mark.slow


def test_nothing_is_left_to_do(snakemake, root, toy):
    done = snakemake(root, "--configfile", "studies/toy.yaml", "--cores", "all", "all", "--dry-run")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_the_study_shows_what_it_must(toy):
    with open(toy / "checks/checks.csv", encoding="utf-8", newline="") as file:
        lines = {line["check"]: line for line in csv.DictReader(file) if not line["part"]}
    assert len(lines) >= 17
    assert {line["verdict"] for line in lines.values()} <= {"passed", "failed", "reported"}
    assert not [line for line in lines.values() if line["verdict"] == "failed"]


def test_what_the_model_read_is_counted(root, toy):
    sizes = {row["code"]: row for row in files.read_table(toy / "sizes.parquet").to_pylist()}
    assert sorted(sizes) == ["qoe", "qpf", "qsa", "qsb", "qsc", "qsd"]
    for code, row in sizes.items():
        text = (root / f"resources/toy/examples/text/{code}.txt").read_bytes()
        assert (row["bytes"], row["lines"], row["origin"]) == (len(text), text.count(b"\n"), "counted")
    assert "counted in what the model was pretrained on" in (toy / "figures/figure-14.rst").read_text()


def test_the_report_is_self_contained(report):
    page = report.read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']https?:", page)
    for name in (*(f"figure-{number:02d}" for number in range(1, 20)), "checks"):
        assert name in page
