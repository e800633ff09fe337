"""What retrieval by a dictionary must say of vectors of which the answer is known."""

import math

import numpy as np
import pytest

from polychron.geometry import retrieval
from polychron.geometry.words import translations

NUMBER, WIDTH = 200, 12
SOURCE, TARGET = ([f"{side}{number}" for number in range(NUMBER)] for side in ("s", "t"))
PAIRS = [*zip(SOURCE, TARGET, strict=True)]
SETTINGS = {
    "states": ["raw", "centred", "standardised", "mapped"],
    "scores": ["cosine", "csls", "margin"],
    "csls": 10,
    "margin": 4,
    "normalise": 5,
}


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def found(source, target, pairs=PAIRS):
    rows = translations.retrieve(source, target, translations.divide(pairs, SOURCE, TARGET), SETTINGS)
    assert len(rows) == len({row["metric"] for row in rows})
    return {row["metric"]: row["value"] for row in rows}


def test_no_head_is_both_fitted_on_and_searched():
    pairs = [*PAIRS, *((head, TARGET[(place + 7) % NUMBER]) for place, head in enumerate(SOURCE[:90]))]
    pairs += [("unknown", "t0"), ("s0", "unknown"), PAIRS[0]]
    parts = translations.divide(pairs, SOURCE, TARGET)
    assert not {*parts.heads} & {*parts.fit[:, 0]}
    assert parts.right.sum() + len(parts.fit) == 290
    assert 0.28 * 290 < parts.right.sum() <= 0.3 * 290
    for head, right in zip(parts.heads, parts.right, strict=True):
        assert set(np.flatnonzero(right)) == {head, *([(head + 7) % NUMBER] if head < 90 else [])}
    assert {*map(tuple, parts.fit.tolist())} <= {(SOURCE.index(head), TARGET.index(word)) for head, word in pairs[:290]}
    # the order of the pairs in the file makes no difference to which heads are searched
    again = translations.divide(pairs[::-1], SOURCE, TARGET)
    assert again.heads.tolist() == parts.heads.tolist()


def test_no_more_than_5000_pairs_are_fitted_on_and_1500_searched():
    words = [f"w{number}" for number in range(8000)]
    parts = translations.divide([(word, word) for word in words], words, words)
    assert len(parts.fit) == 5000 and len(parts.heads) == 1500


def test_identical_vectors_are_all_found():
    vectors = draw(0, NUMBER, WIDTH)
    values = found(vectors, vectors.copy())
    assert values.pop("p_at_1.chance") == 1 / NUMBER
    assert len(values) == 4 * 5 + 1 and {round(value, 12) for value in values.values()} == {1.0}


def test_an_offset_is_found_once_centred_and_a_rotation_once_mapped():
    vectors, rotation = draw(0, NUMBER, WIDTH), np.linalg.qr(draw(1, WIDTH, WIDTH))[0]
    values = found(vectors + 300 * draw(2, WIDTH), vectors + 300 * draw(3, WIDTH))
    assert values["p_at_1.raw.cosine"] < 0.1
    assert min(values[f"p_at_1.{kind}"] for kind in ("centred.cosine", "centred.euclidean", "standardised.csls")) > 0.95
    values = found(vectors, vectors @ rotation)
    assert values["p_at_1.centred.cosine"] < 0.1 and values["p_at_1.mapped.csls"] > 0.95


def test_independent_vectors_are_not_found_on_heads_that_no_map_was_fitted_on():
    """The control: with as many dimensions as pairs, a map finds all that it was fitted on."""
    width = 150
    source, target = draw(0, NUMBER, width), draw(1, NUMBER, width)
    assert found(source, target)["p_at_1.mapped.cosine"] < 0.1
    parts = translations.divide(PAIRS, SOURCE, TARGET)
    wrong = translations.Parts(parts.fit, parts.fit[:, 0], np.eye(NUMBER, dtype=bool)[parts.fit[:, 0]])
    rows = translations.retrieve(source, target, wrong, SETTINGS)
    assert next(row["value"] for row in rows if row["metric"] == "p_at_1.mapped.cosine") > 0.95


