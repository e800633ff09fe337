"""Lines of text files: UTF-8 read strictly, compressed text read as a stream, and the split off its end."""

from __future__ import annotations

import logging
import lzma
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from polychron.errors import InputError

logger = logging.getLogger("polychron")

SHARE_HELD_OUT = 10
"""At most one line in this many is held out."""

PORTION = 1 << 20
"""Text that is decompressed at a time, in bytes."""

LONGEST_LINE = 1 << 24
"""In bytes."""


def lines(path: str | Path, encoding: str = "utf-8") -> list[str]:
    r"""Read a text file as lines, split at line feeds alone.

    A byte order mark and the carriage returns of Windows are taken off and logged. Other characters that some
    libraries take for line ends (U+0085, U+2028) are kept.

    Parameters
    ----------
    path : path-like
        The file.
    encoding : str
        Its encoding.

    Returns
    -------
    list of str
        The lines without their ends. As with ``"a\nb\n".split("\n")``, the last one is empty where the file ends
        with a line end.

    Raises
    ------
    InputError
        The file is missing, is empty, or has bytes that are no text in `encoding`.
    """
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise InputError("no such file", file=path, remedy="look at the path in the config") from error
    if not data:
        raise InputError("the file is empty", file=path, remedy="fetch it again")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte {data[error.start]:#04x} is no {encoding} text",
            file=path,
            line=data.count(b"\n", 0, error.start) + 1,
            remedy="convert the file to UTF-8 (iconv -f latin1 -t utf-8), or declare its encoding",
        ) from error
    if text.startswith("\ufeff"):
        logger.info("%s: begins with a byte order mark, which is taken off", path)
        text = text[1:]
    parts = text.split("\n")
    returns = sum(part.endswith("\r") for part in parts)
    if returns:
        logger.info("%s: %d lines end with a carriage return, which is taken off", path, returns)
        parts = [part.removesuffix("\r") for part in parts]
    return parts


def compressed_lines(path: str | Path) -> Iterator[str]:
    """Read the lines of an ``.xz`` text file one by one, however large it is.

    Runs of white space become one space (line separators within a line among them). Empty lines, which separate
    documents in CC100, are left out.

    Parameters
    ----------
    path : path-like
        A text file in UTF-8, compressed with xz.

    Yields
    ------
    str
        A line.

    Raises
    ------
    InputError
        The file is no xz file, is cut short or damaged, or holds bytes that are no UTF-8 text.
    """
    number = 0
    try:
        with lzma.open(path, "rb") as file:
            for data in file:
                number += 1
                line = " ".join(data.decode("utf-8").split())
                if line:
                    yield line
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte {error.object[error.start]:#04x} is no UTF-8 text", file=path, line=number, remedy="fetch it again"
        ) from error
    except (EOFError, lzma.LZMAError) as error:
        raise InputError(
            f"no whole xz file: it breaks off or is damaged after line {number} ({error})",
            file=path,
            remedy="delete it, and run the same command again to fetch it once more",
        ) from error


def first_lines(pieces: Iterable[bytes], number: int, file: str | Path = "text") -> list[str]:
    r"""Read the first lines of an ``.xz`` text, and no more of its bytes than they need.

    Parameters
    ----------
    pieces : iterable of bytes
        The file from its beginning, cut anywhere.
    number : int
        Lines to read, at least 1. White space is treated as by `compressed_lines`.
    file : path-like
        What messages call the text.

    Returns
    -------
    list of str
        The lines; fewer where the text is shorter, which is logged.

    Raises
    ------
    InputError
        It is no xz file, breaks off before as many lines, has none, or holds bytes that are no UTF-8 text.

    Examples
    --------
    >>> whole = lzma.compress(b"one\n\ntwo\nthree\n")
    >>> first_lines([whole[:30], whole[30:]], 2)
    ['one', 'two']
    """
    taken: list[str] = []
    reader, rest, seen, place = lzma.LZMADecompressor(lzma.FORMAT_XZ), b"", 0, 0
    try:
        for piece in pieces:
            seen += len(piece)
            for text in _decompressed(reader, piece):
                *whole, rest = (rest + text).split(b"\n")
                for data in [*whole, rest] if reader.eof else whole:
                    place += 1
                    line = " ".join(data.decode("utf-8").split())
                    taken += [line] if line else []
                    if len(taken) == number:
                        logger.info("%s: the first %d lines, in the first %d bytes", file, number, seen)
                        return taken
                if len(rest) > LONGEST_LINE:
                    raise InputError(
                        f"a line of more than {LONGEST_LINE} bytes", file=file, line=place + 1, remedy="fetch it again"
                    )
            if reader.eof:
                break
    except UnicodeDecodeError as error:
        raise InputError(
            f"byte {error.object[error.start]:#04x} is no UTF-8 text", file=file, line=place, remedy="fetch it again"
        ) from error
    except lzma.LZMAError as error:
        raise InputError(f"no xz file, or a damaged one ({error})", file=file, remedy="fetch it again") from error
    if not reader.eof:
        raise InputError(f"breaks off after {seen} bytes, in line {place + 1}", file=file, remedy="fetch it again")
    if not taken:
        raise InputError("a text without a line", file=file, remedy="take its language out of bits.languages")
    logger.warning("%s: %d lines only, not %d", file, len(taken), number)
    return taken


def _decompressed(reader: lzma.LZMADecompressor, piece: bytes) -> Iterator[bytes]:
    """Decompress a piece in portions, for a small one may hold gigabytes."""
    yield reader.decompress(piece, PORTION)
    while not (reader.eof or reader.needs_input):
        yield reader.decompress(b"", PORTION)


def hold_out(
    text: Iterable[str], number: int, keep: Callable[[str], object], *, file: str | Path = "text"
) -> list[str]:
    """Hold out the last lines of a text, and pass on the others.

    Parameters
    ----------
    text : iterable of str
        Lines; it is read once and never held in memory as a whole.
    number : int
        Lines to hold out, at least 1. Of a text shorter than ten times as many, a tenth is held out.
    keep : callable
        Called with each line that is not held out, in order.
    file : path-like
        What messages call the text.

    Returns
    -------
    list of str
        The lines that are held out, in order.

    Raises
    ------
    InputError
        The text has fewer than ten lines.

    Examples
    --------
    >>> kept = []
    >>> hold_out((f"line {place}" for place in range(40)), 3, kept.append)
    ['line 37', 'line 38', 'line 39']
    >>> len(kept)
    37
    """
    last: deque[str] = deque()
    total = 0
    for line in text:
        total += 1
        last.append(line)
        if len(last) > number:
            keep(last.popleft())
    if total < SHARE_HELD_OUT:
        raise InputError(
            f"{total} lines, and a tenth of them is to be held out",
            file=file,
            remedy="give the language more text, or take it out of the lists that ask for it",
        )
    fewer = min(number, total // SHARE_HELD_OUT)
    if fewer < number:
        logger.warning("%s: %d lines only, of which %d are held out, not %d", file, total, fewer, number)
    while len(last) > fewer:
        keep(last.popleft())
    logger.info("%s: %d lines for training, %d held out", file, total - len(last), len(last))
    return list(last)
