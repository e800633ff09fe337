"""The readings of the paper: each number that is used is defined on the page, once, with places that exist."""

import re

import pytest
import yaml

from polychron import paths
from polychron.audit.readings import READINGS

NUMBER = re.compile(r"(?<![\w.-])A\d{1,2}(?![\w.-]*[\w-])")
ROW = re.compile(r"^\| (A\d+) \| (.+?) \| (.+?) \| (.+?) \|$", re.M)
USED = (
    "config.yaml", "README.md", "CONTRIBUTING.md", "Snakefile", "docs/*.md", "rules/*.smk", "studies/*.yaml",
    "benchmarks/*.py", "tests/**/*.py", "workflow/data/claims.yaml", "workflow/schemas/*.yaml", "workflow/report/*.rst",
    "workflow/scripts/**/*.py",
)  # fmt: skip
LIBRARY = "workflow/scripts/polychron"


def defined(page):
    return {number: where for number, _, _, where in ROW.findall(page)}


def undefined(texts, page):
    """The numbers that are used in texts, by name, and not defined on the page."""
    known = defined(page)
    return {(name, number) for name, text in texts.items() for number in NUMBER.findall(text) if number not in known}


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs/readings.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def texts(root):
    files = {path for pattern in USED for path in root.glob(pattern) if path.is_file()}
    return {str(path.relative_to(root)): path.read_text(encoding="utf-8") for path in files}


def test_every_number_is_defined_once(page):
    assert sorted(number for number, *_ in ROW.findall(page)) == sorted(f"A{number}" for number in range(1, 46))


def test_every_number_that_is_used_is_defined(texts, page):
    assert undefined(texts, page) == set()
    used = {number for name, text in texts.items() if name.startswith(LIBRARY) for number in NUMBER.findall(text)}
    assert len(used) > 30


@pytest.mark.parametrize(
    "text", ["(reading {})", "labels: universal  # {}: deprel", "readings: [A6, {}]", "A20 to {}."]
)
def test_a_number_that_nobody_defined_is_found(text, page):
    assert undefined({"planted": text.format("A" + "99")}, page) == {("planted", "A" + "99")}


WORD = re.compile(r"^\| [^|]+ \| [^|]+ \| ((?:`\w+`(?:, )?)*) \|$", re.M)
SIZES = {
    "least",
    "most",
    "points",
    "times",
    "errors",
    "level",
    "weak",
    "strong",
    "parts",
    "slack",
    "at_least",
    "one_in",
}


def test_the_size_of_a_word_is_on_the_page(page):
    """Each number that makes a word of a claim exact, and no other."""
    claims = yaml.safe_load((paths.DATA / "claims.yaml").read_text(encoding="utf-8"))["claims"]
    used = {name for claim in claims for name in claim.get("arguments", ()) if name in SIZES}
    words = page.partition("## Words of the claims")[2]
    named = {name for numbers in WORD.findall(words) for name in re.findall(r"\w+", numbers)}
    assert used == SIZES and named == used | {"tolerance"}


def test_a_row_that_is_lost_is_noticed(texts, page):
    lost = re.sub(r"^\| A26 .*\n", "", page, flags=re.M)
    assert {number for _, number in undefined(texts, lost)} == {"A26"}


def test_what_is_no_reading_is_left_alone(page):
    texts = {"planted": "appendix A.2, claim A3.inlang_worse, an A100, figure-A77, BA98"}
    assert undefined(texts, page) == set()


def test_every_place_exists(page, root):
    config = yaml.safe_load((root / "config.yaml").read_text(encoding="utf-8"))
    for number, where in defined(page).items():
        places = re.findall(r"`(.+?)`", where)
        assert places, number
        for place in places:
            if "/" in place:
                assert (paths.LIBRARY / place).exists(), (number, place)
                continue
            value = config
            for key in place.split("."):
                assert key in value, (number, place)
                value = value[key]


def test_every_alternative_of_the_audit_has_its_key(page):
    known = defined(page)
    for name, reading in READINGS.items():
        key = "analysis.expected_layer" if name == "expected_layer" else f"analysis.readings.{name}"
        assert f"`{key}`" in known[reading.point], name
