"""Compressed streams: all of them are read, to their end, and none beyond what data can hold."""

import bz2
import gzip
import itertools
import lzma

import pyarrow
import pytest

from polychron.data import streams

PACK = {
    **{"xz": lzma.compress, "gz": gzip.compress, "bz2": bz2.compress},
    "zst": lambda data: pyarrow.compress(data, codec="zstd", asbytes=True),
}
TEXT = b"one line\n" * 1000

kinds = pytest.mark.parametrize("kind", PACK)


def whole(data, kind, size=7):
    return b"".join(streams.decompressed((data[at : at + size] for at in range(0, len(data), size)), kind))


@kinds
@pytest.mark.parametrize("size", [1, 100, 1 << 20])
def test_streams_and_padding_are_read_however_they_are_cut(kind, size):
    packed, zeros = PACK[kind](TEXT), bytes(4 * (kind != "zst"))
    assert whole(packed + packed + 2 * zeros + packed + zeros, kind, size) == TEXT * 3


@kinds
def test_what_is_larger_than_a_portion_is_given_in_portions(kind):
    noise = bytes(number * number * 7919 >> 5 & 127 for number in range(1 << 16)) * 20
    given = list(streams.decompressed([PACK[kind](noise)], kind))
    assert b"".join(given) == noise
    assert max(map(len, given)) <= streams.PORTION


@kinds
def test_what_is_no_stream_is_refused(kind):
    packed = PACK[kind](TEXT)
    for damaged in (
        packed + b"something else",
        packed + bytes(4) + b"something else",
        b"none of them",
        packed[:20] + b"\0\1\2\3" + packed[24:],
    ):
        with pytest.raises(streams.Damaged):
            whole(damaged, kind)
    for cut in (packed[:-1], packed[:10], b""):
        with pytest.raises(EOFError):
            whole(cut, kind)


@kinds
def test_a_bomb_is_refused_before_it_is_whole(kind):
    bomb = PACK[kind](bytes(1 << 24))
    given = 0
    with pytest.raises(streams.Damaged, match="expand to more than 250 times"):
        for portion in streams.decompressed(itertools.repeat(bomb, 100), kind):
            given += len(portion)
    assert given <= streams.FREE + streams.PORTION


def test_streams_that_hold_next_to_nothing_are_refused_where_there_are_many():
    empty, small = lzma.compress(b""), lzma.compress(bytes(range(100)))
    assert whole(empty * 500, "xz", 10_000) == b""
    assert whole(small * 2000, "xz", 10_000) == bytes(range(100)) * 2000
    with pytest.raises(streams.Damaged, match="1,001 streams in"):
        whole(empty * 2000, "xz", 10_000)
