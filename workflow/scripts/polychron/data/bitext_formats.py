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
from polychron.data.faults import Fault, told
from polychron.errors import InputError

logger = logging.getLogger("polychron")

_NUMBER = "0*([0-9]{1,9})"
_SENTENCE = re.compile(rf"<s snum={_NUMBER}>(.*)</s>\s*")
_TALP = re.compile(rf"{_NUMBER}([-p]){_NUMBER}")
_NAACL = re.compile(rf"{_NUMBER} {_NUMBER} {_NUMBER}(?: ([A-Za-z]))?(?: ([0-9.]+(?:[eE][-+]?[0-9]+)?))?")
_TALP_LINE = re.compile(r"[0-9]{1,9}\t.*", re.DOTALL)
_ELEMENT = re.compile(r"<(english|czech|sure|possible)\b[^>]*?(?:/>|>(.*)</\1>)")

FIRST_WORD = {"naacl": 1, "talp": 0, "jsonl": 0, "wa": 1}
"""What each layout calls the first word of a sentence."""

SENTENCES = {
    "naacl": [("source", "target")],
    "talp": [("source", "target"), ("source",)],
    "jsonl": [()],
    "wa": [()],
}
"""The files of sentences that each layout can have beside that of the links."""

BETWEEN = "|||"
"""What separates a sentence from its translation where both are in one file, with a space on each side."""

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


def _naacl(files: Mapping[str, str | Path], encoding: str, fault: Fault) -> Iterator[tuple[Pair, Links]]:
    broken: list[InputError] = []

    def lacking(error: InputError) -> None:
        fault(error)
        broken.append(error)

    sides = [_numbered(files[side], encoding, lacking) for side in ("source", "target")]
    links: dict[int, Links] = {number: [] for number in sides[0]}
    if list(sides[0]) != list(sides[1]) and not broken:
        odd = sorted(set(sides[0]) ^ set(sides[1])) or ["their order"]
        raise InputError(
            f"its sentence numbers are not those of {files['source']}: {odd[0]}", file=files["target"], remedy=AGAIN
        )
    for line, content in enumerate(_content(files["links"], encoding, fault), start=1):
        with told(fault):
            number, *link = _naacl_link(content, files["links"], line)
            if number in links:
                links[number].append((line, *link))
            elif not broken:
                raise InputError(
                    f"the sentence {number}, which {files['source']} does not have",
                    file=files["links"],
                    line=line,
                    remedy=AGAIN,
                )
    for number in () if broken else links:
        yield Pair(sides[0][number], sides[1][number]), links[number]


def _naacl_link(content: str, path: str | Path, line: int) -> tuple[int, int, int, bool]:
    match = _NAACL.fullmatch(" ".join(content.split()))
    if match is None:
        raise InputError(
            f"{text.shown(content)}, expected a sentence number, two word numbers, the mark S or P, and a "
            "confidence; the last two may be missing",
            file=path,
            line=line,
            remedy=AGAIN,
        )
    mark = match[4] or "S"
    if mark not in "SPsp":
        raise InputError(f"the mark {mark!r}, expected S or P", file=path, line=line, remedy=AGAIN)
    return int(match[1]), int(match[2]), int(match[3]), mark in "Ss"


def _numbered(path: str | Path, encoding: str, fault: Fault) -> dict[int, list[str]]:
    """Read numbered sentences, in file order."""
    sentences: dict[int, list[str]] = {}
    for line, content in enumerate(_content(path, encoding, fault), start=1):
        with told(fault):
            match = _SENTENCE.fullmatch(content)
            if match is None:
                raise InputError(
                    f"expected <s snum=NUMBER> ... </s>: {text.shown(content)}", file=path, line=line, remedy=AGAIN
                )
            number = int(match[1])
            if number in sentences:
                raise InputError(f"the sentence {number} for the second time", file=path, line=line, remedy=AGAIN)
            sentences[number] = _words(match[2], path, line)
    return sentences


def _talp(files: Mapping[str, str | Path], encoding: str, fault: Fault) -> Iterator[tuple[Pair, Links]]:
    sources, links = (_content(files[part], encoding, fault) for part in ("source", "links"))
    if "target" not in files or files["target"] == files["source"]:
        files = {**files, "target": files["source"]}
        sources, targets, wrong = _both(sources, files["source"], fault)
        links = ["" if line in wrong else content for line, content in enumerate(links, start=1)]
    else:
        targets = _content(files["target"], encoding, fault)
        for part, lines in (("source", sources), ("target", targets)):
            if lines and all(f" {BETWEEN} " in line for line in lines if line.strip()):
                raise InputError(
                    f"each line has {BETWEEN!r} in it, which separates a sentence from its translation",
                    file=files[part],
                    remedy="give this file as source of the alignment, and no target",
                )
    if not len(sources) == len(targets) == len(links):
        raise InputError(
            f"{len(links)} lines of links for {len(sources)} and {len(targets)} sentences",
            file=files["links"],
            remedy="fetch the files again",
        )
    given = [_without_numbers(contents) for contents in (sources, targets, links)]
    for line, split in enumerate(zip(*given, strict=True), start=1):
        source, target, marks = (content for _, content in split)
        if not f"{source}{target}{marks}".strip():
            logger.info("%s:%d: an empty line in all files, no sentence pair", files["links"], line)
            continue
        with told(fault):
            numbers = {number for number, _ in split if number}
            if len(numbers) > 1:
                raise InputError(
                    f"the lines have the numbers {', '.join(sorted(numbers))}",
                    file=files["links"],
                    line=line,
                    remedy=AGAIN,
                )
            found: Links = []
            for mark in marks.split():
                match = _TALP.fullmatch(mark)
                if match is None:
                    raise InputError(
                        f"the link {text.shown(mark)}, expected i-j or ipj",
                        file=files["links"],
                        line=line,
                        remedy=AGAIN,
                    )
                found.append((line, int(match[1]), int(match[3]), match[2] == "-"))
            pair = Pair(_words(source, files["source"], line), _words(target, files["target"], line))
            yield pair, found


