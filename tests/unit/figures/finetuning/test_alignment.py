"""Figure 30: planted values before and after fine-tuning are drawn, and those that are no numbers counted."""

import math

import pyarrow
import pytest
from drawn import values

from polychron.figures.finetuning import alignment


def table(lost=()):
    """Return a model that finds 60 and 40% at two layers, and after fine-tuning for pos half of that."""
    rows = []
    for target in ("b", "c"):
        for fold in (0, 1):
            for layer, before in ((0, 0.6), (1, 0.4)):
                for tuned_seed, after in ((0, before / 2 - 0.02), (1, before / 2 + 0.02)):
                    shift = 0.05 if target == "b" else -0.05
                    place = {"model": "m", "tuned": "pos", "tuned_source": "a", "tuned_seed": tuned_seed}
                    place |= {"task": "retrieval", "source": "a", "target": target, "layer": layer, "step": 50}
                    place |= {"seed": fold, "split": "parallel", "metric": "p_at_1.centred.cosine", "examples": 50}
                    gone = (target, fold, layer, tuned_seed) in lost
                    rows.append(place | {"before": before + shift, "after": math.nan if gone else after + shift})
    return pyarrow.Table.from_pylist([*rows, rows[0] | {"metric": "p_at_5.centred.cosine", "after": 0.99}])


def test_planted_means_are_drawn():
    figure = alignment.before_and_after(table())
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
    said = " ".join(alignment.before_and_after(table(lost={("b", 0, 1, 0)})).caption)
    assert "Left out: 1 value of 16 that are no numbers." in said


def test_without_retrieval_the_figure_says_so():
    rows = [row | {"task": "similarity"} for row in table().to_pylist()]
    figure = alignment.before_and_after(pyarrow.Table.from_pylist(rows))
    assert "geometry.states" in " ".join(figure.caption)
