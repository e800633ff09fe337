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


def apart(metric, source, target, layer, step):
    """Similarities of pairs that are apart from step 50 on, and all but the same before."""
    return planted(metric, "de", "en", layer, step) + (0.2 if step else 1e-4) * ("en" in (source, target))


def test_of_one_layer_points_of_pairs_are_beside_each_other_at_each_step():
    figure = similarity.by_layer(table(apart, layers=(2,)))
    rows = values(figure)
    points = [row for row in rows if "pair" in row]
    assert len(points) == 2 * 3 * 3 and {row["layer"] for row in points} == {2}
    debiased = [row for row in points if row["measure"] == "debiased"]
    lanes = {step: [row["lane"] for row in debiased if row["step"] == step] for step in ("0", "50")}
    # at the same height all have a place of their own; of two that are apart from the third, too
    assert len({*lanes["0"]}) == 3 and sorted(lanes["50"]) == [0, 0, max(lanes["50"])]
    alone = [row for row in rows if "pair" not in row and row.get("measure") == "debiased"]
    means = {row["step"]: row["value"] for row in alone}
    assert means["800"] == pytest.approx(0.4 + 0.2 * 2 / 3)
    assert figure.title == "Similarity of languages at layer 2"
    assert figure.numbers[-1] == {"step": "800", "mean of pairs": "0.533", "pairs from": "0.400 to 0.600"}
    said = " ".join(figure.caption)
    assert "at layer 2, the only one that is compared: at each step 3 pairs of languages, a point each" in said
    assert "step 0, set apart, is the untrained model" in said


@pytest.mark.parametrize("layers", [(2,), (0, 1, 2)], ids=len)
@pytest.mark.parametrize("steps", [(800,), (0, 800), (0, 50, 800)], ids=len)
def test_the_key_has_the_marks_that_are_drawn(layers, steps):
    figure = similarity.by_layer(table(apart, layers=layers, steps=steps))
    drawn = {mark for mark in ("mark-line", "mark-symbol", "mark-area") if f"{mark} role-mark" in svg_alone(figure)}
    of_key = {entry.says: entry.mark for entry in figure.key}
    one = len(layers) == 1
    assert of_key["a pair of languages"] == ("circle" if one else "line")
    assert ("mark-line" in drawn) is not one and "mark-symbol" in drawn
    assert ("range of the pairs before training" in of_key) == ("mark-area" in drawn) == (not one and 0 in steps)


def svg_alone(figure):
    """Draw a figure without its key."""
    return svg(dataclasses.replace(figure, key=[]))


def test_of_many_steps_of_one_layer_some_are_shown():
    figure = similarity.by_layer(table(planted, layers=(2,), steps=range(10, 400, 10)))
    said = " ".join(figure.caption)
    assert len({row["step"] for row in values(figure) if "pair" in row}) == similarity.MOST
    assert f"Shown: {similarity.MOST} of 39 steps, 10, " in said and "no untrained model" in said
    assert len(figure.numbers) == 39


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