def test_collapsed_vectors_are_found_by_guessing_among_several_right_ones():
    pairs = [*PAIRS, *zip(SOURCE, np.roll(TARGET, 1).tolist(), strict=True)]
    values = found(np.ones((NUMBER, WIDTH)), np.ones((NUMBER, WIDTH)), pairs)
    assert values["p_at_1.chance"] == pytest.approx(2 / NUMBER)
    for metric in ("p_at_1.raw.cosine", "p_at_1.centred.csls", "p_at_1.mapped.margin"):
        assert values[metric] == pytest.approx(2 / NUMBER), metric


def test_with_one_translation_each_measures_are_those_of_sentences():
    scores = draw(0, 40, 40).round(1)  # with ties
    right = np.eye(40, dtype=bool)
    np.testing.assert_array_equal(translations.first_right(scores, right), retrieval.first_right(scores))
    np.testing.assert_array_equal(translations.rank_of_first(scores, right), retrieval.ranks(scores))


def test_any_of_several_translations_counts():
    scores, right = np.array([[0.9, 0.8, 0.1], [0.5, 0.5, 0.1]]), np.array([[0, 1, 1], [1, 0, 1]], bool)
    assert translations.first_right(scores, right).tolist() == [0, 0.5]
    assert translations.rank_of_first(scores, right).tolist() == [2, 1.5]


def test_too_few_pairs_say_nothing(caplog):
    values = found(draw(0, NUMBER, WIDTH), draw(1, NUMBER, WIDTH), PAIRS[:60])
    assert "18 heads and 42 pairs to fit a map on, of which 20 are needed" in caplog.text
    assert values.pop("p_at_1.chance") == 1 / NUMBER
    assert len(values) == 21 and all(map(math.isnan, values.values()))


def test_vectors_of_zeros_are_counted_and_found_nowhere(caplog):
    vectors = draw(0, NUMBER, WIDTH)
    source = vectors.copy()
    searched = translations.divide(PAIRS, SOURCE, TARGET).heads
    source[searched[:7]] = 0
    values = found(source, vectors)
    assert values["p_at_1.raw.cosine"] == pytest.approx((len(searched) - 7 + 7 / NUMBER) / len(searched))
    messages = [record.message for record in caplog.records if record.levelname == "WARNING"]
    assert messages == [f"raw vectors are zeros, whose cosine with all others is -1: 7 of {NUMBER} source types"]
    caplog.clear()
    found(vectors, vectors)
    assert not [record for record in caplog.records if record.levelname == "WARNING"]


def test_backwards_a_dictionary_is_searched_with_heads_and_a_map_of_its_own():
    vectors, rotation = draw(0, NUMBER, WIDTH), np.linalg.qr(draw(1, WIDTH, WIDTH))[0]
    sides, names = (vectors, vectors @ rotation), (SOURCE, TARGET)
    # a word of the target that two words of the source have
    pairs = [*PAIRS[:-1], (SOURCE[-1], TARGET[0])]
    assert translations.directions(pairs, False) == [(0, 1, pairs)]
    ways = translations.directions(pairs, True)
    assert ways[0] == (0, 1, pairs) and ways[1][:2] == (1, 0)
    for source, target, turned in ways:
        parts = translations.divide(turned, names[source], names[target])
        rows = translations.retrieve(sides[source], sides[target], parts, SETTINGS)
        values = {row["metric"]: row["value"] for row in rows}
        assert values["p_at_1.centred.cosine"] < 0.1 and values["p_at_1.mapped.csls"] > 0.95
        heads = {names[source][head] for head in parts.heads}
        assert heads and not heads & {names[source][head] for head in parts.fit[:, 0]}
    both = [word for head, word in ways[1][2] if head == TARGET[0]]
    assert both == [SOURCE[0], SOURCE[-1]]
