"""Lines of text files: UTF-8 read strictly, compressed text read as a stream, and the split off its end."""

from __future__ import annotations

import codecs
import logging
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from polychron.data import streams
from polychron.data.faults import Fault, refuse
from polychron.errors import InputError
from polychron.storage import files

logger = logging.getLogger("polychron")

SHARE_HELD_OUT = 10
"""At most one line in this many is held out."""

PORTION = 1 << 20
"""Text that is read at a time, in bytes."""

LONGEST_LINE = 1 << 24
"""Longest line of a text, in bytes."""

NO_BREAK = frozenset("\u00a0\u2007\u202f")
"""Spaces that are part of a word: between the digits of a number, or before a French question mark."""

SHOWN = 80
"""Characters of a value that a message shows."""

NO_TEXT = "convert the file to UTF-8 if it has another encoding (iconv -f utf-16 -t utf-8); else fetch it again"

_WHITE = re.compile(r"\s+")


def lines(path: str | Path, encoding: str = "utf-8", fault: Fault = refuse) -> list[str]:
    r"""Read a text file as lines, split at line feeds alone.

    A file that is compressed (xz, gz, bz2, zst) is decompressed. A byte order mark and the carriage returns of Windows
    are taken off and logged. Other characters that some libraries take for line ends (U+0085, U+2028) are kept.

    Parameters
    ----------
    path : path-like
        The file.
    encoding : str
        Its encoding.
    fault : callable, optional
        Takes each line that is no text. Where it raises nothing, the line is read with U+FFFD for what is no text.

    Returns
    -------
    list of str
        The lines without their ends. As with ``"a\nb\n".split("\n")``, the last one is empty where the file ends
        with a line end.

    Raises
    ------
    InputError
        The file is missing, is empty, breaks off, is damaged, or has bytes that are no text in `encoding`, a NUL
        character, or a line that is too long.
    """
    data = b"".join(_portions(path))
    if not data:
        raise InputError("the file is empty", file=path, remedy="fetch it again, or look at its path")
    try:
        text = data.decode(encoding)
    except LookupError as error:
        raise InputError(
            f"the encoding {shown(encoding)} is not known",
            file=path,
            remedy="correct the key encoding in the config: utf-8 or latin-1, for instance",
        ) from error
    except UnicodeError as error:
        _tell_no_text(path, data, encoding, error, fault)
        text = data.decode(encoding, "replace")
    if "\0" in text:
        raise InputError(
            "a NUL character, which no text has",
            file=path,
            line=text.count("\n", 0, text.index("\0")) + 1,
            remedy=NO_TEXT,
        )
    if text.startswith("\ufeff"):
        logger.info("%s: begins with a byte order mark, which is taken off", path)
        text = text[1:]
        if not text:
            raise InputError("the file is empty but for a byte order mark", file=path, remedy="fetch it again")
    parts = text.split("\n")
    returns = sum(part.endswith("\r") for part in parts)
    if returns:
        logger.info("%s: %d lines end with a carriage return, which is taken off", path, returns)
        parts = [part.removesuffix("\r") for part in parts]
    return parts


