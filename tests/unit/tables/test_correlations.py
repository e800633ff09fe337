"""Tables 4 and 5: stars, dashes, and why there is no coefficient."""

import pyarrow
from tabled import SIZES, scores, studied

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
