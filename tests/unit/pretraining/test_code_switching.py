"""Words are replaced by translations: which, how many, and the same ones every time."""

import collections

import numpy as np
import pytest

from polychron.errors import InputError
from polychron.pretraining import code_switching
from polychron.pretraining.code_switching import Counts, switch

WORDS = [f"w{letter}" for letter in "abcdefghijklmnopqrst"]
SETTINGS = {"replace": 0.3, "at_most": 0.15, "block": 16, "seed": 3}


def text(lines=320, words=10, seed=1):
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, words)) for _ in range(lines)]


def dictionary(known=20):
    return code_switching.lexicon((word, word.upper() + "!") for word in WORDS[:known])


def changed(lines, found):
    """Return, for each line, the places of the words that were replaced."""
    pairs = [(old.split(), new.split()) for old, new in zip(lines, found, strict=True)]
    return [[place for place, (a, b) in enumerate(zip(*pair, strict=True)) if a != b] for pair in pairs]


def test_letters_that_are_written_by_other_characters_are_the_same_word():
    known = code_switching.lexicon([("\u092a\u0922\u093c\u0928\u093e", "read"), ("e\u0301te\u0301", "summer")])
    text = ["\u092a\u095d\u0928\u093e \u00c9T\u00c9"]  # one character for a letter and its dot, or accent
    assert list(switch(text, known, replace=1, at_most=1, block=1, seed=1)) == ["read summer"]


def test_as_many_words_are_replaced_as_the_cap_allows_in_every_block():
    lines, counts = text(), Counts()
    found = list(switch(lines, dictionary(), **SETTINGS, counts=counts))
    replaced = [
        sum(map(len, changed(lines[start : start + 16], found[start : start + 16]))) for start in range(0, 320, 16)
    ]
    assert replaced == [24] * 20  # 15% of 160; three in ten would be 48
    assert (counts.words, counts.heads, counts.replaced, len(counts.met)) == (3200, 3200, 480, 20)
    assert 880 < counts.candidates < 1040


def test_below_the_cap_every_candidate_is_replaced():
    """With 4 of 20 words known, three in ten of these are 6% of all words."""
    lines, counts = text(2000), Counts()
    found = list(switch(lines, dictionary(4), **{**SETTINGS, "block": 1000}, counts=counts))
    places = changed(lines, found)
    assert counts.candidates == counts.replaced == sum(map(len, places))
    assert counts.replaced == pytest.approx(0.06 * 20_000, rel=0.1)
    old = {line.split()[place] for line, at in zip(lines, places, strict=True) for place in at}
    assert old == set(WORDS[:4])


def test_the_choice_under_the_cap_has_no_order():
    """Early and late words of a block are replaced alike."""
    lines = text(4000)
    places = changed(lines, switch(lines, dictionary(), **SETTINGS))
    by_line = np.array([sum(map(len, places[start::16])) for start in range(16)])
    by_place = np.bincount([place for line in places for place in line])
    for counts in (by_line, by_place):
        expected = counts.mean()
        assert len(counts) in (10, 16)
        assert (((counts - expected) ** 2).sum() / expected) < 35  # chi-squared, 9 or 15 degrees of freedom


def test_draws_hang_on_the_seed_and_the_number_of_the_line():
    lines = text(64)
    found = list(switch(lines, dictionary(), **SETTINGS))
    assert found == list(switch(iter(lines), dictionary(), **SETTINGS))
    assert found != list(switch(lines, dictionary(), **{**SETTINGS, "seed": 4}))
    assert found != list(switch(lines, dictionary(), **{**SETTINGS, "seed": [3, 1]}))
    later = list(switch([*lines[:48], "other words", *lines[49:]], dictionary(), **SETTINGS))
    assert later[:48] == found[:48]  # a block knows nothing of the next


def test_weights_are_probabilities():
    known = code_switching.lexicon([("wa", "X", 3), ("WA", "Y", 1), ("wa", "Z", 0)])
    found = collections.Counter(switch(["wa"] * 4000, known, **{**SETTINGS, "replace": 1, "at_most": 1}))
    assert set(found) == {"X", "Y"}
    assert found["X"] / 4000 == pytest.approx(0.75, abs=0.03)


def test_punctuation_case_and_spaces_stay():
    known = code_switching.lexicon([("straße", "street"), ("dog", "a chien"), ("", "x"), ("cat", "chat")])
    assert known == {"strasse": {"street": 1.0}, "cat": {"chat": 1.0}}
    given = ["  «STRASSE»,\tthe   (Cat)!  dog -- 12", "don't cat's cat-like", ""]
    found = list(switch(given, known, **{**SETTINGS, "replace": 1, "at_most": 1}))
    assert found == ["  «street»,\tthe   (chat)!  dog -- 12", "don't cat's cat-like", ""]
    assert code_switching.lexicon([("a", "b")], inverse=True) == {"b": {"a": 1.0}}


def test_the_file_has_the_lines_of_the_text_and_the_log_says_what_was_done(tmp_path, caplog):
    caplog.set_level("INFO", "polychron")
    lines = text(40)
    (tmp_path / "aa.txt").write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    code_switching.write(tmp_path / "aa.txt", dictionary(), tmp_path / "new.txt", **SETTINGS)
    assert (tmp_path / "new.txt").read_text().splitlines() == list(switch(lines, dictionary(), **SETTINGS))
    assert "400 words, 400 (100.0%) are heads of the dictionary" in caplog.text
    assert "0 of 20 heads never met" in caplog.text and "is it of this language" not in caplog.text


def test_a_dictionary_of_other_words_is_reported(tmp_path, caplog):
    (tmp_path / "aa.txt").write_text("\n".join(text(40)) + "\nother\n", encoding="utf-8")
    counts = code_switching.write(tmp_path / "aa.txt", {"other": {"X": 1}}, tmp_path / "new.txt", **SETTINGS)
    assert counts.heads == 1
    assert "0.25% of the words are heads of the dictionary, fewer than 1%" in caplog.text


def test_what_cannot_be_done_is_an_input_error(tmp_path):
    (tmp_path / "aa.txt").write_text("wa\n", encoding="utf-8")
    for settings, known, message in (
        ({"replace": 0}, dictionary(), r"anchors\.replace is 0"),
        ({"at_most": 1.5}, dictionary(), r"anchors\.at_most is 1\.5"),
        ({}, {}, "no pair of single words"),
    ):
        with pytest.raises(InputError, match=message):
            code_switching.write(tmp_path / "aa.txt", known, tmp_path / "new.txt", **{**SETTINGS, **settings})
    assert not (tmp_path / "new.txt").exists()
