"""Treebanks: CoNLL-U files, checked by the validator of Universal Dependencies and read to one row per word.

`conllu` reads most broken files without complaint (too few columns, heads that point nowhere, cycles). `udtools` finds
these faults, so every file passes through it first.
"""

from __future__ import annotations

import functools
import io
import itertools
import json
import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from polychron.data import text
from polychron.data.faults import Fault, refuse, told
from polychron.errors import InputError

logger = logging.getLogger("polychron")

LEVEL = 2
"""Level of `udtools`: the format of CoNLL-U and of UD. From level 3 on, released treebanks fail by the hundreds."""

TOLERATED = frozenset(
    {
        *("spaceafter-newdocpar", "multiple-newdoc", "multiple-newpar", "text-trailing-whitespace", "invalid-utf"),
        *("invalid-parallel-id", "multiple-parallel-id", "non-unique-parallel-id"),
        *("parallel-id-alt", "parallel-id-part", "slash-in-sent-id"),
    }
)
"""Errors of this level in comments, or in single characters, that change neither a word's labels nor its tree."""

TYPES = {
    **{"split": "string", "sentence": "int32", "sent_id": "string", "index": "int32", "form": "string"},
    **{"upos": "string", "head": "int32", "deprel": "string", "xpos": "string", "feats": "string"},
}
"""Columns of the table, and their types."""

COLUMNS = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")
"""Columns of a file, by the names of CoNLL-U."""

FIELDS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel")
"""Columns of a file that are read, by conllu's names; DEPS and MISC follow them."""

OPEN_TO_UNDERSCORES = frozenset({"PUNCT", "SYM", "X", "_"})
"""Parts of speech of words that a text may really write as underscores, such as a line to fill in."""

UNREAD = (2, 4, 5, 8, 9)
"""Places of the columns that decide no word and no tree: LEMMA, XPOS, FEATS, DEPS and MISC."""

COUNTS = b"counts"
"""Key of a table's metadata under which `left_out` finds its numbers."""

FAULTS = b"faults"
"""Key of a table's metadata under which `tolerated` finds its numbers."""

LONGEST_MESSAGE = 400
"""Characters of a message of `udtools` or `conllu` that are shown."""

AGAIN = "fetch the file again; if it is your own, fix this line"


def read(splits: Mapping[str, str | Path]) -> Any:
    """Read a treebank's files into a table of syntactic words.

    Multiword ranges and empty nodes are left out by their IDs (A8) and counted in the log.

    Parameters
    ----------
    splits : mapping of str to path-like
        CoNLL-U files by split. The table's sentences follow the order of this mapping.

    Returns
    -------
    pyarrow.Table
        A row for each word: `split`, `sentence` (int32, from 0 over the whole table), `sent_id`, `index` (int32, the
        word's ID, from 1), `form`, `upos`, `head` (int32, an ID of the same sentence, 0 for the root), `deprel`,
        and as written in the file, null where it is ``_`` or empty: `xpos`, `feats`. Its metadata hold the counts of
        `left_out` and `tolerated`.

    Raises
    ------
    InputError
        A file has sentences without their words, breaks the rules of CoNLL-U, or holds no sentence.
    """
    import pyarrow

    for path in splits.values():
        refuse_withheld(path)
    faults = validate(splits)
    columns: dict[str, list[Any]] = {name: [] for name in TYPES}
    number = 0
    seen: dict[str, str] = {}
    repeated: Counter[tuple[str, str]] = Counter()
    counts: dict[str, Counter[str]] = {split: Counter() for split in splits}
    for split, path in splits.items():
        for sent_id, sentence_text, words in sentences(path, counts[split]):
            for word in words:
                columns["index"].append(word["id"])
                for name in ("form", "upos", "head", "deprel", "xpos", "feats"):
                    columns[name].append(word[name])
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
    return pyarrow.table(
        {name: pyarrow.array(columns[name], pyarrow.type_for_alias(kind)) for name, kind in TYPES.items()},
        metadata={COUNTS: json.dumps(counts, sort_keys=True)}
        | ({FAULTS: json.dumps(faults, sort_keys=True)} if faults else {}),
    )


def left_out(table: Any) -> dict[str, dict[str, int]]:
    """Return how many multiword ranges and empty nodes each split of a treebank's files has, beside its words.

    Returns
    -------
    dict of str to dict of str to int
        By split: ``multiword ranges`` and ``empty nodes``, and for comparison ``sentences`` and ``words``.
    """
    return json.loads((table.schema.metadata or {}).get(COUNTS, b"{}"))


def tolerated(table: Any) -> dict[str, dict[str, list[Any]]]:
    """Return the errors of `udtools` in a treebank's files that change neither a word's labels nor its tree.

    Returns
    -------
    dict of str to dict of str to list
        By split and the validator's name of the test: how many errors, and the first of them in its words.
    """
    return json.loads((table.schema.metadata or {}).get(FAULTS, b"{}"))


