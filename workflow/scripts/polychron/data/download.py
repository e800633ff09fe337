"""Downloads over HTTP: retried with back-off, resumed where they broke off, never joined from two versions.

What has arrived so far is in ``NAME.part``, beside the file, and what the server said of its version in
``NAME.part.json``. Only a part of a known version is continued, by ``Range`` and ``If-Range`` (RFC 9110, 13.1.5).
Everything else is downloaded from the start.
"""

from __future__ import annotations

import contextlib
import email.utils
import json
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from filelock import FileLock

from polychron.data import transfer
from polychron.errors import InputError
from polychron.redaction import redact

if TYPE_CHECKING:
    import requests

logger = logging.getLogger("polychron")

BUSY = (408, 425, 429, 500, 502, 503, 504)
"""Answers after which a server is asked again."""

LONGEST_PAUSE = 60
"""In seconds, whatever a server says."""

UNTOLD = 8 << 30
"""Most bytes of a file whose size is neither recorded nor said by the server."""

EACH = 60
"""Seconds between the lines of progress in the log of a job."""

LENGTH = re.compile("[0-9]{1,30}")

ENCODED = {
    ".gz": ("gzip", "x-gzip"),
    ".tgz": ("gzip", "x-gzip"),
    ".xz": ("xz", "x-xz"),
    ".bz2": ("bzip2", "x-bzip2"),
}
"""Files that are compressed themselves, with what servers call their encoding."""


class Policy(NamedTuple):
    """How patient a download is.

    Attributes
    ----------
    retries : int
        Attempts after the first.
    pause : float
        Seconds before the first of them, doubled before each further one. A server that says how long to wait is
        waited for. Both at most `LONGEST_PAUSE`.
    timeout : float
        Seconds without an answer, or with less than `transfer.SLOWEST` bytes each, after which an attempt has failed.
    """

    retries: int = 5
    pause: float = 2.0
    timeout: float = 60.0


PATIENT = Policy()


class Failed(Exception):
    """An address did not give the file; the message says why."""


class _Busy(Exception):
    """A server asks to be asked later, after `wait` seconds if it says so."""

    def __init__(self, status: str, wait: float | None) -> None:
        super().__init__(status)
        self.wait = wait


class _CutShort(Exception):
    """A body without a length ended before the recorded one."""


def part_of(path: str | Path) -> Path:
    """Return the name that a download has until it is whole.

    Examples
    --------
    >>> part_of("text/en.txt.xz").as_posix()
    'text/en.txt.xz.part'
    """
    path = Path(path)
    return path.with_name(path.name + ".part")


def drop(path: str | Path) -> None:
    """Remove what has arrived of a file."""
    _record_of(path).unlink(missing_ok=True)
    part_of(path).unlink(missing_ok=True)


def take(path: str | Path, output: str | Path) -> None:
    """Rename a complete download to the name of its file."""
    _record_of(path).unlink(missing_ok=True)
    os.replace(part_of(path), output)


@contextlib.contextmanager
def alone(path: str | Path) -> Iterator[None]:
    """Wait until no other process downloads the same file; a process that is killed holds nobody up."""
    part = part_of(path)
    part.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(part.with_name(f"{part.name}.lock"), fallback_to_soft=False)
    try:
        lock.acquire()
    except OSError as error:  # a file system without locks: at worst the file is fetched twice
        logger.warning("%s: no lock on this file system (%s)", lock.lock_file, error)
    try:
        yield
    finally:
        if not _known(Path(path)):  # nothing here that could be continued
            drop(path)
        # Unlinked while it is held: whoever waits for it sees that it is gone, and takes a new one.
        Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()


def fetch(url: str, path: str | Path, policy: Policy = PATIENT, size: int | None = None, known: bool = False) -> None:
    """Download a file to its part, from where an earlier attempt broke off.

    Parameters
    ----------
    url : str
        Its address.
    path : path-like
        The name that the whole file is to get. What is downloaded is written to `part_of` it.
    policy : Policy
        How patient to be.
    size : int or None
        Its size, if that is recorded. Not a byte more is written.
    known : bool
        Whether its checksum is recorded.

    Raises
    ------
    Failed
        The server refuses it, answers with a web page, sends more than it should, is too slow, or keeps failing.
    InputError
        The disk has too little space.
    """
    _patiently(url, policy, lambda: _attempt(url, Path(path), policy, size, known))


