"""Captions name exactly the languages and pairs whose scores were planted below a baseline."""

import planted
import pytest

from polychron.probing.tasks import registry
from polychron.reporting import baselines

CODES = ["bg", "de", "en", "fi", "hi"]
DISTANCE = {code: 0.7 + 0.01 * place for place, code in enumerate(CODES)}


def known(*parts):
    return baselines.of_scores(planted.table(row for part in parts for row in part))


def scored(task, values):
    return [{"task": task, "source": code, "target": code, "value": value} for code, value in values.items()]


def test_the_baselines_of_scores_by_task_metric_and_language():
    found = known(
        planted.baselines("arc_prediction", {"de": 0.9, "fi": 0.8}, "distance_upos"),
        planted.baselines("arc_prediction", {"de": 0.7}, "distance"),
        planted.baselines("arc_prediction", {"de": 0.5}, "majority"),
        planted.rows([0.8], task="arc_prediction", source="de", target="de", steps=(10,)),
    )
    assert found == {"arc_prediction": {"distance": {"de": 0.7}, "distance_upos": {"de": 0.9, "fi": 0.8}}}
    assert [*found["arc_prediction"]] == ["distance", "distance_upos"]


def test_two_languages_below_a_baseline_are_named_and_no_other():
    lexical = known(planted.baselines("arc_prediction", DISTANCE, "distance"))
    best = {code: value + (-0.02 if code in ("de", "hi") else 0.02) for code, value in DISTANCE.items()}
    (said,) = baselines.below(lexical, scored("arc_prediction", best))
    assert said == "Arc prediction: in 2 of 5 languages the best score is below distance (de and hi)."
    above = {code: value + 0.02 for code, value in DISTANCE.items()}
    (said,) = baselines.below(lexical, scored("arc_prediction", above), "last score")
    assert said == "Arc prediction: in none of 5 languages is the last score below distance."
    (equal,) = baselines.below(lexical, scored("arc_prediction", DISTANCE))
    assert "in none of 5 languages" in equal


def test_several_baselines_are_one_sentence():
    lexical = known(
        planted.baselines("arc_classification", {code: 0.4 for code in CODES}, "pair_majority"),
        planted.baselines("arc_classification", {code: 0.9 for code in CODES}, "distance_upos"),
        planted.baselines("arc_classification", DISTANCE, "distance"),
        planted.baselines("xnli", {"bg": 0.5}, "hypothesis_only"),
    )
    rows = scored("xnli", {"bg": 0.4, "de": 0.1}) + scored("arc_classification", {code: 0.705 for code in CODES})
    assert baselines.below(lexical, rows) == [
        "Arc classification: in 4 of 5 languages the best score is below distance (de, en, fi and hi), in all 5 "
        "languages below distance with UPOS, in none below pair-majority. "
        "XNLI: in 1 of 1 language the best score is below hypothesis-only (bg)."
    ]


@pytest.mark.parametrize("value", [None, 0.5])
def test_where_nothing_can_be_compared_nothing_is_said(value):
    lexical = known(planted.baselines("pos", DISTANCE, "word_majority"))
    assert baselines.below(lexical, scored("pos", {"xx": value})) == []
    assert baselines.below(lexical, scored("xnli", {"bg": 0.5})) == []
    assert baselines.below({}, scored("pos", {"bg": 0.5})) == []


def test_transfer_is_compared_with_the_target():
    lexical = known(planted.baselines("xnli", {"bg": 0.5, "de": 0.3}, "hypothesis_only"))
    pairs = [{"task": "xnli", "source": "en", "target": target, "value": 0.4} for target in ("bg", "de")]
    assert baselines.below(lexical, pairs) == [
        "XNLI: in 1 of 2 pairs the best score is below hypothesis-only (en → bg)."
    ]
    lexical = known(planted.baselines("pos", DISTANCE, "word_majority"))
    pairs = [
        {"task": "pos", "source": source, "target": target, "value": 0.705}
        for source in CODES
        for target in CODES
        if source != target
    ]
    (said,) = baselines.below(lexical, pairs)
    assert said.startswith(
        "POS tagging: in 16 of 20 pairs the best score is below word-majority (to de (4), en (4), fi (4) and hi (4)). "
    )
    assert said.endswith("those of the target language, on the test set of its own treebank.")


def test_every_baseline_of_a_task_has_a_name():
    asked = {name for task in registry.TASKS.values() for name in (task.lexical, task.order) if name}
    assert asked <= {*baselines.NAMES} and registry.of("a task of the config").lexical in baselines.NAMES
