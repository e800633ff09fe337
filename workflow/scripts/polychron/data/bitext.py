"""Bitext with gold word alignments.

Gold links are *sure* or *possible*; every sure link is possible too (Och and Ney 2003).
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from polychron.data.bitext_formats import AGAIN, FIRST_WORD, LAYOUTS, Pair
from polychron.data.faults import Fault, refuse
from polychron.errors import InputError

logger = logging.getLogger("polychron")


def read(
    layout: str,
    files: Mapping[str, str | Path],
    *,
    encoding: str = "utf-8",
    first_word: int | None = None,
    swapped: bool = False,
    drop: Collection[int] = (),
    fault: Fault = refuse,
) -> list[Pair]:
    """Read sentence pairs and their gold links.

    Parameters
    ----------
    layout : {"naacl", "talp", "jsonl", "wa"}
        ``naacl``: sentences ``<s snum=7> ... </s>`` and links ``7 1 2 S 0.9``, words from 1, ``S`` or ``P`` in
        capital or small letters, sure without a mark; the confidence may be missing, and is not used (WPT 2003 and
        2005). ``talp``: a sentence a line, links ``0-1 2p3`` a line, words from 0, ``p`` for possible; each line may
        begin with its number and a tab; without a file of targets, a line of sources is ``a house ||| une maison``.
        ``jsonl``: objects with `src_words`, `tgt_words` and `alignment`, a list of
        sure links, words from 0. ``wa``: elements ``<s>`` with ``<english>``, ``<czech>``, ``<sure>`` and
        ``<possible>``, a line each, words from 1 (CzEnAli). Spaces alone separate words, except in ``jsonl``.
    files : mapping of str to path-like
        The files ``source``, ``target`` and ``links``; of ``jsonl`` and ``wa``, ``links`` is the one that is read.
    encoding : str
        Of all the files.
    first_word : {0, 1}, optional
        Number of a sentence's first word in the links, where it is not the layout's own.
    swapped : bool
        Whether links are written target first, as in gold sets of the other direction.
    drop : collection of int
        Lines of the file of links, from 1, that are known to point past the end of a sentence: what points past it is
        left out, counted and logged.
    fault : callable, optional
        Takes the fault of a line. Where it raises nothing, the line or link is left out.

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
    path, refused = files["links"], []

    def noted(error: InputError) -> None:
        refused.append(error)
        fault(error)

    pairs: list[Pair] = []
    dropped: set[int] = set()
    first = FIRST_WORD[layout] if first_word is None else first_word
    for pair, links in LAYOUTS[layout](files, encoding, noted):
        for line, *words, sure in links:
            source, target = (word - first for word in (words[::-1] if swapped else words))
            if source < 0 or target < 0:
                noted(
                    InputError(
                        f"a link to word {min(words)}, and the first one is {first}",
                        file=path,
                        line=line,
                        remedy="take the file without null links (nonullalign), or correct first_word in the config",
                    )
                )
                continue
            if source >= len(pair.source) or target >= len(pair.target):
                if line not in drop:
                    noted(
                        InputError(
                            f"a link between the words {source + first} and {target + first}, past the end of "
                            f"sentences of {len(pair.source)} and {len(pair.target)} words (the first is {first})",
                            file=path,
                            line=line,
                            remedy=f"{AGAIN}; if the published file has this fault, add the line's number to the key "
                            "drop of this alignment in the config",
                        )
                    )
                    continue
                dropped.add(line)
                logger.warning("%s:%d: a link past the end of the sentence is dropped, as the config says", path, line)
                continue
            pair.possible.add((source, target))
            if sure:
                pair.sure.add((source, target))
        pairs.append(pair)
    good = sorted(set(drop) - dropped)
    for line in () if refused else good:
        fault(
            InputError(
                "the config says that a link of this line points past the end of its sentence, and none does",
                file=path,
                line=line,
                remedy="take its number out of the key drop of this alignment",
            )
        )
    sure, possible = (sum(len(getattr(pair, name)) for pair in pairs) for name in ("sure", "possible"))
    if not possible and not refused:
        raise InputError("no sentence pair, or no link", file=path, remedy="fetch it again, or look at its path")
    if not sure and not refused:
        raise InputError(
            "no sure link, so that nothing can be recalled, and F1 would be 0",
            file=path,
            remedy="mark the links that are sure: with S, or as i-j",
        )
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
