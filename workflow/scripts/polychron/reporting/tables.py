"""Tables for readers, as LaTeX and as an HTML page, and for machines as CSV."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polychron.reporting import pages
from polychron.reporting.formatting import one_line, restructured, unformulated
from polychron.storage import files


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Parameters
    ----------
    text : str
        A line of plain text.
    below : sequence of str
        Further lines, in small type.
    strong : bool
        Whether the text is printed in bold.
    """

    text: str
    below: Sequence[str] = ()
    strong: bool = False


@dataclass(frozen=True)
class Table:
    """A table with the words that belong to it.

    Parameters
    ----------
    number : int
        As in the paper.
    title : str
        One line.
    head : sequence of str
        The names of the columns.
    rows : sequence of sequence of Cell
        Each as long as `head`. Where the first cell has no text, it is that of the row above.
    caption : sequence of str
        Paragraphs of plain text, with the numbers that the table shows.
    records : sequence of mapping
        The numbers behind it, unrounded, each with all its names.
    left : int
        How many columns, from the first, are text.
    wide : bool
        Whether the last column is running text.
    """

    number: int
    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: Sequence[str]
    records: Sequence[Mapping[str, Any]] = field(default=())
    left: int = 1
    wide: bool = False


def nothing(number: int, title: str, why: str) -> Table:
    """Return a table that says why there is nothing to show."""
    text = f"Nothing to show: {why}."
    return Table(number, title, ["Missing"], [[Cell(text)]], [text], [{"missing": text}])


def save(table: Table, *, csv: str | Path, tex: str | Path, page: str | Path, caption: str | Path) -> None:
    """Write a table's files.

    Parameters
    ----------
    csv : path-like
        The numbers, unrounded, one record a line.
    tex : path-like
        The table for print; needs the package booktabs.
    page : path-like
        An HTML page, which needs no other file.
    caption : path-like
        The caption as reStructuredText, for the report.
    """
    files.write_text(csv, plain(table.records))
    files.write_text(tex, latex(table))
    files.write_text(page, webpage(table))
    files.write_text(caption, "\n\n".join(map(restructured, table.caption)) + "\n")


def plain(records: Iterable[Mapping[str, Any]]) -> str:
    r"""Return records as comma-separated values; what is missing, or not a number, is empty.

    Text that a spreadsheet would compute begins with an apostrophe.

    Examples
    --------
    >>> plain([{"task": "pos", "mean": 0.5}, {"task": "a, b", "mean": float("nan")}])
    'task,mean\npos,0.5\n"a, b",\n'
    """
    records = list(records)
    names = list(dict.fromkeys(name for record in records for name in record))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(unformulated, names))
    for record in records:
        values = [unformulated(record.get(name)) for name in names]
        writer.writerow(["" if isinstance(value, float) and not math.isfinite(value) else value for value in values])
    return text.getvalue()


SPECIAL = {
    "\\": r"\textbackslash{}",
    **{sign: "\\" + sign for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "−": "$-$",
    "–": "--",
    "→": r"$\rightarrow$",
    "ρ": r"$\rho$",
    "Δ": r"$\Delta$",
    "′": r"$'$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "“": "``",
    "”": "''",
    "’": "'",
    "…": r"\ldots{}",
    "\xa0": "~",
}


def escaped(text: str) -> str:
    r"""Return text so that LaTeX prints it as it is.

    Examples
    --------
    >>> escaped("100% of arc_prediction: −0.5 [18 → 18]")
    '100\\% of arc\\_prediction: $-$0.5 [18 $\\rightarrow$ 18]'
    """
    return "".join(SPECIAL.get(sign, sign) for sign in one_line(text))


def latex(table: Table) -> str:
    """Return a table for print, as LaTeX with the package booktabs.

    The further lines of cells become rows of their own, in small type, so that nothing but booktabs is needed. A table
    that would be longer than a page is smaller throughout.
    """
    height = sum(1 + max(len(cell.below) for cell in row) for row in table.rows)
    size, below = (r"\scriptsize", r"\tiny") if height > PAGE_ROWS else (r"\small", r"\scriptsize")
    numbers = len(table.head) - table.left
    columns = "l" * table.left + "r" * numbers
    if table.wide:
        columns = columns[:-1] + r"p{0.7\linewidth}"
    lines = [
        r"% needs \usepackage{booktabs}",
        r"\begin{table}[t]",
        r"\centering",
        size,
        rf"\caption{{{escaped(' '.join([table.title + '.', *table.caption]))}}}",
        rf"\label{{tab:{table.number}}}",
        rf"\begin{{tabular}}{{{columns}}}",
        r"\toprule",
        " & ".join(escaped(name) for name in table.head) + r" \\",
    ]
    for row in table.rows:
        lines.append(r"\midrule" if row[0].text or row is table.rows[0] else r"\addlinespace[2pt]")
        lines.append(" & ".join(_strong(cell) for cell in row) + r" \\")
        for depth in range(max(len(cell.below) for cell in row)):
            small = [cell.below[depth] if depth < len(cell.below) else "" for cell in row]
            lines.append(" & ".join(rf"{{{below} {escaped(text)}}}" if text else "" for text in small) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}", r"\end{table}", ""])


def _strong(cell: Cell) -> str:
    # a row that begins with a bracket would be read as the length of the line break before it
    text = escaped(cell.text)
    text = f"{{{text}}}" if text.startswith(("[", "*")) else text
    return rf"\textbf{{{text}}}" if cell.strong else text


PAGE_ROWS = 40
"""Lines of a table in small type that fit on a page of print with its caption."""


def webpage(table: Table) -> str:
    """Return a table as an HTML page."""
    last = {len(table.head) - 1} if table.wide else set()
    return pages.render(
        "table.html",
        title=f"Table {table.number}. {table.title}",
        caption=table.caption,
        head=[name.replace(" = ", "\xa0=\xa0") for name in table.head],
        groups=_groups(table.rows),
        texts={*range(table.left), *last},
    )


def _groups(rows: Sequence[Sequence[Cell]]) -> list[list[Sequence[Cell]]]:
    """Return rows in groups: those whose first cell has no text are with the row above."""
    groups: list[list[Sequence[Cell]]] = []
    for row in rows:
        if row[0].text or not groups:
            groups.append([])
        groups[-1].append(row)
    return groups
