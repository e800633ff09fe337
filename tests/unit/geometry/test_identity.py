"""Language identity where it is a mean alone, and where it is not."""

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.geometry import folds, identity
from polychron.probing import training

PARTS = folds.parts_of_ids(f"id{number}" for number in range(240))
SETTINGS = {"seeds": [0, 1], "epochs": 40, "patience": 5, "batch": 64, "learning_rate": 0.02, "scaling": "standard"}


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def found(states, parts=PARTS):
    rows = identity.identify(states, parts, training.fit, SETTINGS)
    assert {(row["task"], row["source"], row["target"]) for row in rows} == {("identity", "*", "*")}
    assert {row["examples"] for row in rows} == {len(states) * (parts == "test").sum()}
    values = {}
    for row in rows:
        values.setdefault(row["metric"], []).append(row["value"])
    return {metric: float(np.mean(each)) for metric, each in values.items()}


def test_a_language_that_is_an_offset_is_told_until_it_is_centred():
    meaning = draw(0, 240, 12)
    states = {name: meaning + 3 * draw(seed, 12) for seed, name in enumerate(("de", "en", "fr"), start=1)}
    values = found(states)
    assert values["accuracy"] > 0.99 and values["majority"] == 1 / 3
    # all three have the same states then
    assert values["accuracy.centred"] == pytest.approx(1 / 3, abs=0.03)
    assert values["language_variance"] > 0.5


def test_identity_is_not_only_a_mean():
    """Two languages of the same mean, one the other turned about it, are told by their skew, centred or not."""
    rare = (np.random.default_rng(0).random(240) < 0.1)[:, None] - 0.1
    turned = {"de": 5 * rare * np.ones(12) + 0.1 * draw(1, 240, 12)}
    turned["en"] = -turned["de"]
    states = {name: array - array.mean(0) + 7 for name, array in turned.items()}
    values = found(states)
    assert values["language_variance"] < 1e-9
    assert values["accuracy"] > 0.85 and values["accuracy.centred"] > 0.85


def test_states_without_languages_are_guessed():
    values = found({name: draw(seed, 240, 12) for seed, name in enumerate(("de", "en", "fr"))})
    assert values["accuracy"] == pytest.approx(1 / 3, abs=0.12) and values["language_variance"] < 0.05


def test_variance_is_the_share_between_means():
    states = {"de": draw(0, 30, 3), "en": draw(1, 20, 3) + 2}
    every = np.concatenate(list(states.values()))
    within = sum(((array - array.mean(0)) ** 2).sum() for array in states.values())
    expected = 1 - within / ((every - every.mean(0)) ** 2).sum()
    assert identity.variance(states) == pytest.approx(expected, abs=1e-12)
    assert np.isnan(identity.variance(dict.fromkeys(states, np.ones((4, 2)))))


def test_a_part_without_sentences_is_refused():
    with pytest.raises(InputError, match="none of the 240 sentences is in dev"):
        found({"de": draw(0, 240, 3), "en": draw(1, 240, 3)}, np.where(PARTS == "dev", "test", PARTS))
