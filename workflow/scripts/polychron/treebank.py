"""Treebanks: CoNLL-U files, read strictly, to one row per syntactic word.

`conllu` is the reader. It accepts most broken files without a word (too few columns, heads that point nowhere,
cycles, files cut off half-way), so every sentence passes a check of its own first, and every treebank the official
validator of Universal Dependencies, `udtools`.
"""

from __future__ import annotations

import io
import json
import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from polychron import text
from polychron.error import InputError

logger = logging.getLogger("polychron")

UPOS = (
    *("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM"),
    *("PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM", "VERB", "X"),
)
"""The 17 universal parts of speech."""

LEVEL = 2
"""Level of `udtools`: the format of CoNLL-U and of UD. From level 3 on, released treebanks fail by the hundreds."""

TOLERATED = frozenset({"spaceafter-newdocpar", "invalid-utf"})
"""What `udtools` finds at this level in released treebanks, and what touches neither a word's labels nor its tree."""

COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
COUNTS = b"counts"
"""The key of a table's metadata under which `left_out` finds its numbers."""

AGAIN = "fetch the file again; if it is your own, mend this line"

_WORD = re.compile(r"[1-9][0-9]*")
_RANGE = re.compile(r"([1-9][0-9]*)-([1-9][0-9]*)")
_EMPTY = re.compile(r"(0|[1-9][0-9]*)\.([1-9][0-9]*)")
_HEAD = re.compile(r"0|[1-9][0-9]*")


class _Fault(Exception):
    """What is wrong with a line of a sentence."""

    def __init__(self, place: int, what: str) -> None:
        self.place, self.what = place, what


def read(splits: Mapping[str, str | Path]) -> Any:
    """Read a treebank's files into a table of syntactic words.

    Multiword ranges and empty nodes are left out by their IDs (A8) and counted in the log.

    Parameters
    ----------
    splits : mapping of str to path-like
        CoNLL-U files by split, in the order in which their sentences are to stand.

    Returns
    -------
    pyarrow.Table
        A row for each word: `split`, `sentence` (int32, from 0 over the whole table), `sent_id`, `index` (int32, the
        word's ID, from 1), `form`, `upos`, `head` (int32, an ID of the same sentence, 0 for the root), `deprel`.
        Its metadata hold what was left out, see `left_out`.

    Raises
    ------
    InputError
        A file breaks the rules of CoNLL-U, or holds no sentence.
    """
    import pyarrow

    columns: dict[str, list[Any]] = {
        name: [] for name in ("split", "sentence", "sent_id", "index", "form", "upos", "head", "deprel")
    }
    number = 0
    seen: dict[str, str] = {}
    repeated: Counter[tuple[str, str]] = Counter()
    counts: dict[str, Counter[str]] = {split: Counter() for split in splits}
    for split, path in splits.items():
        for sent_id, sentence_text, words in sentences(path, counts[split]):
            for word in words:
                columns["form"].append(word["form"])
                columns["upos"].append(word["upos"])
                columns["head"].append(word["head"])
                columns["deprel"].append(word["deprel"])
            columns["index"] += range(1, len(words) + 1)
            columns["split"] += [split] * len(words)
            columns["sentence"] += [number] * len(words)
            columns["sent_id"] += [sent_id] * len(words)
            first = seen.setdefault(sentence_text, split)
            if first != split:
                repeated[first, split] += 1
            number += 1
    for (first, split), count in repeated.items():
        logger.warning(
            "%s: %d sentences have the text of one of the %s split, and count for both", splits[split], count, first
        )
    integers = {"sentence", "index", "head"}
    return pyarrow.table(
        {
            name: pyarrow.array(values, pyarrow.int32() if name in integers else pyarrow.string())
            for name, values in columns.items()
        },
        metadata={COUNTS: json.dumps(counts, sort_keys=True)},
    )


def left_out(table: Any) -> dict[str, dict[str, int]]:
    """Say how many multiword ranges and empty nodes each split of a treebank's files has, beside its words.

    Returns
    -------
    dict of str to dict of str to int
        By split: ``multiword ranges`` and ``empty nodes``, and for comparison ``sentences`` and ``words``.
    """
    return json.loads((table.schema.metadata or {}).get(COUNTS, b"{}"))


