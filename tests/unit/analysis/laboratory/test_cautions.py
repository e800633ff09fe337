"""What is said beside the scores of a laboratory."""

import laboratories
import pyarrow
import pytest

from polychron.analysis.laboratory import ablation, cautions, measures, summaries
from polychron.analysis.laboratory.ablation import Model
from polychron.storage.scores import score_schema
from polychron.tables import ablation as table_10

LOSSES = {"no_anchors": 0.1, "narrow": 0.2}


def rows_of(metric, values, task="pos", split="parallel", target="b", layer=2, step=50):
    """Return rows of a metric, a value for each variant and seed."""
    place = {"task": task, "metric": metric, "states": "raw", "source": "a", "target": target, "split": split}
    place |= {"layer": layer, "step": step, "runs": 5, "delta": None, "delta_same_vocabulary": None}
    models = [
        (Model("a/b", variant, seed), value) for variant, of in values.items() for seed, value in enumerate(of, 1)
    ]
    return [{**model._asdict(), **place, "value": value} for model, value in models]


def with_rows(*more):
    plain = laboratories.table(tasks=("pos", "pos_tuned"), **LOSSES)
    return pyarrow.Table.from_pylist([*plain.to_pylist(), *(row for rows in more for row in rows)], ablation.schema())


def test_nothing_is_said_where_nothing_is_wrong():
    plain = rows_of("collapsed", {"default": [0, 0, 0], "narrow": [0, 0, 0]}, "pos_tuned", "train", "a")
    same = rows_of("excluded", {"default": [3, 3, 3], "narrow": [3, 3, 3]})
    assert cautions.of_transfers(with_rows(plain, same), "default") == []


def test_trainings_that_collapsed_are_counted():
    share = {"default": [0, 0, 0], "no_anchors": [0, 0.2, 0], "narrow": [1, 0.6, 0]}
    table = with_rows(
        rows_of("collapsed", share, "pos_tuned", "train", "a"),
        rows_of("collapsed", {name: [1, 1, 1] for name in share}, "pos_tuned", "train", "a", step=0),
        rows_of("collapsed", {name: [1, 1, 1] for name in share}, "xnli_tuned", "train", "a"),  # is not shown
    )
    [said] = cautions.of_transfers(table, "default")
    assert said.startswith("Of 45 trainings of fine-tuned models 9 collapsed")
    assert said.endswith("They are in the means of narrow (8), no_anchors (1).")
    shown = table_10.by_variant(table, summaries.summarise(table), "default", ["default", *LOSSES])
    assert shown.caption[-1] == said
    some = [(measure, {"step": 50}) for measure in measures.transfers(table, "a/b")]
    [said] = cautions.cautions(table, some, "default", ["default", "no_anchors"])
    assert said.startswith("Of 30 trainings of fine-tuned models 1 collapsed") and "narrow" not in said


def test_collapsed_stacked_heads_are_told_beside_claims_though_the_default_has_none():
    heads = [rows_of("accuracy", {"alone": [0.1] * 3}, "pos_stacked_tuned", layer=layer) for layer in (1, 2)]
    lost = [
        rows_of("collapsed", {"alone": [1] * 3}, "pos_stacked_tuned", "train", "a", layer=layer) for layer in (1, 2)
    ]
    [said] = cautions.of_transfers(with_rows(*heads, *lost), "default")
    assert said.startswith("Of 30 trainings of fine-tuned models 30 collapsed") and said.endswith("alone (30).")


def test_variants_of_another_number_of_layers_are_told():
    shallow = rows_of("accuracy", {"shallow": [0.5] * 3}, layer=1)
    table, measure = with_rows(shallow), measures.Measure("pos", "accuracy", "a", "b", "parallel")
    [said] = cautions.left_out(table, [(measure, {"layer": 2, "step": 50})], "default")
    assert "another number of layers: shallow." in said and "of default, since" in said
    assert cautions.left_out(with_rows(), [(measure, {"layer": 2, "step": 50})], "default") == []


def test_of_stacked_heads_the_layer_that_is_shown_is_counted():
    heads = [
        rows_of("collapsed", {"alone": [layer == 1, 0, 0]}, "pos_stacked_tuned", "train", "a", layer=layer)
        for layer in (1, 2)
    ]
    table, measure = with_rows(*heads), measures.Measure("pos_stacked_tuned", "accuracy", "a", "b", "parallel")
    assert cautions.cautions(table, [(measure, {"step": 50, "layer": 2})], "default") == []
    [said] = cautions.cautions(table, [(measure, {"step": 50})], "default")
    assert said.startswith("Of 30 trainings of fine-tuned models 5 collapsed")


def test_variants_with_other_words_are_named():
    numbers = {"default": [10, 10, 10], "no_anchors": [10, 10, 10], "narrow": [140, 150, 1450]}
    [said] = cautions.of_transfers(with_rows(rows_of("excluded", numbers)), "default")
    assert said.endswith("So many were left out: POS tagging, a → b: default 10, narrow 1,450.")
    assert cautions.of_transfers(with_rows(rows_of("excluded", numbers, layer=1)), "default") == []


@pytest.mark.parametrize("split", ["train", "parallel"])
def test_the_table_of_ablation_has_what_they_count(split):
    metric = {"train": "collapsed", "parallel": "excluded"}[split]
    row = {"model": "m", "task": "pos_tuned", "source": "a", "target": "a", "split": split, "step": 5, "layer": 2}
    runs = [
        {**row, "metric": one, "seed": seed, "value": 1.0, "examples": 9} for seed in (0, 1) for one in (metric, "x")
    ]
    found = ablation.of_scores(pyarrow.Table.from_pylist(runs, schema=score_schema()), Model("a/b", "default", 1))
    kept = {one["metric"]: one["runs"] for one in found}
    assert kept == ({"collapsed": 2} if split == "train" else {"excluded": 2, "x": 2})
    assert measures.transfers(ablation.compare(found, {"default": {}}), "a/b") == []
