"""Titles of HTML pages, read without the scripts of megabytes that follow them."""

from __future__ import annotations

import html
import re
from pathlib import Path

from polychron.errors import InputError
from polychron.storage import files

HEAD = 1 << 14
"""Bytes in which a page's title is."""


def title(path: str | Path) -> str:
    """Return the title of an HTML page that the library wrote.

    Raises
    ------
    InputError
        The file has no title in its first 16 KiB, or cannot be read.
    """
    files.refuse_irregular(path)
    try:
        with open(path, "rb") as file:
            head = file.read(HEAD).decode("utf-8", errors="ignore")
    except OSError as error:
        raise InputError(f"cannot be read ({error})", file=path, remedy=files.again(path)) from error
    found = re.search(r"<title>(.*?)</title>", head, re.DOTALL)
    if found is None:
        raise InputError("a page without a title", file=path, remedy=files.again(path))
    return html.unescape(found[1]).strip()
