"""The best tree with one root: compared with all trees of short sentences, and with another implementation."""

import itertools

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.finetuning import trees


def total(scores, heads):
    return sum(scores[word, head] for word, head in enumerate(heads))


def is_tree(heads):
    """Whether exactly one word depends on the root, and all others on words that lead to it."""
    for word in range(1, len(heads) + 1):
        seen = set()
        while word and word not in seen:
            seen.add(word)
            word = heads[word - 1]
        if word:
            return False
    return list(heads).count(0) == 1


def all_trees(words):
    return [heads for heads in itertools.product(range(words + 1), repeat=words) if is_tree(heads)]


def test_there_are_as_many_trees_as_rooted_labelled_ones():
    assert [len(all_trees(words)) for words in (1, 2, 3, 4, 5)] == [1, 2, 9, 64, 625]  # n to the power of n - 1


@pytest.mark.parametrize("words", [1, 2, 3, 4, 5])
def test_the_best_of_all_trees_is_found(words):
    draw, known = np.random.default_rng(words), all_trees(words)
    for _ in range(40):
        scores = draw.normal(size=(words, words + 1))
        # roots that look good, so that the best tree without the constraint has several
        scores[:, 0] += draw.choice([0, 3])
        best = max(known, key=lambda heads: total(scores, heads))
        assert trees.decode(scores).tolist() == [*best]


def test_trees_with_several_roots_are_better_where_they_are_allowed():
    """The control of the test above: the constraint changes the tree."""
    scores = np.array([[9.0, 0, 1], [9.0, 2, 0]])
    assert trees.decode(scores).tolist() == [0, 1]
    assert total(scores, (0, 0)) > total(scores, (0, 1))


@pytest.mark.parametrize("words", [6, 13, 40])
def test_trees_are_those_of_ufal_chu_liu_edmonds(words):
    reference = pytest.importorskip(
        "ufal.chu_liu_edmonds", reason="ufal-chu-liu-edmonds, of the group dev, is not installed"
    )
    draw = np.random.default_rng(words)
    for _ in range(6):
        scores = draw.normal(size=(words, words + 1)) * draw.choice([1, 20])
        scores[:, 0] += draw.choice([0, 2, 50])
        full = np.full((words + 1, words + 1), np.nan)
        full[1:] = scores
        np.fill_diagonal(full, np.nan)
        best = None
        for root in range(1, words + 1):  # it knows no constraint: each word is the only root once
            one = full.copy()
            one[1:, 0], one[root, 0] = np.nan, full[root, 0]
            heads, value = reference.chu_liu_edmonds(one)
            if best is None or value > best[1]:
                best = heads[1:], value
        found = trees.decode(scores)
        assert is_tree(found) and found.tolist() == [*best[0]]
        assert total(scores, found) == pytest.approx(best[1])


@pytest.mark.parametrize("words", [1, 2, 3, 8, 25])
def test_gold_scores_give_the_gold_tree(words):
    draw = np.random.default_rng(words)
    for _ in range(20):
        order = draw.permutation(words) + 1
        heads = np.zeros(words, int)
        for place in range(1, words):  # each word below one of those before it, in a random order: not projective
            heads[order[place] - 1] = order[draw.integers(place)]
        scores = np.zeros((words, words + 1))
        scores[np.arange(words), heads] = 1
        assert is_tree(heads) and trees.decode(scores).tolist() == heads.tolist()


def test_equal_scores_give_one_tree_and_always_the_same():
    found = trees.decode(np.zeros((7, 8)))
    assert is_tree(found) and found.tolist() == trees.decode(np.zeros((7, 8))).tolist()
    assert trees.decode(np.zeros((0, 1))).tolist() == []


def test_a_score_that_is_not_finite_is_refused():
    scores = np.zeros((2, 3))
    scores[0, 1] = np.nan  # of a word and itself
    assert is_tree(trees.decode(scores))
    scores[1, 0] = np.nan
    with pytest.raises(InputError, match=r"not finite.*\n?.*learning_rate"):
        trees.decode(scores)
