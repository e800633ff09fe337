"""Tables 4 and 5: stars, dashes, and why there is no coefficient."""

import pyarrow
from tabled import SIZES, facts, scores, studied

from polychron.data import languages
from polychron.tables import correlations


def test_tables_4_and_5_print_stars_and_dashes(made):
    printed = {(row[1].text, place): row for place, row in enumerate(made[3].rows)}
    assert made[3].head[2] == "POS tagging (n = 12)"
    assert printed["Pretraining data", 0][2].text == "1.000**" and printed["Pretraining data", 0][2].strong
    assert made[4].head[2] == "POS tagging (n = 132)"
    assert any("p <0.001" in line or "p 0.005" in line for line in made[4].rows[3][2].below)


def test_what_keeps_coefficients_from_being_is_said_once():
    notes = ["onset is the same everywhere; task data is the same everywhere", "onset is the same everywhere"]
    rows = [row | {"rho": None, "note": note} for row, note in zip(studied(scores()).to_pylist(), notes, strict=False)]
    said = correlations.correlations(pyarrow.Table.from_pylist(rows), SIZES, 4, 0.95).caption[-1]
    assert said == (
        "2 of 2 have no coefficient (–): onset is the same everywhere (POS tagging); "
        "task data is the same everywhere (POS tagging)."
    )


def test_the_caption_counts_different_tests(made):
    of_languages, of_pairs = (" ".join(made[place].caption) for place in (3, 4))
    assert "the 4 different tests among the 12 coefficients of the table" in of_languages
    assert "Of them 4 have a star, 4 have p < 0.05, and 4 are bold." in of_languages
    assert "src. pretraining data and trg. pretraining data and task data: asymmetry (POS tagging)" in of_pairs
    only = facts(examples={}, distances=languages.Distances({}))
    single = correlations.correlations(studied(scores(transfer=False), only), SIZES, 4, 0.95)
    assert "different" not in " ".join(single.caption) and "adjusted for the 4 coefficients" in single.caption[1]
