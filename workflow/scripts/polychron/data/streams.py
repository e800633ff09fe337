"""Compressed files as streams: read to their end, in portions, and never into more than they can hold.

The file objects of `lzma` and `bz2` are not used, because they end silently at padding between streams, and at anything
that is no stream.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Iterable, Iterator

PORTION = 1 << 20
"""What is decompressed at a time, in bytes."""

DICTIONARY = 1 << 30
"""Memory that an xz stream may ask for, in bytes; ``xz -9`` asks for 64 MiB."""

RATIO = 250
"""Largest ratio of a size to the compressed size; that of text is about ten."""

FREE = 1 << 26
"""Size in bytes up to which that ratio does not matter."""

MANY = 1000
SMALLEST = 100
"""Of more streams than `MANY`, the least mean size in bytes. That of an empty one is about 30."""

MAGIC = {b"\xfd7zXZ\0": "xz", b"\x1f\x8b": "gz", b"BZh": "bz2"}
"""What compressed files begin with."""


class Damaged(Exception):
    """A stream is damaged, expands too far, or is followed by something that is none."""


class _Gzip:
    """A decompressor of one gzip stream, with the interface of those of `lzma` and `bz2`."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, most: int) -> bytes:
        found = self._inner.decompress(self._inner.unconsumed_tail + data, most)
        self.needs_input = not self._inner.unconsumed_tail and len(found) < most
        return found


def decompressed(pieces: Iterable[bytes], kind: str) -> Iterator[bytes]:
    """Decompress the streams of a file in portions, for a small piece may hold gigabytes.

    Parameters
    ----------
    pieces : iterable of bytes
        The file, cut anywhere.
    kind : {'xz', 'gz', 'bz2'}
        How it is compressed. Streams may follow each other, with zeros between and after them; of xz, a multiple of
        four.

    Yields
    ------
    bytes
        At most `PORTION`.

    Raises
    ------
    EOFError
        The file breaks off in a stream.
    Damaged
        It is damaged, something else follows a stream, or it expands to more than `RATIO` times its size.

    Examples
    --------
    >>> b"".join(decompressed([bz2.compress(b"one") + bz2.compress(b"two")], "bz2"))
    b'onetwo'
    """
    reader = _new(kind)
    between: int | None = None  # zeros since the end of a stream
    taken, given, number = 0, 0, 1
    for piece in pieces:
        taken += len(piece)
        rest = piece
        while rest:
            if between is not None:
                stream = rest.lstrip(b"\0")
                between += len(rest) - len(stream)
                if not stream:
                    break
                _check_padding(between, kind)
                reader, between, rest, number = _new(kind), None, stream, number + 1
                if number > MANY and taken < SMALLEST * number:
                    raise Damaged(f"{number:,} streams in {taken:,} bytes, which hold next to nothing")
            try:
                portion = reader.decompress(rest, PORTION)
                while True:
                    given += len(portion)
                    if given > max(FREE, RATIO * taken):
                        raise Damaged(f"{taken:,} bytes expand to more than {RATIO} times as many, as no data do")
                    yield portion
                    if reader.eof or reader.needs_input:
                        break
                    portion = reader.decompress(b"", PORTION)
            except (lzma.LZMAError, zlib.error, OSError) as error:
                raise Damaged(str(error)) from error
            rest = b""
            if reader.eof:
                between, rest = 0, reader.unused_data
    if between is None:
        raise EOFError("the last stream has no end")
    _check_padding(between, kind)


def _new(kind: str) -> lzma.LZMADecompressor | bz2.BZ2Decompressor | _Gzip:
    return {
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, DICTIONARY),
        "gz": _Gzip,
        "bz2": bz2.BZ2Decompressor,
    }[kind]()


def _check_padding(zeros: int, kind: str) -> None:
    if kind == "xz" and zeros % 4:
        raise Damaged(f"{zeros} bytes of padding, expected a multiple of 4")
