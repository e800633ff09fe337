"""Sentences that are also in the pretraining text are found where they were planted."""

import logging

import pyarrow

from polychron.checks import overlap

PAIRS = pyarrow.table(
    {
        "split": ["train", "dev", "dev", "test"],
        "premise": ["Seen in training.", "Seen once.", "Seen once.", "New."],
        "hypothesis": ["a", "b", "Un  re\u0301sume\u0301.", "d"],
        "label": ["neutral"] * 4,
    }
)
WORDS = pyarrow.table(
    {
        "split": ["test"] * 5,
        "sentence": [0, 0, 0, 1, 1],
        "form": ["Seen", "here", ".", "Not", "here"],
    }
)
BITEXT = pyarrow.table({"source": [["Both", "."], ["One", "."]], "target": [["Les", "deux", "."], ["Un", "."]]})
TEXT = {
    "fr": ["Seen in training.", "Seen once.", "Un r\u00e9sum\u00e9.", "Les deux."],
    "en": ["  Seen   here. ", "Both .", "One.", "one", "Seen once."],
}


def found(datasets, texts=TEXT):
    rows = overlap.count(datasets.items(), texts)
    return {(row.kind, row.language, row.split, row.against): (row.count, row.of) for row in rows}


def test_each_scored_sentence_is_counted_once(caplog):
    caplog.set_level(logging.WARNING, "polychron")
    given = {"inference/fr": PAIRS, "parallel/en": WORDS, "parallel/de": WORDS, "bitext/en/fr": BITEXT}
    assert found(given) == {
        ("inference", "fr", "dev", "fr"): (2, 3),
        ("inference", "fr", "test", "fr"): (0, 2),
        ("parallel", "en", "test", "en"): (1, 2),
        ("bitext", "en/fr", "", "en"): (2, 2),
        ("bitext", "en/fr", "", "fr"): (1, 2),
    }
    assert "inference/fr dev: 2 of 3 sentences are in the pretraining text of fr" in caplog.text
    assert "inference/fr test" not in caplog.text


def test_what_is_found_is_a_warning_and_names_the_first():
    (row,) = overlap.count([("parallel/en", WORDS)], TEXT)
    assert row.severity == "warning" and row.finding == overlap.NAME
    assert row.detail == "the first is 'Seenhere.'"
    (row,) = overlap.count([("parallel/en", WORDS)], {"en": ["Seen there."]})
    assert row.severity == "information" and (row.count, row.detail) == (0, "")


def test_another_language_is_no_overlap():
    assert found({"parallel/fr": WORDS}) == {("parallel", "fr", "test", "fr"): (0, 2)}