def sentences(
    path: str | Path, counts: Counter[str] | None = None, fault: Fault = refuse
) -> Iterator[tuple[str, str, list[dict[str, Any]]]]:
    """Read a CoNLL-U file that `validate` accepts, sentence by sentence.

    Parameters
    ----------
    path : path-like
        The file.
    counts : Counter, optional
        Receives the number of sentences, words, multiword ranges and empty nodes.
    fault : callable, optional
        Takes the fault of a sentence. Where it raises nothing, the sentence is left out.

    Yields
    ------
    sent_id, text : str
        From the sentence's comments.
    words : list of dict
        The syntactic words in order, as `conllu` returns them: the fields `FIELDS`.

    Raises
    ------
    InputError
        The relation ``root`` and the head 0 do not go together, which `udtools` leaves to its level 3, or the file
        holds no sentence.
    """
    counts = Counter() if counts is None else counts
    for start, block in _blocks(path):
        counts["sentences"] += 1
        with told(fault):
            yield _sentence(path, start, block, counts)
    if not counts["sentences"]:
        raise InputError(
            "the split is empty: no sentence", file=path, remedy="fetch the file again, or take its language out"
        )
    logger.info("%s: %s", path, ", ".join(f"{number} {name}" for name, number in counts.items()))


def _sentence(
    path: str | Path, start: int, block: Sequence[str], counts: Counter[str]
) -> tuple[str, str, list[dict[str, Any]]]:
    """Read the lines of a sentence, and count its words; see `sentences`."""
    import conllu

    try:
        (sentence,) = conllu.parse("\n".join(block), fields=FIELDS, field_parsers={"feats": _as_written})
    except (conllu.exceptions.ParseException, ValueError, RecursionError) as error:
        raise InputError(
            f"the sentence that begins here cannot be read ({str(error)[: text.SHOWN]})",
            file=path,
            line=start,
            remedy=AGAIN,
        ) from error
    first, words = start + len(block) - len(sentence), []
    for line, token in enumerate(sentence, start=first):
        written = block[line - start].split("\t")
        if any(token[COLUMNS[at].lower()] != written[at] for at in (1, 3, 7)):
            raise InputError(
                "two spaces within a column, which separate columns for conllu", file=path, line=line, remedy=AGAIN
            )
        if isinstance(token["id"], int):
            _check_root(token, path, line)
            words.append(token)
    kinds = Counter(token["id"][1] for token in sentence if isinstance(token["id"], tuple))
    counts["words"] += len(words)
    counts["multiword ranges"] += kinds["-"]
    counts["empty nodes"] += kinds["."]
    sent_id, whole = (sentence.metadata.get(name) for name in ("sent_id", "text"))
    if not sent_id or not whole:
        raise InputError(
            "a sentence without a readable sent_id or text in its comments", file=path, line=start, remedy=AGAIN
        )
    return sent_id, whole, words


def refuse_withheld(path: str | Path) -> None:
    """Refuse a file that has sentences whose words are withheld: ``_`` in their place.

    Some treebanks are published so, because their text may not be passed on. A sentence counts as withheld where each
    of its words, or each but punctuation, symbols and what has no part of speech, is written as underscores. A single
    word of that kind in a sentence is a line to fill in, and a sentence of symbols alone is one of underscores.

    Raises
    ------
    InputError
        At least one sentence is withheld.
    """
    number, withheld, first = 0, 0, 0
    for start, block in _blocks(path):
        words = [line.split("\t") for line in block if line[:1].isdigit()]
        words = [fields for fields in words if len(fields) > 3 and fields[0].isdecimal()]
        named = [fields[1] for fields in words if fields[3] not in OPEN_TO_UNDERSCORES]
        number += 1
        if named and not any(form.strip("_") for form in named):
            every = not any(fields[1].strip("_") for fields in words)
            if every or len(named) > 1:
                withheld, first = withheld + 1, first or start
    if withheld:
        raise InputError(
            f"FORM is '_' for the words of {withheld} of {number} sentences: their text is withheld",
            file=path,
            line=first,
            remedy="restore it with the script that the treebank's README names (it needs the original text), and give "
            f"the restored files as files.treebank{'' if withheld == number else ', or remove these sentences'}",
        )


