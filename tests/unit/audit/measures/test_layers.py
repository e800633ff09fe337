"""Claims about the layers at which a task is solved best."""

from agreeing import judged


def test_each_reading_of_the_expected_layer_is_computed(agreeing_evidence):
    found = judged("C.explayer.XNLI.bg", agreeing_evidence)
    assert found.closest == "default"
    raw = found.readings["expected_layer raw"]
    assert abs(raw) < 2.04 < found.measured
