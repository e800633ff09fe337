"""Named entities: words with IOB2 labels of persons, locations and organisations, as Universal NER [1]_ writes them.

A file is a dataset of its own: its words and its labels. The sentences are those of a treebank, but often of another
release of it, so that a file is joined with a treebank by words and never by identifier or order.

References
----------
.. [1] Mayhew et al.: Universal NER: A Gold-Standard Multilingual Named Entity Recognition Benchmark. NAACL 2024.
"""

from __future__ import annotations

import json
import logging
import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from polychron.data import text
from polychron.data.faults import Fault, refuse, told
from polychron.errors import InputError

logger = logging.getLogger("polychron")

OUTSIDE = "O"
"""The label of a word that is in no name."""

KINDS = ("PER", "LOC", "ORG")
"""Persons, locations and organisations."""

LABELS = (OUTSIDE, *(f"{place}-{kind}" for kind in KINDS for place in "BI"))
"""The seven labels: outside, and the first word (B) and each further word (I) of a name of a kind."""

NO_ENTITY = frozenset({"B-O", "B-OTH", "I-OTH"})
"""Labels of annotators that the authors of Universal NER read as outside: what is none of the three kinds."""

TYPES = {
    **{"split": "string", "sentence": "int32", "sent_id": "string"},
    **{"index": "int32", "form": "string", "entity": "string"},
}
"""Columns of the table, and their types."""

COUNTS = b"counts"
"""Key of a table's metadata with the numbers of sentences, words and names of each split, as JSON."""

LACKING = b"lacking"
"""Key of a table's metadata with the sentences that `identified` does not find in the treebank, as JSON."""

NAMED = 5
"""Sentences that were not joined and that a message names."""

AGAIN = "fetch the file again; if it is your own, fix this line"


class Word(NamedTuple):
    """A word of a file: its number in the sentence, its form, and its label."""

    index: int
    form: str
    entity: str


def read(splits: Mapping[str, str | Path]) -> Any:
    """Read files of named entities into a table of words.

    Parameters
    ----------
    splits : mapping of str to path-like
        Files by split. The table's sentences follow the order of this mapping.

    Returns
    -------
    pyarrow.Table
        A row for each word: `split`, `sentence` (int32, from 0 over the whole table), `sent_id`, `index` (int32, from
        1), `form` and `entity`, one of `LABELS`. Its metadata hold the numbers of sentences, words and names.

    Raises
    ------
    InputError
        See `sentences`.
    """
    import pyarrow

    columns: dict[str, list[Any]] = {name: [] for name in TYPES}
    number = 0
    seen: dict[tuple[str, ...], str] = {}
    repeated: Counter[tuple[str, str]] = Counter()
    counts: dict[str, Counter[str]] = {split: Counter() for split in splits}
    for split, path in splits.items():
        for sent_id, words in sentences(path, counts[split]):
            for word in words:
                for name in Word._fields:
                    columns[name].append(getattr(word, name))
            columns["split"] += [split] * len(words)
            columns["sentence"] += [number] * len(words)
            columns["sent_id"] += [sent_id] * len(words)
            first = seen.setdefault(tuple(word.form for word in words), split)
            if first != split:
                repeated[first, split] += 1
            number += 1
    for (first, split), count in repeated.items():
        logger.warning(
            "%s: %d sentences have the words of one of the %s split, and count for both", splits[split], count, first
        )
    return pyarrow.table(
        {name: pyarrow.array(columns[name], pyarrow.type_for_alias(kind)) for name, kind in TYPES.items()},
        metadata={COUNTS: json.dumps(counts, sort_keys=True)},
    )


