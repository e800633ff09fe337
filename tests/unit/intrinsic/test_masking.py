"""Masks that are drawn together are those of NumPy's generators, one for each sentence."""

import numpy as np
import pytest

from polychron.intrinsic import masking, streams


def one_by_one(lengths, probability, seed, replacements):
    """Draw with arrays to choose from, as the description of the draws says."""
    found, start = [], 0
    for sentence, length in enumerate(lengths):
        draw = np.random.default_rng([seed, sentence])
        places = np.arange(start, start + length)
        number = int(probability * length + draw.random())
        picked = np.sort(draw.choice(places, number, replace=False))
        found.append((picked, draw.random(number), draw.choice(replacements, number)))
        start += length
    return [np.concatenate(parts) for parts in zip(*found, strict=True)]


def is_same(lengths, probability, seed, replacements):
    lengths = np.asarray(lengths, np.int64)
    found = masking.all_at_once(lengths, probability, seed, replacements)
    return all(map(np.array_equal, found, one_by_one(lengths, probability, seed, replacements)))


@pytest.fixture
def drawn_alone(monkeypatch):
    """The numbers of the sentences that are drawn alone."""
    alone, sentences = masking.alone, []

    def noted(length, probability, seed, sentence, replacements):
        sentences.append(sentence)
        return alone(length, probability, seed, sentence, replacements)

    monkeypatch.setattr(masking, "alone", noted)
    return sentences


@pytest.mark.parametrize("seed", [0, 2**31 - 1])
def test_each_stream_has_the_numbers_of_its_generator(seed):
    of, counts = np.array([3, 0, 2**32 - 1, 17]), np.array([5, 9, 1, 0])
    numbers, starts = streams.draw(seed, of, counts)
    assert len(numbers) == 15
    for stream, count, start in zip(of, counts, starts, strict=True):
        known = np.random.default_rng([seed, int(stream)]).bit_generator.random_raw(int(count))
        assert np.array_equal(numbers[start : start + count], known)


@pytest.mark.parametrize("probability", [0.01, 0.15, 0.5, 0.999])
def test_masks_are_those_of_a_generator_for_each_sentence(probability, drawn_alone):
    """Sentences of which none and of which all pieces are masked are among them."""
    lengths = np.concatenate([np.random.default_rng(1).integers(0, 60, 120), [0, 1, 1, 2, 2, 3, 500]])
    assert is_same(lengths, probability, 5, 250_002)
    assert len(drawn_alone) <= 2, "the one that is compared, and at most one more"


def test_numbers_that_numpy_draws_again_are_drawn_by_it(drawn_alone):
    """Of 2**31 + 1 pieces, almost half of all numbers are drawn again."""
    found = masking.all_at_once(np.full(20, 12), 0.3, 5, 2**31 + 1)
    assert len(set(drawn_alone)) > 15
    known = [masking.alone(12, 0.3, 5, sentence, 2**31 + 1) for sentence in range(20)]
    assert np.array_equal(found[2], np.concatenate([replacement for *_, replacement in known]))
    assert np.array_equal(found[0], np.concatenate([12 * number + one[0] for number, one in enumerate(known)]))


def test_long_sentences_are_drawn_alone(drawn_alone):
    assert is_same([10_000, 5, 10_001, 12], 0.15, 3, 900)
    assert set(drawn_alone) == {0, 2}  # 0 is compared


def test_another_numpy_draws_its_own_masks(monkeypatch, drawn_alone):
    """Where the numbers of a generator differ, all sentences are drawn by it."""
    draw = streams.draw
    monkeypatch.setattr(masking.streams, "draw", lambda seed, *which: draw(seed + 1, *which))
    assert is_same([12, 30, 0, 7], 0.3, 5, 900)
    assert set(drawn_alone) == {0, 1, 2, 3}


def test_no_sentence_and_no_mask_are_nothing():
    for lengths in ([], [1, 2]):
        found = masking.all_at_once(np.array(lengths, np.int64), 1e-9, 1, 900)
        assert [len(part) for part in found] == [0, 0, 0]
