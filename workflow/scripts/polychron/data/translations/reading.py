"""Two files whose lines are translations of each other, such as the test sets of Tatoeba in LASER."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from polychron.data import text
from polychron.data.faults import Fault, refuse
from polychron.errors import InputError

logger = logging.getLogger("polychron")


def read(source: str | Path, target: str | Path, fault: Fault = refuse) -> list[tuple[str, str]]:
    """Read the sentences of two files, a translation in the same line of the other file.

    The test sets of Artetxe and Schwenk (2019), in the folder ``data/tatoeba/v1`` of LASER, have this form.

    Parameters
    ----------
    source, target : path-like
        Text in UTF-8, a sentence in each line.
    fault : callable, optional
        Takes each line that has no sentence, see `polychron.data.faults`.

    Returns
    -------
    list of (str, str)
        A sentence and its translation, without spaces at their ends.

    Raises
    ------
    InputError
        A file is no text, a line is empty, or one file has more lines than the other.
    """
    sides = []
    for path in (source, target):
        lines = [line.strip() for line in text.lines(path, fault=fault)]
        if not lines[-1]:
            lines.pop()
        for number, line in enumerate(lines, 1):
            if not line:
                remedy = "write the sentence, or take the line out of this file and of that of its translations"
                fault(InputError("the line has no sentence", file=path, line=number, remedy=remedy))
        sides.append(lines)
    if len(sides[0]) != len(sides[1]):
        raise InputError(
            f"{len(sides[1])} lines, and {len(sides[0])} in {source}, whose lines are their translations",
            file=target,
            line=min(map(len, sides)) + 1,
            remedy="give two files whose lines are translations of each other, or fetch them again",
        )
    logger.info("%d pairs of sentences", len(sides[0]))
    return list(zip(*sides, strict=True))


def table(pairs: list[tuple[str, str]]) -> Any:
    """Make the table of examples of pairs of sentences.

    Returns
    -------
    pyarrow.Table
        Columns ``id``, the number of the pair from 0, and ``source`` and ``target``, lists of str: what white space
        separates. A sentence of a language without spaces is one string, or a few.
    """
    import pyarrow

    words = pyarrow.list_(pyarrow.string())
    return pyarrow.table(
        {
            "id": pyarrow.array([f"{number:05d}" for number in range(len(pairs))], pyarrow.string()),
            "source": pyarrow.array([pair[0].split() for pair in pairs], words),
            "target": pyarrow.array([pair[1].split() for pair in pairs], words),
        }
    )