def validate(splits: Mapping[str, str | Path], fault: Fault = refuse) -> dict[str, dict[str, list[Any]]]:
    """Check a treebank by the official validator, at level 2.

    Errors of columns that decide no word and no tree (`UNREAD`), or of what multiword ranges and empty nodes say beyond
    their form, are counted: the file is checked again without these columns, and what is still found is refused.

    Parameters
    ----------
    splits : mapping of str to path-like
        The files of one treebank by split; sentence ids are unique over all of them.
    fault : callable, optional
        Takes the errors that decide a word or a tree.

    Returns
    -------
    dict of str to dict of str to list
        What is tolerated, see `tolerated`. It is counted in the log as well.

    Raises
    ------
    InputError
        The first error that decides a word or a tree, with its line, and the number of such errors.
    """
    errors = _errors(splits, text.lines, fault)
    if any(map(_decides, errors)) and (wrong := list(filter(_decides, _errors(splits, _read_columns, fault)))):
        _refuse(splits, wrong, fault)
        errors = [error for error in errors if not _decides(error)]
    faults: dict[str, dict[str, list[Any]]] = {}
    for split, error in errors:
        found = faults.setdefault(split, {}).setdefault(
            error.testid, [0, f"line {error.lineno}: {_cut(error.message)}"]
        )
        found[0] += 1
    for split, tests in faults.items():
        for name, (count, first) in tests.items():
            logger.warning("%s: udtools finds %d times %r, which is tolerated (%s)", splits[split], count, name, first)
    return faults


def _errors(
    splits: Mapping[str, str | Path],
    lines: Callable[[str | Path], Iterable[str]],
    fault: Fault,
) -> list[tuple[str, Any]]:
    """Return the errors of `udtools` in a treebank's files, each with its split."""
    from udtools.state import State

    state = State()
    for path in splits.values():
        state.current_file_name = str(path)
        content = io.StringIO("\n".join(lines(path)))
        try:
            _validator().validate_file_handle(content, state)
        except Exception as error:
            what = f"udtools fails in the sentence that ends here: {type(error).__name__}: {_cut(str(error))}"
            fault(InputError(what, file=path, line=state.current_line, remedy=AGAIN))
    split_of = {Path(path).name: split for split, path in reversed(splits.items())}
    first = next(iter(splits))
    return [
        (split_of.get(incident.filename, first), incident)
        for incident in state.error_tracker
        if str(incident.get_type()) == "ERROR"
    ]


def _decides(found: tuple[str, Any]) -> bool:
    """Whether an error may change a word or a tree, by the test that found it. The enhanced graph is not read."""
    _, error = found
    return error.testid not in TOLERATED and str(error.testclass) != "ENHANCED"


def _refuse(splits: Mapping[str, str | Path], errors: Sequence[tuple[str, Any]], fault: Fault) -> None:
    """Refuse a treebank with errors that decide a word or a tree."""
    for number, (split, error) in enumerate(errors):
        among = "" if number else f" (the first of {len(errors)} errors)"
        what = f"udtools {error.testid}: {_cut(error.message).rstrip('.')}{among}"
        fault(InputError(what, file=splits[split], line=error.lineno, remedy=AGAIN))


def _read_columns(path: str | Path) -> Iterator[str]:
    """Yield the lines of a file with ``_`` in the columns that decide no word and no tree.

    The comment ``text`` is written with a space between all forms where it differs from them in spaces alone, for MISC
    no longer says where there is none.
    """
    for has_text, group in itertools.groupby(text.lines(path), key=bool):
        rows = [line.split("\t") for line in group]
        if has_text:
            _blank(rows)
        yield from ("\t".join(row) for row in rows)


def _blank(rows: list[list[str]]) -> None:
    """Write ``_`` in the columns of a sentence's lines that decide no word and no tree, see `_read_columns`."""
    joined, inside = [], 0
    for row in (row for row in rows if len(row) == len(COLUMNS)):
        span = re.fullmatch(r"(\d+)-(\d+)", row[0])
        if span or (row[0].isdecimal() and int(row[0]) > inside):
            joined.append(row[1])
            inside = int(span[2]) if span else inside
        for place in UNREAD if row[0].isdecimal() else range(2, len(COLUMNS)):
            row[place] = "_"
    written = " ".join(joined)
    for row in rows:
        said = row[0].removeprefix("# text = ")
        if said != row[0] and "".join(said.split()) == "".join(written.split()):
            row[0] = f"# text = {written}"


@functools.cache
def _validator() -> Any:
    """Return the validator, which takes a while to read its tables."""
    import udtools

    return udtools.Validator(lang="ud", level=LEVEL, output=None)


def _blocks(path: str | Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the lines of each sentence, and the number of the first."""
    block: list[str] = []
    for number, line in enumerate(text.lines(path), start=1):
        if line:
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _check_root(word: Mapping[str, Any], path: str | Path, line: int) -> None:
    if (word["deprel"] == "root") != (word["head"] == 0):
        raise InputError(
            f"DEPREL is {text.shown(word['deprel'])} with HEAD {word['head']}, expected 'root' where HEAD is 0 alone",
            file=path,
            line=line,
            remedy=AGAIN,
        )


def _cut(message: str) -> str:
    """Cut what another library says, which may hold a whole line of the file."""
    return message if len(message) <= LONGEST_MESSAGE else message[:LONGEST_MESSAGE] + "…"


def _as_written(fields: list[str], place: int) -> str | None:
    """Keep a column as it is in the file; ``_`` or nothing means that there is no value."""
    return None if fields[place] in ("_", "") else fields[place]