def headers(url: str, policy: Policy = PATIENT) -> Mapping[str, str]:
    """Return the headers that a server sends for a file, without downloading it.

    Raises
    ------
    Failed
        See `fetch`.
    """

    def ask() -> Mapping[str, str]:
        with transfer.asked(url, policy.timeout, method="HEAD") as (answer, _):
            _refuse(answer, url, url)
            return answer.headers

    return _patiently(url, policy, ask)


def begin(url: str, read: Callable[[Iterator[bytes]], Any], policy: Policy = PATIENT, size: int | None = None) -> Any:
    """Download a file from its beginning, and no further than it is read.

    Parameters
    ----------
    url : str
        Its address.
    read : callable
        Takes the pieces of the file and stops when it has enough. It is called again where an attempt has failed.
    policy : Policy
        How patient to be.
    size : int or None
        Its size, if that is recorded.

    Returns
    -------
    object
        What `read` returns.

    Raises
    ------
    Failed
        See `fetch`; what breaks off is not resumed.
    """
    limit = UNTOLD if size is None else size

    def ask() -> Any:
        with transfer.asked(url, policy.timeout) as (answer, pieces):
            _refuse(answer, url, url)
            return read(_bounded(pieces, limit))

    return _patiently(url, policy, ask)


def _patiently(url: str, policy: Policy, attempt: Callable[[], Any]) -> Any:
    """Return what an attempt returns, and make another one after a pause where the server may be of another mind."""
    import requests
    import urllib3

    for number in range(policy.retries + 1):
        wait = None
        try:
            return attempt()
        except transfer.Wrong as error:
            raise Failed(str(error)) from error
        except _Busy as error:
            reason, wait = f"the server is busy or broken ({error})", error.wait
        except transfer.TooSlow as error:
            reason = str(error)
        except requests.exceptions.RequestException as error:
            reason = f"cannot be reached ({innermost(error)})"
        except (urllib3.exceptions.HTTPError, _CutShort) as error:
            reason = f"breaks off ({innermost(error)})"
        if number < policy.retries:
            pause = min(LONGEST_PAUSE, policy.pause * 2**number if wait is None else wait)
            longer = f" (it wants {wait:,.0f} s)" if wait is not None and wait > pause else ""
            logger.warning("%s: %s; asked again in %.0f s%s", url, reason, pause, longer)
            time.sleep(pause)
    raise Failed(f"{reason}, {policy.retries + 1} times")


def _attempt(url: str, path: Path, policy: Policy, size: int | None, checked: bool) -> None:
    part, known = part_of(path), _known(path)
    have = part.stat().st_size if part.exists() and known.get("url") == redact(url) else 0
    headers = {"Range": f"bytes={have}-", "If-Range": known["version"]} if have else None
    with transfer.asked(url, policy.timeout, headers) as (answer, pieces):
        stale = answer.status_code == 416 or (answer.status_code == 206 and not _continues(answer, have, known))
        again = bool(have and stale)
        if not again:
            _refuse(answer, url, path.name, partial=have > 0)
            offset = have if answer.status_code == 206 else 0
            total = _length(answer, offset)
            _refuse_length(answer, path.name, total, size, checked)
            if have and not offset:
                logger.warning(
                    "%s: another version than the part of %d bytes here, or no ranges: from the start", url, have
                )
            elif offset:
                logger.info("%s: continued after %d bytes", url, offset)
            part.parent.mkdir(parents=True, exist_ok=True)
            _check_space(part, total, offset)
            # the record first: a part without one is never continued
            version = _version(answer)
            with open(part, "r+b" if part.exists() else "w+b") as file:
                file.truncate(offset)
                _record_of(path).write_text(json.dumps({"url": redact(url), "version": version, "total": total}))
                if not version:
                    _record_of(path).unlink()
                file.seek(offset)
                try:
                    bounded = _bounded(pieces, _limit(part, size, total, offset), offset)
                    _copy(bounded, file, path.name, offset, total)
                except Failed:
                    drop(path)
                    raise
            if total is None and size is not None and part.stat().st_size < size:
                raise _CutShort(f"{part.stat().st_size:,} of {size:,} bytes")
    if again:  # what is here is no beginning of what the server has now
        drop(path)
        _attempt(url, path, policy, size, checked)


def _copy(pieces: Iterator[bytes], file: BinaryIO, name: str, offset: int, total: int | None) -> None:
    from tqdm import tqdm

    bar = tqdm(desc=name, initial=offset, total=total, unit="B", unit_scale=True, disable=not sys.stderr.isatty())
    had, told = offset, time.monotonic()
    with bar:
        for piece in pieces:
            file.write(piece)
            file.flush()  # what has arrived is there for the next run, however this one ends
            bar.update(len(piece))
            had += len(piece)
            if time.monotonic() - told > EACH:
                told = time.monotonic()
                logger.info("%s: %s bytes%s", name, f"{had:,}", f" of {total:,}" if total else "")


