"""Table 10: scores of variants, two differences, anchors and shared parameters."""

import laboratories
import pytest

from polychron.analysis.laboratory import summaries
from polychron.reporting import tables
from polychron.tables import ablation

VARIANTS = ["default", "no_anchors", "default_anchors", "apart", "wide", "alone"]
LOSSES = {"no_anchors": 0.0, "default_anchors": 0.1, "apart": 0.4, "wide": -0.05, "alone": 0.6}


def write(**told):
    table = laboratories.table(unions=("default_anchors", "apart"), joint=("wide",), **LOSSES, **told)
    return ablation.by_variant(table, summaries.summarise(table), "default", VARIANTS)


@pytest.fixture(scope="module")
def table():
    return write(pairs=("a/b", "a/c"))


def test_rows_are_the_variants_of_each_pair(table):
    assert [row[1].text for row in table.rows] == VARIANTS * 2
    assert [row[0].text for row in table.rows[::6]] == ["a → b", "a → c"] and table.rows[1][0].text == ""
    assert table.head[4:] == ["POS tagging (%)", "Sentences found, centred (%)"] and table.number == 10


def test_both_differences_are_below_a_score(table):
    rows = {row[1].text: row for row in table.rows[:6]}
    apart = rows["apart"][4]
    assert apart.strong and len(apart.below) == 2
    assert apart.below[0].startswith("Δ −") and apart.below[1].startswith("Δ′ −")
    first, second = (float(line.split()[1].replace("−", "-")) for line in apart.below)
    assert first == pytest.approx(-40, abs=6) and second == pytest.approx(-30, abs=6)
    # one reference for both: one line
    assert len(rows["wide"][4].below) == 1 and rows["wide"][4].below[0].startswith("Δ, Δ′ ")
    assert rows["default"][4].below == [] and not rows["no_anchors"][4].strong


def test_anchors_and_parameters_are_shares(table):
    rows = {row[1].text: [(cell.text, *cell.below) for cell in row[2:4]] for row in table.rows[:6]}
    assert rows["default"] == [("30.0", "40.0 of pieces"), ("100.0", "80 of 80")]
    assert rows["no_anchors"][0] == ("0.0", "0.0 of pieces")
    assert rows["apart"][1] == ("25.0", "20 of 80") and rows["alone"] == [("–",), ("0.0", "0 of 80")]


def test_the_numbers_are_those_of_the_intervals(table):
    found = [row for row in table.records if row.get("states") == "centred" and row["variant"] == "apart"]
    assert len(found) == 4 and all(row["delta_low"] < row["delta"] < row["delta_high"] < 0 for row in found)
    assert all(row["value_seeds"] == row["models"] == 3 for row in found)
    assert "anchor_types" in tables.plain(table.records)
    assert "differences, centred ones among them" in table.caption[1]
    assert not set("{}") & set(" ".join(table.caption))


def test_two_seeds_have_no_interval_and_nothing_is_bold():
    table = write(seeds=(1, 2))
    assert not any(cell.strong for row in table.rows for cell in row)
    assert all("[" not in line for row in table.rows for cell in row for line in cell.below)
    assert "20 differences of 20 have no interval" in table.caption[-1]


def test_a_laboratory_without_transfer_says_so():
    none = ablation.by_variant(laboratories.table(), summaries.summarise(laboratories.table()), "other", ["other"])
    assert none.number == 10 and "no transfer and no search" in none.caption[0]