def _tell_no_text(path: str | Path, data: bytes, encoding: str, error: UnicodeError, fault: Fault) -> None:
    """Tell the lines of a file that are no text in its encoding; where lines cannot be told apart, the first."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    found = [(data.count(b"\n", 0, getattr(error, "start", 0)) + 1, data[getattr(error, "start", 0)])]
    if not wide and "\n".encode(encoding) == b"\n":
        found = [
            (number, line[place])
            for number, line in enumerate(data.split(b"\n"), start=1)
            if (place := _first_no_text(line, encoding)) is not None
        ] or found
    for number, byte in found:
        fault(
            InputError(
                f"byte {byte:#04x} is no {encoding} text",
                file=path,
                line=number,
                remedy=f"convert the file to UTF-8 (iconv -f {'utf-16' if wide else 'latin1'} -t utf-8), or declare "
                "its encoding",
            )
        )


def _first_no_text(line: bytes, encoding: str) -> int | None:
    """Return the place of the first byte of a line that is no text, None if there is none."""
    try:
        line.decode(encoding)
    except UnicodeError as error:
        return getattr(error, "start", 0)
    return None


def _portions(path: str | Path) -> Iterator[bytes]:
    """Read a file in portions, decompressed, and refuse a line that is too long before the memory for it is taken.

    Raises
    ------
    InputError
        The file is not there, cannot be read, breaks off, is damaged, or has a line that is too long.
    """
    line, length = 1, 0
    try:
        files.refuse_irregular(path)
        with open(path, "rb") as file:
            for portion in streams.plain(iter(lambda: file.read(PORTION), b""), str(path)):
                start = portion.find(b"\n")
                if length + (len(portion) if start < 0 else start) > LONGEST_LINE:
                    raise _too_long(path, line)
                line += portion.count(b"\n")
                length = length + len(portion) if start < 0 else len(portion) - portion.rindex(b"\n") - 1
                yield portion
    except FileNotFoundError as error:
        raise InputError("no such file", file=path, remedy="look at the path in the config") from error
    except (EOFError, streams.Damaged, MemoryError) as error:
        raise InputError(_damage(error, line - 1), file=path, remedy=files.again(path)) from error
    except OSError as error:
        raise InputError(f"cannot be read ({error.strerror or error})", file=path, remedy="look at the path") from error


def _damage(error: Exception, line: int) -> str:
    """Return the fault of a file that cannot be decompressed, with the last line that was read."""
    if isinstance(error, EOFError):
        return f"breaks off after line {line} ({error})"
    return f"is damaged after line {line} ({error})" if line else f"cannot be read as text ({error})"


def each_line(path: str | Path) -> Iterator[str]:
    """Read the lines of a UTF-8 file one by one, where it is too large for `lines`, with the same checks.

    Yields
    ------
    str
        A line without its end.

    Raises
    ------
    InputError
        As by `lines`.
    """
    for number, data in _lines(_portions(path)):
        try:
            line = data.decode("utf-8").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise InputError(
                f"byte {data[error.start]:#04x} is no UTF-8 text", file=path, line=number, remedy=NO_TEXT
            ) from error
        if "\0" in line:
            raise InputError("a NUL character, which no text has", file=path, line=number, remedy=NO_TEXT)
        yield line.removeprefix("\ufeff") if number == 1 else line


def shown(value: object) -> str:
    """Return a value as a message shows it: as Python writes it, and cut where it is long.

    Examples
    --------
    >>> shown("abc"), len(shown("a" * 200_000))
    ("'abc'", 81)
    """
    written = repr(value)
    return written if len(written) <= SHOWN else written[:SHOWN] + "…"


def corpus_lines(path: str | Path, fault: Fault = refuse) -> Iterator[str]:
    """Read the lines of a text one by one, however large it is.

    It may be plain, or compressed with xz, gz, bz2 or zst. All streams of the file are read, and what they are padded
    with is left out. Runs of white space become one space (line separators within a line among them); a single no-break
    space between other characters stays. Empty lines, which separate documents in CC100, are left out.

    Parameters
    ----------
    path : path-like
        A text file in UTF-8.
    fault : callable, optional
        Takes each line that is no text. Where it raises nothing, the line is left out.

    Yields
    ------
    str
        A line.

    Raises
    ------
    InputError
        The file is missing, is cut short or damaged, or holds a line that is too long or bytes that are no UTF-8 text.
    """
    for number, data in _lines(_portions(path)):
        try:
            line = _one_line(data, number)
        except ValueError as error:
            fault(InputError(_no_text(data, error), file=path, line=number, remedy=NO_TEXT))
        else:
            if line:
                yield line


def first_lines(pieces: Iterable[bytes], number: int, file: str | Path = "text") -> list[str]:
    r"""Read the first lines of a text, and no more of its bytes than they need.

    Parameters
    ----------
    pieces : iterable of bytes
        The file from its beginning, cut anywhere.
    number : int
        Lines to read, at least 1. Compression, padding and white space are treated as by `corpus_lines`.
    file : path-like
        What messages call the text.

    Returns
    -------
    list of str
        The lines; fewer where the text is shorter, which is logged.

    Raises
    ------
    InputError
        It is damaged, breaks off before as many lines, has none, or holds a line that is too long or bytes that are
        no UTF-8 text.

    Examples
    --------
    >>> import lzma
    >>> whole = lzma.compress(b"one\n\ntwo\nthree\n")
    >>> first_lines([whole[:30], whole[30:]], 2)
    ['one', 'two']
    """
    taken: list[str] = []
    seen, place, data = 0, 0, b""

    def counted() -> Iterator[bytes]:
        nonlocal seen
        for piece in pieces:
            seen += len(piece)
            yield piece

    try:
        for place, data in _lines(streams.plain(counted(), str(file))):
            if len(data) > LONGEST_LINE:
                raise _too_long(file, place)
            line = _one_line(data, place)
            taken += [line] if line else []
            if len(taken) == number:
                logger.info("%s: the first %d lines, in the first %d bytes", file, number, seen)
                return taken
    except ValueError as error:
        raise InputError(_no_text(data, error), file=file, line=place, remedy=NO_TEXT) from error
    except EOFError as error:
        raise InputError(
            f"breaks off after {seen} bytes, in line {place + 1}", file=file, remedy="fetch it again"
        ) from error
    except (streams.Damaged, MemoryError) as error:
        raise InputError(
            f"damaged, or something else than its name says ({error})", file=file, remedy="fetch it again"
        ) from error
    if not taken:
        raise InputError("a text without a line", file=file, remedy="take its language out of bits.languages")
    logger.warning("%s: %d lines only, not %d", file, len(taken), number)
    return taken


def _lines(portions: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield lines and their numbers. One that is too long is cut, and is the last."""
    rest, number = b"", 0
    for portion in portions:
        *whole, rest = (rest + portion).split(b"\n")
        for line in [*whole, rest] if len(rest) > LONGEST_LINE else whole:
            number += 1
            yield number, line
    if rest:
        yield number + 1, rest


def _one_line(data: bytes, number: int) -> str:
    """Return a line with its white space made plain.

    Raises
    ------
    ValueError
        It is no UTF-8 text, or it is the first and has a NUL character, as UTF-16 without a byte order mark has.
    """
    text = data.decode("utf-8")
    if number == 1:
        if "\0" in text:
            raise ValueError(text)
        text = text.removeprefix("\ufeff")
    if not any(space in text for space in NO_BREAK):  # faster than a set of all characters
        return " ".join(text.split())
    return _WHITE.sub(lambda run: run[0] if run[0] in NO_BREAK else " ", text).strip()


def _no_text(data: bytes, error: ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {data[error.start]:#04x} is no UTF-8 text"
    return "a NUL character, which no text has"


def _too_long(file: str | Path, line: int) -> InputError:
    return InputError(
        f"a line of more than {LONGEST_LINE} bytes",
        file=file,
        line=line,
        remedy="break it into lines if the file is your own; else fetch it again",
    )


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
