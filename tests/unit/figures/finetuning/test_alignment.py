"""Figure 30: planted values before and after fine-tuning are drawn, and those that are no numbers counted."""

import pyarrow
import pytest
from drawn import values
from tuned import moved

from polychron.figures.finetuning import alignment


def test_planted_means_are_drawn():
    figure = alignment.before_and_after(moved())
    found = {(one["model"], one["layer"]): one["value"] for one in values(figure) if "layer" in one}
    before = {("before", 0): 60, ("before", 1): 40}
    assert found == pytest.approx(before | {("after POS tagging", 0): 30, ("after POS tagging", 1): 20})
    figure.chart.to_dict(validate=True)
    assert figure.numbers == [
        {
            "step": "50",
            "fine-tuned for": "POS tagging",
            "states": "centred",
            "before": "60.0% (layer 0)",
            "after": "30.0%",
        }
    ]
    assert [entry.says for entry in figure.key] == ["mean over pairs, halves and seeds"]
    said = " ".join(figure.caption)
    assert "2 ordered pairs" in said and "2 seeds" in said and "Left out" not in said


def test_values_that_are_no_numbers_are_counted():
    said = " ".join(alignment.before_and_after(moved(lost={("b", 0, 1, 0)})).caption)
    assert "Left out: 1 value of 16 that are no numbers." in said


def test_without_retrieval_the_figure_says_so():
    rows = [row | {"task": "similarity"} for row in moved().to_pylist()]
    figure = alignment.before_and_after(pyarrow.Table.from_pylist(rows))
    assert "geometry.states" in " ".join(figure.caption)
