"""What retrieval must say of states of which the answer is known."""

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.geometry import folds, mapping, pool, retrieval, search

NUMBER, WIDTH = 400, 24
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


def values(states, metric, settings=SETTINGS, **place):
    rows = search.retrieve(states, FOLD, settings)
    found = [row for row in rows if row["metric"] == metric and all(row[key] == value for key, value in place.items())]
    assert found, metric
    return [row["value"] for row in found]


def test_identical_states_are_all_found():
    states = draw(0, NUMBER, WIDTH)
    rows = search.retrieve({"de": states, "en": states.copy()}, FOLD, SETTINGS)
    assert {row["task"] for row in rows} == {"retrieval", "mixed_pool", "mining"}
    assert {(row["source"], row["target"]) for row in rows if row["task"] == "retrieval"} == {
        ("de", "en"),
        ("en", "de"),
    }
    assert {row["seed"] for row in rows} == {0, 1}
    assert {row["examples"] for row in rows} == {int((FOLD == 0).sum()), int((FOLD == 1).sum())}
    for row in rows:
        if row["metric"] == "p_at_1.chance":
            assert row["value"] == 1 / row["examples"]
        elif row["metric"] == "mining_f1":
            assert row["value"] > 0.9
        elif row["metric"].startswith("top_language"):
            assert row["value"] == 1  # there is one other language
        else:
            assert row["value"] == pytest.approx(1), row["metric"]


def test_a_language_with_an_offset_is_found_once_it_is_centred():
    states = draw(0, NUMBER, WIDTH)
    given = {"de": states + 300 * draw(1, WIDTH), "en": states + 300 * draw(2, WIDTH)}
    assert max(values(given, "p_at_1.raw.cosine")) < 0.1
    for metric in ("p_at_1.centred.cosine", "p_at_1.standardised.cosine", "p_at_1.centred.euclidean"):
        assert min(values(given, metric)) == 1
    assert min(values(given, "map_at_20.centred")) == 1


def test_a_rotated_language_is_found_on_the_half_that_the_map_was_not_fitted_on():
    states, rotation = draw(0, NUMBER, WIDTH), np.linalg.qr(draw(1, WIDTH, WIDTH))[0]
    given = {"de": states, "en": states @ rotation + 0.05 * draw(2, NUMBER, WIDTH)}
    assert max(values(given, "p_at_1.centred.cosine")) < 0.05
    assert min(values(given, "p_at_1.mapped.cosine")) == 1


def test_a_map_scored_on_its_own_fit_finds_what_is_not_there():
    """With nearly as many dimensions as sentences, independent states are all found on the fitted half."""
    number, width = 300, 280
    fold = folds.of_ids(map(str, range(number)))
    states = {"de": draw(0, number, width), "en": draw(1, number, width)}
    rows = search.retrieve(states, fold, SETTINGS | {"pool": False, "mining": False})
    found = [row["value"] for row in rows if row["metric"] == "p_at_1.mapped.cosine"]
    assert max(found) < 0.05
    fitted = [mapping.normalise(states[name][fold == 0], states[name][fold == 0], 5)[0] for name in ("de", "en")]
    wrong = retrieval.cosine(fitted[0] @ mapping.procrustes(*fitted), fitted[1])
    assert retrieval.measures(wrong)["p_at_1"] == 1.0


def test_shuffled_sentences_are_not_found():
    states = draw(0, NUMBER, WIDTH)
    given = {"de": states, "en": states[np.random.default_rng(1).permutation(NUMBER)]}
    for kind in ("raw", "centred", "standardised", "mapped"):
        assert max(values(given, f"p_at_1.{kind}.cosine")) < 0.05


def test_collapsed_states_are_found_by_guessing():
    given = dict.fromkeys(("de", "en"), np.full((NUMBER, WIDTH), 0.1))
    for half in (0, 1):
        guess = 1 / (half == FOLD).sum()
        for metric in ("p_at_1.raw.cosine", "p_at_1.centred.cosine", "p_at_1.standardised.csls", "p_at_1.mapped.csls"):
            assert values(given, metric, seed=half) == pytest.approx([guess] * 2)


def test_states_of_zeros_are_counted(caplog):
    given = {"de": draw(0, NUMBER, 4), "en": draw(1, NUMBER, 4)}
    search.retrieve(given, FOLD, SETTINGS)
    assert "zeros" not in caplog.text
    given["en"][np.flatnonzero(FOLD == 1)[:3]] = 0
    search.retrieve(given, FOLD, SETTINGS)
    # a centred or mapped state of zeros is minus the mean
    assert caplog.messages == [
        f"half 1: raw states are zeros, whose cosine with all others is -1: 3 of {int((FOLD == 1).sum())} in en"
    ]
    caplog.clear()
    search.retrieve(dict.fromkeys(given, np.ones((NUMBER, 4))), FOLD, SETTINGS)
    assert [message.split(" states")[0] for message in caplog.messages] == [
        f"half {half}: {kind}" for half in (0, 1) for kind in ("centred", "standardised", "mapped")
    ]


def test_what_is_not_asked_for_is_not_measured():
    given = {"de": draw(0, NUMBER, 4), "en": draw(1, NUMBER, 4)}
    settings = SETTINGS | {"states": ["raw"], "scores": ["cosine"], "pool": False, "mining": False}
    metrics = {row["metric"] for row in search.retrieve(given, FOLD, settings)}
    assert metrics == {
        *(f"{name}.raw.cosine" for name in ("p_at_1", "p_at_5", "mrr", "mutual_p_at_1")),
        "p_at_1.chance",
    }


def test_an_empty_half_is_refused():
    with pytest.raises(InputError, match="half 0 of the 10 sentences is empty"):
        search.retrieve({"de": np.ones((10, 2)), "en": np.ones((10, 2))}, np.ones(10, np.int8), SETTINGS)


def test_queries_in_blocks_find_the_same(monkeypatch):
    states = {name: np.random.default_rng(seed).normal(size=(90, 5)) for seed, name in enumerate(("de", "en", "fr"))}
    states["fr"] = states["de"] + 0.3 * states["fr"]
    whole = pool.search(states)
    monkeypatch.setattr(pool, "BLOCK", 32)
    assert pool.search(states) == whole and 0.1 < whole["de"]["map_at_20"] < 1
