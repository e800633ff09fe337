import math

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.geometry import comparison

SETTINGS = {
    "similarity": ["cka_debiased", "cka", "pwcca", "svcca", "neuron_correlation", "shared_neighbours"],
    "permutations": 19,
    "seed": 0,
    "variance": 0.99,
    "components": 20,
    "neighbours": 5,
}


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def by_metric(rows, source, target):
    return {row["metric"]: row["value"] for row in rows if (row["source"], row["target"]) == (source, target)}


def test_rows_of_known_states():
    states = draw(0, 120, 8)
    given = {"de": states, "en": states.copy(), "fr": draw(1, 120, 8), "is": np.ones((120, 8))}
    rows = comparison.compare(given, {name: draw(5, 120, 8) for name in given}, SETTINGS)
    assert {row["task"] for row in rows} == {"similarity"} and {row["examples"] for row in rows} == {120}
    pairs = {(row["source"], row["target"]) for row in rows}
    assert pairs == {("de", "en"), ("de", "fr"), ("de", "is"), ("en", "fr"), ("en", "is"), ("fr", "is")}
    same, other, none = (by_metric(rows, "de", name) for name in ("en", "fr", "is"))
    for metric in SETTINGS["similarity"]:
        assert same[metric] == pytest.approx(1, abs=1e-9) and other[metric] < 0.5 and math.isnan(none[metric])
    assert same["cka_debiased_p"] == 0.05 and same["cka_calibrated"] == pytest.approx(1)
    assert abs(same["cka_random"]) < 0.1 and same["shared_neighbours_chance"] == 5 / 119


def test_what_is_not_asked_for_is_not_measured():
    given = {"de": draw(0, 50, 4), "en": draw(1, 50, 4)}
    rows = comparison.compare(given, None, SETTINGS | {"similarity": ["cka"]})
    assert [row["metric"] for row in rows] == ["cka"]
    rows = comparison.compare(given, None, SETTINGS | {"similarity": ["cka_debiased"], "permutations": 0})
    assert [row["metric"] for row in rows] == ["cka_debiased"]


def test_too_few_sentences():
    given = {"de": draw(0, 3, 4), "en": draw(1, 3, 4)}
    with pytest.raises(InputError, match="similarity needs 4 sentences; there are 3"):
        comparison.compare(given, None, SETTINGS | {"similarity": ["cka"]})
    given = {name: draw(0, 5, 4) for name in given}
    with pytest.raises(InputError, match="5 neighbours of each of 5 sentences"):
        comparison.compare(given, None, SETTINGS)


def test_the_same_states_give_the_same_bytes():
    given = {"de": draw(0, 50, 4), "en": draw(1, 50, 4)}
    assert comparison.compare(given, given, SETTINGS) == comparison.compare(dict(given), given, SETTINGS)


def test_directions_for_fewer_than_two_sentences_each_are_refused():
    given = {"de": draw(0, 120, 90), "en": draw(1, 120, 90)}
    message = r"geometry\.components is 61, and there are 120 sentences.*Next: lower geometry\.components to 60"
    for measure in ("svcca", "pwcca"):
        with pytest.raises(InputError, match=message):
            comparison.compare(given, None, SETTINGS | {"similarity": [measure], "components": 61})
    (row,) = comparison.compare(given, None, SETTINGS | {"similarity": ["svcca"], "components": 60})
    assert math.isfinite(row["value"])
    rows = comparison.compare(given, None, SETTINGS | {"similarity": ["cka"], "components": 61})
    assert [row["metric"] for row in rows] == ["cka"]
