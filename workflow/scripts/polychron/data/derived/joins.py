"""Files that are joined from other raw files, each of which has an address and a checksum of its own.

The table of sources names such a file by an address of its own::

    join://ud/UD_X/x-ud-dev.conllu+tatoeba/tatoeba.eng?sentences
    join://align/all.jsonl?lines=1500

``sentences`` writes one sentence a line, each once: of CoNLL-U the texts of its comments, of a table (``.tsv``) its
cells, of other files their lines. ``lines`` writes the lines of the parts, or the first of them, as they are.
"""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from polychron.data import fetch as fetching
from polychron.data import text
from polychron.data.fetch import Place
from polychron.data.sources import Source, lookup
from polychron.errors import InputError
from polychron.storage import files

SCHEME = "join://"
ADDRESS = re.compile(r"join://([^?]+)\?(sentences|lines)(?:=([1-9][0-9]{0,8}))?")
EXAMPLE = "join://FILE+FILE?sentences, or join://FILE?lines=NUMBER, with names of files of the same table"
TEXT = "# text = "
ROW = "correct the row of the file in workflow/data/sources.tsv"


class Join(NamedTuple):
    """What a file is joined from.

    Attributes
    ----------
    parts : list of str
        Files of the table of sources.
    kind : str
        ``sentences`` or ``lines``.
    first : int or None
        How many of these are written; all where it is None.
    """

    parts: list[str]
    kind: str
    first: int | None


def is_address(url: str) -> bool:
    """Whether a text is, or is meant to be, the address of a joined file."""
    return url.startswith(SCHEME)


def join_of(source: Source) -> Join:
    """Return what the address of a source says.

    Raises
    ------
    InputError
        It is none, or the source has no checksum. What decides a file with a checksum is that alone.

    Examples
    --------
    >>> join_of(Source("en.txt", "join://a.conllu+b.txt?sentences", sha256="ab"))
    Join(parts=['a.conllu', 'b.txt'], kind='sentences', first=None)
    """
    match = ADDRESS.fullmatch(source.url)
    if match is None:
        raise InputError(f"{source.url} is no address of a joined file", file=source.file, remedy=f"write {EXAMPLE}")
    if not source.sha256:
        raise InputError("a joined file without a checksum", file=source.file, remedy=ROW)
    parts, kind, first = match.groups()
    return Join(parts.split("+"), kind, int(first) if first else None)


def parts_of(known: Mapping[str, Source], names: Iterable[str]) -> list[str]:
    """Return files by name, with the parts of joined ones in their place."""
    sources = [lookup(known, name) for name in names]
    parts = (join_of(source).parts if is_address(source.url) else [source.file] for source in sources)
    return [*dict.fromkeys(itertools.chain(*parts))]


def fetch(source: Source, output: str | Path, place: Place, known: Mapping[str, Source]) -> None:
    """Fetch the parts of a joined file, each as `polychron.data.fetch.fetch` does, and join them.

    Parameters
    ----------
    source : Source
        Its size and checksum are those of what is written.
    output : path-like
        Where that goes. The parts are in a folder beside it meanwhile.
    place : Place
        Where the parts may be found.
    known : mapping of str to Source
        The table of sources.

    Raises
    ------
    InputError
        See `join_of` and `polychron.data.fetch.fetch`; a part is no text, or CoNLL-U without texts; what is written is
        not what is recorded.
    """
    join = join_of(source)
    folder = Path(f"{output}.parts")
    paths = [folder / str(number) / name for number, name in enumerate(join.parts)]
    try:
        for name, path in zip(join.parts, paths, strict=True):
            fetching.fetch(name, path, place, known)
        lines = itertools.chain.from_iterable(map(_sentences if join.kind == "sentences" else _lines, paths))
        lines = dict.fromkeys(lines) if join.kind == "sentences" else lines
        with files.whole(output) as temporary:
            with open(temporary, "wb") as file:
                file.writelines(itertools.islice(lines, join.first))
            fetching.check(temporary, source, source.url, ROW)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lines(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file, each with a line feed at its end."""
    with open(path, "rb") as file:
        yield from (line.rstrip(b"\r\n") + b"\n" for line in file)


def _sentences(path: Path) -> Iterator[bytes]:
    """Yield the sentences of a file as lines; runs of white space are one space, as in all texts that are read."""
    found = False
    for line in _texts(path):
        found = True
        yield line.encode() + b"\n"
    if not found:
        lacking = f"no line begins with '{TEXT}'" if path.suffix == ".conllu" else "a file without a line"
        raise InputError(lacking, file=path.name, remedy=ROW)


def _texts(path: Path) -> Iterator[str]:
    if path.suffix == ".tsv":
        for line in text.each_line(path):
            yield from filter(None, (" ".join(cell.split()) for cell in line.split("\t")))
    elif path.suffix == ".conllu":
        lines = (line.removeprefix(TEXT) for line in text.corpus_lines(path) if line.startswith(TEXT))
        yield from filter(None, lines)
    else:
        yield from text.corpus_lines(path)
