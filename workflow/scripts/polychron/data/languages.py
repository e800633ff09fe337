"""Languages: their names, how much text of each the model was trained on, and how unlike they are in syntax.

Distances are those of Malaviya et al. (2017); reading A31.
"""

from __future__ import annotations

import csv
import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from polychron.errors import InputError

logger = logging.getLogger("polychron")

SCRIPTS = {"Chinese (Simplified)": "zh-Hans", "Chinese (Traditional)": "zh-Hant"}
"""Entries that share a code in the table of CC100 and are two languages of the model."""

CODES = """
af:afr am:amh ar:ara as:asm az:aze be:bel bg:bul bn:ben br:bre bs:bos ca:cat cs:ces cy:cym da:dan de:deu
el:ell en:eng eo:epo es:spa et:est eu:eus fa:fas fi:fin fr:fra fy:fry ga:gle gd:gla gl:glg gu:guj ha:hau
he:heb hi:hin hr:hrv hu:hun hy:hye id:ind is:isl it:ita ja:jpn jv:jav ka:kat kk:kaz km:khm kn:kan ko:kor
ku:kur ky:kir la:lat lo:lao lt:lit lv:lav mg:mlg mk:mkd ml:mal mn:mon mr:mar ms:msa my:mya ne:nep nl:nld
no:nor om:orm or:ori pa:pan pl:pol ps:pus pt:por ro:ron ru:rus sa:san sd:snd si:sin sk:slk sl:slv so:som
sq:sqi sr:srp su:sun sv:swe sw:swa ta:tam te:tel th:tha tl:tgl tr:tur ug:uig uk:ukr ur:urd uz:uzb vi:vie
xh:xho yi:yid zh:zho
"""

ISO_639_3 = dict(entry.split(":") for entry in CODES.split())
"""The codes of CC100, and those under which lang2vec has the same languages."""


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
        By code. Entries of one code are added up under it. Chinese is also listed under its two scripts. Entries
        without a code (the romanised ones of CC100) are left out, and counted in the log.

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
        logger.info("%s: %d entries without a code are left out", path, nameless)
    return sizes


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
    return ISO_639_3.get(language, language)


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


def read_distances(path: str | Path) -> Distances:
    """Read a table of distances, of which there are two kinds.

    A list is tab-separated, with the columns kind, lang1, lang2 and distance; rows of the kind ``syntactic`` are read.
    Languages are named by ISO 639-3, as in lang2vec, or by the codes of CC100. A matrix is lang2vec's own
    ``SYNTACTIC.csv``: a row and a column for each of its 8,070 languages, of which those of CC100 are read.

    Raises
    ------
    InputError
        A column is missing, a distance is not a number of 0 or more, or a pair has two distances.
    """
    with open(path, encoding="utf-8") as file:
        head = file.readline().rstrip("\r\n")
        if head.count(",") > head.count("\t"):
            return _matrix(path, head, file)
    return _list(path)


def _matrix(path: str | Path, head: str, rows: Iterable[str]) -> Distances:
    names = [name.strip().strip('"') for name in head.split(",")]
    wanted = set(ISO_639_3.values())
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
        values = row.rstrip("\r\n").split(",")
        if len(values) != len(names):
            raise InputError(
                f"{len(values)} columns, expected {len(names)}", file=path, line=line, remedy="fetch the file again"
            )
        for other, place in columns.items():
            if other != name:
                _enter(known, name, other, values[place], path, line)
    logger.info("%s: syntactic distances of %d languages", path, len(columns))
    return Distances(known)


def _enter(
    known: dict[tuple[str, str], float], first: str, second: str, value: str | None, path: str | Path, line: int
) -> None:
    """Enter a distance, which is to be one and the same in both directions."""
    try:
        distance = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        distance = math.nan
    if not 0 <= distance < math.inf:
        raise InputError(f"the distance is {value!r}, expected a number of 0 or more", file=path, line=line)
    a, b = sorted((iso(first), iso(second)))
    if known.setdefault((a, b), distance) != distance:
        raise InputError(
            f"{first} and {second} have the distance {distance:g}, and {known[a, b]:g} further up",
            file=path,
            line=line,
            remedy="leave one of the two lines out",
        )


def _list(path: str | Path) -> Distances:
    known: dict[tuple[str, str], float] = {}
    columns = ("kind", "lang1", "lang2", "distance")
    with open(path, encoding="utf-8", newline="") as file:
        table = csv.DictReader(file, delimiter="\t")
        missing = set(columns) - set(table.fieldnames or ())
        if missing:
            raise InputError(
                f"lacks the columns {', '.join(sorted(missing))}; they are expected in its first line, tab-separated",
                file=path,
                line=1,
            )
        for row in table:
            if row["kind"] != "syntactic":
                continue
            _enter(known, row["lang1"], row["lang2"], row["distance"], path, table.line_num)
    logger.info("%s: %d syntactic distances", path, len(known))
    return Distances(known)
