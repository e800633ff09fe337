"""What languages are called in drawings: a chart has their codes, and the drawing their names."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

FIELDS = ("language", "source", "target", "targets", "name", "pair", "word", "label")
"""The fields of a chart's data in which languages are."""

JOINTS = " → | – "

CODES = re.compile(rf"(?P<before>(?:.* )?from |)(?P<codes>[\w-]+(?:(?:{JOINTS})[\w-]+)*)(?P<after>  .*|)")
"""A language or several, after the words that end in "from", and before two spaces and what is said of them."""

LISTED = re.compile(r"(?:^|(?<=\), ))[\w-]+(?= \((?:after|by) )")
"""A language in a list, each with a step in brackets."""

LISTS = ("sort", "domain", "options")
"""The parts of a specification in which values of such fields are put in order, or can be chosen."""

MOST_UPRIGHT, ANGLES = 12, (-45, -90)
"""So many names stand at an angle above a matrix; more stand upright."""


def applied(spec: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return a Vega-Lite specification with the names of languages for their codes.

    Parameters
    ----------
    spec : dict
        Its rows of data are in ``datasets``.
    names : mapping of str to str
        By code. Others keep their code.
    """
    if not names:
        return spec
    datasets = {
        title: [
            {field: written(value, names) if field in FIELDS else value for field, value in row.items()} for row in rows
        ]
        for title, rows in spec.get("datasets", {}).items()
    }
    rest = {key: value for key, value in spec.items() if key != "datasets"}
    return {**_replaced(rest, names), "datasets": datasets}


def written(text: Any, names: Mapping[str, str]) -> Any:
    """Return a text with names for codes: where it is a code, or codes with arrows or dashes, or begins or ends so.

    Examples
    --------
    >>> names = {"de": "German", "is": "Icelandic"}
    >>> [written(text, names) for text in ("de", "de → is", "from is", "is  +0.31", "XNLI, from de")]
    ['German', 'German → Icelandic', 'from Icelandic', 'Icelandic  +0.31', 'XNLI, from German']
    >>> [written(text, names) for text in ("de (by 50), is (by 800)", "no code is here", "fr → is", 5)]
    ['German (by 50), Icelandic (by 800)', 'no code is here', 'fr → Icelandic', 5]
    """
    if not isinstance(text, str):
        return text
    if found := CODES.fullmatch(text):
        parts = re.split(f"({JOINTS})", found["codes"])
        return found["before"] + "".join(names.get(part, part) for part in parts) + found["after"]
    return LISTED.sub(lambda found: names.get(found[0], found[0]), text)


def _replaced(part: Any, names: Mapping[str, str]) -> Any:
    if isinstance(part, list):
        return [_replaced(one, names) for one in part]
    if not isinstance(part, dict):
        return part
    made = {}
    for key, value in part.items():
        if key in LISTS and isinstance(value, list):
            made[key] = [written(one, names) for one in value]
        elif key in ("title", "text") and isinstance(value, str):
            made[key] = written(value, names)
        else:
            made[key] = _replaced(value, names)
    order, axis = made.get("sort"), made.get("axis")
    if isinstance(order, list) and order != part["sort"] and isinstance(axis, dict) and "labelAngle" in axis:
        made["axis"] = {**axis, "labelAngle": ANGLES[len(order) > MOST_UPRIGHT]}
    return made


def said(texts: list[str], names: Mapping[str, str]) -> list[str]:
    """Return a paragraph with the names of the codes that some texts have; none if they have none.

    Examples
    --------
    >>> said(["from 40.0% (de to en) to 50.0%"], {"de": "German", "en": "English", "fr": "French"})
    ['Codes: de is German; en is English.']
    """
    found = [code for code in names if any(re.search(rf"(?<![\w-]){re.escape(code)}(?![\w-])", text) for text in texts)]
    return [f"Codes: {'; '.join(f'{code} is {names[code]}' for code in found)}."] if found else []
