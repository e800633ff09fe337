"""The table of ablation: which runs are averaged, and which models a difference is of."""

import logging
import math

import numpy as np
import pyarrow
import pytest

from polychron.analysis.laboratory import ablation, summaries
from polychron.analysis.laboratory.ablation import Model
from polychron.errors import InputError
from polychron.storage.scores import score_schema

ROW = {"model": "m", "task": "pos", "source": "a", "target": "b", "split": "parallel", "metric": "accuracy"}
PLACE = {"task": "pos", "metric": "accuracy", "states": "raw", "source": "a", "target": "b", "split": "parallel"}


def scores(*rows):
    return pyarrow.Table.from_pylist([{**ROW, "layer": 2, "step": 50, **row} for row in rows], schema=score_schema())


def measured(values, **place):
    """Return rows of one measure, by pair, variant and seed."""
    known = {**PLACE, "layer": 2, "step": 50, "runs": 1, **place}
    return [{**Model(*told)._asdict(), **known, "value": value} for told, value in values.items()]


def references(*variants, plain=None, default="default"):
    plain = plain or {}
    return {name: {"default": default, "same_vocabulary": plain.get(name)} for name in ("default", *variants)}


def of(table, **wanted):
    return [row for row in table.to_pylist() if all(row[name] == value for name, value in wanted.items())]


def test_runs_are_averaged_by_their_examples_and_runs_without_a_score_are_left_out():
    halves = [{"seed": 0, "value": 0.2, "examples": 30}, {"seed": 1, "value": 0.6, "examples": 10}]
    lost = [{"seed": 0, "value": 0.4, "target": "c"}, {"seed": 1, "value": math.nan, "target": "c"}]
    none = {"seed": 0, "value": math.nan, "target": "d"}
    found = ablation.of_scores(scores(*halves, *lost, none), Model("a/b", "default", 3))
    assert [(row["target"], row["runs"], row["value"]) for row in found] == [
        ("b", 2, pytest.approx(0.3)),
        ("c", 1, 0.4),
        ("d", 0, None),
    ]
    assert {(row["pair"], row["variant"], row["seed"]) for row in found} == {("a/b", "default", 3)}


def test_baselines_counts_and_what_probes_were_chosen_by_are_left_out():
    kept = {"value": 0.5, "metric": "p_at_1.centred.csls"}
    others = ({"step": None, "metric": "majority"}, {"metric": "unseen"}, {"split": "dev"}, {"split": "train"})
    found = ablation.of_scores(scores(kept, *({"value": 0.1, **other} for other in others)), Model("a/b", "v", 1))
    assert [(row["metric"], row["states"], row["value"]) for row in found] == [("p_at_1.csls", "centred", 0.5)]


def test_a_difference_is_that_of_the_same_pair_and_seed_and_measure():
    values = {
        ("a/b", "default", 1): 0.8,
        ("a/b", "default", 2): 0.6,
        ("a/c", "default", 1): 0.1,
        ("a/b", "apart", 1): 0.5,
        ("a/b", "apart", 2): 0.4,
        ("a/c", "apart", 1): 0.3,
    }
    elsewhere = measured({("a/b", "default", 1): 0.9, ("a/b", "apart", 1): 0.0}, layer=1)
    table = ablation.compare(measured(values) + elsewhere, references("apart"))
    found = {(row["pair"], row["seed"], row["layer"]): row["delta"] for row in of(table, variant="apart")}
    assert found == {
        ("a/b", 1, 2): pytest.approx(-0.3),
        ("a/b", 2, 2): pytest.approx(-0.2),
        ("a/c", 1, 2): pytest.approx(0.2),
        ("a/b", 1, 1): -0.9,
    }
    assert {row["delta"] for row in of(table, variant="default")} == {None}


def test_the_two_differences_are_from_two_variants():
    values = {
        ("a/b", "default", 1): 0.9,
        ("a/b", "union", 1): 0.7,
        ("a/b", "apart", 1): 0.6,
        ("a/b", "alone", 1): 0.1,
    }
    plain = {"default": "default", "union": "union", "apart": "union"}
    table = ablation.compare(measured(values), references("union", "apart", "alone", plain=plain))
    found = {row["variant"]: (row["delta"], row["delta_same_vocabulary"]) for row in table.to_pylist()}
    assert found["apart"] == (pytest.approx(-0.3), pytest.approx(-0.1))
    assert found["union"] == (pytest.approx(-0.2), None) and found["alone"] == (pytest.approx(-0.8), None)
    assert found["default"] == (None, None)


def test_what_the_other_variant_lacks_has_no_difference_and_is_counted(caplog):
    with caplog.at_level(logging.INFO, "polychron"):
        deep = measured({("a/b", "deep", 1): 0.4}, layer=8) + measured({("a/b", "deep", 1): None})
        table = ablation.compare(deep + measured({("a/b", "default", 1): 0.5}), references("deep"))
    assert table["delta"].null_count == 3
    assert "2 measures have no delta" in caplog.text and "1 measures have no finite score" in caplog.text


def test_a_table_that_is_given_twice_is_refused():
    rows = measured({("a/b", "default", 1): 0.5})
    with pytest.raises(InputError, match="given twice: a/b, default, 1, pos, accuracy"):
        ablation.compare(rows + rows, references())


def test_the_order_of_tables_makes_no_difference():
    rows = measured({("a/b", name, seed): 0.1 * seed for name in ("default", "v") for seed in (1, 2, 3)})
    rows += ablation.of_anchors(
        [{"source": "a", "target": "b", "anchor_types": 0.5, "anchor_tokens": [0.25, 0.75]}], Model("a/b", "v", 1)
    )
    tables = [ablation.compare(given, references("v")) for given in (rows, rows[::-1])]
    assert tables[0].equals(tables[1]) and tables[0].schema == ablation.schema()
    assert summaries.summarise(tables[0]).equals(summaries.summarise(tables[1]))


def planted(loss, between, within, seeds, paired=True):
    """Scores of a default and a variant: seeds differ by `between`, and models of one seed by `within`."""
    random = np.random.default_rng(5)
    level = 0.7 + between * random.standard_normal((2, len(seeds)))
    noise = within * random.standard_normal((2, len(seeds)))
    variant = level[0 if paired else 1] - loss + noise[1]
    values = {("a/b", "default", seed): value for seed, value in zip(seeds, level[0] + noise[0], strict=True)}
    return values | {("a/b", "apart", seed): value for seed, value in zip(seeds, variant, strict=True)}


def interval(values):
    table = summaries.summarise(ablation.compare(measured(values), references("apart")))
    return of(table, variant="apart", quantity="delta")[0]


def test_a_variant_that_loses_is_found_beneath_the_noise_of_seeds():
    found = interval(planted(loss=0.3, between=0.02, within=0.02, seeds=(1, 2, 3)))
    assert found["low"] < -0.3 < found["high"] < -0.15 and found["seeds"] == 3
    nothing = interval(planted(loss=0.0, between=0.02, within=0.02, seeds=(1, 2, 3)))
    assert nothing["low"] < 0 < nothing["high"]


def test_what_seeds_have_in_common_hides_no_loss():
    """Seeds differ three times as much as the variant loses. Without pairs the same loss cannot be told from none."""
    world = {"loss": 0.05, "between": 0.15, "within": 0.003, "seeds": (1, 2, 3, 4, 5)}
    assert interval(planted(**world))["high"] < -0.04
    without = interval(planted(**world, paired=False))
    assert without["low"] < 0 < without["high"]
