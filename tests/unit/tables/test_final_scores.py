"""Table 3: means, baselines, what was not run, and how two models differ."""

import math

import numpy as np
import planted
import pyarrow
import pytest
from tabled import CODES, scores, tables_of

from polychron.analysis import trajectories
from polychron.tables import final_scores


def test_table_3_means_and_baselines(made):
    inside, across = made[2].records
    expected = np.mean([0.7 + 0.01 * place - 0.01 * (1 + place) for place in range(12)])
    assert inside["final"] == pytest.approx(expected)
    assert inside["best"] == pytest.approx(np.mean([0.7 + 0.01 * place for place in range(12)]))
    assert (inside["majority"], inside["lexical"]) == (pytest.approx(0.3), pytest.approx(0.6))
    assert (inside["shuffled"], inside["control"]) == (pytest.approx(0.35), pytest.approx(0.25))
    assert inside["selectivity"] == pytest.approx(expected - 0.25)
    assert (inside["description_length"], inside["compression"]) == (pytest.approx(1.5), pytest.approx(2.5))
    assert [cell.text for cell in made[2].rows[0][-2:]] == ["1.50", "2.50"]
    assert inside["untrained"] == pytest.approx(0.2 * inside["best"])
    assert across["n"] == 132 and across["majority"] is None
    assert across["final_low"] < across["final"] < across["final_high"]
    assert inside["final_both"] == pytest.approx(math.hypot(inside["final_seeds"], inside["final_items"]))
    assert made[2].rows[0][3].below[-1].startswith("both ±")


def test_the_caption_says_at_which_layer_the_probes_are(made):
    assert "of probes at layer 2; bits per character, of the whole model" in made[2].caption[0]


def test_table_3_says_f1_of_names_beside_accuracy(made):
    """In-language of two languages, and of their two pairs; a language and itself on parallel sentences is no pair."""
    rows = scores(codes=["pt", "sk"], task="entities").to_pylist()
    tops = {("pt", "pt", "test"): 0.3, ("sk", "sk", "test"): 0.5, ("pt", "pt", "parallel"): 0.9}
    tops |= {("pt", "de", "parallel"): 0.1, ("sk", "de", "parallel"): 0.2}
    for (source, target, split), top in tops.items():
        values = [0.05, 0.1, 0.1, top, top]
        place = {"source": source, "target": target, "split": split, "metric": "span_f1"}
        rows += planted.rows(values, task="entities", steps=[0, 10, 20, 30, 40], **place)
    table = planted.table(rows)
    found = final_scores.final(["planted"], [table], [trajectories.study(table, [0.95], "minmax")], 2)
    said = (
        "Named entities, in-language, F1 of whole names is 40.00, 5.00 before training (mean of 2 languages). "
        "Named entities, across languages, F1 of whole names is 15.00, 5.00 before training (mean of 2 pairs)."
    )
    assert said in found.caption
    assert not [line for line in made[2].caption if "whole names" in line]


def test_controls_that_were_run_at_all_steps_and_layers_are_those_of_the_last(made):
    """They would be better at another step and layer (`probing.control_cells: all`)."""
    table = scores()
    more = []
    for row in table.to_pylist():
        if row["metric"] in ("shuffled_accuracy", "word_type_accuracy", "description_length", "compression"):
            more += [{**row, "step": step, "value": row["value"] + 0.1} for step in (0, 10, 20, 30)]
            more += [{**row, "layer": 1, "value": row["value"] + 0.1}]
    everywhere = planted.table([*table.to_pylist(), *more])
    found = final_scores.final(["planted"], [everywhere], [trajectories.study(everywhere, [0.95], "minmax")], 2)
    assert found.rows == made[2].rows


