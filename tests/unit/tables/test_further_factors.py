"""Tables 4 and 5 with further factors: what the paper has stays as it is."""

import pyarrow
import pytest
from tabled import CODES, SIZES, check_files, related, scores, studied

from polychron.analysis.pairs import regressions
from polychron.tables import correlations, further_factors


@pytest.fixture(scope="module")
def made():
    """The paper's tables and those with further factors, by number."""
    table = scores()
    found, more = studied(table), related(table, CODES[:-1])
    return {
        number: (
            correlations.correlations(found, SIZES, number, 0.95),
            further_factors.correlations(found, SIZES, more, number, 0.95, "ar"),
        )
        for number in (4, 5)
    }


@pytest.mark.parametrize("number", [4, 5])
def test_rows_of_the_paper_stay_and_further_ones_follow_in_each_group(made, number, tmp_path):
    before, after = made[number]
    assert after.head == before.head and after.title == before.title
    names = {*correlations.FACTORS.values()}
    kept = [row for row in after.rows if row[1].text in names]
    assert len(kept) == len(before.rows) < len(after.rows)
    for mine, theirs in zip(kept, before.rows, strict=True):
        assert [cell.text for cell in mine] == [cell.text for cell in theirs]
        assert all(
            [line for line in cell.below if not line.startswith("beta")] == [*old.below]
            for cell, old in zip(mine, theirs, strict=True)
        )
    for row, old in zip(after.records, before.records, strict=False):
        assert {name: row[name] for name in old} == old
    assert [*after.caption[: len(before.caption)]] == [*before.caption]
    check_files(after, tmp_path)


def test_the_planted_factor_is_found_in_both(made):
    records = {
        number: {(row["quantity"], row["factor"]): row for row in after.records} for number, (_, after) in made.items()
    }
    # the further a language is from Arabic, the fewer pieces they share, and the better it does; transfer, the worse
    assert records[4]["best", "piece_share"]["rho"] == -1 and records[4]["best", "piece_share"]["n"] == 11
    assert records[5]["best", "piece_share"]["rho"] > 0.9 and records[5]["best", "piece_share"]["together"] == 110
    printed = {row[1].text: row[2] for row in made[4][1].rows[:8]}
    assert printed["Shared running pieces"].text == "−1.000" and printed["Shared running pieces"].strong
    assert "n = 11" in printed["Shared running pieces"].below
    assert {"Premium", "Overlap of pieces"} & {*printed} == {"Premium"}  # all use the same pieces


def test_the_caption_says_what_is_without_a_coefficient(made):
    of_languages, of_pairs = (" ".join(after.caption) for _, after in made.values())
    assert "are of the language and ar, which is like itself." in of_languages
    assert "same word order and same family (all tasks): no language has a value of it" in of_languages
    assert "same word order and same family (all tasks): no pair has a value of it" in of_pairs
    assert "over the 110 pairs of which all these are known" in of_pairs


def test_without_regressions_the_table_is_the_paper_s(made):
    before, _ = made[4]
    empty = pyarrow.Table.from_pylist([], schema=regressions.schema())
    for nothing in ([], empty):
        assert further_factors.correlations(studied(scores()), SIZES, nothing, 4, 0.95, "ar") == before
