"""Relations of all arcs, whole or up to their colon."""

import pytest
from cells import labels_of, lookup, pieces_of, treebank

from polychron.probing.tasks import arc_classification


@pytest.fixture(scope="module")
def table():
    return treebank(300)


@pytest.mark.parametrize("labels", ["universal", "full"])
def test_arcs_from_child_to_head(table, labels):
    made = arc_classification.Task("arcs", labels=labels).examples([table], [pieces_of(table)])
    rows, place = lookup(table)
    for split, examples in made.items():
        arcs = [(child, row) for child, row in enumerate(rows) if row["split"] == split and row["head"]]
        assert examples.first.tolist() == [child for child, _ in arcs]
        assert examples.second.tolist() == [place[row["sentence"], row["head"]] for _, row in arcs]
        relations = [row["deprel"] for _, row in arcs]
        assert labels_of(examples) == [one.split(":")[0] if labels == "universal" else one for one in relations]
        assert "root" not in labels_of(examples)


def test_transfer_always_compares_universal_relations(table):
    """Subtypes differ between treebanks (A6)."""
    targets = arc_classification.Task("arcs", labels="full").targets(table, pieces_of(table))
    assert "nsubj" in targets.labels and not any(":" in label for label in targets.labels)
    assert arc_classification.Task("arcs", labels="full").comparable("nsubj:pass") == "nsubj"