def sentences(path: str | Path, counts: Counter[str] | None = None) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Read a CoNLL-U file sentence by sentence.

    Parameters
    ----------
    path : path-like
        The file.
    counts : Counter, optional
        Is given the number of sentences, words, multiword ranges and empty nodes.

    Yields
    ------
    sent_id, text : str
        Of the sentence's comments.
    words : list of dict
        The syntactic words in order, as `conllu` gives them: `id`, `form`, `upos`, `head`, `deprel` and more.

    Raises
    ------
    InputError
        The file breaks the rules of CoNLL-U, or holds no sentence. The message names the line.
    """
    import conllu

    fields = [name.lower() for name in COLUMNS[:8]]  # what follows is not read
    as_written = {name: _as_written for name in ("xpos", "feats")}
    counts = Counter() if counts is None else counts
    known: dict[str, int] = {}
    for start, block in _blocks(path):
        try:
            sent_id, sentence_text, rows = _check(block)
        except _Fault as fault:
            raise InputError(fault.what, file=path, line=start + fault.place, remedy=AGAIN) from None
        if sent_id in known:
            raise InputError(
                f"the sent_id {sent_id!r} stands at line {known[sent_id]} already, and must be unique",
                file=path,
                line=start,
                remedy=AGAIN,
            )
        known[sent_id] = start
        (sentence,) = conllu.parse("\n".join(block), fields=fields, field_parsers=as_written)
        words = [token for token in sentence if isinstance(token["id"], int)]
        read_back = [(str(word["id"]), word["form"], word["upos"], str(word["head"]), word["deprel"]) for word in words]
        if read_back != [(row[0], row[1], row[3], row[6], row[7]) for row in rows]:
            raise InputError(f"conllu reads other words than the file's {rows}", file=path, line=start, remedy=AGAIN)
        counts["sentences"] += 1
        counts["words"] += len(words)
        counts["multiword ranges"] += sum(token["id"][1] == "-" for token in sentence if isinstance(token["id"], tuple))
        counts["empty nodes"] += sum(token["id"][1] == "." for token in sentence if isinstance(token["id"], tuple))
        yield sent_id, sentence_text, words
    if not counts["sentences"]:
        raise InputError(
            "the split is empty: no sentence", file=path, remedy="fetch the file again, or take its language out"
        )
    names = ("sentences", "words", "multiword ranges", "empty nodes")
    counts.update(dict.fromkeys(names, 0))
    logger.info("%s: %s", path, ", ".join(f"{counts[name]} {name}" for name in names))


def validate(paths: Sequence[str | Path]) -> None:
    """Pass a treebank through the official validator, at level 2, with what it tolerates counted in the log.

    Parameters
    ----------
    paths : sequence of path-like
        The files of one treebank; sentence ids are unique over all of them.

    Raises
    ------
    InputError
        The first error found, with its line, and the number of errors.
    """
    import udtools
    from udtools.state import State

    validator, state = udtools.Validator(lang="ud", level=LEVEL, output=None), State()
    for path in paths:
        state.current_file_name = str(path)
        validator.validate_file_handle(io.StringIO("\n".join(text.lines(path))), state)
    errors = [incident for incident in state.error_tracker if str(incident.get_type()) == "ERROR"]
    for name, count in Counter(error.testid for error in errors if error.testid in TOLERATED).items():
        logger.warning("%s: udtools finds %d times %r, which is tolerated", Path(paths[0]).parent, count, name)
    errors = [error for error in errors if error.testid not in TOLERATED]
    if errors:
        first = errors[0]
        path = next((path for path in paths if Path(path).name == first.filename), paths[0])
        raise InputError(
            f"udtools {first.testid}: {first.message.rstrip('.')} (the first of {len(errors)} errors)",
            file=path,
            line=first.lineno,
            remedy=AGAIN,
        )


def _as_written(fields: list[str], place: int) -> str:
    """Leave a column that nothing reads as it stands."""
    return fields[place]


def _blocks(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Give each sentence's lines, and the number of the first."""
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


