"""Claims about the layers at which a task is solved best."""

from dataclasses import replace

import planted
import pytest
from agreeing import judged

from polychron.analysis import trajectories
from polychron.audit import measurement
from polychron.audit.evidence import Missing
from polychron.audit.measures import layers


def test_each_reading_of_the_expected_layer_is_computed(agreeing_evidence):
    found = judged("C.explayer.XNLI.bg", agreeing_evidence)
    assert found.closest == "default"
    raw = found.readings["expected_layer raw"]
    assert abs(raw) < 2.04 < found.measured


@pytest.mark.parametrize("step, noise", [(0, True), (-1, True), (1, False)])
def test_a_fall_from_or_to_a_flat_step_is_not_decided(agreeing_evidence, step, noise):
    """The bounds of the fall are the first and the last step; what is flat in between does not matter."""
    study = agreeing_evidence.study
    flat = frozenset({("xnli", "bg", "bg", False, int(study.steps[step]))})
    marked = replace(agreeing_evidence, study=replace(study, flat=flat), cache={})
    if not noise:
        assert layers.fall_of(marked, "xnli", "bg") == layers.fall_of(agreeing_evidence, "xnli", "bg")
        return
    for measure, arguments in ((layers.fall_of, ("xnli", "bg")), (layers.fall, ("xnli", False, "mean"))):
        with pytest.raises(Missing, match="layers that differ beyond noise at the first and last step in bg"):
            measure(marked, *arguments)
    assert layers.fall(marked, "arc_classification", False, "mean")
    assert layers.fall_of(marked, "xnli", "en") == layers.fall_of(agreeing_evidence, "xnli", "en")


def test_flat_steps_are_those_of_the_trajectories():
    """0.80 and 0.801 on 1,000 items do not differ, 0.5 and 0.9 do."""
    rows = [
        row
        for layer, values in ((0, [0.5, 0.80]), (2, [0.9, 0.801]))
        for row in planted.rows(values, task="pos", source="de", target="de", layer=layer, steps=[10, 20])
    ]
    table = planted.table(rows)
    found = measurement.curves(trajectories.study(table, [], "minmax"), table, 2)
    assert found.flat == {("pos", "de", "de", False, 20)}


def test_a_claim_about_one_language_needs_no_other(agreeing_evidence):
    study = agreeing_evidence.study
    values = {place: curve for place, curve in study.values.items() if "hi" not in place}
    less = replace(agreeing_evidence, study=replace(study, values=values), cache={})
    assert judged("C.explayer.XNLI.bg", less).verdict == judged("s52.low_layers", less).verdict == "holds"
    assert judged("C.explayer.XNLI.hi", less).verdict == judged("s51.explayer_max.XNLI", less).verdict == "not run"
