"""Transfer with centred targets: an offset of the target is taken away, before pairs are multiplied."""

from dataclasses import replace

import numpy as np
import pytest
from cells import fit, planted

from polychron.errors import InputError
from polychron.probing import centring, probes
from polychron.probing.tasks import nli, token_labels
from polychron.probing.tasks.base import Examples


def accuracies(rows, metric="accuracy"):
    return [row["value"] for row in rows if row["metric"] == metric]


@pytest.mark.parametrize("pairs", [False, True])
def test_a_target_that_is_the_source_with_an_offset_has_the_accuracy_of_the_source(pairs):
    splits, (vectors,) = planted(900, 12, 3, pairs=pairs)
    fitted = fit(splits, [vectors], epochs=15, learning_rate=0.01)
    task = nli.Task("xnli") if pairs else token_labels.Task("pos")
    source = probes.transfer_scores(task, fitted, splits["train"], [vectors])
    origin = centring.mean(vectors, splits["train"])
    target = vectors + np.random.default_rng(1).normal(scale=5, size=12)
    found = centring.scores(task, fitted, splits["train"], target, origin)
    assert accuracies(found, centring.METRIC) == accuracies(source) and min(accuracies(source)) > 0.75
    assert [row["metric"] for row in found] == [centring.METRIC] * 5
    assert {row["split"] for row in found} == {"parallel"} and {row["examples"] for row in found} == {630}
    # the control: as it is, the target is not found
    assert max(accuracies(probes.transfer_scores(task, fitted, splits["train"], [target]))) < 0.6
    # and a rotation is nothing that a mean takes away
    turned = centring.scores(task, fitted, splits["train"], vectors[:, ::-1], origin)
    assert max(accuracies(turned, centring.METRIC)) < 0.7


def test_pairs_are_multiplied_after_both_are_moved():
    splits, (vectors,) = planted(300, 6, 3, pairs=True)
    fitted, test, origin = fit(splits, [vectors], epochs=2), splits["test"], np.arange(6.0)
    rows = np.unique([test.first, test.second])
    moved = vectors.astype(np.float64) + (origin - vectors[rows].astype(np.float64).mean(axis=0))
    one, other = (moved[part].astype(np.float32) for part in (test.first, test.second))
    seen = np.concatenate([one, other, one * other], axis=1)
    expected = [
        float(((seen @ weight + bias).argmax(axis=1) == test.label).mean())
        for weight, bias in zip(fitted.weight, fitted.bias, strict=True)
    ]
    found = centring.scores(nli.Task("xnli"), fitted, test, vectors, origin)
    assert accuracies(found, centring.METRIC) == expected


def test_the_mean_is_over_each_word_once_in_float64():
    draw = np.random.default_rng(0)
    number = 2 * centring.BLOCK + 5
    vectors = (1000 + draw.normal(size=(number + 9, 3))).astype(np.float16)
    first = draw.integers(number, size=(2, 3 * number))  # examples of two seeds
    examples = Examples(0, first, first[::-1], np.zeros(3 * number, np.int64), ("a",), 0)
    expected = vectors[np.unique(first)].astype(np.float64).mean(axis=0)
    found = centring.mean(vectors, examples)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    weighted = vectors[first.ravel()].astype(np.float64).mean(axis=0)
    assert np.abs(found - weighted).max() > 1e-4


def test_words_without_pieces_are_not_counted_and_not_moved():
    vectors = np.array([[1, 3], [0, 0], [3, 5]], np.float16)
    examples = Examples(0, np.arange(3), None, np.zeros(3, np.int64), ("a",), 0)
    np.testing.assert_array_equal(centring.mean(vectors, examples), [2, 4])
    np.testing.assert_array_equal(centring.moved(vectors, examples, np.array([12, 4])), [[11, 3], [0, 0], [13, 5]])


def test_what_cannot_be_centred():
    examples = Examples(0, np.arange(3), None, np.zeros(3, np.int64), ("a",), 0)
    with pytest.raises(InputError, match="none of 3 words has pieces"):
        centring.mean(np.zeros((3, 2), np.float16), examples)
    with pytest.raises(InputError, match="features of 2 words, and an example of word 2"):
        centring.mean(np.ones((2, 2), np.float16), examples)
    with pytest.raises(InputError, match="the features of word 5 are not finite"):
        centring.mean(np.array([[1.0], [1], [1], [1], [1], [np.nan]]), replace(examples, first=np.array([3, 4, 5])))
    with pytest.raises(InputError, match="vectors of 2 dimensions, and a source of 3"):
        centring.moved(np.ones((3, 2), np.float16), examples, np.zeros(3))