def _check(block: list[str]) -> tuple[str, str, list[list[str]]]:
    """Check a sentence; give its sent_id, its text, and the columns of its words."""
    comments = 0
    while comments < len(block) and block[comments].startswith("#"):
        comments += 1
    sent_id, sentence_text = (_comment(block[:comments], name) for name in ("sent_id", "text"))
    if comments == len(block):
        raise _Fault(0, "a sentence of comments alone, without words")
    rows, places = [], []
    covered = empties = 0
    for place, line in enumerate(block[comments:], start=comments):
        columns = _columns(place, line)
        identity = columns[0]
        if _WORD.fullmatch(identity):
            if int(identity) != len(rows) + 1:
                raise _Fault(place, f"the ID {identity}, expected {len(rows) + 1}")
            empties = 0
            rows.append(columns)
            places.append(place)
        elif match := _RANGE.fullmatch(identity):
            first, last = map(int, match.groups())
            if first != len(rows) + 1 or last < first or first <= covered:
                raise _Fault(place, f"the range {identity}, expected one from the next word, {len(rows) + 1}, on")
            covered = last
        elif match := _EMPTY.fullmatch(identity):
            empties += 1
            if match.groups() != (str(len(rows)), str(empties)):
                raise _Fault(place, f"the empty node {identity}, expected {len(rows)}.{empties}")
        else:
            raise _Fault(place, f"{identity!r} is no ID: expected a number, a range or an empty node's")
    if covered > len(rows):
        raise _Fault(len(block) - 1, f"a multiword range ends at {covered}, and the sentence has {len(rows)} words")
    if not rows:
        raise _Fault(0, "a sentence without words")
    _check_tree(rows, places)
    return sent_id, sentence_text, rows


def _comment(comments: list[str], name: str) -> str:
    """Give the value of the one comment of a name."""
    values = [line.partition("=") for line in comments if line.partition("=")[0].strip("# ") == name]
    if len(values) != 1 or not values[0][2].strip():
        raise _Fault(0, f"the sentence has {len(values)} comments '# {name} = ...', expected one with a value")
    return values[0][2].strip()


def _columns(place: int, line: str) -> list[str]:
    """Split a line of a sentence, and check its columns one by one."""
    if line.startswith("#"):
        raise _Fault(place, "a comment amid the words of a sentence")
    columns = line.split("\t")
    if len(columns) != len(COLUMNS):
        hint = "" if len(columns) > 1 else "; are there spaces in place of tabs?"
        raise _Fault(place, f"{len(columns)} columns, expected {len(COLUMNS)} parted by tabs{hint}")
    normal = unicodedata.is_normalized("NFC", line)
    for name, value in zip(COLUMNS, columns, strict=True):
        if not value or value != value.strip() or "  " in value:
            raise _Fault(place, f"{name} is {value!r}: empty, or with white space at an end or doubled")
        if not normal and not unicodedata.is_normalized("NFC", value):
            raise _Fault(place, f"{name} is not in the normal form NFC, which UD asks for: {value!r}")
    return columns


def _check_tree(rows: list[list[str]], places: list[int]) -> None:
    """Check the words' tags and that their heads make one tree."""
    heads = []
    for place, row in zip(places, rows, strict=True):
        upos, head, deprel = row[3], row[6], row[7]
        if upos not in UPOS:
            raise _Fault(place, f"UPOS is {upos!r}, expected one of {', '.join(UPOS)}")
        if not _HEAD.fullmatch(head) or int(head) > len(rows):
            raise _Fault(place, f"HEAD is {head!r}, expected an ID of this sentence, 1 to {len(rows)}, or 0")
        if head == row[0]:
            raise _Fault(place, f"HEAD is {head}, the word itself")
        if deprel == "_" or (deprel == "root") != (head == "0"):
            raise _Fault(place, f"DEPREL is {deprel!r} with HEAD {head}, expected 'root' where HEAD is 0 alone")
        heads.append(int(head))
    roots = [place for place, head in zip(places, heads, strict=True) if head == 0]
    if len(roots) != 1:
        raise _Fault(roots[1] if roots else places[0], f"{len(roots)} words with HEAD 0, expected one")
    safe = {0}
    for word in range(1, len(heads) + 1):
        path = []
        while word not in safe and word not in path:
            path.append(word)
            word = heads[word - 1]
        if word not in safe:
            raise _Fault(places[word - 1], f"a cycle of heads: {' -> '.join(map(str, [*path, word]))}")
        safe.update(path)
