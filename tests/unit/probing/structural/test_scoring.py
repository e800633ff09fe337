"""Scores of structural probes: planted distances, references, ties, and what says nothing."""

import numpy as np
import pytest
from embedded import chains, embed, random_trees
from scipy.spatial.distance import cdist
from scipy.stats import spearmanr

from polychron.errors import InputError
from polychron.probing.structural import scoring
from polychron.probing.structural.scoring import Probe


def found(probe, vectors, trees):
    rows = scoring.scores(probe, vectors, trees, "test")
    return {row["metric"]: row["value"] for row in rows if row["seed"] in (None, 0)}


def probe_of(weight):
    return Probe(np.asarray(weight, np.float32)[None], (0,), (1,))


def test_planted_distances_are_found_by_the_planted_map_and_by_no_other():
    trees = random_trees(60, shortest=4)
    vectors, planted = embed([trees], rank=10, dimension=16)
    values = found(probe_of(planted), vectors, trees)
    assert values["uuas"] == 1
    # not 1, since many words are at the same distance in the tree, and none are after rounding
    assert values["dspearman"] > 0.95
    assert scoring.measure(lambda place: trees.distances[place] ** 2, trees)["dspearman"][0] == pytest.approx(1)
    # the other directions hold noise
    other = np.linalg.svd(planted)[2][10:]
    values = found(probe_of(other), vectors, trees)
    assert abs(values["uuas"] - values["uuas.chance"]) < 0.06 and values["dspearman"] < 0.5


def test_random_states_are_at_chance():
    trees = random_trees(600, longest=7)
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(trees.rows[-1][-1] + 1, 8))
    values = found(probe_of(np.eye(8)), vectors, trees)
    assert values["uuas"] == pytest.approx(values["uuas.chance"], abs=0.03)
    # punctuation is no arc: the number of random edges that are arcs, counted
    assert 0.3 < values["uuas.chance"] < 0.8


def test_states_that_are_all_the_same_are_at_chance_and_have_no_correlation():
    """A spanning tree of equal distances in the order of words would be a star, or the chain that often is right."""
    trees = chains(400, 6)
    values = found(probe_of(np.eye(3)), np.ones((2400, 3)), trees)
    assert values["uuas"] == pytest.approx(values["uuas.chance"], abs=0.03)
    assert values["uuas.chance"] == pytest.approx(1 / 3)
    assert np.isnan(values["dspearman"])


def test_the_linear_chain_finds_chains_and_passes_over_punctuation():
    values = found(probe_of(np.eye(2)), np.random.default_rng(0).normal(size=(60, 2)), chains(10, 6))
    assert values["uuas.linear_chain"] == values["dspearman.linear_chain"] == 1
    # word 1 is punctuation, with its arc alone: 0 - 2 is the arc left, and next to each other
    between = np.array([[0, 1, 1], [1, 0, 2], [1, 2, 0]], np.int16)
    trees = scoring.Trees([np.arange(3)], [between], [np.array([True, False, True])], 0)
    measured = scoring.measure(lambda place: np.abs(np.subtract.outer(np.arange(3), np.arange(3))), trees)
    assert measured["uuas"] == (1.0, 1)
    assert np.isnan(measured["dspearman"][0]) and measured["dspearman"][1] == 0


def test_spanning_trees_are_those_of_networkx():
    networkx = pytest.importorskip("networkx")
    draw = np.random.default_rng(1)
    for number in (2, 3, 8, 20):
        points = draw.normal(size=(number, 3))
        distances = cdist(points, points, "sqeuclidean")
        edges = scoring.spanning_tree(distances, draw.random(number * (number - 1) // 2))
        graph = networkx.Graph()
        graph.add_weighted_edges_from(
            (one, other, distances[one, other]) for one in range(number) for other in range(one)
        )
        expected = networkx.minimum_spanning_tree(graph).edges
        assert {frozenset(edge) for edge in edges.tolist()} == {frozenset(edge) for edge in expected}


def test_a_distance_of_zero_is_an_edge():
    distances = np.array([[0.0, 0, 3], [0, 0, 1], [3, 1, 0]])
    assert scoring.spanning_tree(distances, np.zeros(3)).tolist() == [[0, 1], [1, 2]]


def test_correlations_are_those_of_scipy_and_are_averaged_within_lengths():
    trees = random_trees(40, seed=3, shortest=3, longest=8)
    points = np.random.default_rng(2).normal(size=(trees.rows[-1][-1] + 1, 4))

    def predict(place):
        # rounded, so that there are ties
        return np.round(cdist(points[trees.rows[place]], points[trees.rows[place]], "sqeuclidean"))

    by_length = {}
    for place, gold in enumerate(trees.distances):
        each = [spearmanr(one, other).correlation for one, other in zip(predict(place), gold, strict=True)]
        assert scoring.correlation(predict(place), gold) == pytest.approx(np.mean(each), abs=1e-12)
        if len(gold) >= 5:
            by_length.setdefault(len(gold), []).extend(each)
    value, number = scoring.measure(predict, trees)["dspearman"]
    assert value == pytest.approx(np.mean([np.mean(each) for each in by_length.values()]), abs=1e-12)
    assert number == sum(len(gold) >= 5 for gold in trees.distances)


def test_a_constant_added_to_all_vectors_changes_nothing():
    trees = random_trees(30)
    vectors, planted = embed([trees], rank=10, dimension=16, noise=0.3)
    values = found(probe_of(planted), vectors, trees)
    assert found(probe_of(planted), vectors + 1000, trees) == pytest.approx(values, abs=1e-6)


def test_vectors_that_do_not_fit_are_refused():
    trees = random_trees(5)
    words = trees.rows[-1][-1] + 1
    with pytest.raises(InputError, match="a structural probe of 3 dimensions for vectors of 4"):
        scoring.scores(probe_of(np.eye(3)), np.ones((words, 4)), trees, "test")
    with pytest.raises(InputError, match=f"features of {words - 1} words, and an example of word {words - 1}"):
        scoring.scores(probe_of(np.eye(3)), np.ones((words - 1, 3)), trees, "test")
    vectors = np.ones((words, 3))
    vectors[2, 1] = np.inf
    with pytest.raises(InputError, match="the features of word 2 are not finite"):
        scoring.scores(probe_of(np.eye(3)), vectors, trees, "test")


def test_a_file_of_weights_is_read_as_written_and_a_faulty_one_refused():
    probe = Probe(np.zeros((2, 3, 4), np.float32), (0, 1), (5, 6))
    again = scoring.from_file(probe.tensors(), probe.metadata(language="de"))
    assert (again.seeds, again.kept_epochs) == ((0, 1), (5, 6)) and again.weight is probe.weight
    for tensors in ({}, {"weight": np.zeros((1, 3, 4), np.float32)}):
        with pytest.raises(InputError, match="no weights of a structural probe"):
            scoring.from_file(tensors, probe.metadata())
