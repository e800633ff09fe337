"""Tables for readers: one content as LaTeX, as a page, and as plain numbers."""

from __future__ import annotations

import csv
import html
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from polychron.storage import files


@dataclass(frozen=True)
class Cell:
    """What stands at one place of a table.

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
    """Make the table of a study that has nothing to put into it, and says why."""
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
        An HTML page; nothing in it is loaded from elsewhere.
    caption : path-like
        The caption as reStructuredText, for the report.
    """
    files.write_text(csv, plain(table.records))
    files.write_text(tex, latex(table))
    files.write_text(page, webpage(table))
    paragraphs = [re.sub(r"([\\*`|_])", r"\\\1", paragraph) for paragraph in table.caption]
    files.write_text(caption, "\n\n".join(paragraphs) + "\n")


def plain(records: Iterable[Mapping[str, Any]]) -> str:
    r"""Write records as comma-separated values; what is not there, or not a number, is empty.

    Examples
    --------
    >>> plain([{"task": "pos", "mean": 0.5}, {"task": "a, b", "mean": float("nan")}])
    'task,mean\npos,0.5\n"a, b",\n'
    """
    records = list(records)
    names = list(dict.fromkeys(name for record in records for name in record))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    for record in records:
        values = [record.get(name) for name in names]
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
    r"""Write text so that LaTeX prints it as it is.

    Examples
    --------
    >>> escaped("100% of arc_prediction: −0.5 [18 → 18]")
    '100\\% of arc\\_prediction: $-$0.5 [18 $\\rightarrow$ 18]'
    """
    return "".join(SPECIAL.get(sign, sign) for sign in text)


def latex(table: Table) -> str:
    """Write a table for print, as LaTeX with the package booktabs.

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
"""Lines of a table in small type that a page of print has room for, beside its caption."""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 "Liberation Sans", Arial, Helvetica, sans-serif; color: #222; margin: 1.5rem; }}
h1 {{ font-size: 1.3rem; }}
.sheet {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-variant-numeric: tabular-nums; }}
th, td {{ padding: .25rem 1rem .25rem 0; text-align: right; vertical-align: top; font-weight: normal; }}
th.text, td.text {{ text-align: left; }}
thead th {{ border-top: 2px solid #222; border-bottom: 1px solid #222; font-weight: bold; vertical-align: bottom; }}
tbody {{ border-bottom: 1px solid #bbb; }}
tbody:last-child {{ border-bottom: 2px solid #222; }}
small {{ display: block; color: #666; white-space: nowrap; }}
.words {{ max-width: 46rem; }}
</style>
</head>
<body>
<h1>Table {number}. {title}</h1>
<div class="words">
{caption}
</div>
<div class="sheet">
<table>
<thead>
<tr>{head}</tr>
</thead>
{body}
</table>
</div>
</body>
</html>
"""


def webpage(table: Table) -> str:
    """Write a table as an HTML page of its own."""
    heads = [
        f'<th scope="col"{_text(place, table)}>{html.escape(name).replace(" = ", "&nbsp;=&nbsp;")}</th>'
        for place, name in enumerate(table.head)
    ]
    return PAGE.format(
        number=table.number,
        title=html.escape(table.title),
        caption="\n".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in table.caption),
        head="".join(heads),
        body="\n".join(_group(rows, table) for rows in _groups(table.rows)),
    )


def _groups(rows: Sequence[Sequence[Cell]]) -> list[list[Sequence[Cell]]]:
    """Put rows whose first cell has no text to the row above."""
    groups: list[list[Sequence[Cell]]] = []
    for row in rows:
        if row[0].text or not groups:
            groups.append([])
        groups[-1].append(row)
    return groups


def _group(rows: Sequence[Sequence[Cell]], table: Table) -> str:
    lines = ["<tbody>"]
    for number, row in enumerate(rows):
        cells = [f"<td{_text(place, table)}>{_content(cell)}</td>" for place, cell in enumerate(row) if place]
        first = f'<th scope="rowgroup" rowspan="{len(rows)}" class="text">{_content(row[0])}</th>'
        lines.append(f"<tr>{'' if number else first}{''.join(cells)}</tr>")
    return "\n".join([*lines, "</tbody>"])


def _text(place: int, table: Table) -> str:
    last = table.wide and place == len(table.head) - 1
    return ' class="text"' if place < table.left or last else ""


def _content(cell: Cell) -> str:
    text = html.escape(cell.text)
    small = "".join(f"<small>{html.escape(line)}</small>" for line in cell.below)
    return (f"<strong>{text}</strong>" if cell.strong else text) + small
