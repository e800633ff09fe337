"""Sentences of CoNLL-U: a strict check of each, before a lenient library reads it.

The rules are those of the format (ten columns, IDs in order, ranges, empty nodes) and of a tree: one root, heads in the
sentence, no cycle.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from polychron.data import text
from polychron.errors import InputError

UPOS = (
    *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM"),
    *("PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"),
)
"""The 17 universal parts of speech."""

COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")

AGAIN = "fetch the file again; if it is your own, mend this line"

_WORD = re.compile(r"[1-9][0-9]*")
_RANGE = re.compile(r"([1-9][0-9]*)-([1-9][0-9]*)")
_EMPTY = re.compile(r"(0|[1-9][0-9]*)\.([1-9][0-9]*)")
_HEAD = re.compile(r"0|[1-9][0-9]*")


class Fault(Exception):
    """What is wrong with a line of a sentence."""

    def __init__(self, place: int, what: str) -> None:
        self.place, self.what = place, what


def blocks(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Give each sentence's lines, and the number of the first.

    Raises
    ------
    InputError
        The file breaks off, or its empty lines do not part sentences.
    """
    block: list[str] = []
    lines = text.lines(path)
    if lines[-1]:
        raise InputError("the file breaks off in this line", file=path, line=len(lines), remedy="fetch it again")
    for number, line in enumerate(lines[:-1], start=1):
        if line:
            if line.isspace():
                raise InputError("white space in a line that should be empty", file=path, line=number, remedy=AGAIN)
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []
        else:
            raise InputError("an empty line without a sentence before it", file=path, line=number, remedy=AGAIN)
    if block:
        raise InputError(
            "the file breaks off: no empty line after the last sentence",
            file=path,
            line=len(lines) - 1,
            remedy="fetch it again",
        )


def check(block: list[str]) -> tuple[str, str, list[list[str]]]:
    """Check a sentence.

    Parameters
    ----------
    block : list of str
        Its lines.

    Returns
    -------
    sent_id, text : str
        Of its comments.
    rows : list of list of str
        The ten columns of each word; ranges and empty nodes are checked and left out.

    Raises
    ------
    Fault
        A line breaks the rules; it says which, counted from 0.
    """
    comments = 0
    while comments < len(block) and block[comments].startswith("#"):
        comments += 1
    sent_id, sentence_text = (_comment(block[:comments], name) for name in ("sent_id", "text"))
    if comments == len(block):
        raise Fault(0, "a sentence of comments alone, without words")
    rows, places = [], []
    covered = empties = 0
    for place, line in enumerate(block[comments:], start=comments):
        columns = _columns(place, line)
        identity = columns[0]
        if _WORD.fullmatch(identity):
            if int(identity) != len(rows) + 1:
                raise Fault(place, f"the ID {identity}, expected {len(rows) + 1}")
            empties = 0
            rows.append(columns)
            places.append(place)
        elif match := _RANGE.fullmatch(identity):
            first, last = map(int, match.groups())
            if first != len(rows) + 1 or last < first or first <= covered:
                raise Fault(place, f"the range {identity}, expected one from the next word, {len(rows) + 1}, on")
            covered = last
        elif match := _EMPTY.fullmatch(identity):
            empties += 1
            if match.groups() != (str(len(rows)), str(empties)):
                raise Fault(place, f"the empty node {identity}, expected {len(rows)}.{empties}")
        else:
            raise Fault(place, f"{identity!r} is no ID: expected a number, a range or an empty node's")
    if covered > len(rows):
        raise Fault(len(block) - 1, f"a multiword range ends at {covered}, and the sentence has {len(rows)} words")
    if not rows:
        raise Fault(0, "a sentence without words")
    _check_tree(rows, places)
    return sent_id, sentence_text, rows


def _comment(comments: list[str], name: str) -> str:
    """Give the value of the one comment of a name."""
    values = [line.partition("=") for line in comments if line.partition("=")[0].strip("# ") == name]
    if len(values) != 1 or not values[0][2].strip():
        raise Fault(0, f"the sentence has {len(values)} comments '# {name} = ...', expected one with a value")
    return values[0][2].strip()


def _columns(place: int, line: str) -> list[str]:
    """Split a line of a sentence, and check its columns one by one."""
    if line.startswith("#"):
        raise Fault(place, "a comment amid the words of a sentence")
    columns = line.split("\t")
    if len(columns) != len(COLUMNS):
        hint = "" if len(columns) > 1 else "; are there spaces in place of tabs?"
        raise Fault(place, f"{len(columns)} columns, expected {len(COLUMNS)} parted by tabs{hint}")
    normal = unicodedata.is_normalized("NFC", line)
    for name, value in zip(COLUMNS, columns, strict=True):
        if not value or value != value.strip() or "  " in value:
            raise Fault(place, f"{name} is {value!r}: empty, or with white space at an end or doubled")
        if not normal and not unicodedata.is_normalized("NFC", value):
            raise Fault(place, f"{name} is not in the normal form NFC, which UD asks for: {value!r}")
    return columns


def _check_tree(rows: list[list[str]], places: list[int]) -> None:
    """Check the words' tags and that their heads make one tree."""
    heads = []
    for place, row in zip(places, rows, strict=True):
        upos, head, deprel = row[3], row[6], row[7]
        if upos not in UPOS:
            raise Fault(place, f"UPOS is {upos!r}, expected one of {', '.join(UPOS)}")
        if not _HEAD.fullmatch(head) or int(head) > len(rows):
            raise Fault(place, f"HEAD is {head!r}, expected an ID of this sentence, 1 to {len(rows)}, or 0")
        if head == row[0]:
            raise Fault(place, f"HEAD is {head}, the word itself")
        if deprel == "_" or (deprel == "root") != (head == "0"):
            raise Fault(place, f"DEPREL is {deprel!r} with HEAD {head}, expected 'root' where HEAD is 0 alone")
        heads.append(int(head))
    roots = [place for place, head in zip(places, heads, strict=True) if head == 0]
    if len(roots) != 1:
        raise Fault(roots[1] if roots else places[0], f"{len(roots)} words with HEAD 0, expected one")
    safe = {0}
    for word in range(1, len(heads) + 1):
        path = []
        while word not in safe and word not in path:
            path.append(word)
            word = heads[word - 1]
        if word not in safe:
            raise Fault(places[word - 1], f"a cycle of heads: {' -> '.join(map(str, [*path, word]))}")
        safe.update(path)
