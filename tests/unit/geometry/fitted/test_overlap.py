"""Sentences that a map is fitted on are none of those that it is scored on."""

import numpy as np
import pyarrow
import pytest

from polychron.errors import InputError
from polychron.geometry import folds, parallel_sentences
from polychron.geometry.fitted import overlap, search

NUMBER = 150


def texts(language, start, number=NUMBER):
    return [f"{language} sentence {place}." for place in range(start, start + number)]


def test_what_is_in_both_sets_is_left_out_whatever_its_spaces_case_and_punctuation(caplog):
    caplog.set_level("INFO", "polychron")
    fit = {"de": texts("de", 0), "en": texts("en", 0)}
    searched = {"de": texts("de", 1000), "en": texts("en", 1000)}
    assert overlap.apart(fit, searched).all()
    searched["de"][3] = "De Sentence  17"
    searched["en"][:2] = ["en  SENTENCE 5 !", "en sentence 17"]
    # a sentence of another language is another sentence
    searched["en"][5] = fit["de"][8]
    kept = overlap.apart(fit, searched)
    assert np.flatnonzero(~kept).tolist() == [5, 17]
    assert caplog.messages[-1] == "means and maps are learnt on 148 of 150 sentences: 2 are searched too"


def test_fewer_than_100_sentences_are_refused():
    fit, searched = {"de": texts("de", 0)}, {"de": texts("de", 40)}
    with pytest.raises(InputError, match=r"learnt on 40 sentences \(150, of which 110 .*100 are needed.*Next: name"):
        overlap.apart(fit, searched)


def test_sentences_of_treebanks_and_of_other_tables_are_the_same():
    words = [("It", 0), ("'s", 0), ("late", 0), (".", 0), ("Grüße", 1), ("!", 1)]
    treebank = pyarrow.table({"form": [form for form, _ in words], "sentence": [number for _, number in words]})
    plain = parallel_sentences.table({"a": "It's late.", "b": "Grüße!"})
    pairs = zip(overlap.sentences(treebank), overlap.sentences(plain), strict=True)
    assert [overlap.key(one) == overlap.key(other) for one, other in pairs] == [True, True]
    assert overlap.key("…") == ""
    assert overlap.apart({"de": ["…", *texts("de", 0)]}, {"de": ["!", *texts("de", 1000)]}).all()


def test_without_it_a_map_finds_what_is_not_there():
    """Independent states, nearly as many dimensions as sentences: a map finds those that it was fitted on."""
    width = 140
    states = {name: np.random.default_rng(number).normal(size=(NUMBER, width)) for number, name in enumerate("ab")}
    said = {name: texts(name, 0) for name in "ab"}
    fresh = {name: np.random.default_rng(5 + number).normal(size=(NUMBER, width)) for number, name in enumerate("ab")}
    fit = {name: np.concatenate([states[name], fresh[name]]) for name in "ab"}
    kept = overlap.apart({name: said[name] + texts(name, 1000) for name in "ab"}, said)
    assert kept.tolist() == [False] * NUMBER + [True] * NUMBER
    settings = {"states": ["mapped"], "scores": ["cosine"], "csls": 1, "margin": 1, "normalise": 5}
    settings |= {"pool": False, "mining": False}
    fold = folds.of_ids(said["a"])

    def precision(learnt):
        rows = search.retrieve(states, fold, learnt, settings)
        return np.mean([row["value"] for row in rows if row["metric"] == "p_at_1.mapped.cosine"])

    assert precision(fit) > 0.3
    assert precision({name: array[kept] for name, array in fit.items()}) < 0.05
