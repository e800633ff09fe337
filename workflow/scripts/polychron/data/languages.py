"""Languages: their names, and how much text of each the model was trained on."""

from __future__ import annotations

import csv
import logging
import math
from dataclasses import dataclass
from pathlib import Path

from polychron.errors import InputError

log = logging.getLogger("polychron")

SCRIPTS = {"Chinese (Simplified)": "zh-Hans", "Chinese (Traditional)": "zh-Hant"}
"""Entries that share a code in the table of CC100 and are two languages of the model."""


@dataclass(frozen=True)
class Size:
    """The pretraining text of a language.

    Parameters
    ----------
    name : str
        The language's name.
    gib : float
        GiB of text (A32).
    tokens : float
        Millions of tokens, the other measure of it; NaN where the table does not say.
    """

    name: str
    gib: float
    tokens: float = math.nan


def read_sizes(path: str | Path) -> dict[str, Size]:
    """Read the table of pretraining sizes: comma-separated, with the columns language, code and size_gib.

    A column tokens_millions is read where there is one; what is no positive number in it is not known.

    Returns
    -------
    dict of str to Size
        By code. Entries of one code are added up under it; Chinese also stands under its two scripts. Entries without a
        code (the romanised ones of CC100) are left out, and counted in the log.

    Raises
    ------
    InputError
        A column is missing, or a size is not a positive number.
    """
    sizes: dict[str, Size] = {}
    nameless = 0
    with open(path, encoding="utf-8", newline="") as file:
        table = csv.DictReader(file)
        missing = {"language", "code", "size_gib"} - set(table.fieldnames or ())
        if missing:
            raise InputError(f"lacks the columns {', '.join(sorted(missing))}", file=path, line=1)
        for row in table:
            try:
                gib = float(row["size_gib"])
            except (TypeError, ValueError):
                gib = 0.0
            if not 0 < gib < float("inf"):
                raise InputError(
                    f"size_gib is {row['size_gib']!r}, expected a positive number", file=path, line=table.line_num
                )
            nameless += not row["code"]
            for code in filter(None, (row["code"], SCRIPTS.get(row["language"]))):
                before = sizes.get(code)
                name = row["language"] if before is None else before.name.split(" (")[0]
                earlier = (before.gib, before.tokens) if before else (0.0, 0.0)
                sizes[code] = Size(name, gib + earlier[0], _tokens(row) + earlier[1])
    if nameless:
        log.info("%s: %d entries without a code are left out", path, nameless)
    return sizes


def _tokens(row: dict[str, str]) -> float:
    try:
        tokens = float(row.get("tokens_millions") or "nan")
    except ValueError:
        return math.nan
    return tokens if 0 < tokens < math.inf else math.nan
