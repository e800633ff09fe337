"""What word retrieval must say of states of which the answer is known."""

import math

import numpy as np
import pytest
from lineage import reached

from polychron import paths
from polychron.geometry import mapping, retrieval
from polychron.geometry.words import search
from polychron.geometry.words.links import Half

LINKED, OTHERS, WIDTH = 200, 30, 12
SETTINGS = {
    "states": ["raw", "centred", "standardised", "mapped"],
    "scores": ["cosine", "csls", "margin"],
    "csls": 10,
    "margin": 4,
    "normalise": 5,
}


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def given(change, linked=LINKED, of_source=np.copy):
    """Return the states of two halves of words, of which a language's further words are of no other, and their rows."""
    states, halves, start = [], [], 0
    for fold in (0, 1):
        source = draw(fold, linked + OTHERS, WIDTH)
        target = np.concatenate([change(source[:linked]), change(draw(10 + fold, OTHERS + 1, WIDTH))])
        states += [of_source(source), target]
        rows = np.arange(start, start + len(source) + len(target))
        halves.append(Half(rows[: len(source)], rows[len(source) :], linked))
        start += len(rows)
    return np.concatenate(states), halves


def values(change, metric, settings=SETTINGS, **more):
    rows = search.retrieve(*given(change, **more), ("de", "en"), settings)
    found = [row["value"] for row in rows if row["metric"] == metric]
    assert len(found) == 4  # two halves, both ways
    return found


def test_words_of_zeros_are_counted(caplog):
    states, halves = given(np.copy)
    states[halves[0].target[-1]] = 0
    settings = SETTINGS | {"states": ["raw"]}
    search.retrieve(states, halves, ("de", "en"), settings)
    number = LINKED + OTHERS + 1
    assert caplog.messages == [f"half 0: raw states are zeros, whose cosine with all others is -1: 1 of {number} in en"]


def test_identical_words_are_all_found_and_chance_counts_all_candidates():
    rows = search.retrieve(*given(np.copy), ("de", "en"), SETTINGS)
    assert {row["task"] for row in rows} == {"word_retrieval"} and {row["seed"] for row in rows} == {0, 1}
    assert {row["examples"] for row in rows} == {LINKED}
    for row in rows:
        if row["metric"] == "p_at_1.chance":
            candidates = LINKED + OTHERS + (row["source"] == "de")
            assert (row["source"], row["target"]) in (("de", "en"), ("en", "de")) and row["value"] == 1 / candidates
        else:
            assert row["value"] == pytest.approx(1), row["metric"]
    metrics = [row["metric"] for row in rows]
    assert len(metrics) == 4 * len({*metrics}) == 4 * (4 * 4 + 2 * 4 + 1 + 1)


def test_an_offset_is_found_once_centred_and_a_rotation_once_mapped():
    offsets, rotation = 300 * draw(5, 2, WIDTH), np.linalg.qr(draw(6, WIDTH, WIDTH))[0]
    apart = {"change": lambda states: states + offsets[0], "of_source": lambda states: states + offsets[1]}
    assert max(values(metric="p_at_1.raw.cosine", **apart)) < 0.1
    for metric in ("p_at_1.centred.cosine", "p_at_1.centred.euclidean", "p_at_1.standardised.csls"):
        assert min(values(metric=metric, **apart)) > 0.95
    assert max(values(lambda states: states @ rotation, "p_at_1.centred.cosine")) < 0.1
    for metric in ("p_at_1.mapped.cosine", "mutual_p_at_1.mapped.cosine", "p_at_1.mapped.margin"):
        assert min(values(lambda states: states @ rotation, metric)) > 0.95


def test_shuffled_links_are_not_found():
    def shuffled(states):
        return states[np.random.default_rng(0).permutation(len(states))]

    for kind in SETTINGS["states"]:
        assert max(values(shuffled, f"p_at_1.{kind}.cosine")) < 0.05


def test_a_map_scored_on_its_own_links_finds_what_is_not_there():
    """With nearly as many dimensions as links, independent words are all found on the fitted half."""
    width = 190
    states = draw(0, 4 * LINKED, width)
    rows = np.arange(4 * LINKED).reshape(4, LINKED)
    halves = [Half(rows[0], rows[1], LINKED), Half(rows[2], rows[3], LINKED)]
    found = search.retrieve(states, halves, ("de", "en"), SETTINGS)
    assert max(row["value"] for row in found if row["metric"] == "p_at_1.mapped.cosine") < 0.05
    fitted = [mapping.normalise(states[words], states[words], 5)[0] for words in rows[:2]]
    wrong = retrieval.cosine(fitted[0] @ mapping.procrustes(*fitted), fitted[1])
    assert retrieval.measures(wrong)["p_at_1"] == 1.0


def test_collapsed_states_are_found_by_guessing():
    states, halves = given(np.copy)
    for row in search.retrieve(np.full_like(states, 0.1), halves, ("de", "en"), SETTINGS):
        if row["metric"].startswith("p_at_1."):
            candidates = LINKED + OTHERS + (row["source"] == "de")
            assert row["value"] == pytest.approx(1 / candidates), row["metric"]


def test_too_few_links_in_a_half_say_nothing(caplog):
    rows = search.retrieve(*given(np.copy, linked=199), ("de", "en"), SETTINGS)
    assert "a half has 199 links, fewer than 200" in caplog.text
    known = search.retrieve(*given(np.copy), ("de", "en"), SETTINGS)
    assert [(row["metric"], row["seed"]) for row in rows] == [(row["metric"], row["seed"]) for row in known]
    assert {math.isnan(row["value"]) for row in rows if row["metric"] != "p_at_1.chance"} == {True}
    assert {row["examples"] for row in rows} == {199}


def test_an_edit_of_the_retrieval_of_words_reruns_nothing_else():
    scripts = {script.stem: reached(paths.SCRIPTS, script.stem)[0] for script in paths.SCRIPTS.glob("*.py")}
    of_words = {"map_words", "map_words_of_members"}
    assert {name for name, found in scripts.items() if "geometry.words.search" in found} == of_words
    assert {name for name, found in scripts.items() if "geometry.words.translations" in found} == {"map_dictionary"}
    assert {name for name, found in scripts.items() if "features.word_states" in found} == of_words | {
        "fine_tune_stacked"
    }
    assert "geometry.retrieval" in scripts["map_words"]
