"""Bits per character of too few masked pieces are marked, counted, and compared with nothing."""

import planted
import pyarrow
import pytest
from drawn import few as traced
from drawn import svg
from tabled import CODES, SETTINGS, SIZES, facts, shared

from polychron.analysis import bits, chance, factors, trajectories, uncertainty
from polychron.analysis.pairs import references, regressions
from polychron.audit import measurement
from polychron.figures import best_scores, bits_per_character
from polychron.stats.correlation import spearman
from polychron.tables import correlations, dynamics, final_scores

STEPS = [10, 20, 30]
LEVELS = [1.0 + 0.05 * place for place in range(len(CODES) - 1)] + [0.2]
"""Bits rise with the size of a language, except in the last one."""


def rows(pieces, seeds=(None,), metric="bits_per_character", layer=2):
    return [
        row
        for code, level, number in zip(CODES, LEVELS, pieces, strict=True)
        for row in planted.rows(
            [3.0, 2.0, level], task="bits", source=code, target=code, split="heldout", metric=metric, steps=STEPS,
            seeds=seeds, examples=number, layer=layer,
        )
    ]  # fmt: skip


def of(pieces, **more):
    table = planted.table(rows(pieces, **more))
    return table, trajectories.study(table, [0.95], "minmax"), uncertainty.study(table, [0.95])


FEW = [500] * (len(CODES) - 1) + [bits.FEWEST - 1]
ENOUGH = [500] * (len(CODES) - 1) + [bits.FEWEST]


def test_a_language_with_one_piece_too_few_is_found():
    assert bits.few(of(FEW)[1]) == {"ru": 199} and bits.few(of(ENOUGH)[1]) == {}


def test_it_is_in_no_correlation():
    cells = {}
    for name, pieces in (("few", FEW), ("enough", ENOUGH)):
        _, curves, spread = of(pieces)
        found = factors.study(curves, spread, facts(), **SETTINGS)
        cells[name] = {(row["quantity"], row["factor"]): row for row in found.to_pylist()}
        said = " ".join(correlations.correlations(found, SIZES, 4, 0.95).caption)
        assert ("Bits per character: 1 language has fewer than 200 masked pieces (ru 199)" in said) is (name == "few")
    place = ("best", "pretraining_size")
    assert (cells["few"][place]["rho"], cells["few"][place]["n"]) == (1.0, 11)
    expected = spearman([*range(len(CODES))], LEVELS)[0]
    assert cells["enough"][place]["n"] == 12 and cells["enough"][place]["rho"] == pytest.approx(expected)
    assert expected < 0.6 and cells["enough"][place]["note"] is None


@pytest.mark.parametrize("layer", [0, 5])
def test_they_are_in_the_tables_of_a_study_that_probes_another_layer(layer):
    """Of a model whose last layer is not probed, and of scores that others have at layer 0."""
    made = []
    for at in (2, layer):
        table = planted.table(rows(ENOUGH, layer=at))
        curves, spread = trajectories.study(table, [0.95], "minmax"), uncertainty.study(table, [0.95])
        spread = pyarrow.concat_tables([spread, chance.study(table, [0.95])])
        final = final_scores.final(["m"], [table], [curves], 2)
        when = dynamics.dynamics(curves, spread, 2, 0.95)
        correlated = factors.study(curves, spread, facts(), **SETTINGS)
        explained = references.study(curves, spread, shared(CODES), facts(), **SETTINGS)
        made.append([final.rows, when.rows, correlated, regressions.tabulate("m", [*explained])])
    assert [len(part) for part in made[0][:2]] == [1, 1] and made[0][0][0][2].text == "12"
    assert made[0][2].num_rows and made[0][3].num_rows
    assert made[1] == made[0]


def test_of_several_layers_the_last_is_taken():
    lower = [row | {"value": row["value"] + 1} for row in rows(ENOUGH, layer=0)]
    table = planted.table(rows(ENOUGH, layer=5) + lower)
    found = final_scores.final(["m"], [table], [trajectories.study(table, [0.95], "minmax")], 2)
    assert [record["n"] for record in found.records] == [len(CODES)]
    assert found.records[0]["final"] == pytest.approx(sum(LEVELS) / len(LEVELS))


