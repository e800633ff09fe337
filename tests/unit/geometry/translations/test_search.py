"""Translations of pairs of sentences: planted offsets and rotations are found, shuffled rows are not."""

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.geometry import folds
from polychron.geometry.translations import search

NUMBER, WIDTH = 240, 12
SETTINGS = {
    "states": ["raw", "centred", "mapped"],
    "scores": ["cosine", "csls", "margin"],
    **{"csls": 10, "margin": 4, "normalise": 5},
}
IDS = [f"{row:05d}" for row in range(NUMBER)]


def found(change, whole=None, layers=(0, 1)):
    """Search two layers: copies at layer 0, and at layer 1 targets that are changed."""
    random = np.random.default_rng(0)
    source = random.normal(size=(NUMBER, WIDTH)) + 20 * np.eye(WIDTH)[0]
    states = np.stack([np.vstack([source, source]), np.vstack([source, change(source, random)])])
    states = states.astype(np.float16)  # as they are pooled
    whole = np.ones(2 * NUMBER, bool) if whole is None else whole
    rows = search.retrieve(states, whole, IDS, ("fr", "en"), layers, SETTINGS)
    assert {(row["source"], row["target"]) for row in rows} == {("fr", "en"), ("en", "fr")}
    assert {row["task"] for row in rows} == {"retrieval"}

    def value(metric, layer):
        return np.mean([row["value"] for row in rows if (row["metric"], row["layer"]) == (metric, layer)])

    return rows, value


def test_an_offset_of_a_language_is_taken_out_by_its_mean():
    rows, value = found(lambda source, random: source + 0.01 * random.normal(size=source.shape) - 40 * np.eye(WIDTH)[1])
    assert all(value(f"p_at_1.{kind}.cosine", 0) == 1 for kind in ("raw", "centred"))
    assert value("p_at_1.raw.cosine", 1) < 0.1 and value("p_at_1.centred.cosine", 1) > 0.99
    assert value("p_at_1.centred.csls", 1) > 0.99 and value("p_at_1.centred.margin", 1) > 0.99
    halves = np.bincount(folds.of_ids(IDS))
    assert {(row["seed"], row["examples"]) for row in rows} == {(half, halves[half]) for half in (0, 1)}


def test_a_rotation_is_found_on_the_other_half():
    rotation = np.linalg.qr(np.random.default_rng(1).normal(size=(WIDTH, WIDTH)))[0]
    _, value = found(lambda source, random: source @ rotation)
    assert value("p_at_1.centred.cosine", 1) < 0.2 and value("p_at_1.mapped.cosine", 1) > 0.99


def test_control_shuffled_targets_are_not_found():
    _, value = found(lambda source, random: source[random.permutation(NUMBER)])
    chance = value("p_at_1.chance", 1)
    assert chance == pytest.approx(2 / NUMBER, rel=0.1)
    assert all(value(f"p_at_1.{kind}.cosine", 1) < 0.05 for kind in SETTINGS["states"])


def test_a_pair_is_left_out_where_either_side_is_cut_and_few_pairs_are_refused():
    whole = np.ones(2 * NUMBER, bool)
    whole[3] = whole[NUMBER + 4] = False

    def spoilt(source, random):
        changed = source.copy()
        changed[[3, 4]] = 1000
        return changed

    rows, value = found(spoilt, whole, layers=(1,))
    assert {row["layer"] for row in rows} == {1} and value("p_at_1.raw.cosine", 1) == 1
    assert sum({row["seed"]: row["examples"] for row in rows}.values()) == NUMBER - 2
    whole[:150] = False
    with pytest.raises(InputError, match=r"100 pairs of sentences; there are 90 in fr/en \(240 in its files, 150"):
        found(spoilt, whole)
