"""CKA against a second, plain writing, and on states of which the similarity is known."""

import math

import numpy as np
import pytest
from scipy import stats

from polychron.geometry import similarity


def draw(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def printed(one, other):
    return similarity.as_printed(similarity.Gram.of(one), similarity.Gram.of(other))


def debiased(one, other):
    return similarity.debiased(similarity.Gram.of(one), similarity.Gram.of(other))


def naive(one, other):
    """Debiased CKA by Song's expression, sentence by sentence."""

    def hsic(k, m):
        n = len(k)
        k, m = (np.where(np.eye(n, dtype=bool), 0, x) for x in (k, m))
        trace = sum(k[i, j] * m[j, i] for i in range(n) for j in range(n))
        total = sum(k.ravel()) * sum(m.ravel()) / ((n - 1) * (n - 2))
        cross = sum(k[i, j] * m[j, q] for i in range(n) for j in range(n) for q in range(n))
        return (trace + total - 2 / (n - 2) * cross) / (n * (n - 3))

    k, m = one @ one.T, other @ other.T
    return hsic(k, m) / math.sqrt(hsic(k, k) * hsic(m, m))


def of_columns(one, other):
    """Debiased CKA by the expression of Kornblith et al. in products of columns."""

    def hsic(x, y):
        n, s, t = len(x), (x**2).sum(1), (y**2).sum(1)
        return np.sum((x.T @ y) ** 2) - n / (n - 2) * s @ t + s.sum() * t.sum() / ((n - 1) * (n - 2))

    one, other = one - one.mean(0), other - other.mean(0)
    return hsic(one, other) / math.sqrt(hsic(one, one) * hsic(other, other))


def test_debiased_is_what_song_and_kornblith_write():
    one, other = draw(0, 20, 7) + 3, draw(1, 20, 5)
    other[:, :3] += one[:, :3]
    assert debiased(one, other) == pytest.approx(naive(one, other), abs=1e-12)
    assert debiased(one, other) == pytest.approx(of_columns(one, other), abs=1e-12)


def test_printed_cka_is_the_norm_of_the_covariance():
    one, other = draw(0, 30, 4) + 9, draw(1, 30, 6)
    x, y = one - one.mean(0), other - other.mean(0)
    expected = np.linalg.norm(y.T @ x) ** 2 / (np.linalg.norm(x.T @ x) * np.linalg.norm(y.T @ y))
    assert printed(one, other) == pytest.approx(expected, abs=1e-12)


def test_rotated_scaled_and_shifted_states_are_the_same():
    states = draw(0, 60, 16)
    rotation = np.linalg.qr(draw(1, 16, 16))[0]
    moved = 3.5 * states @ rotation + 100 * draw(2, 16)
    assert printed(states, moved) == pytest.approx(1, abs=1e-9)
    assert debiased(states, moved) == pytest.approx(1, abs=1e-9)
    # any other map changes them
    assert debiased(states, states @ draw(3, 16, 16)) < 0.97


def test_independent_states_look_alike_by_what_is_printed_and_not_by_the_debiased_measure():
    one, other = draw(0, 1000, 768), draw(1, 1000, 768)
    assert printed(one, other) == pytest.approx(0.435, abs=0.005)
    assert abs(debiased(one, other)) < 0.01


def test_a_common_offset_is_not_similarity():
    offset = 50 * draw(9, 64)
    one, other = draw(0, 300, 64) + offset, draw(1, 300, 64) + offset
    not_centred = np.linalg.norm(other.T @ one) ** 2 / (np.linalg.norm(one.T @ one) * np.linalg.norm(other.T @ other))
    assert not_centred > 0.99
    assert abs(debiased(one, other)) < 0.05 and printed(one, other) < 0.3


def test_it_grows_with_what_is_shared():
    shared, mine, yours = draw(0, 200, 40), draw(1, 200, 40), draw(2, 200, 40)
    found = [
        debiased(np.hstack([shared[:, :k], mine[:, : 40 - k]]), np.hstack([shared[:, :k], yours[:, : 40 - k]]))
        for k in (0, 10, 20, 30, 40)
    ]
    assert found == sorted(found) and abs(found[0]) < 0.05 and found[-1] == pytest.approx(1)


def test_shuffled_sentences_and_constant_columns_and_states():
    states = draw(0, 300, 32)
    assert abs(debiased(states, states[np.random.default_rng(1).permutation(300)])) < 0.05
    with_constant = np.hstack([states, np.full((300, 1), 7.0)])
    assert debiased(states, with_constant) == pytest.approx(1, abs=1e-9)
    assert math.isnan(debiased(states, np.ones((300, 32)))) and math.isnan(printed(states, np.ones((300, 32))))


def test_states_that_differ_by_rounding_alone_are_constant(caplog):
    rounded = 0.1 + 1e-13 * draw(0, 300, 32)
    assert math.isnan(debiased(draw(1, 300, 32), rounded))
    assert similarity.is_constant(rounded) and similarity.is_constant(np.zeros((4, 2)))
    # one float16 apart is a difference
    assert not similarity.is_constant(np.array([[1.0], [np.nextafter(np.float16(1), np.float16(2))]]))
    similarity.warn_of_constant({"de": draw(0, 5, 3), "is": np.ones((5, 3))})
    assert [record.getMessage()[:30] for record in caplog.records] == ["is: all sentences have the sam"]


def test_float16_states_hardly_change_it():
    one = draw(0, 200, 64)
    other = one + draw(1, 200, 64)
    assert debiased(one.astype(np.float16), other.astype(np.float16)) == pytest.approx(debiased(one, other), abs=1e-4)


def test_the_null_is_that_of_permuted_sentences():
    arrays = [draw(seed, 30, 5) for seed in range(3)]
    orders = similarity.permutations(30, 4, seed=0)
    found = similarity.null([similarity.Gram.of(array) for array in arrays], orders)
    for k, order in enumerate(orders):
        for i, one in enumerate(arrays):
            for j, other in enumerate(arrays):
                assert found[k, i, j] == pytest.approx(debiased(one, other[order]), abs=1e-12)
    assert np.isnan(similarity.null([similarity.Gram.of(np.ones((30, 5)))], orders)).all()


def test_p_of_independent_states_is_uniform_and_of_shared_ones_small():
    orders = similarity.permutations(40, 39, seed=0)

    def p(one, other):
        grams = [similarity.Gram.of(one), similarity.Gram.of(other)]
        return similarity.calibrated(similarity.debiased(*grams), similarity.null(grams, orders)[:, 0, 1])

    found = [p(draw(2 * seed, 40, 6), draw(2 * seed + 1, 40, 6))[0] for seed in range(200)]
    jitter = np.random.default_rng(0).uniform(size=200) / 40
    assert stats.kstest(np.array(found) - jitter, "uniform").pvalue > 0.01
    shared = draw(0, 40, 6)
    assert p(shared + 0.3 * draw(1, 40, 6), shared)[0] == 1 / 40
    assert p(shared + 0.3 * draw(1, 40, 6), shared)[1] > 0.5


def test_the_same_seed_gives_the_same_permutations():
    assert (similarity.permutations(20, 3, 7) == similarity.permutations(20, 3, 7)).all()
    assert (similarity.permutations(20, 3, 7) != similarity.permutations(20, 3, 8)).any()
    assert similarity.permutations(20, 0, 7).shape == (0, 20)