def test_without_a_language_left_the_rows_say_why():
    _, curves, spread = of([10] * len(CODES))
    found = factors.study(curves, spread, facts(), **SETTINGS).to_pylist()
    assert found and all(row["rho"] is None and "12 languages have fewer than 200" in row["note"] for row in found)


def test_it_is_dashed_and_not_the_lowest_of_figure_14_and_figure_1():
    for pieces, lowest in ((FEW, "ar"), (ENOUGH, "ru")):
        _, curves, spread = of(pieces)
        figures = [bits_per_character.from_tables(curves, spread, SIZES), best_scores.best_scores(curves, [], 2)]
        for figure in figures:
            words = " ".join(figure.caption)
            assert f"from {LEVELS[CODES.index(lowest)]:.2f} ({lowest})" in words
            assert ("1 language has fewer than 200 masked pieces (ru 199)" in words) is (pieces is FEW)
        assert ('stroke-dasharray="4,3"' in svg(figures[0])) is (pieces is FEW)


def test_captions_of_means_count_it():
    for pieces in (FEW, ENOUGH):
        table, curves, spread = of(pieces)
        made = [final_scores.final(["m"], [table], [curves], 2), dynamics.dynamics(curves, spread, 2, 0.95)]
        for one in made:
            assert ("fewer than 200 masked pieces (ru 199)" in " ".join(one.caption)) is (pieces is FEW)


def test_the_audit_has_no_curve_of_it():
    for pieces, number in ((FEW, 11), (ENOUGH, 12)):
        table = planted.table(rows(pieces) + rows(pieces, metric="bits_per_character_of_sentences"))
        found = measurement.curves(trajectories.study(table, [0.95], "minmax"), table, 2)
        languages = [place[1] for place in found.values]
        assert len(languages) == 2 * number and ("ru" in languages) is (number == 12)


def test_draws_of_the_masks_are_runs():
    """Three draws give the mean of each step, an interval of the last one, and forgetting that is cross-fitted."""
    table, curves, spread = of(ENOUGH, seeds=(0, 1, 2))
    last = [row for row in spread.to_pylist() if row["quantity"] == "final" and row["source"] == "ar"]
    assert len(last) == 1 and last[0]["runs"] == 3 and last[0]["value"] == pytest.approx(1.0)
    assert last[0]["low"] == pytest.approx(1 - 4.302653 * 0.002 / 3**0.5, abs=1e-7)
    figure = bits_per_character.from_tables(curves, spread, SIZES)
    assert "mean of 3 draws of the masked pieces" in " ".join(figure.caption)
    assert {row["language"]: row["interval"] for row in figure.numbers}["ar"] == "0.995 to 1.005"
    quantities = {row["quantity"] for row in factors.study(curves, spread, facts(), **SETTINGS).to_pylist()}
    assert "cross_fitted_forgetting" in quantities
    assert "draws of the masked pieces" in " ".join(final_scores.final(["m"], [table], [curves], 2).caption)
    single = of(ENOUGH)
    assert "interval" not in bits_per_character.from_tables(*single[1:], SIZES).numbers[0]
    assert "draws" not in " ".join(final_scores.final(["m"], [single[0]], [single[1]], 2).caption)


def test_the_audit_averages_sentences_over_draws():
    drawn = rows(ENOUGH, seeds=(4, 5, 6), metric="bits_per_character_of_sentences")
    table = planted.table(rows(ENOUGH) + drawn)
    found = measurement.curves(trajectories.study(table, [0.95], "minmax"), table, 2)
    place = ("bits_by_sentence", "ar", "ar", 2, False)
    assert found.values[place] == pytest.approx([3.0, 2.0, 1.0])


def test_unknown_numbers_of_pieces_are_enough():
    curves = traced(rows([500] * len(CODES)))
    unknown = curves.set_column(
        curves.schema.get_field_index("examples"), "examples", pyarrow.nulls(curves.num_rows, pyarrow.int64())
    )
    assert bits.few(unknown) == {} and bits.captions(unknown) == []
