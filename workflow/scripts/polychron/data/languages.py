"""Languages: their names, how much text of each the model was trained on, and how unlike they are in syntax.

Distances are those of Malaviya et al. (2017); reading A31.
"""

from __future__ import annotations

import csv
import functools
import logging
import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from polychron import paths
from polychron.data import text
from polychron.data.faults import Fault, refuse
from polychron.errors import InputError

logger = logging.getLogger("polychron")

TAB = "\t"

SCRIPTS = {"Chinese (Simplified)": "zh-Hans", "Chinese (Traditional)": "zh-Hant"}
"""Entries that share a code in the table of CC100 and are two languages of the model."""

CODES = paths.DATA / "iso_639.tsv"
"""The table of two-letter codes (ISO 639-1) and those of ISO 639-3, under which lang2vec has its languages."""


@functools.cache
def three_letters() -> dict[str, str]:
    """Return the code of ISO 639-3 of each of ISO 639-1."""
    rows = [line.split("\t") for line in text.lines(CODES) if line and not line.startswith("#")]
    return {row[0]: row[1] for row in rows[1:]}


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


class Sizes(dict[str, Size]):
    """Pretraining sizes by the codes of a table, each found under its other code of ISO 639 too.

    Examples
    --------
    >>> sizes = Sizes(mt=Size("Maltese", 0.2), nan=Size("Min Nan", 0.1))
    >>> sizes["mlt"].name, "mlt" in sizes, "nan" in sizes, "fra" in sizes, list(sizes)
    ('Maltese', True, True, False, ['mt', 'nan'])
    """

    def __contains__(self, code: object) -> bool:
        return super().__contains__(self._key(code))

    def __getitem__(self, code: str) -> Size:
        return super().__getitem__(self._key(code))

    def get(self, code: str, default: Any = None) -> Any:
        """Return the size of a language, or `default`."""
        return super().get(self._key(code), default)

    def _key(self, code: Any) -> Any:
        """Return a code as the table has it."""
        others = (code, three_letters().get(code), _two_letters().get(code))
        return next((other for other in others if super(Sizes, self).__contains__(other)), code)


@functools.cache
def _two_letters() -> dict[str, str]:
    return {three: two for two, three in three_letters().items()}


def read_sizes(path: str | Path, fault: Fault = refuse) -> Sizes:
    """Read the table of pretraining sizes: comma-separated, with the columns language, code and size_gib.

    A column tokens_millions is read where there is one; what is no positive number in it is not known.

    Parameters
    ----------
    path : path-like
        The table.
    fault : callable, optional
        Takes the fault of a row. Where it raises nothing, the row is left out.

    Returns
    -------
    Sizes
        By code. Entries of one code are added up under it. Chinese is also listed under its two scripts. Entries
        without a code (the romanised ones of CC100) are left out, and counted in the log.

    Raises
    ------
    InputError
        A column is missing, a row has too few or too many of them, or a size is not a positive number.
    """
    sizes = Sizes()
    nameless = 0
    for line, row in _rows(path, ",", ("language", "code", "size_gib"), fault):
        try:
            gib = float(row["size_gib"])
        except ValueError:
            gib = 0.0
        if not 0 < gib < float("inf"):
            fault(
                InputError(
                    f"size_gib is {text.shown(row['size_gib'])}, expected a positive number",
                    file=path,
                    line=line,
                    remedy="correct it, or take the row out",
                )
            )
            continue
        nameless += not row["code"]
        for code in filter(None, (row["code"], SCRIPTS.get(row["language"]))):
            before = dict.get(sizes, code)
            name = row["language"] if before is None else before.name.split(" (")[0]
            earlier = (before.gib, before.tokens) if before else (0.0, 0.0)
            sizes[code] = Size(name, gib + earlier[0], _tokens(row) + earlier[1])
    if nameless:
        logger.info("%s: %d entries without a code are left out", path, nameless)
    return sizes


