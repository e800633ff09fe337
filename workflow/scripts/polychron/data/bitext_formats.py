"""Formats of sentence pairs with gold word alignments: those of the shared tasks and of the sets SimAlign is scored on.

Each reader yields sentence pairs and their links, which are still counted as in the file. `polychron.data.bitext.read`
checks them.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polychron.data import text
from polychron.errors import InputError

logger = logging.getLogger("polychron")

_SENTENCE = re.compile(r"<s snum=0*([0-9]+)>(.*)</s>\s*")
_TALP = re.compile(r"([0-9]+)([-p])([0-9]+)")
_ELEMENT = re.compile(r"<(english|czech|sure|possible)\b[^>]*?(?:/>|>(.*)</\1>)")

FIRST_WORD = {"naacl": 1, "talp": 0, "jsonl": 0, "wa": 1}
"""What each layout calls the first word of a sentence."""

AGAIN = "fetch the file again; if it is your own, fix this line"


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


Links = list[tuple[int, int, int, bool]]
"""Links as (line of the file, one word, the other word, whether sure), numbered as in the file."""


def _naacl(files: Mapping[str, str | Path], encoding: str) -> Iterator[tuple[Pair, Links]]:
    sides = [_numbered(files[side], encoding) for side in ("source", "target")]
    links: dict[int, Links] = {number: [] for number in sides[0]}
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


def _talp(files: Mapping[str, str | Path], encoding: str) -> Iterator[tuple[Pair, Links]]:
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
        found: Links = []
        for mark in marks.split():
            match = _TALP.fullmatch(mark)
            if match is None:
                raise InputError(
                    f"the link {mark!r}, expected i-j or ipj", file=files["links"], line=line, remedy=AGAIN
                )
            found.append((line, int(match[1]), int(match[3]), match[2] == "-"))
        yield Pair(_words(source, files["source"], line), _words(target, files["target"], line)), found


def _jsonl(files: Mapping[str, str | Path], encoding: str) -> Iterator[tuple[Pair, Links]]:
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


def _wa(files: Mapping[str, str | Path], encoding: str) -> Iterator[tuple[Pair, Links]]:
    """Read CzEnAli line by line: its files are not XML, because a plain ``&`` is in them."""
    path = files["links"]
    known: dict[str, tuple[int, str]] | None = None
    for line, content in enumerate(_content(path, encoding), start=1):
        content = content.strip()
        if re.match(r"<s[\s>]", content):
            if known is not None:
                raise InputError("a sentence before the one above has ended", file=path, line=line, remedy=AGAIN)
            known = {}
        elif content == "</s>":
            yield _wa_pair(known, path, line)
            known = None
        elif match := _ELEMENT.fullmatch(content):
            if known is None or match[1] in known:
                raise InputError(f"<{match[1]}> in the wrong place", file=path, line=line, remedy=AGAIN)
            known[match[1]] = line, match[2] or ""
        elif content and not re.fullmatch(r"<\?xml.*|</?sentences>", content):
            raise InputError(
                f"{content[:60]!r}, expected a line of CzEnAli: <english>...</english> and the like",
                file=path,
                line=line,
                remedy=AGAIN,
            )
    if known is not None:
        raise InputError("the file breaks off in a sentence", file=path, remedy="fetch it again")


def _wa_pair(known: dict[str, tuple[int, str]] | None, path: str | Path, line: int) -> tuple[Pair, Links]:
    lacking = {"english", "czech", "sure"} - set(known or ())
    if known is None or lacking:
        raise InputError(f"a sentence without {', '.join(sorted(lacking))}", file=path, line=line, remedy=AGAIN)
    links: Links = []
    for name in ("sure", "possible"):
        place, marks = known.get(name, (line, ""))
        for mark in marks.split():
            match = _TALP.fullmatch(mark)
            if match is None or match[2] != "-":
                raise InputError(f"the link {mark!r}, expected i-j", file=path, line=place, remedy=AGAIN)
            links.append((place, int(match[1]), int(match[3]), name == "sure"))
    source, target = (_words(known[side][1], path, known[side][0]) for side in ("english", "czech"))
    return Pair([*map(_plain, source)], [*map(_plain, target)]), links


def _plain(word: str) -> str:
    """Return a word with the characters that are named as in XML put back."""
    for name, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        word = word.replace(name, character)
    return word


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no word")
    return value


def _place(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is no place of a word")
    return value


def _content(path: str | Path, encoding: str) -> list[str]:
    """Return a file's lines, without the empty one after the last line end."""
    lines = text.lines(path, encoding)
    return lines[:-1] if not lines[-1] else lines


def _words(sentence: str, path: str | Path, line: int) -> list[str]:
    words = sentence.split()
    if not words:
        raise InputError("a sentence without words", file=path, line=line, remedy=AGAIN)
    return words


LAYOUTS: dict[str, Callable[[Mapping[str, str | Path], str], Iterator[tuple[Pair, Links]]]] = {
    "naacl": _naacl,
    "talp": _talp,
    "jsonl": _jsonl,
    "wa": _wa,
}
"""The readers by the name of their format."""
