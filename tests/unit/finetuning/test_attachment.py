"""Attachment scores: those of the evaluation of the CoNLL 2018 shared task."""

import io

import numpy as np
import pytest
from udtools import udeval

from polychron.finetuning import attachment

RELATIONS = np.array(["nsubj", "obj", "punct", "advmod"])


def written(sentences):
    """Return sentences of (UPOS, head, relation) as CoNLL-U."""
    lines = []
    for words in sentences:
        for place, (upos, head, relation) in enumerate(words, start=1):
            lines.append(f"{place}\tw{place}\t_\t{upos}\t_\t_\t{head}\t{relation}\t_\t_")
        lines.append("")
    return "\n".join([*lines, ""])


def columns_of(sentences):
    """Return the parts of speech, heads and relations of all words."""
    return [np.array([word[place] for words in sentences for word in words]) for place in range(3)]


def attached(draw, place):
    """Return a random word: the first is the root, others depend on an earlier one."""
    if place == 1:
        return "VERB", 0, "root"
    return draw.choice(["NOUN", "PUNCT"]), int(draw.integers(1, place)), draw.choice(RELATIONS)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_scores_are_those_of_udeval(seed):
    draw = np.random.default_rng(seed)
    sizes = draw.integers(2, 12, size=20)
    gold, parsed = ([[attached(draw, place) for place in range(1, size + 1)] for size in sizes] for _ in "12")
    treebanks = [udeval.load_conllu(io.StringIO(written(one)), "", {}) for one in (gold, parsed)]
    expected = udeval.evaluate(*treebanks)
    (upos, heads, relations), (_, found, named) = columns_of(gold), columns_of(parsed)
    got = attachment.count(found, named, heads, relations, upos == "PUNCT").scores
    assert got["las"] == (pytest.approx(expected["LAS"].f1), sizes.sum())
    assert got["uas"] == (pytest.approx(expected["UAS"].f1), sizes.sum())
    assert 0 < got["las"][0] < got["uas"][0] < 1


def test_punctuation_is_left_out_as_udeval_would():
    """A text whose punctuation is gone has the same score."""
    gold = [("VERB", 0, "root"), ("NOUN", 1, "obj"), ("NOUN", 1, "nsubj"), ("PUNCT", 1, "punct")]
    parsed = [("VERB", 0, "root"), ("NOUN", 1, "nsubj"), ("NOUN", 1, "nsubj"), ("PUNCT", 2, "punct")]
    (upos, heads, relations), (_, found, named) = columns_of([gold]), columns_of([parsed])
    got = attachment.count(found, named, heads, relations, upos == "PUNCT").scores
    short = [udeval.load_conllu(io.StringIO(written([one[:3]])), "", {}) for one in (gold, parsed)]
    assert got["las_without_punctuation"] == (pytest.approx(udeval.evaluate(*short)["LAS"].f1), 3)
    assert got["las"] == (0.5, 4)


def test_nothing_to_attach_has_no_score():
    none = np.zeros(0, int)
    value, words = attachment.count(none, none, none, none, np.zeros(0, bool)).scores["las"]
    assert np.isnan(value) and words == 0
