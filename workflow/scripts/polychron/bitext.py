"""Bitext with gold word alignments, in the formats of the shared tasks and of the sets that SimAlign is scored on.

Gold links are *sure* or *possible*; every sure link is possible too (Och and Ney 2003).
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polychron import text
from polychron.error import InputError

logger = logging.getLogger("polychron")

_SENTENCE = re.compile(r"<s snum=0*([0-9]+)>(.*)</s>\s*")
_TALP = re.compile(r"([0-9]+)([-p])([0-9]+)")

FIRST_WORD = {"naacl": 1, "talp": 0, "jsonl": 0}
"""What each layout calls the first word of a sentence."""

AGAIN = "fetch the file again; if it is your own, mend this line"


@dataclass
class Pair:
    """A sentence and its translation.

    Attributes
    ----------
    source, target : list of str
        Their words.
    sure, possible : set of (int, int)
        Links between words, counted from 0; `possible` includes the sure ones.
    """

    source: list[str]
    target: list[str]
    sure: set[tuple[int, int]] = field(default_factory=set)
    possible: set[tuple[int, int]] = field(default_factory=set)


def read(
    layout: str,
    files: Mapping[str, str | Path],
    *,
    encoding: str = "utf-8",
    first_word: int | None = None,
    swapped: bool = False,
    drop: Collection[int] = (),
) -> list[Pair]:
    """Read sentence pairs and their gold links.

    Parameters
    ----------
    layout : {"naacl", "talp", "jsonl"}
        ``naacl``: sentences ``<s snum=7> ... </s>`` and links ``7 1 2 S``, words from 1, ``S`` or ``P``, sure without a
        mark (WPT 2003 and 2005). ``talp``: a sentence a line, links ``0-1 2p3`` a line, words from 0, ``p`` for
        possible; each line may begin with its number and a tab. ``jsonl``: objects with `src_words`, `tgt_words` and
        `alignment`, a list of sure links, words from 0.
    files : mapping of str to path-like
        The files ``source``, ``target`` and ``links``; of ``jsonl``, ``links`` is the one that is read.
    encoding : str
        Of all the files.
    first_word : {0, 1}, optional
        Number of a sentence's first word in the links, where it is not the layout's own.
    swapped : bool
        Whether links are written target first, as in gold sets of the other direction.
    drop : collection of int
        Lines of the file of links, from 1, that are known to point past the end of a sentence: what points past it is
        left out, counted and logged.

    Returns
    -------
    list of Pair
        In the order of the file of source sentences.

    Raises
    ------
    InputError
        A line does not have the format; sentences and links do not belong together; a link points past the end of a
        sentence and its line is not in `drop`, or it is and no link of it does; there is no sentence or no link.
    """
    path = files["links"]
    pairs: list[Pair] = []
    dropped: set[int] = set()
    first = FIRST_WORD[layout] if first_word is None else first_word
    for pair, links in _LAYOUTS[layout](files, encoding):
        for line, *words, sure in links:
            source, target = (word - first for word in (words[::-1] if swapped else words))
            if source < 0 or target < 0:
                raise InputError(
                    f"a link to word {min(words)}, and the first one is {first}",
                    file=path,
                    line=line,
                    remedy="take the file without null links (nonullalign), or mend first_word in the config",
                )
            if source >= len(pair.source) or target >= len(pair.target):
                if line not in drop:
                    raise InputError(
                        f"a link between the words {source + first} and {target + first}, past the end of sentences of "
                        f"{len(pair.source)} and {len(pair.target)} words (the first is {first})",
                        file=path,
                        line=line,
                        remedy=f"{AGAIN}; if the published file has this fault, add the line's number to the key drop "
                        "of this alignment in the config",
                    )
                dropped.add(line)
                logger.warning("%s:%d: a link past the end of the sentence is dropped, as the config says", path, line)
                continue
            pair.possible.add((source, target))
            if sure:
                pair.sure.add((source, target))
        pairs.append(pair)
    good = sorted(set(drop) - dropped)
    if good:
        raise InputError(
            "the config says that a link of this line points past the end of its sentence, and none does",
            file=path,
            line=good[0],
            remedy="take its number out of the key drop of this alignment",
        )
    sure, possible = (sum(len(getattr(pair, name)) for pair in pairs) for name in ("sure", "possible"))
    if not possible:
        raise InputError("no sentence pair, or no link", file=path, remedy="fetch it again, or look at its path")
    logger.info("%s: %d sentence pairs, %d sure and %d possible links", path, len(pairs), sure, possible - sure)
    return pairs


def table(pairs: list[Pair]) -> Any:
    """Make a table of sentence pairs.

    Returns
    -------
    pyarrow.Table
        A row for each pair: `source` and `target`, lists of words; `sure` and `possible`, sorted lists of [i, j],
        counted from 0.
    """
    import pyarrow

    words, links = pyarrow.list_(pyarrow.string()), pyarrow.list_(pyarrow.list_(pyarrow.int32()))
    return pyarrow.table(
        {
            "source": pyarrow.array([pair.source for pair in pairs], words),
            "target": pyarrow.array([pair.target for pair in pairs], words),
            "sure": pyarrow.array([[list(link) for link in sorted(pair.sure)] for pair in pairs], links),
            "possible": pyarrow.array([[list(link) for link in sorted(pair.possible)] for pair in pairs], links),
        }
    )


_Links = list[tuple[int, int, int, bool]]
"""Links as (line of the file, one word, other word, whether sure), as the file writes them."""


def _naacl(files: Mapping[str, str | Path], encoding: str) -> Iterator[tuple[Pair, _Links]]:
    sides = [_numbered(files[side], encoding) for side in ("source", "target")]
    links: dict[int, _Links] = {number: [] for number in sides[0]}
    if list(sides[0]) != list(sides[1]):
        odd = sorted(set(sides[0]) ^ set(sides[1])) or ["their order"]
        raise InputError(
            f"its sentence numbers are not those of {files['source']}: {odd[0]}", file=files["target"], remedy=AGAIN
        )
    for line, content in enumerate(_content(files["links"], encoding), start=1):
        fields = content.split()
        if not (len(fields) in (3, 4) and all(value.isdecimal() for value in fields[:3])):
            raise InputError(
                f"{content!r}, expected a sentence number, two word numbers and S or P",
                file=files["links"],
                line=line,
                remedy=AGAIN,
            )
        number, source, target = map(int, fields[:3])
        mark = fields[3] if len(fields) == 4 else "S"
        if mark not in ("S", "P"):
            raise InputError(f"the mark {mark!r}, expected S or P", file=files["links"], line=line, remedy=AGAIN)
        if number not in links:
            raise InputError(
                f"the sentence {number}, which {files['source']} does not have",
                file=files["links"],
                line=line,
                remedy=AGAIN,
            )
        links[number].append((line, source, target, mark == "S"))
    for number in links:
        yield Pair(sides[0][number], sides[1][number]), links[number]


def _numbered(path: str | Path, encoding: str) -> dict[int, list[str]]:
    """Read numbered sentences, in file order."""
    sentences: dict[int, list[str]] = {}
    for line, content in enumerate(_content(path, encoding), start=1):
        match = _SENTENCE.fullmatch(content)
        if match is None:
            raise InputError(f"expected <s snum=NUMBER> ... </s>: {content!r}", file=path, line=line, remedy=AGAIN)
        number = int(match[1])
        if number in sentences:
            raise InputError(f"the sentence {number} for the second time", file=path, line=line, remedy=AGAIN)
        sentences[number] = _words(match[2], path, line)
    return sentences


def _talp(files: Mapping[str, str | Path], encoding: str) -> Iterator[tuple[Pair, _Links]]:
    sources, targets, links = (_content(files[part], encoding) for part in ("source", "target", "links"))
    if not len(sources) == len(targets) == len(links):
        raise InputError(
            f"{len(links)} lines of links for {len(sources)} and {len(targets)} sentences",
            file=files["links"],
            remedy="fetch the files again",
        )
    for line, contents in enumerate(zip(sources, targets, links, strict=True), start=1):
        if not "".join(contents).strip():
            logger.info("%s:%d: an empty line in all files, no sentence pair", files["links"], line)
            continue
        numbers = {number for number, tab, _ in (content.partition("\t") for content in contents) if tab}
        if len(numbers) > 1:
            raise InputError(
                f"the lines have the numbers {', '.join(sorted(numbers))}", file=files["links"], line=line, remedy=AGAIN
            )
        source, target, marks = (content.rpartition("\t")[2] for content in contents)
        found: _Links = []
        for mark in marks.split():
            match = _TALP.fullmatch(mark)
            if match is None:
                raise InputError(
                    f"the link {mark!r}, expected i-j or ipj", file=files["links"], line=line, remedy=AGAIN
                )
            found.append((line, int(match[1]), int(match[3]), match[2] == "-"))
        yield Pair(_words(source, files["source"], line), _words(target, files["target"], line)), found


def _jsonl(files: Mapping[str, str | Path], encoding: str) -> Iterator[tuple[Pair, _Links]]:
    path = files["links"]
    for line, content in enumerate(_content(path, encoding), start=1):
        try:
            entry = json.loads(content)
            pair = Pair([*map(_word, entry["src_words"])], [*map(_word, entry["tgt_words"])])
            links = [(line, *map(_place, link), True) for link in entry["alignment"]]
            if not pair.source or not pair.target or any(len(link) != 4 for link in links):
                raise ValueError("a sentence without words, or a link that is not a pair")
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"expected an object with src_words, tgt_words and alignment ({error})",
                file=path,
                line=line,
                remedy=AGAIN,
            ) from error
        yield pair, links


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no word")
    return value


def _place(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is no place of a word")
    return value


def _content(path: str | Path, encoding: str) -> list[str]:
    """Give a file's lines without the empty end of the last."""
    lines = text.lines(path, encoding)
    return lines[:-1] if not lines[-1] else lines


def _words(sentence: str, path: str | Path, line: int) -> list[str]:
    words = sentence.split()
    if not words:
        raise InputError("a sentence without words", file=path, line=line, remedy=AGAIN)
    return words


_LAYOUTS: dict[str, Callable[[Mapping[str, str | Path], str], Iterator[tuple[Pair, _Links]]]] = {
    "naacl": _naacl,
    "talp": _talp,
    "jsonl": _jsonl,
}
