"""Pairs of sentences to pretrain on say the same in both languages, and nothing that a test says."""

from itertools import islice

import pytest

from polychron.synthetic import bitext, nli, world
from polychron.synthetic.semantics import Imagination

SIZES = {"parallel": 30, "alignment": 20, "treebank": [40, 10, 20], "inference": [30, 3, 3]}
GIVEN = {"seed": 1, "window": 64, "sizes": SIZES, "twins": {"qtw": "qsa"}}


def test_a_twin_says_the_same_words():
    """A twin's words are those of its language, so that one language tells what the other must be."""
    found = list(islice(bitext.pairs(languages=("qsa", "qsa"), **GIVEN), 300))
    assert len({*found}) > 290 and found == list(islice(bitext.pairs(languages=("qsa", "qsa"), **GIVEN), 300))
    # the two sides have choices of their own, so that equal sentences are few, but words are the same
    shared = [len({*one.split()} & {*other.split()}) / len({*one.split()}) for one, other in found]
    assert sum(shared) / len(shared) > 0.6
    apart = [len({*one.split()} & {*found[place - 1][1].split()}) for place, (one, _) in enumerate(found)]
    assert sum(apart) / sum(len({*one.split()}) for one, _ in found) < 0.4  # the control: another pair
    georgian = next(bitext.pairs(languages=("qsa", "qtw"), **GIVEN))[1]
    assert any("\u10d0" <= letter <= "\u10ff" for letter in georgian)


def test_no_meaning_of_a_test_is_among_them(monkeypatch):
    made = world.World(1, 64)
    known = bitext.evaluated(made, ("qsa", "qsb"), SIZES)
    assert {*made.parallel_statements(30), *made.statements("bitext", 20)} < known
    assert len(known) > 30 + 20 + 2 * 60
    drawn = []
    real = bitext.Imagination.statement
    monkeypatch.setattr(bitext.Imagination, "statement", lambda self: drawn.append(real(self)) or drawn[-1])
    first = next(bitext.pairs(languages=("qsa", "qsb"), **GIVEN))
    meaning = drawn[-1]
    monkeypatch.setattr(bitext, "evaluated", lambda *given: {meaning})
    assert next(bitext.pairs(languages=("qsa", "qsb"), **GIVEN)) != first


@pytest.mark.parametrize("split", ["train", "test"])
def test_premises_of_inference_are_known(split):
    made = world.World(1, 64)
    premise, hypotheses = nli.triple(Imagination(made.rng(f"inference {split}")))
    assert {premise, *hypotheses.values()} <= bitext.evaluated(made, ("qsa", "qsb"), SIZES)
