"""How the artificial languages are made, and what they share."""

import itertools

import pytest

from polychron.synthetic import languages
from polychron.synthetic.languages import LANGUAGES


def test_shares_of_text_sum_to_one():
    assert sum(language.text for language in LANGUAGES.values()) == pytest.approx(1)
    assert max(LANGUAGES.values(), key=lambda language: language.text).code == "qsa"


def test_relations_pair_three_languages_that_share_order_and_script():
    relations = languages.relations()
    alike = [pair for pair in itertools.combinations(relations, 2) if relations[pair[0]] == relations[pair[1]]]
    assert alike == list(itertools.combinations(("qsa", "qsb", "qsc"), 2))


def test_distances_are_symmetric_and_each_pair_is_listed_once():
    lines = [line.split("\t") for line in languages.distances().splitlines()[1:]]
    assert [(a, b) for _, a, b, _ in lines] == list(itertools.combinations(LANGUAGES, 2))
    for _, first, second, value in lines:
        assert languages.distance(first, second) == languages.distance(second, first)
        assert float(value) == pytest.approx(languages.distance(first, second), abs=5e-5)
