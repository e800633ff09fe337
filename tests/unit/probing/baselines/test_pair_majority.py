"""Pair majority against a plain loop."""

from baselines import by_hand, scored, value
from cells import pieces_of, treebank

from polychron.probing.baselines import pair_majority
from polychron.probing.tasks import arc_classification

ARCS = arc_classification.Task("arc_classification")


def test_pairs_back_off_to_the_child_and_to_all():
    table = treebank(400, seed=3)
    pieces = [pieces_of(table)]
    made = ARCS.examples([table], pieces)
    rows = scored(pair_majority, [table], pieces, made)
    forms = table["form"].to_pylist()

    def pairs(split):
        one = made[split]
        return [
            ((forms[child], (forms[child], forms[head])), one.labels[code])
            for child, head, code in zip(one.first, one.second, one.label, strict=True)
        ]

    seen = {keys[1] for keys, _ in pairs("train")}
    assert 0 < sum(keys[1] in seen for keys, _ in pairs("test")) < len(made["test"])
    assert value(rows, "pair_majority") == by_hand(pairs("train"), pairs("test")).mean()
