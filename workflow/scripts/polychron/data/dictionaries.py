"""Bilingual dictionaries: pairs of a word and a translation."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from polychron.data import text
from polychron.data.faults import Fault, refuse
from polychron.errors import InputError

logger = logging.getLogger("polychron")

ENDINGS = (".dict.dz", ".dict")
"""How the texts of dictionaries of dictd end; the index is beside, with the same name and ``.index``."""

_DIGITS = {
    digit: value for value, digit in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}
_NUMBERED = re.compile(r"^\s*(\d+\.\s*)?")
_REMARK = re.compile(r'\([^()]*\)|\[[^\[\]]*\]|<[^<>]*>|/[^/]*/|\{[^{}]*\}|"[^"]*"')


def read(layout: str, path: str | Path, fault: Fault = refuse) -> list[tuple[str, str]]:
    """Read the pairs of a dictionary of which both sides are one word.

    Parameters
    ----------
    layout : {"muse", "tsv", "freedict"}
        ``muse``: two words a line, separated by white space (Conneau et al. 2018). ``tsv``: the same, separated by a
        tab, so that a side may be several words. ``freedict``: a dictionary of dictd, ``NAME.dict.dz`` beside
        ``NAME.index``; of an entry, all but its first line are translations, numbered or not, separated by commas or
        semicolons. Remarks in brackets and examples in quotation marks are left out.
    path : path-like
    fault : callable, optional
        Takes the fault of a line. Where it raises nothing, the line is left out.

    Returns
    -------
    list of (str, str)
        Each pair once, in the order of the file, as it is written there. Pairs of several words are left out and
        counted in the log.

    Raises
    ------
    InputError
        The file is missing or damaged, a line has another number of fields, an index points past the end of its text or
        has no heads, or no pair is left.
    """
    given = _freedict(path, fault) if layout == "freedict" else _lines(path, "\t" if layout == "tsv" else None, fault)
    kept = [(head, translation) for head, translation in given if not _several(head) and not _several(translation)]
    logger.info("%s: %d pairs, %d of them of several words, left out", path, len(given), len(given) - len(kept))
    if not kept:
        raise InputError(
            "no pair of single words", file=path, remedy="name another dictionary, or correct its format in the config"
        )
    return [*dict.fromkeys(kept)]


def _several(words: str) -> bool:
    return len(words.split()) != 1


def _lines(path: str | Path, separator: str | None, fault: Fault) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate(text.lines(path), start=1):
        if not line.strip():
            continue
        fields = [field.strip() for field in line.strip("\r\n").split(separator)]
        if len(fields) != 2 or not all(fields):
            fault(
                InputError(
                    f"{text.shown(line)} is not a word and a translation, separated by "
                    f"{'a tab' if separator else 'white space'}",
                    file=path,
                    line=number,
                    remedy="correct the line, or the format of the dictionary in the config: muse, tsv or freedict",
                )
            )
            continue
        found.append((fields[0], fields[1]))
    return found


def index_of(path: str | Path) -> str:
    """Return the index beside the text of a dictionary of dictd.

    Raises
    ------
    InputError
        The name does not end like that of such a text.

    Examples
    --------
    >>> index_of("freedict-eng-fra.dict.dz")
    'freedict-eng-fra.index'
    """
    for ending in ENDINGS:
        if str(path).endswith(ending):
            return f"{str(path).removesuffix(ending)}.index"
    raise InputError(
        "a dictionary of the format freedict is a file NAME.dict.dz, beside NAME.index",
        file=path,
        remedy="name that file, or correct the format of the dictionary in the config",
    )


def _number(digits: str) -> int:
    """Return a number that is written in base 64, the highest digit first."""
    value = 0
    for digit in digits:
        value = 64 * value + _DIGITS[digit]
    return value


def _freedict(path: str | Path, fault: Fault) -> list[tuple[str, str]]:
    index = index_of(path)
    # offsets are those of bytes; no line is taken apart but at line feeds
    entries = "\n".join(text.lines(path)).encode()
    with open(path, "rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if str(path).endswith(".dz") and not packed:
        raise InputError(
            "is no gzip file, which a text of dictd with this name is",
            file=path,
            remedy="fetch it again, or name it NAME.dict if it is not compressed",
        )
    found = []
    for number, line in enumerate(text.lines(index), start=1):
        if not line or line.startswith("00database") or line.startswith("00-database"):
            continue
        fields = line.split("\t")
        if len(fields) < 3 or not all(field and set(field) <= {*_DIGITS} for field in fields[1:3]):
            what = f"{text.shown(line)} is not a head, an offset and a length in base 64, separated by tabs"
            fault(InputError(what, file=index, line=number, remedy="fetch the dictionary and its index again"))
            continue
        start, length = map(_number, fields[1:3])
        if start + length > len(entries):
            what = f"the entry of {text.shown(fields[0])} ends at byte {start + length}, and {path} has {len(entries)}"
            fault(InputError(what, file=index, line=number, remedy="fetch the dictionary and its index again"))
            continue
        written, *rest = entries[start : start + length].decode("utf-8", "replace").split("\n")
        # the index folds letters, the entry does not
        head = _REMARK.sub(" ", written).strip() or fields[0].strip()
        for row in _REMARK.sub(" ", "\n".join(rest)).split("\n"):
            # the English-Hindi dictionary writes a tilde between the words of a translation
            for part in re.split("[,;]", _NUMBERED.sub("", row).replace("~", " ")):
                if part.strip():
                    found.append((head, part.strip()))
    if not found:
        raise InputError(
            f"has no head with a translation in {path}", file=index, remedy="fetch the dictionary and its index again"
        )
    return found