def sentences(
    path: str | Path, counts: Counter[str] | None = None, fault: Fault = refuse
) -> Iterator[tuple[str, list[Word]]]:
    """Read a file sentence by sentence.

    A line is a comment, which begins with ``#``, or a word: its number, its form and its label, and columns that are
    not read, separated by tabs. An empty line ends a sentence. Multiword ranges and empty nodes are left out by their
    numbers. The labels `NO_ENTITY` are read as ``O``. Both are counted in the log.

    Parameters
    ----------
    path : path-like
        The file.
    counts : Counter, optional
        Receives the numbers of sentences, words, names, and of what is left out or read as ``O``.
    fault : callable, optional
        Takes the fault of a sentence. Where it raises nothing, the sentence is left out.

    Yields
    ------
    sent_id : str
        From the comments; where there is none, the number of the sentence in the file, from 1.
    words : list of Word
        In order.

    Raises
    ------
    InputError
        A line has fewer than three columns, an unknown label, a number that does not follow the one before it or no
        form; a label continues a name that is not there; all words of a sentence are withheld; or there is no sentence.
    """
    counts = Counter() if counts is None else counts
    counts.update(sentences=0, words=0, names=0)
    for start, block in _blocks(path, fault):
        counts["sentences"] += 1
        with told(fault):
            yield _sentence(path, start, block, counts)
    if not counts["sentences"]:
        raise InputError(
            "the split is empty: no sentence", file=path, remedy="fetch the file again, or take its language out"
        )
    logger.info("%s: %s", path, ", ".join(f"{number} {name}" for name, number in counts.items()))