def test_table_3_says_what_was_not_run(made):
    assert made[2].head[-5:] == ["Shuffled", "Control", "Selectivity", "Bits/label", "Compression"]
    assert "not run" not in {cell.text for row in made[2].rows for cell in row}
    table = scores().filter(pyarrow.compute.field("metric") == "accuracy")
    table = table.filter(pyarrow.compute.field("step") > 0)
    bare = tables_of(table)[2]
    assert bare.head == made[2].head
    inside, across = ([cell.text for cell in row[5:]] for row in bare.rows)
    assert inside == ["not run"] * 3 + ["–"] * 2 + ["not run"] * 5 and across == ["not run", *["–"] * 9]
    said = "step 0, majority, lexical, shuffled, control, selectivity, bits/label, compression"
    assert bare.caption[-1].startswith(f"Not run in this study: {said}. Ask for these with probing.controls")


def test_table_3_of_two_models_has_their_paired_difference():
    """The second model is better by 0.01 in every other language, and worse by 0.005 in the rest: 0.0025 on average."""
    table = scores()
    better = {code: 0.01 if place % 2 else -0.005 for place, code in enumerate(CODES)}
    other = planted.table(
        {**row, "value": row["value"] + better[row["source"]] * (row["metric"] == "accuracy")}
        for row in table.to_pylist()
    )
    traced = [trajectories.study(one, [0.95], "minmax") for one in (table, other)]
    both = final_scores.final(["one", "two"], [table, other], traced, 2)
    assert [row[0].text for row in both.rows] == [
        f"{model}: {setting}" for model in ("one", "two") for setting in ("in-language", "across languages")
    ]
    own, _, inside, across = both.records
    assert own["difference"] is None and own["difference_n"] == 0
    assert inside["difference"] == pytest.approx(0.0025) == across["difference"]
    assert (inside["difference_n"], across["difference_n"]) == (12, 132)
    half = 2.2009851600 * np.std([*better.values()], ddof=1) / math.sqrt(12)
    assert inside["difference_high"] - inside["difference"] == pytest.approx(half, rel=1e-6)
    assert "difference 0.25 [" in both.rows[2][3].below[-1]
    assert "their difference from one" in " ".join(both.caption)
    alone = final_scores.final(["one"], [table], traced[:1], 2)
    assert "difference" not in " ".join(alone.caption)


def under(table, *wanted):
    """The rows of a table at some steps, of all tasks, and what has no step."""
    return table.filter(pyarrow.compute.field("step").is_null() | pyarrow.compute.field("step").isin([*wanted]))


def of_models(**tables):
    traced = [trajectories.study(one, [0.95], "minmax") for one in tables.values()]
    return final_scores.final([*tables], [*tables.values()], traced, 2)


def test_an_untrained_model_has_its_rows_with_what_training_adds():
    """Its only checkpoint is step 0, which has a fifth of the best score; the other model has no step 0."""
    trained, untrained = under(scores(), 10, 20, 30, 40), under(scores(), 0)
    found = of_models(one=trained, plain=untrained)
    assert [row[0].text for row in found.rows][2:] == ["plain: in-language", "plain: across languages"]
    one, _, plain, _ = found.records
    best = np.mean([0.7 + 0.01 * place for place in range(12)])
    assert (plain["n"], plain["final"]) == (12, pytest.approx(0.2 * best)) and plain["final"] == plain["untrained"]
    assert plain["difference"] == pytest.approx(plain["final"] - one["final"])
    cells = dict(zip(found.head, found.rows[2], strict=True))
    assert (cells["Best"].text, cells["Step 0"].text) == ("–", cells["Last"].text)
    assert dict(zip(found.head, found.rows[0], strict=True))["Step 0"].text == "not run"
    words = " ".join(found.caption)
    assert "plain is not trained: its last checkpoint is step 0." in found.caption
    assert "step 0" not in words.partition("Not run in this study")[2] and "before training" not in words
    alone = of_models(plain=untrained, other=untrained)
    assert "plain and other are not trained: their last checkpoint is step 0." in alone.caption
    assert "best" not in " ".join(alone.caption).partition("Not run in this study")[2]


