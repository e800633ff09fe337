"""Random numbers of many of NumPy's generators at once: stream `i` is ``numpy.random.default_rng([seed, i])``.

To make a generator takes NumPy longer than to draw the few numbers that a sentence needs. Here all streams are computed
together, each operation on an array with a number of each stream. The algorithms are those of NumPy, whose numbers are
fixed for a seed: ``SeedSequence``, which spreads a seed over 128 bits (O'Neill 2015), and ``PCG64`` (PCG XSL-RR 128/64,
O'Neill 2014).
"""

from __future__ import annotations

import numpy as np

_U64 = np.uint64
_LOW, _HALF = _U64(0xFFFFFFFF), _U64(32)
_MULTIPLIER = _U64(2549297995355413924), _U64(4865540595714422341)


def draw(seed: int, streams: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw the first numbers of some streams.

    Parameters
    ----------
    seed : int, in [0, 2**32)
    streams : ndarray of int, shape (n,)
        Which streams, each in [0, 2**32).
    counts : ndarray of int, shape (n,)
        How many numbers of each.

    Returns
    -------
    numbers : ndarray of uint64, shape (counts.sum(),)
        The numbers of a stream follow each other.
    starts : ndarray of int64, shape (n,)
        Where the numbers of each stream begin.

    Examples
    --------
    >>> numbers, starts = draw(5, np.array([0, 7]), np.array([2, 1]))
    >>> [int(number) for number in numbers[starts]]
    [14849682912918955432, 9453768824236600766]
    >>> [int(np.random.default_rng([5, stream]).bit_generator.random_raw()) for stream in (0, 7)]
    [14849682912918955432, 9453768824236600766]
    """
    starts = np.cumsum(counts) - counts
    longest = np.argsort(-counts, kind="stable")
    alive = np.searchsorted(-counts[longest], -np.arange(counts.max(initial=0)), side="left")  # at each step
    at, numbers = starts[longest], np.empty(int(counts.sum()), np.uint64)
    high, low, inc_high, inc_low = _seeded(seed, streams[longest])
    for step, left in enumerate(alive):
        high, low, inc_high, inc_low = high[:left], low[:left], inc_high[:left], inc_low[:left]
        high, low = _advanced(high, low, inc_high, inc_low)
        mixed, turn = high ^ low, high >> _U64(58)
        numbers[at[:left] + step] = (mixed >> turn) | (mixed << (-turn & _U64(63)))
    return numbers, starts


def _advanced(high: np.ndarray, low: np.ndarray, inc_high: np.ndarray, inc_low: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the next state of each generator: the state times the multiplier, plus the increment, modulo 2**128."""
    other_high, other_low = _MULTIPLIER
    upper = high * other_low + low * other_high + _upper_product(low, other_low)
    lower = low * other_low
    return _sum(upper, lower, inc_high, inc_low)


def _sum(high: np.ndarray, low: np.ndarray, inc_high: np.ndarray, inc_low: np.ndarray) -> tuple[np.ndarray, ...]:
    lower = low + inc_low
    return high + inc_high + (lower < low), lower


def _upper_product(left: np.ndarray, right: np.uint64) -> np.ndarray:
    """Return the upper 64 bits of a product of 64-bit numbers."""
    a, b, c, d = left >> _HALF, left & _LOW, right >> _HALF, right & _LOW
    cross = a * d + ((b * d) >> _HALF)
    return a * c + (cross >> _HALF) + ((b * c + (cross & _LOW)) >> _HALF)


def _seeded(seed: int, streams: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the states and increments of the generators, upper and lower halves."""
    pool = _pool(seed, streams)
    words, factor = [], 0x8B51F9DD
    for place in range(8):
        value = pool[place % 4] ^ np.uint32(factor)
        factor = factor * 0x58F38DED & 0xFFFFFFFF
        value *= np.uint32(factor)
        words.append((value ^ (value >> np.uint32(16))).astype(np.uint64))
    high, low, inc_high, inc_low = (words[i] | (words[i + 1] << _HALF) for i in range(0, 8, 2))
    one = _U64(1)
    increment = (inc_high << one) | (inc_low >> _U64(63)), (inc_low << one) | one
    # the first step is from 0, which it turns into the increment
    return *_advanced(*_sum(*increment, high, low), *increment), *increment


def _pool(seed: int, streams: np.ndarray) -> list[np.ndarray]:
    """Return what ``SeedSequence([seed, stream])`` makes of its two numbers: four words for each stream."""
    factor = 0x43B0D7E5

    def hashed(value: np.ndarray) -> np.ndarray:
        nonlocal factor
        value = value ^ np.uint32(factor)
        factor = factor * 0x931E8875 & 0xFFFFFFFF
        value *= np.uint32(factor)
        return value ^ (value >> np.uint32(16))

    zero = np.zeros(len(streams), np.uint32)
    pool = [hashed(word) for word in (zero + np.uint32(seed), streams.astype(np.uint32), zero, zero)]
    for source in range(4):
        for place in range(4):
            if place != source:
                mixed = pool[place] * np.uint32(0xCA01F9DD) - hashed(pool[source]) * np.uint32(0x4973F715)
                pool[place] = mixed ^ (mixed >> np.uint32(16))
    return pool