def _both(lines: list[str], path: str | Path, fault: Fault) -> tuple[list[str], list[str], set[int]]:
    """Split the lines of a file that has each sentence with its translation; the numbers of the wrong ones are last."""
    sources, targets, wrong = [], [], set()
    for number, line in enumerate(lines, start=1):
        parts = line.split(f" {BETWEEN} ") if line.strip() else ["", ""]
        if len(parts) != 2:
            fault(
                InputError(
                    f"{text.shown(line)}, expected a sentence, ' {BETWEEN} ' and its translation",
                    file=path,
                    line=number,
                    remedy="correct this line; if the translations are in a file of their own, name it as target",
                )
            )
            parts = ["", ""]
            wrong.add(number)
        sources.append(parts[0])
        targets.append(parts[1])
    return sources, targets, wrong


def _without_numbers(lines: list[str]) -> list[tuple[str, str]]:
    """Take the numbers off a file that has one and a tab before each line; else its tabs are part of the sentences."""
    split = [_TALP_LINE.fullmatch(line) for line in lines if line.strip()]
    if not all(split):
        return [("", line) for line in lines]
    return [(line.partition("\t")[0], line.partition("\t")[2]) for line in lines]


def _jsonl(files: Mapping[str, str | Path], encoding: str, fault: Fault) -> Iterator[tuple[Pair, Links]]:
    path = files["links"]
    for line, content in enumerate(_content(path, encoding, fault), start=1):
        try:
            entry = json.loads(content)
            pair = Pair(*([*map(_word, _list(entry[side]))] for side in ("src_words", "tgt_words")))
            links = [(line, *map(_place, _list(link)), True) for link in _list(entry["alignment"])]
            if not pair.source or not pair.target or any(len(link) != 4 for link in links):
                raise ValueError("a sentence without words, or a link that is not a pair")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            what = f"expected an object with src_words, tgt_words and alignment ({str(error)[: text.SHOWN]})"
            fault(InputError(what, file=path, line=line, remedy=AGAIN))
        else:
            yield pair, links


def _wa(files: Mapping[str, str | Path], encoding: str, fault: Fault) -> Iterator[tuple[Pair, Links]]:
    """Read CzEnAli line by line: its files are not XML, because a plain ``&`` is in them."""
    path = files["links"]
    known: dict[str, tuple[int, str]] | None = None
    for line, content in enumerate(_content(path, encoding, fault), start=1):
        content = content.strip()
        if re.match(r"<s[\s>]", content):
            if known is not None:
                what = "a sentence before the one above has ended"
                fault(InputError(what, file=path, line=line, remedy=AGAIN))
            known = {}
        elif content == "</s>":
            with told(fault):
                yield _wa_pair(known, path, line)
            known = None
        elif match := _ELEMENT.fullmatch(content):
            if known is None or match[1] in known:
                fault(InputError(f"<{match[1]}> in the wrong place", file=path, line=line, remedy=AGAIN))
            else:
                known[match[1]] = line, match[2] or ""
        elif content and not re.fullmatch(r"<\?xml.*|</?sentences>", content):
            what = f"{text.shown(content)}, expected a line of CzEnAli: <english>...</english> and the like"
            fault(InputError(what, file=path, line=line, remedy=AGAIN))
    if known is not None:
        fault(InputError("the file breaks off in a sentence", file=path, remedy="fetch it again"))


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
                raise InputError(f"the link {text.shown(mark)}, expected i-j", file=path, line=place, remedy=AGAIN)
            links.append((place, int(match[1]), int(match[3]), name == "sure"))
    source, target = (_words(known[side][1], path, known[side][0]) for side in ("english", "czech"))
    return Pair([*map(_plain, source)], [*map(_plain, target)]), links


def _plain(word: str) -> str:
    """Return a word with the characters that are named as in XML put back."""
    for name, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&amp;", "&")):
        word = word.replace(name, character)
    return word


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{text.shown(value)} is no list")
    return value


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{text.shown(value)} is no word")
    value.encode()  # half of a surrogate pair, which JSON can say, is no text
    return value


def _place(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{text.shown(value)} is no place of a word")
    return value


def _content(path: str | Path, encoding: str, fault: Fault) -> list[str]:
    """Return a file's lines, without the empty one after the last line end."""
    lines = text.lines(path, encoding, fault)
    return lines[:-1] if not lines[-1] else lines


def _words(sentence: str, path: str | Path, line: int) -> list[str]:
    """Split a sentence at its spaces alone: links count the words so, and a no-break space is part of a word."""
    words = [word for word in sentence.split(" ") if word]
    if not words:
        raise InputError("a sentence without words", file=path, line=line, remedy=AGAIN)
    for number, word in enumerate(words, start=1):
        if "\t" in word:
            raise InputError(
                f"a tab in a sentence, in its word {number}: {text.shown(word)}",
                file=path,
                line=line,
                remedy="write a space in its place if it separates words, or remove it",
            )
        if not word.strip():
            raise InputError(
                f"the word {number} is white space alone: {text.shown(word)}",
                file=path,
                line=line,
                remedy="join it to the word beside it with a no-break space, or correct the links of this line",
            )
    return words


LAYOUTS: dict[str, Callable[[Mapping[str, str | Path], str, Fault], Iterator[tuple[Pair, Links]]]] = {
    "naacl": _naacl,
    "talp": _talp,
    "jsonl": _jsonl,
    "wa": _wa,
}
"""The readers by the name of their format."""
