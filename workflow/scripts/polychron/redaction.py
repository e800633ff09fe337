"""Credentials, left out of whatever is shown, logged, recorded or handed on."""

from __future__ import annotations

import re
from typing import Any

SCHEME = r"(\b[a-z][a-z0-9+.-]{0,30}://)"

PATTERNS = [
    (re.compile(pattern, re.IGNORECASE), shown)
    for pattern, shown in (
        # user:password@ of an address, even if the password holds characters that an address cannot have there
        (rf"{SCHEME}[^\s/?#@:'\"<>]*:(?!\d*(?:[/?#'\"\s<>]|$))[^\s'\"<>]*@", r"\1***@"),
        (rf"{SCHEME}[^\s/?#'\"<>]*@", r"\1***@"),
        # the same where :// was forgotten
        (r"(?<![^\s'\"(=/])[^\s/:@'\"(=]+:[^\s/@'\"]+@(?=[\w\[])", "***@"),
        # tokens that can be told by how they look, and those of a header
        (r"\b(hf_|gh[a-z]_|github_pat_|glpat-|xox[a-z]-|AKIA)\w{12,}", r"\1***"),
        (r"\b((?:Bearer|Basic)\s+)(?=[^\s'\"]*\d)[\w.+/=~-]{8,}", r"\1***"),
    )
]

PARAMETER = re.compile(r"([?&;][\w.-]{1,99}=)([^\s&;#'\"<>)]+)")
"""A parameter in the query of an address."""

NAMES = re.compile(
    r"token|key|secret|passw|pwd|auth|cred|sig(?!n?[nh])|signature|session|sas|jwt|ticket", re.IGNORECASE
)
"""In names of parameters whose values are not shown."""

LONG = re.compile(r"(?=[^/]*\d)[\w+%=~-]{32,}")
"""A value that is not shown, by whatever name."""


def redact(text: str) -> str:
    """Return a text without the passwords and tokens of its addresses.

    Examples
    --------
    >>> redact("https://joe:secret@example.org/a.txt: 404")
    'https://***@example.org/a.txt: 404'
    >>> redact("https://example.org/a.txt?download=1&token=secret")
    'https://example.org/a.txt?download=1&token=***'
    """
    for pattern, shown in PATTERNS:
        text = pattern.sub(shown, text)
    return PARAMETER.sub(_without_value, text)


def _without_value(match: re.Match[str]) -> str:
    name, value = match.groups()
    return f"{name}***" if NAMES.search(name) or LONG.fullmatch(value) else match[0]


def credentials(value: Any, path: str = "") -> str | None:
    """Return the path of the first text of a JSON value that holds an address with credentials, None without one.

    Examples
    --------
    >>> credentials({"models": [{"source": "https://joe:secret@example.org/step-{step}"}]})
    'models[0].source'
    """
    if isinstance(value, str):
        return path if "://" in value and redact(value) != value else None
    if isinstance(value, dict):
        items = [(f"{path}.{name}" if path else str(name), item) for name, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [(f"{path}[{place}]", item) for place, item in enumerate(value)]
    else:
        return None
    return next((found for name, item in items if (found := credentials(item, name)) is not None), None)
