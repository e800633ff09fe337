"""Compressed files as streams: read to their end, in portions, and never into more than they can hold.

The file objects of `lzma` and `bz2` are not used, because they end silently at padding between streams, and at anything
that is no stream.
"""

from __future__ import annotations

import bz2
import itertools
import lzma
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePath
from typing import Any

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

TEXT_MAGIC = {
    **{b"\xfd7zXZ\0": "xz", b"\x1f\x8b": "gz", b"\x28\xb5\x2f\xfd": "zst"},
    **{b"BZh%d" % level + block: "bz2" for level in range(1, 10) for block in (b"1AY&SY", b"\x17rE8P\x90")},
}
"""What compressed texts begin with. A text may itself begin with ``BZh``, so for bz2 it is longer than in `MAGIC`."""

ARCHIVES = {b"PK\x03\x04": "zip", b"7z\xbc\xaf\x27\x1c": "7z", b"Rar!\x1a\x07": "rar"}
"""What archives begin with that may be taken for compressed texts."""

TAR = slice(257, 262), b"ustar"
"""Where the first file in a tar archive says so, and what it says."""


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
    kind : {'xz', 'gz', 'bz2', 'zst'}
        How it is compressed. Streams may follow each other, with zeros between and after them; of xz, a multiple of
        four, and of zst none.

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
    if kind == "zst":
        yield from _zst(pieces)
        return
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
                    _check_ratio(given, taken)
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


class _Pieces:
    """A file to read that consists of pieces, and the number of bytes read so far."""

    closed = False

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._rest, self.taken = iter(pieces), b"", 0

    def read(self, most: int) -> bytes:
        while not self._rest and (piece := next(self._pieces, None)) is not None:
            self._rest = piece
        found, self._rest = self._rest[:most], self._rest[most:]
        self.taken += len(found)
        return found

    def close(self) -> None:
        self.closed = True


def _zst(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress zstd, which the standard library does not have before Python 3.14; see `decompressed`."""
    import pyarrow

    file, given = _Pieces(pieces), 0
    try:
        opened: Any = pyarrow.CompressedInputStream(pyarrow.PythonFile(file, mode="r"), "zstd")
        while portion := opened.read(PORTION):
            given += len(portion)
            _check_ratio(given, file.taken)
            yield portion
    except OSError as error:
        if "runcated" in str(error):
            raise EOFError("the last stream has no end") from error
        raise Damaged(str(error)) from error
    if not file.taken:
        raise EOFError("the last stream has no end")


def plain(pieces: Iterable[bytes], name: str) -> Iterator[bytes]:
    """Read a text that may be compressed, in portions.

    Parameters
    ----------
    pieces : iterable of bytes
        The file, cut anywhere. It is decompressed if it begins as files of xz, gz, bz2 or zst do.
    name : str
        Its name. A file with one of these endings has to begin so.

    Yields
    ------
    bytes

    Raises
    ------
    EOFError
        The file breaks off in a stream.
    Damaged
        As by `decompressed`; it does not begin as its name says, or is an archive.

    Examples
    --------
    >>> b"".join(plain([bz2.compress(b"one")], "a.txt")), b"".join(plain([b"o", b"ne"], "a.txt"))
    (b'one', b'one')
    """
    pieces, head = iter(pieces), b""
    for piece in pieces:
        head += piece
        if len(head) >= max(map(len, TEXT_MAGIC)):
            break
    kind = next((kind for magic, kind in TEXT_MAGIC.items() if head.startswith(magic)), None)
    named = PurePath(name).suffix.removeprefix(".")
    if archive := next((archive for magic, archive in ARCHIVES.items() if head.startswith(magic)), None):
        raise Damaged(f"a {archive} archive, which is not read: unpack it, and name the file that is in it")
    if kind is None and named in TEXT_MAGIC.values():
        raise Damaged(f"it does not begin as files of {named} do")
    whole = itertools.chain([head], pieces)
    portions = decompressed(whole, kind) if kind else whole
    for number, portion in enumerate(portions):
        if not number and portion[TAR[0]] == TAR[1]:
            raise Damaged("a tar archive, which is not read: unpack it, and name the file that is in it")
        yield portion


def _check_ratio(given: int, taken: int) -> None:
    if given > max(FREE, RATIO * taken):
        raise Damaged(f"{taken:,} bytes expand to more than {RATIO} times as many, as no data do")


def _new(kind: str) -> lzma.LZMADecompressor | bz2.BZ2Decompressor | _Gzip:
    return {
        "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, DICTIONARY),
        "gz": _Gzip,
        "bz2": bz2.BZ2Decompressor,
    }[kind]()


def _check_padding(zeros: int, kind: str) -> None:
    if kind == "xz" and zeros % 4:
        raise Damaged(f"{zeros} bytes of padding, expected a multiple of 4")
