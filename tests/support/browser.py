"""Chromium without a window, driven by the DevTools protocol through two pipes: nothing else has to be installed."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")

OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-sync",
    "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--disable-site-isolation-trials", "--window-size=1500,1100", "--remote-debugging-pipe",
]  # fmt: skip
"""No traffic of the browser's own; the frames of a page stay with it, so that one connection sees into all of them."""


def program() -> str:
    """Find Chromium; the test is skipped where there is none."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip("no Chromium here to open the page in (Debian package chromium)")
    return found


class Failure(Exception):
    """The browser refused a command, or a script in a page threw an error."""


class Browser:
    """A page in Chromium, and the errors in it."""

    def __init__(self, send: int, receive: int) -> None:
        self.send, self.receive, self.buffer, self.number = send, receive, b"", 0
        self.session: str | None = None
        self.errors: list[str] = []
        self.contexts: dict[str, int] = {}

    def command(self, method: str, seconds: float = 120, **arguments: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": arguments}
        if self.session:
            message["sessionId"] = self.session
        rest = json.dumps(message).encode() + b"\0"
        while rest:
            rest = rest[os.write(self.send, rest) :]
        end = time.monotonic() + seconds
        while (answer := self._next(end)).get("id") != self.number:
            self._happened(answer)
        if "error" in answer:
            raise Failure(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _next(self, end: float) -> dict[str, Any]:
        while b"\0" not in self.buffer:
            if not select.select([self.receive], [], [], max(end - time.monotonic(), 0))[0]:
                raise Failure("the browser does not answer")
            read = os.read(self.receive, 1 << 20)
            if not read:
                raise Failure("the browser has gone")
            self.buffer += read
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def _happened(self, event: dict[str, Any]) -> None:
        told = event.get("params", {})
        match event.get("method"):
            case "Runtime.exceptionThrown":
                found = told["exceptionDetails"]
                self.errors.append(found.get("exception", {}).get("description") or found["text"])
            case "Runtime.consoleAPICalled" if told["type"] in ("error", "assert"):
                self.errors.append(" ".join(str(one.get("value", one.get("description"))) for one in told["args"]))
            case "Log.entryAdded" if told["entry"]["level"] == "error":
                self.errors.append(f"{told['entry']['text']} {told['entry'].get('url', '')[:200]}")
            case "Runtime.executionContextCreated":
                frame = told["context"]["auxData"]
                if frame.get("isDefault"):
                    self.contexts[frame["frameId"]] = told["context"]["id"]

    def open(self, page: Path) -> None:
        """Open a file in a new tab, and wait until it is loaded."""
        self.session = None
        target = self.command("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.command("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.errors, self.contexts = [], {}
        for domain in ("Page", "Runtime", "Log"):
            self.command(f"{domain}.enable")
        self.command("Page.navigate", url=page.as_uri())
        self.wait("document.readyState === 'complete' && location.protocol === 'file:'")

    def run(self, script: str, frame: str | None = None) -> Any:
        """Return the value of an expression in the page, or in one of its frames; a promise is awaited."""
        where = {"contextId": self.contexts[frame]} if frame else {}
        found = self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, **where)
        if "exceptionDetails" in found:
            raise Failure(found["exceptionDetails"].get("exception", {}).get("description", script))
        return found["result"].get("value")

    def wait(self, script: str, frame: Callable[[], str | None] = lambda: None, seconds: float = 60) -> Any:
        """Wait until an expression is true; `frame` is the frame to evaluate it in."""
        end = time.monotonic() + seconds
        while True:
            with contextlib.suppress(Failure, KeyError):
                if found := self.run(script, frame()):
                    return found
            if time.monotonic() > end:
                raise Failure(f"not true within {seconds} seconds: {script} ({'; '.join(self.errors)})")
            time.sleep(0.02)

    def inner(self) -> str:
        """Return the frame inside the page."""
        frames = self.command("Page.getFrameTree")["frameTree"].get("childFrames", [])
        if len(frames) != 1:
            raise KeyError(f"{len(frames)} frames in the page")
        return frames[0]["frame"]["id"]


@contextlib.contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start Chromium with a profile in a folder; it is stopped at the end of the block."""
    ours, theirs = [], []
    for place in (0, 1):  # what it reads from, and what it writes to
        ends = os.pipe()
        theirs.append(fcntl.fcntl(ends[place], fcntl.F_DUPFD, 10))
        os.close(ends[place])
        ours.append(ends[1 - place])
    start = f'exec "$0" "$@" 3<&{theirs[0]} 4>&{theirs[1]}'
    command = ["bash", "-c", start, program(), *OPTIONS, f"--user-data-dir={folder}"]
    with open(folder.with_suffix(".log"), "w") as log:
        process = subprocess.Popen(
            command, pass_fds=theirs, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    for end in theirs:
        os.close(end)
    try:
        yield Browser(*ours)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for end in ours:
            os.close(end)