def test_a_task_without_a_score_at_the_last_step_is_named():
    """XNLI ends a step earlier in-language, and has its step 0 alone across languages."""
    whole = scores()
    short = [row for row in scores(task="xnli").to_pylist() if row["metric"] == "accuracy" and row["step"] != 40]
    short = [row for row in short if row["split"] == "test" or not row["step"]]
    found = of_models(one=planted.table([*whole.to_pylist(), *short]))
    assert {row["task"] for row in found.records} == {"pos"}
    said = "Without a score at the last step, and so without a row: XNLI (in-language) and XNLI (across languages)."
    assert said in found.caption
    both = of_models(one=whole, two=planted.table([*whole.to_pylist(), *short]))
    assert "without a row: XNLI (two, in-language) and XNLI (two, across languages)." in " ".join(both.caption)
    assert "without a row" not in " ".join(of_models(one=whole, plain=under(whole, 0)).caption)


def test_names_of_an_untrained_model_are_scored_without_training():
    rows = [row | {"metric": "span_f1", "task": "entities"} for row in under(scores(codes=["pt"]), 0).to_pylist()]
    rows = [row for row in rows if row["split"] == "test" and row["step"] == 0]
    table = planted.table([*under(scores(codes=["pt"], task="entities"), 0).to_pylist(), *rows])
    found = of_models(plain=table)
    said = "Named entities, in-language, F1 of whole names is 14.00 (mean of 1 language)."
    assert said in found.caption


def test_differences_are_from_the_first_model_alone():
    """The first model has no scores of XNLI: the second and third have no difference in it."""
    both = pyarrow.concat_tables([scores(), scores(task="xnli")])
    found = of_models(one=scores(), two=both, three=both)
    differences = {(row["model"], row["setting"], row["task"]): row["difference"] for row in found.records}
    assert differences["two", "In-language", "pos"] == differences["three", "In-language", "pos"] == 0
    assert differences["two", "In-language", "xnli"] is None and differences["three", "In-language", "xnli"] is None
    assert differences["three", "Across languages", "xnli"] is None


def test_sentences_on_step_0_say_of_which_model(made):
    both = of_models(one=scores(), two=scores())
    said = next(line for line in both.caption if "before training" in line)
    before, after = (100 * made[2].records[0][name] for name in ("untrained", "final"))
    for model in ("one", "two"):
        assert f"{model}, in-language, POS tagging: {before:.2f} before training, {after:.2f} after." in said
    alone = next(line for line in made[2].caption if "before training" in line)
    assert alone.startswith("In-language, POS tagging: ")


def test_table_3_says_which_last_scores_are_below_a_baseline(made):
    caption = " ".join(made[2].caption)
    assert "In-language. POS tagging: in none of 12 languages is the last score below word-majority." in caption
    table = scores()
    low = {"en": 0.9, "ru": 0.95}
    raised = planted.table(
        {**row, "value": low.get(row["source"], row["value"]) if row["metric"] == "word_majority" else row["value"]}
        for row in table.to_pylist()
    )
    three, six = (tables_of(raised)[place] for place in (2, 5))
    said = "In-language. POS tagging: in 2 of 12 languages the {} score is below word-majority (en and ru)."
    assert said.format("last") in three.caption and said.format("best") in six.caption
    assert any(
        paragraph.startswith("Across languages. POS tagging: in 132") or "pairs" in paragraph
        for paragraph in six.caption
    )


def test_transfer_of_inference_has_the_baseline_of_its_targets():
    table = scores(task="xnli")
    rows = [
        {**row, "metric": "hypothesis_only", "value": 0.4 + 0.01 * CODES.index(row["source"])}
        if row["metric"] == "word_majority"
        else row
        for row in table.to_pylist()
    ]
    inside, across = tables_of(planted.table(rows))[2].records
    assert across["lexical"] == pytest.approx(0.4 + 0.01 * np.mean(range(12))) == inside["lexical"]
    assert (inside["lexical_n"], across["lexical_n"]) == (12, 132)
