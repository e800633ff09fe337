"""Downloads over HTTP: retried with back-off, resumed where they broke off, never joined from two versions.

What has arrived so far is in ``NAME.part``, beside the file, and what the server said of its version in
``NAME.part.json``. Only a part of a known version is continued, by ``Range`` and ``If-Range`` (RFC 9110, 13.1.5).
Everything else is downloaded from the start.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from filelock import FileLock

from polychron.errors import InputError
from polychron.redaction import redact

if TYPE_CHECKING:
    import requests

logger = logging.getLogger("polychron")

CHUNK = 1 << 18
"""Bytes read at a time."""

PIECE = 1 << 16
"""The same, where only the beginning of a file is wanted."""

BUSY = (408, 425, 429, 500, 502, 503, 504)
"""Answers after which a server is asked again."""

LONGEST_PAUSE = 60
"""In seconds."""


class Policy(NamedTuple):
    """How patient a download is.

    Attributes
    ----------
    retries : int
        Attempts after the first.
    pause : float
        Seconds before the first of them, doubled before each further one, at most `LONGEST_PAUSE`. A server that
        says how long to wait is waited for.
    timeout : float
        Seconds without a byte after which an attempt has failed.
    """

    retries: int = 5
    pause: float = 2.0
    timeout: float = 60.0


PATIENT = Policy()


class Failed(Exception):
    """An address did not give the file; the message says why."""


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


def fetch(url: str, path: str | Path, policy: Policy = PATIENT) -> None:
    """Download a file to its part, from where an earlier attempt broke off.

    Parameters
    ----------
    url : str
        Its address.
    path : path-like
        The name that the whole file is to get. What is downloaded is written to `part_of` it.
    policy : Policy
        How patient to be.

    Raises
    ------
    Failed
        The server refuses it, answers with a web page, or keeps failing.
    InputError
        The disk has too little space.
    """
    import requests

    for attempt in range(policy.retries + 1):
        if attempt:
            time.sleep(min(LONGEST_PAUSE, policy.pause * 2 ** (attempt - 1)))
        try:
            with _session(policy) as session:
                return _attempt(session, url, Path(path), policy)
        except requests.exceptions.RetryError as error:
            raise Failed(f"the server is busy or broken ({_reason(error)})") from error
        except requests.exceptions.ConnectionError as error:
            if "Max retries exceeded" in str(error):  # nobody answers, and that was tried often enough
                raise Failed(f"cannot be reached ({_reason(error)})") from error
            failure: Exception = error
        except requests.exceptions.RequestException as error:
            failure = error
        logger.warning("%s breaks off (%s)", url, _reason(failure))
    raise Failed(f"breaks off again and again ({_reason(failure)})") from failure


def headers(url: str, policy: Policy = PATIENT) -> Mapping[str, str]:
    """Return the headers that a server sends for a file, without downloading it.

    Raises
    ------
    Failed
        See `fetch`.
    """
    import requests

    try:
        with (
            _session(policy) as session,
            session.head(url, timeout=policy.timeout, headers=_PLAIN, allow_redirects=True) as answer,
        ):
            _refuse(answer, url)
            return answer.headers
    except requests.exceptions.RequestException as error:
        raise Failed(f"cannot be reached ({_reason(error)})") from error


def chunks(url: str, policy: Policy = PATIENT) -> Iterator[bytes]:
    """Download a file from its beginning, a piece at a time, and no further than it is asked for.

    Raises
    ------
    Failed
        See `fetch`; what breaks off is not resumed.
    """
    import requests

    try:
        with (
            _session(policy) as session,
            session.get(url, stream=True, timeout=policy.timeout, headers=_PLAIN) as answer,
        ):
            _refuse(answer, url)
            yield from answer.iter_content(PIECE)
    except requests.exceptions.RequestException as error:
        raise Failed(f"breaks off or cannot be reached ({_reason(error)})") from error


_PLAIN = {"Accept-Encoding": "identity"}
"""The file as it is: compressed on the way, its length would be another one."""


def _session(policy: Policy) -> requests.Session:
    import requests
    from urllib3.util import Retry

    retry = Retry(
        total=policy.retries,
        backoff_factor=policy.pause,
        backoff_max=LONGEST_PAUSE,
        status_forcelist=BUSY,
        allowed_methods=["GET", "HEAD"],
    )
    session = requests.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, requests.adapters.HTTPAdapter(max_retries=retry))
    return session


def _attempt(session: requests.Session, url: str, path: Path, policy: Policy) -> None:
    part, known = part_of(path), _known(path)
    have = part.stat().st_size if part.exists() and known.get("url") == redact(url) else 0
    headers = {**_PLAIN, "Range": f"bytes={have}-", "If-Range": known["version"]} if have else _PLAIN
    with session.get(url, stream=True, timeout=policy.timeout, headers=headers) as answer:
        stale = answer.status_code == 416 or (answer.status_code == 206 and not _continues(answer, have, known))
        if have and stale:
            # what is here is no beginning of what the server has now
            drop(path)
            answer.close()
            return _attempt(session, url, path, policy)
        _refuse(answer, url)
        offset = have if answer.status_code == 206 else 0
        if have and not offset:
            logger.warning(
                "%s: another version than the part of %d bytes here, or no ranges: from the start", url, have
            )
        elif offset:
            logger.info("%s: continued after %d bytes", url, offset)
        length = answer.headers.get("Content-Length", "")
        total = offset + int(length) if length.isdecimal() else None
        _check_space(part, total, offset)
        # the record first: a part without one is never continued
        version = _version(answer)
        part.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "r+b" if part.exists() else "w+b") as file:
            file.truncate(offset)
            _record_of(path).write_text(json.dumps({"url": redact(url), "version": version, "total": total}))
            if not version:
                _record_of(path).unlink()
            file.seek(offset)
            _copy(answer, file, path.name, offset, total)


def _copy(answer: requests.Response, file: BinaryIO, name: str, offset: int, total: int | None) -> None:
    from tqdm import tqdm

    bar = tqdm(desc=name, initial=offset, total=total, unit="B", unit_scale=True, disable=not sys.stderr.isatty())
    with bar:
        for chunk in answer.iter_content(CHUNK):
            file.write(chunk)
            bar.update(len(chunk))


def _refuse(answer: requests.Response, url: str) -> None:
    """Refuse an answer that is no file: an error, or a web page that reports one."""
    if not answer.ok:
        raise Failed(f"{answer.status_code} {answer.reason}")
    if answer.headers.get("Content-Type", "").startswith("text/html") and not url.endswith((".html", ".htm")):
        raise Failed("a web page in place of the file")


def _continues(answer: requests.Response, have: int, known: dict[str, Any]) -> bool:
    """Return whether a partial answer begins where the part ends, and is of the same version and length."""
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", ""))
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


def _reason(error: BaseException) -> str:
    """Return the innermost reason in the errors of a chain of libraries."""
    arguments = error.args
    while arguments and isinstance(arguments[0], BaseException) and arguments[0].args:
        error, arguments = arguments[0], arguments[0].args
    reason = getattr(error, "reason", None)
    return str(reason or error)
