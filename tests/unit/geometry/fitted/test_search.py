"""What retrieval with maps of another set must say of states of which the answer is known."""

import numpy as np

from polychron.geometry import folds, search
from polychron.geometry.fitted import search as fitted

NUMBER, OTHERS, WIDTH = 300, 500, 24
FOLD = folds.of_ids(f"id{number}" for number in range(NUMBER))
SETTINGS = {
    "states": ["raw", "centred", "standardised", "mapped"],
    "scores": ["cosine", "csls", "margin"],
    "csls": 10,
    "margin": 4,
    "normalise": 5,
    "pool": True,
    "mining": True,
}


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


ROTATION = np.linalg.qr(draw(1, WIDTH, WIDTH))[0]
OFFSETS = {"de": 300 * draw(2, WIDTH), "en": 300 * draw(3, WIDTH)}


def languages(seed, number, turned=ROTATION, offsets=OFFSETS):
    """Return states of which one language is the other, rotated, with noise and an offset of its own."""
    states = draw(seed, number, WIDTH)
    noisy = states @ turned + 0.05 * draw(seed + 1, number, WIDTH)
    return {"de": states + offsets["de"], "en": noisy + offsets["en"]}


def found(states, fit, metric):
    rows = fitted.retrieve(states, FOLD, fit, SETTINGS)
    values = [row["value"] for row in rows if row["metric"] == metric]
    assert len(values) == 4 or metric.startswith("map_at")
    return values


def test_a_rotation_with_noise_is_found_by_the_map_of_another_set_and_not_by_that_of_an_unrelated_one():
    states, other = languages(10, NUMBER), languages(20, OTHERS)
    assert max(found(states, other, "p_at_1.centred.cosine")) < 0.05
    assert min(found(states, other, "p_at_1.mapped.cosine")) == 1
    unrelated = other | {"en": draw(30, OTHERS, WIDTH) + OFFSETS["en"]}
    assert max(found(states, unrelated, "p_at_1.mapped.cosine")) < 0.05
    shuffled = other | {"en": other["en"][np.random.default_rng(0).permutation(OTHERS)]}
    assert max(found(states, shuffled, "p_at_1.mapped.cosine")) < 0.05


def test_an_offset_is_taken_away_by_the_means_of_another_set_and_not_by_those_of_an_unrelated_one():
    states, other = (languages(seed, number, np.eye(WIDTH)) for seed, number in ((10, NUMBER), (20, OTHERS)))
    metrics = ("p_at_1.centred.cosine", "p_at_1.standardised.csls", "map_at_20.centred")
    for metric in metrics:
        assert min(found(states, other, metric)) > 0.98
    elsewhere = {"de": 300 * draw(4, WIDTH), "en": 300 * draw(5, WIDTH)}
    unrelated = languages(20, OTHERS, np.eye(WIDTH), elsewhere)
    for metric in metrics:
        assert max(found(states, unrelated, metric)) < 0.1


def test_with_the_other_half_as_the_set_that_is_learnt_on_all_is_as_without():
    states = languages(10, NUMBER) | {"fr": draw(40, NUMBER, WIDTH)}
    plain = search.retrieve(states, FOLD, SETTINGS)
    for test in range(folds.FOLDS):
        fit = {name: array[test != FOLD] for name, array in states.items()}
        rows = [row for row in fitted.retrieve(states, FOLD, fit, SETTINGS) if row["seed"] == test]
        alone = [row for row in plain if row["seed"] == test and row["task"] != "mining"]
        assert [row for row in rows if row["task"] != "mining"] == alone


def test_raw_states_and_guessing_do_not_depend_on_what_is_learnt_on():
    states = languages(10, NUMBER)

    def raw(rows):
        return [row for row in rows if ".raw" in row["metric"] or row["metric"] in ("p_at_1.chance", "mining_f1")]

    rows = raw(fitted.retrieve(states, FOLD, languages(20, OTHERS), SETTINGS))
    plain = raw(search.retrieve(states, FOLD, SETTINGS))
    tuned = [row for row in plain if row["task"] != "mining"]
    assert [row for row in rows if row["task"] != "mining"] == tuned and len(tuned) > 20


def test_states_that_are_not_asked_for_are_not_searched():
    rows = fitted.retrieve(languages(10, NUMBER), FOLD, languages(20, OTHERS), SETTINGS | {"states": ["mapped"]})
    assert {row["metric"].split(".")[1] for row in rows if row["task"] == "retrieval"} == {"mapped"}
