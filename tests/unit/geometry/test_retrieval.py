import numpy as np
import pytest

from polychron.geometry import mining, pool, retrieval


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def nearest(values, number):
    return sum(sorted(values, reverse=True)[:number]) / min(number, len(values))


@pytest.mark.parametrize("number", [3, 50])
def test_csls_and_margin_are_those_of_a_double_loop(number):
    cosines = retrieval.cosine(draw(0, 12, 5), draw(1, 9, 5))
    scaled, ratio = retrieval.csls(cosines, number), retrieval.margin(cosines, number)
    for i, row in enumerate(cosines):
        for j, column in enumerate(cosines.T):
            of_row, of_column = nearest(row, number), nearest(column, number)
            assert scaled[i, j] == pytest.approx(2 * cosines[i, j] - of_row - of_column, abs=1e-12)
            assert ratio[i, j] == pytest.approx(cosines[i, j] / (of_row / 2 + of_column / 2), rel=1e-9)


def test_the_nearest_by_distance():
    queries, others = draw(0, 6, 3), draw(1, 8, 3)
    expected = -(((queries[:, None] - others[None]) ** 2).sum(2))
    np.testing.assert_allclose(retrieval.euclidean(queries, others), expected, atol=1e-12)


def test_states_of_zeros_are_near_nothing():
    queries = np.array([[0.0, 0.0], [1.0, 0.0]])
    assert retrieval.cosine(queries, np.array([[1.0, 0.0], [0.0, 0.0]])).tolist() == [[-1, -1], [1, -1]]


@pytest.mark.parametrize("scale", [lambda cosines: retrieval.csls(cosines, 10), lambda c: retrieval.margin(c, 4)])
def test_a_state_of_zeros_is_not_made_the_nearest_by_scaling(scale):
    states = draw(0, 60, 20)
    queries, target = states.copy(), states + 0.1 * draw(1, 60, 20)
    target[7] = 0
    scores = scale(retrieval.cosine(queries, target))
    assert (scores.argmax(axis=1) != 7).all()
    assert retrieval.measures(scores)["p_at_1"] == pytest.approx(59 / 60)
    # all zeros: nothing is nearer than anything else
    same = retrieval.measures(scale(retrieval.cosine(np.zeros((60, 20)), np.zeros((60, 20)))))
    assert same["p_at_1"] == pytest.approx(1 / 60)


def test_a_sentence_of_zeros_is_mined_last():
    states = draw(0, 80, 30)
    source = states.copy()
    source[30] = 0
    scores, right = mining.candidates(source, states, 4)
    assert scores.argmin() == 30 and not right[30]
    assert right.sum() == 39
    # a half of nothing but zeros, to tune on or to be scored, is no error
    empty = np.zeros_like(states)
    assert mining.mine((empty, empty), (states, states), 4) < 1
    assert mining.mine((states, states), (empty, empty), 4) < 0.1


def test_measures_of_a_table_worked_out_by_hand():
    scores = np.array([[9, 1, 2, 3.0], [7, 8, 8, 1], [6, 5, 4, 3], [1, 2, 3, 4]])
    # first: right alone; second: shared by two; third: third place; last: right alone
    assert retrieval.first_right(scores).tolist() == [1, 0.5, 0, 1]
    assert retrieval.ranks(scores).tolist() == [1, 1.5, 3, 1]
    found = retrieval.measures(scores)
    assert found["p_at_1"] == 2.5 / 4 and found["p_at_5"] == 1
    assert found["mrr"] == pytest.approx((1 + 1 / 1.5 + 1 / 3 + 1) / 4)
    # backwards: the columns' highest are rows 0, 1, 1 and 3
    assert found["mutual_p_at_1"] == (1 + 0.5 + 0 + 1) / 4


def test_where_all_states_are_the_same_nothing_is_found_but_by_guessing():
    found = retrieval.measures(retrieval.cosine(np.ones((40, 3)), np.ones((40, 3))))
    assert found["p_at_1"] == 1 / 40 and found["mutual_p_at_1"] == pytest.approx(1 / 40**2)
    assert found["p_at_5"] == 0 and found["mrr"] == pytest.approx(1 / 20.5)


def test_csls_finds_what_a_hub_hides():
    states = draw(0, 60, 20)
    hub = states.mean(0) * 50
    target = states + 0.05 * draw(1, 60, 20)
    target[7] = hub
    queries = states + hub / 4
    cosines = retrieval.cosine(queries, target)
    hidden = retrieval.measures(cosines)["p_at_1"]
    assert hidden < 0.2
    assert retrieval.measures(retrieval.csls(cosines, 10))["p_at_1"] > hidden + 0.3


def test_the_pool_of_all_languages_against_scikit_learn():
    from sklearn.metrics import average_precision_score

    states = {name: draw(seed, 10, 4) for seed, name in enumerate(("de", "en", "fr"))}
    found = pool.search(states)
    for source, queries in states.items():
        others = [name for name in states if name != source]
        precision, first = [], []
        for row, query in enumerate(queries):
            scores = np.concatenate([retrieval.cosine(query[None], states[name])[0] for name in others])
            right = np.tile(np.arange(10) == row, 2)
            first.append(int(scores.argmax() >= 10))
            # all 20 candidates count, so that it is the usual average precision
            precision.append(average_precision_score(right, scores))
        assert found[source]["map_at_20"] == pytest.approx(np.mean(precision), abs=1e-12)
        share = np.mean(first)
        assert found[source]["top_language"] == max(share, 1 - share)


def test_languages_that_have_a_place_of_their_own_come_first():
    shared = draw(0, 50, 30)
    same = {name: shared for name in ("de", "en", "fr", "hi")}
    assert pool.search(same)["de"]["map_at_20"] == 1
    # of equal states no language comes first
    assert pool.search(same)["de"]["top_language"] < 0.6
    apart = {name: shared + (100 if name in ("de", "en") else -100) for name in same}
    assert pool.search(apart)["de"]["top_language"] == 1


def test_average_precision_of_a_list_worked_out_by_hand():
    relevant = np.array([[True, False, True, False], [False, False, False, False]])
    assert pool.average_precision(relevant, 2).tolist() == [(1 + 2 / 3) / 2, 0]
    assert pool.average_precision(relevant, 9).tolist() == [(1 + 2 / 3) / 4, 0]


def test_mining_finds_what_is_there():
    states = [draw(seed, 80, 30) for seed in range(2)]
    halves = [(half, half + 0.1 * draw(9, 80, 30)) for half in states]
    assert mining.mine(*halves, 4) > 0.95
    independent = [(half, draw(9 + place, 80, 30)) for place, half in enumerate(states)]
    assert mining.mine(*independent, 4) < 0.2
    assert np.isnan(mining.mine((states[0][:4], states[0][:4]), halves[1], 4))


def test_half_of_the_sentences_that_are_mined_have_no_translation():
    states = draw(0, 40, 30)
    scores, right = mining.candidates(states, states, 4)
    assert len(scores) == 30 and right.tolist() == [False] * 10 + [True] * 20
    assert mining.f1(scores, right, scores[right].min(), 20) == pytest.approx(1)
    assert mining.f1(scores, right, -np.inf, 20) == pytest.approx(2 * 20 / (30 + 20))
    assert mining.f1(scores, right, np.inf, 20) == 0
