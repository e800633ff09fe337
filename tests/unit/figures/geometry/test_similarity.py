"""Figure 18: planted similarities are found again in the chart."""

import dataclasses
import math

import pyarrow as pa
import pytest
from drawn import svg, values
from geometries import table

from polychron.figures.geometry import similarity


def planted(metric, source, target, layer, step):
    if (source, target) == ("en", "fr") and step == 800:
        return math.nan
    return (
        {"cka": 0.5, "cka_debiased": 0.1}[metric] + layer / 10 + step / 8000 if metric in ("cka", "cka_debiased") else 0
    )


def test_every_pair_has_its_line_and_the_mean_is_that_of_the_pairs():
    figure = similarity.by_layer(table(planted))
    rows = values(figure)
    lines = [row for row in rows if "pair" in row]
    assert len(lines) == 2 * 3 * (3 * 3 - 1)
    for row in lines:
        step = {"0": 0, "50": 50, "800": 800}[row["step"]]
        metric = {label: name for name, label in similarity.MEASURES.items()}[row["measure"]]
        assert row["value"] == pytest.approx(planted(metric, "de", "en", row["layer"], step))
    means = [row for row in rows if "pair" not in row and "low" not in row]
    assert len(means) == 2 * 3 * 3
    band = {(row["measure"], row["layer"]): (row["low"], row["high"]) for row in rows if "low" in row}
    assert band["debiased", 2] == pytest.approx((0.3, 0.3))
    assert figure.numbers[-1] == {
        "step": "800",
        "mean of pairs, last layer": "0.400",
        "highest mean": "0.400 (layer 2)",
    }
    said = " ".join(figure.caption)
    assert (
        "3 pairs of languages" in said
        and "Of the parallel test sentences. Each value rests on 150 sentences" in said
        and "6 values of 54" in said
    )
    assert "at step 0" in said and "<path" in svg(figure)


def test_of_many_steps_some_are_shown_and_without_step_0_there_is_no_band():
    figure = similarity.by_layer(table(planted, steps=range(10, 400, 10)))
    rows, said = values(figure), " ".join(figure.caption)
    assert len({row["step"] for row in rows if "pair" in row}) == 6
    assert "Shown: 6 of 39 steps, 10, 90, 160, 240, 310, 390." in said
    assert not [row for row in rows if "low" in row] and "no untrained model" in said


def test_a_study_without_cka_says_so():
    bare = table(planted)
    import pyarrow.compute as pc

    figure = similarity.by_layer(bare.filter(pc.equal(bare["task"], "retrieval")))
    assert "has no CKA" in figure.caption[0]


def test_of_two_sets_the_parallel_one_is_drawn():
    first, second = table(planted), table(lambda metric, *place: 0.9)
    place = second.column_names.index("split")
    second = second.set_column(place, second.schema.field("split"), pa.array(["inference_parallel"] * len(second)))
    both, alone = (similarity.by_layer(one) for one in (pa.concat_tables([second.cast(first.schema), first]), first))
    assert dataclasses.replace(both, caption=[]) == dataclasses.replace(alone, caption=[])
    assert both.caption == [*alone.caption, "Other sets are not shown: the sentences of inference data."]
    said = " ".join(similarity.by_layer(second).caption)
    assert "Of the sentences of inference data" in said and "the parallel test sentences" not in said
