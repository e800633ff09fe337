"""The opening of the report says what was planted."""

import docutils.core
import planted
import pytest

from polychron.analysis import trajectories
from polychron.tables import summary


def said(rows, **named):
    table = trajectories.study(planted.table(rows), [0.95], "minmax")
    return {one.question: one.answer for one in summary.summary(table, 2, 0.95, **named)}


def curve(values, task="pos", source="en", target="en", split="test", **more):
    return planted.rows(values, task=task, source=source, target=target, split=split, steps=[0, 10, 20, 30], **more)


@pytest.fixture(scope="module")
def found():
    rows = curve([0.3, 0.5, 0.9, 0.8]) + curve([0.5, 0.5, 0.6, 0.7], source="de", target="de")
    rows += curve([0.4, 0.6, 0.6, 0.6], task="xnli") + curve([0.4, 0.6, 0.6, 0.6], task="xnli", split="dev")
    rows += curve([0.2, 0.3, 0.5, 0.45], target="de", split="parallel")
    rows += curve([0.2, 0.3, 0.4, 0.4], source="de", target="en", split="parallel")
    rows += curve([0.9, 0.9, 0.9, 0.9], split="parallel")  # to itself, which is no transfer
    return said(rows)


def test_levels_are_of_the_last_step(found):
    assert found["What is learned?"] == (
        "At the last step, probes at layer 2 have an accuracy of: POS tagging 75.0% (35.0 points above the model "
        "before training) and XNLI 60.0% (+20.0); means over up to 2 languages."
    )


def test_onsets_are_medians_in_order(found):
    assert "in the median of languages, 10 (XNLI) and 25 (POS tagging)." in found["When?"]


def test_what_was_there_before_training_is_counted(found):
    # of these, the untrained models have 0.3 of 0.9, 0.5 of 0.7 and 0.4 of 0.6
    assert found["When?"].endswith("25 (POS tagging).")
    assert "before training" not in found["What transfers, and when?"]
    rows = curve([0.7, 0.69, 0.7, 0.6]) + curve([0.3, 0.5, 0.7, 0.7], source="de", target="de")
    rows += curve([0.6, 0.6, 0.6, 0.6], task="xnli") + curve([0.1, 0.2, 0.5, 0.5], task="arc_prediction")
    rows += curve([0.5, 0.5, 0.4, 0.4], target="de", split="parallel")
    rows += curve([0.1, 0.2, 0.4, 0.4], source="de", target="en", split="parallel")
    told = said(rows)
    assert told["When?"] == (
        "The first step with 95% of the best score is, in the median of languages, 10 (XNLI), 15 (POS tagging) and "
        "20 (arc prediction). Before training (step 0), it is there already in 1 of 1 languages (XNLI) and 1 of 2 "
        "languages (POS tagging)."
    )
    transfers = told["What transfers, and when?"]
    assert "best from en to de (50.0%, near it from step 10 on and before training)" in transfers


def test_without_step_0_nothing_is_said_of_it():
    rows = planted.rows([0.7, 0.7, 0.7], task="pos", source="en", target="en", steps=[10, 20, 30])
    assert said(rows)["When?"].endswith("in the median of languages, 10 (POS tagging).")


def test_pairs_are_named_without_languages_to_themselves(found):
    told = found["What transfers, and when?"]
    assert "POS tagging best from en to de (50.0%, near it from step 20 on), worst from de to en (40.0%)." in told
    assert "en to en" not in told and "XNLI" not in told


def test_languages_have_their_names():
    rows = curve([0.2, 0.3, 0.5, 0.45], target="qoe", split="parallel") + curve([0.3, 0.5, 0.9, 0.8])
    told = said(rows, names={"en": "English", "qoe": "Oveic, SOV"})
    assert "POS tagging best from English to Oveic (50.0%" in told["What transfers, and when?"]
    assert "in the same language, most in POS tagging of English (10.0)" in told["What is forgotten?"]


def test_losses_are_in_points(found):
    told = found["What is forgotten?"]
    assert "3.3 points in the same language, most in POS tagging of en (10.0)" in told
    assert "2.5 points across languages, most in POS tagging of en to de (5.0)" in told
    assert "From the step that dev chooses it is 0.0 points" in told


def test_layers_are_those_with_the_best_score():
    rows = [row for layer, top in ((0, 0.4), (1, 0.9), (2, 0.5)) for row in curve([0.1, 0.2, 0.3, top], layer=layer)]
    assert "in the median of languages, 1 (POS tagging, 1 language)." in said(rows)["In which layer?"]


def test_what_was_not_scored_is_said():
    told = said(curve([0.3, 0.5, 0.9, 0.8], split="dev"))
    assert len(told) == 5 and all(" not " in answer or answer.startswith("No ") for answer in told.values())


def test_the_opening_is_sound_and_leads_to_the_figures():
    text = summary.opening([summary.Said("When?", "At *5%_ of |it|.")], {"results/a b/figure-08.svg": "Of `all`"})
    page = docutils.core.publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]
    assert "<strong>When?</strong> At *5%_ of |it|." in page
    assert "results/a%20b/figure-08.svg" in page and "app.setView" in page
