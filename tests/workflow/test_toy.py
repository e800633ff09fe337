"""The toy study, in the checkout itself: what `make` runs, and what it must show."""

import csv
import re

import pytest

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


def test_the_report_is_self_contained(report):
    page = report.read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']https?:", page)
    for name in (*(f"figure-{number:02d}" for number in range(1, 18)), "checks"):
        assert name in page
