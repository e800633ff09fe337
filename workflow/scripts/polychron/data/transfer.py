"""One request to a server that is not trusted: it may be slow, send without end, or compress what it sends.

The request is made in a thread of its own, which is left behind when the server is too slow. So looking up the name,
handshake, headers and body are all bounded, a byte a second included. What arrives is handed over at once and as it is:
nothing is decompressed. The body of an answer that only sends elsewhere is not read.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

CHUNK = 1 << 18
"""Most bytes that are handed over at a time."""

SLOWEST = 1000
"""Least rate of a body, in bytes a second."""

REDIRECTS = 10
"""How often a request may be sent elsewhere."""

PLAIN = {"Accept-Encoding": "identity"}
"""The file as it is: compressed on the way, its length would be another one."""


class TooSlow(Exception):
    """A server did not answer in time, or sends less than `SLOWEST`."""


class Wrong(Exception):
    """An address cannot be asked, or sends elsewhere without end."""


class _LeftBehind(Exception):
    """Nobody waits for the answer any more."""


@contextlib.contextmanager
def asked(
    url: str, timeout: float, headers: Mapping[str, str] | None = None, method: str = "GET"
) -> Iterator[tuple[requests.Response, Iterator[bytes]]]:
    """Ask for a file.

    Parameters
    ----------
    url : str
        Its address.
    timeout : float
        Seconds in which the server has to answer, and over which the rate of the body is averaged.
    headers : mapping of str to str, optional
        Of the request, besides `PLAIN`.
    method : {'GET', 'HEAD'}

    Yields
    ------
    tuple of (requests.Response, iterator of bytes)
        The answer, of which only status and headers are to be read, and its body in pieces.

    Raises
    ------
    TooSlow, Wrong
    requests.exceptions.RequestException
        There is no answer.
    urllib3.exceptions.HTTPError
        While the body is read: it breaks off.
    """
    if "#" in url:
        raise Wrong("there is a # in the address, and what follows it is never sent to a server: write %23 for it")
    arrivals: queue.Queue[Any] = queue.Queue(maxsize=4)
    left = threading.Event()
    request = (method, url, {**PLAIN, **(headers or {})}, timeout)
    threading.Thread(target=_ask, args=(request, arrivals, left), daemon=True).start()
    try:
        arriving = _in_time(arrivals, timeout)
        yield next(arriving), arriving
    finally:
        left.set()


def _ask(request: tuple[str, str, Mapping[str, str], float], arrivals: queue.Queue[Any], left: threading.Event) -> None:
    """Put the answer to a request, the pieces of its body and None into a queue, or the error that it ended with."""
    import requests

    def give(item: Any) -> None:
        while not left.is_set():
            with contextlib.suppress(queue.Full):
                return arrivals.put(item, timeout=0.1)
        raise _LeftBehind

    with contextlib.suppress(_LeftBehind):
        try:
            with requests.Session() as session, _answer(session, *request) as answer:
                give(answer)
                while piece := answer.raw.read1(CHUNK, decode_content=False):
                    give(piece)
            give(None)
        except _LeftBehind:
            raise
        except requests.exceptions.Timeout:
            # The socket waits as long as the caller does, and either may be first to give up.
            give(TooSlow(f"no answer in {request[-1]:.0f} s"))
        except BaseException as error:
            give(error)


def _answer(
    session: requests.Session, method: str, url: str, headers: Mapping[str, str], timeout: float
) -> requests.Response:
    """Return the first answer that does not send elsewhere.

    `requests` reads the body of one that does, however long it is, so its adapter is used instead.
    """
    import requests
    from requests.cookies import extract_cookies_to_jar

    try:
        for _ in range(REDIRECTS + 1):
            prepared = session.prepare_request(requests.Request(method, url, headers=dict(headers)))
            settings = session.merge_environment_settings(prepared.url, {}, True, None, None)
            answer = session.get_adapter(prepared.url).send(prepared, timeout=timeout, **settings)
            target = session.get_redirect_target(answer)
            if target is None:
                return answer
            extract_cookies_to_jar(session.cookies, prepared, answer.raw)
            answer.close()
            url = urllib.parse.urljoin(prepared.url, target)
    except ValueError as error:  # as those of requests are for addresses and headers that are none
        raise Wrong(f"no address or answer that can be used ({error})") from error
    raise Wrong(f"is sent elsewhere more than {REDIRECTS} times")


def _in_time(arrivals: queue.Queue[Any], timeout: float) -> Iterator[Any]:
    """Yield the answer and its pieces. Only the time in which they are waited for counts, not that of their use."""
    waited, got, answered = 0.0, 0, False
    while True:
        began = time.monotonic()
        try:
            item = arrivals.get(timeout=max(0.01, timeout - waited))
        except queue.Empty:
            item = b""
        waited += time.monotonic() - began
        if item is None:
            return
        if isinstance(item, BaseException):
            raise item
        if not isinstance(item, bytes):
            waited, answered = 0.0, True
            yield item
            continue
        got += len(item)
        if waited >= timeout:
            if not answered:
                raise TooSlow(f"no answer in {waited:.0f} s")
            if got < SLOWEST * waited:
                raise TooSlow(f"too slow: {got} bytes in {waited:.0f} s, expected {SLOWEST} a second")
            waited, got = 0.0, 0
        if item:
            yield item
