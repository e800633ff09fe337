"""Figure 29: planted scores of fine-tuned models and probes are what is drawn, and collapsed trainings are counted."""

import pyarrow
import pytest
from drawn import values
from tuned import row, scored

from polychron.figures import chart
from polychron.figures.finetuning import over_steps


def points(figure):
    found = [one for one in values(figure) if "runs" in one]
    return {
        (one["step"], one["model"], one["where"], one["runs"]): (one["low"], one["value"], one["high"]) for one in found
    }


def test_planted_scores_are_drawn():
    figure = over_steps.against_probes(scored(), 2)
    found = points(
        over_steps.against_probes(
            scored().filter(pyarrow.array([not task.startswith("parsing") for task in scored()["task"].to_pylist()])), 2
        )
    )
    own, others = over_steps.OWN, over_steps.OTHERS
    assert found["50", "fine-tuned", own, 2] == pytest.approx((80, 81, 82))
    assert found["50", "fine-tuned", others, 2] == pytest.approx((60, 61, 62))
    assert found["0", "probed", own, 2] == pytest.approx((50, 50, 50))
    assert found["50", "probed", others, 2] == pytest.approx((40, 40, 40)) and len(found) == 8
    figure.chart.to_dict(validate=True)
    assert chart.specification(figure)["description"].startswith(figure.title)
    said = " ".join(figure.caption)
    assert "No probe has this task: Dependency parsing." in said
    assert "1 of 4 trainings collapsed" in said and "2 of fine-tuned models" in said
    assert figure.numbers[0] == {
        **{"task": "POS tagging", "source": "en", "step": "50"},
        **{f"fine-tuned, {own}": "81.0", f"fine-tuned, {others}": "61.0"},
        **{f"probed, {own}": "70.0", f"probed, {others}": "40.0"},
    }
    assert figure.numbers[1][f"fine-tuned, {own}"] == "60.0" and figure.numbers[1][f"probed, {own}"] == "–"


def test_without_probes_at_the_final_layer_those_of_the_highest_one_are_drawn_and_named():
    rows = [row for row in scored().to_pylist() if row["layer"] == 2]
    rows = [row if row["task"].endswith("_tuned") else row | {"layer": 1} for row in rows]
    lower = pyarrow.Table.from_pylist(rows, schema=scored().schema)
    figure = over_steps.against_probes(lower)
    assert figure.numbers == over_steps.against_probes(scored()).numbers
    assert "a linear classifier on layer 1 alone (probed)" in figure.caption[0]
    assert "a linear classifier on the final layer alone (probed)" in over_steps.against_probes(scored()).caption[0]


def test_scores_that_are_not_numbers_are_left_out_and_a_study_without_any_says_so():
    lost = row("pos_tuned", "en", "test", 50, 2, float("nan"))
    assert over_steps.against_probes(scored(lost), 2).numbers[0] == over_steps.against_probes(scored(), 2).numbers[0]
    probes = scored().filter(pyarrow.array([not task.endswith("_tuned") for task in scored()["task"].to_pylist()]))
    assert "no model is fine-tuned in this study" in over_steps.against_probes(probes, 2).caption[0]
