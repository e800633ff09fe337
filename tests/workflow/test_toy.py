"""The toy study, in the checkout itself: what `make` runs, and what it must show."""

import csv
import re

import pytest

pytestmark = pytest.mark.slow

TOY = ["--configfile", "studies/toy.yaml"]


@pytest.fixture(scope="module")
def toy(snakemake, root):
    """Run the toy study where `make` runs it; a finished one has nothing to do."""
    lean = ["--scheduler", "greedy", "--scheduler-subsample", "16"]  # as in the Makefile
    done = snakemake(root, *TOY, "--cores", "all", *lean, "all", timeout=3600)
    assert done.returncode == 0, done.stderr[-4000:]
    return root / "results/toy"


def test_nothing_is_left_to_do(snakemake, root, toy):
    done = snakemake(root, *TOY, "--cores", "all", "all", "--dry-run")
    assert "Nothing to be done" in done.stdout + done.stderr


def test_the_study_shows_what_it_must(toy):
    with open(toy / "checks/checks.csv", encoding="utf-8", newline="") as file:
        lines = {line["check"]: line for line in csv.DictReader(file) if not line["part"]}
    assert len(lines) >= 17
    assert {line["verdict"] for line in lines.values()} <= {"passed", "failed", "reported"}
    assert not [line for line in lines.values() if line["verdict"] == "failed"]


def test_the_report_stands_alone(snakemake, root, toy, tmp_path):
    report = tmp_path / "report.html"
    done = snakemake(root, *TOY, "--report", str(report), "all")
    assert done.returncode == 0, done.stderr[-4000:]
    page = report.read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img)[^>]+(src|href)=[\"']https?:", page)
    for name in (*(f"figure-{number:02d}" for number in range(1, 18)), "checks"):
        assert name in page