def _rows(
    path: str | Path, separator: str, columns: Collection[str], fault: Fault
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with a header, and their lines.

    Raises
    ------
    InputError
        It is no table, lacks one of the columns, or has a row of another number of columns.
    """
    table = csv.reader((f"{line}\n" for line in text.lines(path, fault=fault)), delimiter=separator)
    header: list[str] = []
    try:
        for row in table:
            if not row:
                continue
            if not header:
                header = row
                missing = sorted(set(columns) - set(header))
                if missing:
                    raise InputError(
                        f"lacks the columns {', '.join(missing)}",
                        file=path,
                        line=table.line_num,
                        remedy=f"name them in the first line, separated by {'tabs' if separator == TAB else 'commas'}",
                    )
                continue
            if len(row) != len(header):
                what = f"{len(row)} columns, expected {len(header)}"
                fault(InputError(what, file=path, line=table.line_num, remedy="fix the row"))
                continue
            yield table.line_num, dict(zip(header, row, strict=True))
    except csv.Error as error:
        raise InputError(
            f"no table ({error})", file=path, line=table.line_num, remedy="close the quotation marks before this line"
        ) from error
    if not header:
        raise InputError("no table: all lines are empty", file=path, remedy="fetch it again, or look at its path")


def _tokens(row: dict[str, str]) -> float:
    try:
        tokens = float(row.get("tokens_millions") or "nan")
    except ValueError:
        return math.nan
    return tokens if 0 < tokens < math.inf else math.nan


def iso(code: str) -> str:
    """Return the code of a language in tables of distances. A script makes no difference, and other codes are kept.

    Examples
    --------
    >>> [iso(code) for code in ("en", "zh-Hant", "qsa")]
    ['eng', 'zho', 'qsa']
    """
    language = code.partition("-")[0]
    return three_letters().get(language, language)


def named(code: str) -> str:
    """Return a language's code with its code in tables of distances, where that is another one.

    Examples
    --------
    >>> named("mt"), named("qsa")
    ('mt = mlt', 'qsa')
    """
    return code if iso(code) == code else f"{code} = {iso(code)}"


class Distances:
    """Syntactic distances of pairs of languages.

    Parameters
    ----------
    known : dict of (str, str) to float
        By codes of ISO 639-3, each pair in one order or in both.

    Examples
    --------
    >>> distances = Distances({("eng", "fra"): 0.4569})
    >>> distances("fr", "en"), distances("en", "en"), distances("en", "de")
    (0.4569, 0.0, nan)
    """

    def __init__(self, known: dict[tuple[str, str], float]) -> None:
        self.known = known

    def __call__(self, first: str, second: str) -> float:
        """Return the distance of two languages by our codes: 0 to itself, NaN where it is not known."""
        a, b = iso(first), iso(second)
        if a == b:
            return 0.0
        return self.known.get((a, b), self.known.get((b, a), math.nan))


def read_distances(path: str | Path, languages: Iterable[str] = (), fault: Fault = refuse) -> Distances:
    """Read a table of distances, of which there are two kinds.

    A list is tab-separated, with the columns kind, lang1, lang2 and distance; rows of the kind ``syntactic`` are read.
    Languages are named by ISO 639-3, as in lang2vec, or by ISO 639-1. A matrix is lang2vec's own ``SYNTACTIC.csv``: a
    row and a column for each of its 8,070 languages, of which those with a code of ISO 639-1 and `languages` are read.

    Parameters
    ----------
    path : path-like
        The table.
    languages : iterable of str
        The languages of the study. One without any distance is named in the log, with both its codes.
    fault : callable, optional
        Takes the fault of a row. Where it raises nothing, the row is left out.

    Raises
    ------
    InputError
        A column is missing, a distance is not a number of 0 or more, or a pair has two distances.
    """
    codes = sorted(set(languages))
    rows = text.each_line(path)
    head = next(rows, "")
    if head.count(",") > head.count(TAB):
        distances = _matrix(path, head, rows, {*three_letters().values(), *map(iso, codes)}, fault)
    else:
        distances = _list(path, fault)
    has = {language for pair in distances.known for language in pair}
    lacking = [named(code) for code in codes if iso(code) not in has]
    if lacking and len(codes) > 1:
        logger.warning(
            "%s: no distance of %s; a language is found by its code in the study or by that of ISO 639-3",
            path,
            ", ".join(lacking),
        )
    return distances


def _matrix(path: str | Path, head: str, rows: Iterable[str], wanted: Collection[str], fault: Fault) -> Distances:
    names = [name.strip().strip('"') for name in head.split(",")]
    columns = {name: place for place, name in enumerate(names) if place and name in wanted}
    if len(columns) < 2:
        raise InputError(
            f"no row of languages: it begins with {head[:40]!r}, expected codes of ISO 639-3 separated by commas",
            file=path,
            line=1,
            remedy="unpack SYNTACTIC.csv of lang2vec's distances.zip again",
        )
    known: dict[tuple[str, str], float] = {}
    for line, row in enumerate(rows, start=2):
        name = row.partition(",")[0].strip().strip('"')
        if name not in columns:
            continue
        values = row.split(",")
        if len(values) != len(names):
            what = f"{len(values)} columns, expected {len(names)}"
            fault(InputError(what, file=path, line=line, remedy="fetch the file again"))
            continue
        for other, place in columns.items():
            if other != name:
                _enter(known, name, other, values[place], path, line, fault)
    logger.info("%s: syntactic distances of %d languages", path, len(columns))
    return Distances(known)


def _enter(
    known: dict[tuple[str, str], float],
    first: str,
    second: str,
    value: str,
    path: str | Path,
    line: int,
    fault: Fault,
) -> None:
    """Enter a distance, which is to be one and the same in both directions."""
    try:
        distance = float(value)
    except ValueError:
        distance = math.nan
    a, b = sorted((iso(first), iso(second)))
    if not 0 <= distance < math.inf:
        what = f"the distance is {text.shown(value)}, expected a number of 0 or more"
        remedy = "correct it, or take the row out"
    elif known.setdefault((a, b), distance) != distance:
        what = (
            f"{first[: text.SHOWN]} and {second[: text.SHOWN]} have the distance {distance:g}, and {known[a, b]:g} "
            "further up"
        )
        remedy = "leave one of the two lines out"
    else:
        return
    fault(InputError(what, file=path, line=line, remedy=remedy))


def _list(path: str | Path, fault: Fault) -> Distances:
    known: dict[tuple[str, str], float] = {}
    for line, row in _rows(path, TAB, ("kind", "lang1", "lang2", "distance"), fault):
        if row["kind"] == "syntactic":
            _enter(known, row["lang1"], row["lang2"], row["distance"], path, line, fault)
    logger.info("%s: %d syntactic distances", path, len(known))
    return Distances(known)
