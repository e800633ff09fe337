"""The pretraining text as fairseq's binary corpus: sentences cut into pieces, and the checks before it is used."""

from __future__ import annotations

import itertools
import logging
import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from polychron.errors import InputError
from polychron.pretraining import fairseq_process
from polychron.storage import files
from polychron.tokenization import vocabulary

logger = logging.getLogger("polychron")

LINES_PER_BATCH = 10_000

SPECIAL = ("</s>", "<unk>")
"""The entries that every dictionary of fairseq has and that an example may hold."""


def encode(text: str | Path, model: str | Path, window: int) -> Iterator[list[str]]:
    """Cut the lines of a text into pieces, as training examples of fairseq.

    fairseq drops an example that does not fit the window, and only warns; in mode ``complete`` it drops the whole block
    of the example. So a line of more than ``window - 2`` pieces is cut into several examples here, and no text is lost.
    Blank lines are left out: they would become examples without text.

    Parameters
    ----------
    text : path-like
        A file with one sentence per line.
    model : path-like
        The SentencePiece model.
    window : int
        Longest input of the model in pieces, ``<s>`` and ``</s>`` included.

    Yields
    ------
    list of str
        The pieces of an example, from 1 to ``window - 2`` of them; ``<unk>`` for characters without a piece.
    """
    processor = vocabulary.load(model)
    pieces = [processor.id_to_piece(number) for number in range(processor.get_piece_size())]
    longest, sentences, cut, examples, unknown, total = window - 2, 0, 0, 0, 0, 0
    remaining = vocabulary.lines(text)
    while batch := list(itertools.islice(remaining, LINES_PER_BATCH)):
        for numbers in processor.encode(batch):
            sentences += 1
            cut += len(numbers) > longest
            unknown += numbers.count(processor.unk_id())
            total += len(numbers)
            for start in range(0, len(numbers), longest):
                examples += 1
                yield [pieces[number] for number in numbers[start : start + longest]]
    logger.info(
        "%s: %d sentences, %d pieces, %.4f%% of them unknown; %d sentences longer than %d pieces were cut: %d examples",
        *(text, sentences, total, 100 * unknown / max(total, 1), cut, longest, examples),
    )


def binarize(
    text: str | Path, model: str | Path, dictionary: str | Path, window: int, folder: str | Path, prefix: str = ""
) -> None:
    """Write a text as fairseq's binary corpus: ``train.bin`` and ``train.idx``, complete or not at all.

    Parameters
    ----------
    text, model, window
        As in `encode`.
    dictionary : path-like
        fairseq's dictionary of the same vocabulary.
    folder : path-like
        Where the corpus is written; its name is the language.
    prefix : str
        What the dictionary's entries have before the pieces of the model (`polychron.tokenization.vocabularies`).

    Raises
    ------
    FairseqError
        ``fairseq-preprocess`` failed, or wrote fewer or more examples than it got.
    """
    write(encode(text, model, window), dictionary, folder, prefix)


def write(examples: Iterable[Sequence[str]], dictionary: str | Path, folder: str | Path, prefix: str = "") -> None:
    """Write examples that are cut into pieces as fairseq's binary corpus.

    Parameters
    ----------
    examples : iterable of sequence of str
        The pieces of each example.
    dictionary, folder, prefix
        As in `binarize`. The special pieces have no prefix.

    Raises
    ------
    FairseqError
        As in `binarize`.
    """
    # inside the language's folder: fairseq would treat a folder beside it, left by a killed job, as a language
    with fairseq_process.workplace(folder) as work:
        encoded, count = work / "encoded.txt", 0
        with open(encoded, "w", encoding="utf-8") as file:
            for pieces in examples:
                count += 1
                file.write(" ".join(piece if piece in SPECIAL else prefix + piece for piece in pieces) + "\n")
        fairseq_process.run(
            "preprocess",
            [
                *("--only-source", "--srcdict", str(dictionary), "--trainpref", str(encoded)),
                *("--destdir", str(work / "out"), "--workers", "1"),
            ],
        )
        sizes = example_sizes(work / "out" / "train.idx")
        if len(sizes) != count:
            raise fairseq_process.FairseqError(f"fairseq preprocess wrote {len(sizes)} examples of {count}")
        for name in ("train.bin", "train.idx"):
            with files.whole(Path(folder, name)) as temporary:
                os.replace(work / "out" / name, temporary)


def example_sizes(index: str | Path) -> np.ndarray:
    """Read the lengths of the examples in a binary corpus.

    Parameters
    ----------
    index : path-like
        fairseq's ``train.idx``.

    Returns
    -------
    ndarray, int32, (examples,)
        Pieces of each example, its ``</s>`` included.

    Raises
    ------
    InputError
        The file was not written by fairseq, or is cut short.
    """
    with open(index, "rb") as file:
        head = file.read(26)
        if len(head) == 26 and head.startswith(b"MMIDIDX\0\0"):
            (count,) = struct.unpack("<Q", head[18:])
            sizes = np.fromfile(file, "<i4", count)
            if len(sizes) == count:
                return sizes
    raise InputError("no index of a binary corpus", file=index, remedy="delete it and run the same command again")


def count(text: str | Path, index: str | Path) -> dict[str, int]:
    r"""Count a text, and the binary corpus that was made of it.

    Parameters
    ----------
    text : path-like
        A file with one sentence per line. Lines are read as by `encode`: blank ones count as nothing.
    index : path-like
        fairseq's ``train.idx``.

    Returns
    -------
    dict of str to int
        ``bytes`` of the text in UTF-8, with one line end for each line; ``characters`` without line ends; ``lines``;
        the ``examples`` of the corpus; the ``pieces`` of text in them, ``</s>`` left out.

    Raises
    ------
    InputError
        As in `example_sizes`; or the text has lines, and the corpus no example.

    Notes
    -----
    A line may have no example: SentencePiece has no piece for characters that nobody sees, such as U+200B alone.
    """
    found = {"bytes": 0, "characters": 0, "lines": 0}
    for line in vocabulary.lines(text):
        found["bytes"] += len(line.encode()) + 1
        found["characters"] += len(line)
        found["lines"] += 1
    sizes = example_sizes(index)
    if found["lines"] and not len(sizes):
        raise InputError(
            f"no example, and the text {text} has {found['lines']} lines",
            file=index,
            remedy=files.again(index),
        )
    return {**found, "examples": len(sizes), "pieces": int(sizes.sum(dtype=np.int64)) - len(sizes)}


def check(data: str | Path, languages: Sequence[str], window: int) -> None:
    """Refuse a corpus in which fairseq would find other languages or examples than it should.

    Raises
    ------
    InputError
        A folder is missing, there is one too many (fairseq treats every folder as a language), or an example does not
        fit the window.
    """
    data = Path(data)
    found = sorted(entry.name for entry in data.iterdir() if entry.is_dir())
    surplus, missing = sorted(set(found) - set(languages)), sorted(set(languages) - set(found))
    if surplus or missing:
        raise InputError(
            f"the folders of its languages are {found}, expected {sorted(languages)}",
            file=data,
            remedy=f"move {', '.join(surplus)} away: fairseq treats every folder as a language"
            if surplus
            else f"binarize the text of {', '.join(missing)}",
        )
    for language in languages:
        index = data / language / "train.idx"
        longest = int(example_sizes(index).max(initial=0))
        if longest > window - 1:
            raise InputError(
                f"an example of {longest + 1} pieces, and the model's window is {window}: fairseq would drop it",
                file=index,
                remedy="delete it and run the same command again",
            )