def _blocks(path: str | Path, fault: Fault) -> Iterator[tuple[int, list[str]]]:
    """Yield each sentence's lines, and the number of the first of them; the last may lack its empty line."""
    block: list[str] = []
    for number, line in enumerate([*text.lines(path, fault=fault), ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _sentence(path: str | Path, start: int, block: Sequence[str], counts: Counter[str]) -> tuple[str, list[Word]]:
    """Read the lines of a sentence, and count its words and names; see `sentences`."""
    sent_id, words, before = str(counts["sentences"]), [], OUTSIDE
    for line, content in enumerate(block, start=start):
        if content.startswith("#"):
            if found := re.match(r"#\s*sent_id\s*=\s*(\S.*?)\s*$", content):
                sent_id = found[1]
            continue
        fields = content.split("\t")
        if len(fields) < 3:
            raise InputError(
                f"{len(fields)} {'column' if len(fields) == 1 else 'columns'}, expected a word's number, form and "
                "label, separated by tabs",
                file=path,
                line=line,
                remedy=AGAIN,
            )
        number, form, label = fields[:3]
        if aside := re.fullmatch(r"\d+([-.])\d+", number):
            counts["multiword ranges" if aside[1] == "-" else "empty nodes"] += 1
            continue
        if number != str(len(words) + 1):
            raise InputError(
                f"the number {text.shown(number)}, expected {len(words) + 1}", file=path, line=line, remedy=AGAIN
            )
        if not form.strip() or form != form.strip():
            what = "a form with a space before or after it" if form.strip() else "a word without a form"
            raise InputError(what, file=path, line=line, remedy=AGAIN)
        if label in NO_ENTITY:
            counts["labels of other kinds"] += 1
            label = OUTSIDE
        if label not in LABELS:
            raise InputError(
                f"the label {text.shown(label)}, expected one of {', '.join(LABELS)}",
                file=path,
                line=line,
                remedy="write the labels in IOB2 with these kinds of names, or take the file out",
            )
        if label.startswith("I") and before[1:] != label[1:]:
            raise InputError(
                f"the label {label} after {before}: IOB2 begins each name with B",
                file=path,
                line=line,
                remedy="write the labels in IOB2 (older files are in IOB1, where I may begin a name)",
            )
        words.append(Word(len(words) + 1, form, label))
        before = label
    if not words:
        raise InputError("a sentence without words", file=path, line=start, remedy=AGAIN)
    if len(words) > 1 and not any(word.form.strip("_") for word in words):
        raise InputError(
            "the forms of a sentence are underscores alone: its text is withheld",
            file=path,
            line=start,
            remedy="restore the text as the README of the treebank says, or remove such sentences",
        )
    counts["words"] += len(words)
    counts["names"] += sum(word.entity.startswith("B") for word in words)
    return sent_id, words


class Joined(NamedTuple):
    """What `join` finds.

    Attributes
    ----------
    place : list of int
        For each sentence of the table the number of the treebank's sentence with the same words, -1 for none.
    lacking : list of str
        The identifiers of the table's sentences that no sentence of the treebank has the words of.
    """

    place: list[int]
    lacking: list[str]


def join(table: Any, treebank: Any) -> Joined:
    """Find each sentence in a treebank by its words.

    Parameters
    ----------
    table : pyarrow.Table
        See `read`.
    treebank : pyarrow.Table
        See `polychron.data.treebanks.read`.

    Returns
    -------
    Joined
        Where several sentences have the same words, the first of the one belongs to the first of the other, and so on.
        No sentence of the treebank is found twice.
    """
    waiting: dict[tuple[str, ...], deque[int]] = defaultdict(deque)
    for number, (_, forms) in enumerate(_forms(treebank)):
        waiting[forms].append(number)
    place, lacking = [], []
    for sent_id, forms in _forms(table):
        found = waiting[forms].popleft() if waiting.get(forms) else -1
        place.append(found)
        if found < 0:
            lacking.append(sent_id)
    return Joined(place, lacking)


def identified(table: Any, treebank: Any, file: str | Path) -> Any:
    """Return a table with the identifiers of the sentences of a treebank that have the same words.

    So the sentences of a parallel treebank have one identifier in all languages, whatever the files of named entities
    call them. A sentence that is not in the treebank keeps its own identifier. How many there are is said in the log,
    and the first of them are named.

    Parameters
    ----------
    table, treebank : pyarrow.Table
        See `join`.
    file : path-like
        The file of the table, for the message.
    """
    import pyarrow

    joined = join(table, treebank)
    known = [sent_id for sent_id, _ in _forms(treebank)]
    own = [sent_id for sent_id, _ in _forms(table)]
    numbers = dict.fromkeys(table["sentence"].to_pylist())
    names = [known[found] if found >= 0 else name for name, found in zip(own, joined.place, strict=True)]
    named = dict(zip(numbers, names, strict=True))
    total, lacking = len(joined.place), len(joined.lacking)
    logger.info("%s: %d of %d sentences have the words of one of the treebank", file, total - lacking, total)
    if lacking:
        shown = ", ".join(joined.lacking[:NAMED]) + (" and others" if lacking > NAMED else "")
        logger.warning(
            "%s: %d of %d sentences are not in the treebank word for word, and keep their own sent_id: %s",
            *(file, lacking, total, shown),
        )
    column = pyarrow.array([named[number] for number in table["sentence"].to_pylist()], pyarrow.string())
    metadata = (table.schema.metadata or {}) | {LACKING: json.dumps(joined.lacking, ensure_ascii=False)}
    made = table.set_column(table.column_names.index("sent_id"), "sent_id", column)
    return made.replace_schema_metadata(metadata)


def found(table: Any) -> dict[str, dict[str, tuple[int, int, str]]]:
    """Return what was counted while a table was read, and joined if it was.

    Returns
    -------
    dict of str to dict of str to tuple
        By split and by what was counted: how many, out of how many, and what became of them.
    """
    metadata = table.schema.metadata or {}
    made: dict[str, dict[str, tuple[int, int, str]]] = {}
    for split, counts in json.loads(metadata.get(COUNTS, b"{}")).items():
        made[split] = {
            "names": (counts["names"], counts["words"], ""),
            "multiword ranges": (counts.get("multiword ranges", 0), counts["words"], "left out by their numbers"),
            "empty nodes": (counts.get("empty nodes", 0), counts["words"], "left out by their numbers"),
            "labels of other kinds": (counts.get("labels of other kinds", 0), counts["words"], "read as O"),
        }
        if LACKING in metadata:
            lacking = json.loads(metadata[LACKING])
            detail = f"the first is {lacking[0]}" if lacking else ""
            made[split]["sentences of its own"] = (len(lacking), counts["sentences"], detail)
    return made


def _forms(table: Any) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the identifier and the forms of each sentence of a table of words."""
    numbers, ids, forms = (table[name].to_pylist() for name in ("sentence", "sent_id", "form"))
    start = 0
    for stop in range(1, len(numbers) + 1):
        if stop == len(numbers) or numbers[stop] != numbers[start]:
            yield ids[start], tuple(forms[start:stop])
            start = stop
