"""Figure 27: planted differences are the bars, and what has no interval is said."""

import laboratories
import pytest
from drawn import values

from polychron.analysis.laboratory import summaries
from polychron.figures import chart
from polychron.figures.laboratory import variants

VARIANTS = ["default", "default_anchors", "apart", "alone"]
LOSSES = {"default_anchors": 0.0, "apart": 0.3, "alone": 0.6}


def draw(**told):
    table = laboratories.table(unions=("default_anchors", "apart"), **{**LOSSES, **told})
    return variants.as_bars(table, summaries.summarise(table), "default", VARIANTS)


@pytest.fixture(scope="module")
def figure():
    return draw(pairs=("a/b", "a/c"))


def bars(figure, **wanted):
    found = [row for row in values(figure) if "score" in row]
    return [row for row in found if all(row[name] == value for name, value in wanted.items())]


def test_planted_losses_are_the_bars(figure):
    default = variants.AGAINST["delta"]
    apart = bars(figure, variant="apart", states="as they are", against=default)
    assert len(apart) == 4  # two pairs, of which each has transfer and retrieval
    for row in apart:
        assert row["low"] < -30 < row["high"] < -15 and row["difference"] == pytest.approx(-30, abs=6)
    assert {row["variant"] for row in bars(figure)} == {"default_anchors", "apart", "alone"}
    plain = bars(figure, variant="default_anchors", against=default)
    assert plain and all(row["low"] < 0 < row["high"] for row in plain)


def test_a_reader_can_choose_the_default_of_the_same_vocabulary(figure):
    against = variants.AGAINST["delta_same_vocabulary"]
    assert {row["variant"] for row in bars(figure, against=against)} == {"apart"}


def test_seeds_are_dots_and_numbers_have_the_intervals(figure):
    dots = [row for row in values(figure) if "seed" in row and row["variant"] == "apart"]
    assert {row["seed"] for row in dots} == {1, 2, 3}
    row = next(
        one for one in figure.numbers if (one["pair"], one["variant"], one["states"]) == ("a/b", "apart", "centred")
    )
    assert row["against the default"].startswith("−") and "[" in row["against the default"]
    assert "[" in row["against the default of the same vocabulary"]
    figure.chart.to_dict(validate=True)
    assert "3 seeds" in figure.caption[0] and len(figure.caption) == 2
    assert chart.specification(figure)["description"].startswith(figure.title)


def test_two_seeds_have_bars_without_intervals_and_the_caption_counts_them():
    figure = draw(seeds=(1, 2))
    assert bars(figure) and all(row["low"] is None for row in bars(figure))
    assert "12 differences of 12 have no interval: there are fewer than 3 seeds." in figure.caption[-1]


def test_variants_that_lack_the_layer_of_the_default_are_named():
    low = [("a/b", "shallow", {"layer": 1}, 0.5)]
    table = laboratories.with_scores(laboratories.table(apart=0.3), low, (1, 2, 3))
    figure = variants.as_bars(table, summaries.summarise(table), "default", ["default", "apart", "shallow"])
    assert not bars(figure, variant="shallow") and "another number of layers: shallow." in figure.caption[-1]
    alone = laboratories.with_scores(laboratories.table(), low, (1, 2, 3))
    none = variants.as_bars(alone, summaries.summarise(alone), "default", ["default", "shallow"])
    assert "no other variant was measured at the highest layer" in none.caption[0]


def test_a_laboratory_of_one_variant_or_without_transfer_says_so():
    table = laboratories.table()
    intervals = summaries.summarise(table)
    assert "no variant besides default" in variants.as_bars(table, intervals, "default", ["default"]).caption[0]
    none = variants.as_bars(table, intervals, "other", ["other", "default"])
    assert "no transfer and no search of the default" in none.caption[0]
