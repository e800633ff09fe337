"""What captions say of words: which are searched, on how many a value rests, and what is left out."""

import math

import pyarrow

from polychron.figures.geometry import word_searches
from polychron.storage.scores import score_schema

METRIC = "p_at_1.centred.cosine"


def row(source, target, metric, value, examples, split="bitext", seed=0):
    place = {"model": "m", "step": 9, "layer": 1, "task": "word_retrieval", "split": split, "seed": seed}
    return place | {"source": source, "target": target, "metric": metric, "value": value, "examples": examples}


def said(*rows):
    table = pyarrow.Table.from_pylist([*rows], schema=score_schema())
    return " ".join(word_searches.said(table, METRIC))


def test_links_chance_and_pairs_without_numbers_are_said():
    caption = said(
        *(row("en", "cs", METRIC, 0.5, 1_900 + half, seed=half) for half in (0, 1)),
        *(row("en", "cs", "p_at_1.chance", 0.002, 1_900, seed=half) for half in (0, 1)),
        *(row("en", "hi", METRIC, math.nan, 90, seed=half) for half in (0, 1)),
        row("en", "hi", "p_at_1.chance", 0.01, 90),
        row("en", "cs", "excluded_pairs", 1_000.0, 1_500),
        row("en", "fr", METRIC, 0.1, 300, split="dictionary"),
    )
    assert "words in context, by gold links; a value rests on 1,900 to 1,901 links" in caption
    assert "guessing finds 0.20% to 1.00%" in caption
    assert "Not shown: word types, by dictionaries." in caption
    assert "Left out: 2 values of 4 that are no numbers, where a half has too few links: en → hi." in caption
    assert "Sentence pairs beyond the limit, whose words are not searched: 1,000 of 1,500 of en–cs." in caption


def test_dictionaries_alone_and_nothing():
    caption = said(row("en", "fr", METRIC, 0.1, 300, split="dictionary"))
    assert caption == "P@1 of words: of word types, by dictionaries; a value rests on 300 source words."
    assert said(row("en", "cs", METRIC, 0.5, 10) | {"task": "retrieval"}) == ""