def _bounded(pieces: Iterator[bytes], limit: int, had: int = 0) -> Iterator[bytes]:
    """Pass on pieces, and refuse one that reaches beyond a number of bytes, of which some are there already."""
    left = limit - had
    for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise Failed(f"sends more than the {limit:,} bytes that are expected at most")
        yield piece


def _limit(part: Path, size: int | None, total: int | None, offset: int) -> int:
    """Return the most bytes that a file may have; where nobody says it, half of what is free on the disk stays so."""
    if size is not None:
        return size
    return min(UNTOLD, offset + shutil.disk_usage(part.parent).free // 2) if total is None else total


def _length(answer: requests.Response, offset: int) -> int | None:
    length = answer.headers.get("Content-Length", "")
    chunked = "chunked" in answer.headers.get("Transfer-Encoding", "").lower()
    return offset + int(length) if LENGTH.fullmatch(length) and not chunked else None


def _refuse_length(answer: requests.Response, name: str, total: int | None, size: int | None, checked: bool) -> None:
    """Refuse a file that is too long, and one of which nobody could tell whether it is whole."""
    if total is not None and size is not None and total > size:
        raise Failed(f"{total} bytes, expected {size}")
    told = total is not None or size is not None or checked or name.endswith(".xz")  # whose end is looked for
    if not told and "chunked" not in answer.headers.get("Transfer-Encoding", "").lower():
        raise Failed("the server does not say how long the file is, and no size is recorded: it may be cut short")


def _refuse(answer: requests.Response, url: str, name: str, partial: bool = False) -> None:
    """Refuse an answer that is no file: an error, or a web page that reports one; or that is another file."""
    status = f"{answer.status_code} {answer.reason}"
    if answer.status_code in BUSY:
        raise _Busy(status, _wait(answer.headers.get("Retry-After", "")))
    if answer.status_code not in (200, 203, *([206] if partial else [])):
        raise Failed(status)
    if answer.headers.get("Content-Type", "").startswith("text/html") and not url.endswith((".html", ".htm")):
        raise Failed("a web page in place of the file")
    encoding = answer.headers.get("Content-Encoding", "identity").strip().lower()
    # Some servers say of a file x.gz that it is x, compressed: it is taken as it is.
    its_own = next((encodings for ending, encodings in ENCODED.items() if name.endswith(ending)), ())
    if encoding not in ("", "identity", *its_own):
        raise Failed(f"sent compressed ({encoding}), and it was asked for as it is")


def _wait(asked: str) -> float | None:
    """Return the seconds that a server wants to be left alone, None where it does not say."""
    if asked.isascii() and asked.isdecimal():
        return float(asked[:12])
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        return max(0.0, email.utils.parsedate_to_datetime(asked).timestamp() - time.time())
    return None


def _continues(answer: requests.Response, have: int, known: dict[str, Any]) -> bool:
    """Return whether a partial answer begins where the part ends, and is of the same version and length."""
    match = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)", answer.headers.get("Content-Range", ""))
    if match is None or int(match[1]) != have or _version(answer) not in ("", known.get("version")):
        return False
    return match[2] == "*" or known.get("total") in (None, int(match[2]))


def _version(answer: requests.Response) -> str:
    """Return what identifies the file's version byte for byte: a strong ETag, else its date, else nothing."""
    tag = answer.headers.get("ETag", "")
    return tag if tag.startswith('"') else answer.headers.get("Last-Modified", "")


def _record_of(path: str | Path) -> Path:
    part = part_of(path)
    return part.with_name(part.name + ".json")


def _known(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(_record_of(path).read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) and known.get("version") else {}


def _check_space(part: Path, total: int | None, offset: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if total is not None and total - offset > free:
        raise InputError(
            f"{total - offset:,} bytes are still to come, and {free:,} are free on its disk",
            file=part,
            remedy="free some space, or run in a folder on a larger disk",
        )


def innermost(error: BaseException) -> str:
    """Return the innermost reason in the errors of a chain of libraries."""
    arguments = error.args
    while arguments and isinstance(arguments[0], BaseException) and arguments[0].args:
        error, arguments = arguments[0], arguments[0].args
    reason = getattr(error, "reason", None)
    return str(reason or error)
