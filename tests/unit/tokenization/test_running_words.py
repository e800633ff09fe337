"""Words of running text, and which of them are frequent."""

import math

import numpy as np
import pytest

from polychron.tokenization import running_words


def test_marks_are_taken_off_the_ends_of_words_in_any_script():
    assert running_words.split("(«Ça va?» — 3,5 % à l'heure!)") == [
        *("(", "«", "Ça", "va", "?", "»", "—", "3,5", "%", "à", "l'heure", "!", ")"),
    ]
    hindi = "यह किताब है।"
    assert running_words.split(hindi) == ["यह", "किताब", "है", "।"]  # signs of vowels are part of a word
    assert running_words.split("  ") == []
    assert [token for token in running_words.split("3,5 % of x") if running_words.is_word(token)] == ["of", "x"]


def test_types_are_counted_whatever_their_case_and_only_where_they_are_kept():
    sentences = [["The", "cat", "and", "the", "dog", "."], ["the", "Dog", "."]]
    kept = np.ones(9, bool)
    names, types = running_words.frequent(sentences, kept, 2)
    assert names == ["dog", "the"] and types.tolist() == [1, -1, -1, 1, 0, -1, 1, 0, -1]
    kept[7] = False  # beyond the window
    assert running_words.frequent(sentences, kept, 2)[0] == ["the"]
    assert running_words.frequent(sentences, kept, 4)[1].tolist() == [-1] * 9


def test_a_dictionary_of_another_language_is_reported(caplog):
    sentences = [["The", "cat", ".", "the", "dog"]]
    assert running_words.coverage({"the"}, sentences) == 0.5 and "fewer" not in caplog.text
    assert running_words.coverage({"le"}, sentences) == 0
    assert "fewer than 1% of running words are heads of the dictionary" in caplog.text
    assert math.isnan(running_words.coverage({"the"}, []))
    assert running_words.coverage({"dog"}, sentences) == pytest.approx(0.25)


def test_letters_that_are_written_by_other_characters_are_the_same_word():
    """A dictionary and a text may write é, or Hindi's letters with a dot below, in one character or in two."""
    text = [[word] for word in ("e\u0301te\u0301", "\u00c9t\u00e9", "\u0932\u0921\u093c\u0915\u093e")]
    names, types = running_words.frequent(text, np.ones(3, bool), 1)
    assert types.tolist() == [1, 1, 0] or types.tolist() == [0, 0, 1]
    heads = {running_words.folded(word) for word in ("\u00e9t\u00e9", "\u0932\u095c\u0915\u093e")}
    assert {*names} == heads and running_words.coverage(heads, text) == 1
