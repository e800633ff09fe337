"""Treebanks: CoNLL-U files, read strictly, to one row per syntactic word.

`conllu` is the reader. It accepts most broken files without a word (too few columns, heads that point nowhere,
cycles, files cut off half-way), so every sentence passes a check of its own first, and every treebank the official
validator of Universal Dependencies, `udtools`.
"""

from __future__ import annotations

import io
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from polychron.data import text
from polychron.data.sentence import AGAIN, COLUMNS, Fault, blocks, check
from polychron.errors import InputError

logger = logging.getLogger("polychron")

LEVEL = 2
"""Level of `udtools`: the format of CoNLL-U and of UD. From level 3 on, released treebanks fail by the hundreds."""

TOLERATED = frozenset({"spaceafter-newdocpar", "invalid-utf"})
"""What `udtools` finds at this level in released treebanks, and what touches neither a word's labels nor its tree."""

COUNTS = b"counts"
"""The key of a table's metadata under which `left_out` finds its numbers."""


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
    for start, block in blocks(path):
        try:
            sent_id, sentence_text, rows = check(block)
        except Fault as fault:
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
