"""Table 8: coefficients alone and beside the others, and what has none."""

import pyarrow
import pytest
from tabled import check_files

from polychron.analysis.pairs import regressions
from polychron.tables import transfer_factors


def row(number, quantity, factor, p=0.01, p_beta=0.5, **more):
    return {
        "model": "m", "table": 5, "task": "pos", "quantity": quantity, "factor": factor, "pairs": 30, "n": 30,
        "languages": 6, "rho": 0.7, "low": 0.5, "high": 0.8, "p": p, "test": number, "beta": -0.25, "p_beta": p_beta,
        "test_beta": number, "together": 20, "note": None, **more,
    }  # fmt: skip


NONE = dict.fromkeys(("rho", "low", "high", "p", "test", "beta", "p_beta", "test_beta"))
ROWS = [
    row(1, "best", "source_size", p=0.03),
    row(2, "best", "distance", n=20),
    row(0, "best", "same_family", n=0, **NONE) | {"note": "no pair has a value of it"},
    row(3, "onset", "distance", p=0.04, p_beta=0.001),
    # asymmetry is in Table 5 alone
    row(4, "asymmetry", "source_size", p=0.0001),
]


def made(rows):
    table = pyarrow.Table.from_pylist(rows, schema=regressions.schema())
    return transfer_factors.alone_and_together(table, 0.95)


def test_both_coefficients_are_printed_with_their_rates():
    table = made(ROWS)
    assert table.head[2:6] == [
        "Best: ρ alone", "Best: beta beside the others", "Steps to 95%: ρ alone",
        "Steps to 95%: beta beside the others",
    ]  # fmt: skip
    first, second = table.rows
    assert (first[0].text, first[0].below, first[1].text) == (
        "POS tagging",
        ["30 pairs"],
        "Pretraining data of the source",
    )
    assert (second[0].text, second[1].text) == ("", "Syntactic distance")
    # of 3 tests, 0.01 x 3 / 1, 0.03 x 3 / 2 and 0.04 x 3 / 3, and no q is larger than the next
    assert second[2].text == "0.70" and second[2].strong and second[2].below == ["p 0.010, q 0.030", "n = 20"]
    assert first[2].strong and first[2].below == ["p 0.030, q 0.040"]
    assert first[3].text == "−0.25" and first[3].below == ["p 0.500, q 0.500", "n = 20"] and not first[3].strong
    assert second[5].strong and second[5].below[0] == "p 0.001, q 0.003"
    assert first[4].text == first[6].text == "–"


def test_the_caption_says_what_was_left_out():
    constant = [row(5, quantity, "task_data", **NONE) | {"note": "it is constant"} for quantity in ("onset", "best")]
    constant.append(row(6, "forgetting", "task_data"))
    assert "task data (all tasks; steps and the best score): it is constant" in " ".join(
        made([*ROWS, *constant]).caption
    )
    said = " ".join(made(ROWS).caption)
    assert "Of 3 of ρ, 3 have p < 0.05 and 3 are bold; of 3 of beta, 1 and 1." in said
    assert "Without beta are same family (all tasks): no pair has a value of it." in said
    assert "Not known, so that these pairs are left out: syntactic distance of 10 of 30 pairs (POS tagging)." in said


def test_one_test_under_two_names_counts_once():
    again = [*ROWS[:4], {**ROWS[0], "factor": "target_size"}]
    assert made(again).records[1]["q"] == pytest.approx(0.01 * 3)
    apart = [*ROWS[:4], row(5, "best", "target_size", p=0.03)]
    assert made(apart).records[1]["q"] == pytest.approx(0.01 * 4)


def test_without_transfer_there_is_nothing_to_show():
    assert made([]).rows[0][0].text == "Nothing to show: the study has no scores of transfer."
    assert made([ROWS[2]]).rows[0][0].text == "Nothing to show: no factor has a coefficient."


def test_its_files(tmp_path):
    check_files(made(ROWS), tmp_path)
