"""The table of families says what becomes of a tiny random model of each class that transformers has."""

import csv

import families
import pytest

from polychron.checkpoints import admission

SHORT = [
    ("bert", False), ("deberta-v2", False), ("luke", False), ("longformer", False), ("xmod", False), ("fnet", False),
    ("xlm-roberta", True), ("bart", True), ("olmoe", True), ("gemma3", True), ("minicpm3", True), ("mamba", True),
    ("xlnet", True),
]  # fmt: skip
"""An entity model, windows and experts in lists, a decoder within a model, layers that cannot be cut off, recurrence;
states that depend on padding; and one of each way to be refused: more than text, both ways."""


@pytest.fixture(scope="module")
def rows():
    with open(admission.TABLE, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def test_the_table_has_every_class_of_transformers_and_the_page_shows_it(rows, root):
    listed = [(row["family"], row["kind"] == "causal", row["class"]) for row in rows]
    assert sorted(listed) == sorted(families.every()) and len(rows) > 200
    assert all((row["supported"], bool(row["reason"])) in {("yes", False), ("no", True)} for row in rows)
    assert (root / "docs/model_families.md").read_text(encoding="utf-8") == families.page(rows)
    studied = sum(row["supported"] == "yes" for row in rows)
    for page in ("docs/own_model.md", "docs/models.md"):
        assert f"{len(rows)} masked and causal classes" in (root / page).read_text(encoding="utf-8"), page
        assert f"{studied} can be studied" in (root / page).read_text(encoding="utf-8"), page


def compared(rows, chosen):
    """Return what is not as the table says."""
    known = {(row["family"], row["kind"] == "causal"): row for row in rows}
    names = {(family, causal): name for family, causal, name in families.every()}
    tried = {pair: families.row(*pair, names[pair]) for pair in chosen}
    return {pair: found for pair, found in tried.items() if found[0] != known[pair]}


def test_a_dozen_families_are_as_the_table_says(rows):
    assert compared(rows, SHORT) == {}
    assert {admission.families()[name, "masked"]["supported"] for name in ("bert", "deberta-v2", "luke")} == {"yes"}


def test_a_model_that_computes_something_else_is_found(monkeypatch, tmp_path):
    from polychron.models import transformer

    right = transformer.Transformer.layers
    monkeypatch.setattr(
        transformer.Transformer, "layers", lambda self, *given: (state * 1.01 for state in right(self, *given))
    )
    stage, said = families.outcome("bert", False, tmp_path)
    assert stage == "layers" and said.startswith("Unlike: layer 0")


@pytest.mark.check
def test_every_family_is_as_the_table_says(rows):
    assert compared(rows, [(family, causal) for family, causal, _ in families.every()]) == {}
