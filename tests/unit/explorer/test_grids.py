"""Grids hold the means of a table, each in its place, and a page says what it has no room for."""

import math
import statistics

import numpy as np
import pyarrow
import pytest

from polychron.explorer import grids
from polychron.storage.scores import score_schema


def table(*rows):
    names = ("model", "task", "source", "target", "layer", "step", "seed", "split", "metric", "value", "examples")
    return pyarrow.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows], schema=score_schema())


def row(value, *, source="de", target="fr", layer=2, step=0, seed=0, metric="accuracy", model="m", task="pos"):
    return (model, task, source, target, layer, step, seed, "parallel", metric, value, 10)


def test_a_value_is_the_mean_of_its_runs_in_its_place():
    seeds = [0.5, 0.6, 0.8]
    made = [row(value, seed=seed, step=800) for seed, value in enumerate(seeds)]
    (grid,) = grids.of_table(table(row(0.25, layer=0), *made))
    assert (grid.pairs, grid.layers, grid.steps) == ([("de", "fr")], [0, 2], [0, 800])
    expected = np.array([[[0.25, math.nan], [math.nan, statistics.mean(seeds)]]])
    np.testing.assert_allclose(grid.means, expected)
    np.testing.assert_allclose(grid.deviations[0, 1, 1], statistics.stdev(seeds))
    assert np.isnan(grid.deviations[0, 0, 0])  # of one run
    np.testing.assert_array_equal(grid.runs, [[[1, math.nan], [math.nan, 3]]])
    assert grid.not_finite == 0


def test_halves_count_by_their_sentences_and_seeds_alike():
    """A half of 75 sentences finds all translations, one of 25 finds none; so do two halves of the same size."""
    halves = [("retrieval", 75, 0, 1.0), ("retrieval", 25, 1, 0.0), ("other", 75, 0, 1.0), ("other", 25, 1, 0.0)]
    made = [(*row(value, task=task, seed=seed)[:-1], examples) for task, examples, seed, value in halves]
    made += [row(value, task="retrieval", step=50, seed=seed) for seed, value in enumerate((1.0, 0.0))]
    made += [(*row(value, task="retrieval", step=90, seed=seed)[:-1], None) for seed, value in enumerate((1.0, 0.0))]
    found = {grid.task: grid.means.ravel().tolist() for grid in grids.of_table(table(*made), {"retrieval"})}
    assert found == {"retrieval": [0.75, 0.5, 0.5], "other": [0.5]}


def test_two_halves_have_no_deviation():
    (grid,) = grids.of_table(table(row(0.2, seed=0), row(0.4, seed=1)))
    assert grid.means.tolist() == [[[pytest.approx(0.3)]]] and grid.deviations is None


def test_what_has_no_language_layer_or_step_has_a_place_too():
    made = [row(0.1, source=None, target=None, layer=None, step=None, seed=None), row(0.9, layer=None, step=None)]
    (grid,) = grids.of_table(table(*made))
    assert (grid.pairs, grid.layers, grid.steps) == ([(None, None), ("de", "fr")], [None], [None])
    assert grid.means.ravel().tolist() == [0.1, 0.9]


def test_values_that_are_no_numbers_are_counted_and_in_no_mean():
    found = grids.of_table(table(row(math.nan), row(0.5, seed=1), row(None, seed=2), row(math.inf, metric="other")))
    (grid,) = found  # a measure none of whose values is a number has no grid
    assert grid.means.tolist() == [[[0.5]]] and grid.not_finite == 2


def test_measures_are_apart():
    made = [row(0.1), row(0.2, metric="unseen"), row(0.3, model="n"), row(0.4, task="xnli")]
    found = {(grid.model, grid.task, grid.metric): grid.means.item() for grid in grids.of_table(table(*made))}
    assert found == {
        ("m", "pos", "accuracy"): 0.1,
        ("m", "pos", "unseen"): 0.2,
        ("n", "pos", "accuracy"): 0.3,
        ("m", "xnli", "accuracy"): 0.4,
    }


def test_an_empty_table_has_no_grids():
    assert grids.of_table(table()) == []


def test_what_there_is_no_room_for_is_named_and_left_out_for_all_models():
    made = [row(0.1, metric="wide", step=step, model=model) for step in range(4) for model in "mn"]
    every = grids.of_table(table(*made, row(0.2, metric="small"), row(0.3, metric="main", step=1)))
    kept, left = grids.chosen(every, ["main"], most=9)
    assert [grid.metric for grid in kept] == ["main", "small"] and left == ["pos wide (parallel)"]
    kept, left = grids.chosen(every, ["wide"], most=9)
    assert [(grid.model, grid.metric) for grid in kept] == [("m", "main"), ("m", "wide"), ("n", "wide")]
    assert left == ["pos small (parallel)"]
    assert grids.chosen(every, [], most=10) == (every, [])
