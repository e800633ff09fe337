"""The verdicts of a study as a table for machines, a page for readers, and a line for each check on the terminal."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

from polychron.checks.study import Verdict
from polychron.reporting import pages
from polychron.reporting.formatting import unformulated


def table(verdicts: Sequence[Verdict]) -> str:
    """Write the verdicts as CSV, one row for each check and one for each of its parts.

    Parameters
    ----------
    verdicts : sequence of Verdict
        The verdicts.

    Returns
    -------
    str
        Columns ``check``, ``part`` (empty for the check itself), ``value``, ``at_least``, ``verdict``; fractions.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("check", "part", "value", "at_least", "verdict"))
    for verdict in verdicts:
        finding = verdict.finding
        value = "" if finding is None else f"{finding.value:.6f}"
        writer.writerow((verdict.check, "", value, _bound(verdict), verdict.word))
        for part, measured in () if finding is None else finding.parts.items():
            writer.writerow((verdict.check, unformulated(part), f"{measured:.6f}", "", ""))
    return text.getvalue()


def lines(verdicts: Sequence[Verdict]) -> list[str]:
    """Return a line for each verdict, and a summary as the last line.

    Examples
    --------
    >>> from polychron.checks.study import Finding
    >>> lines([Verdict("xnli_growth", "XNLI above step 0", Finding(0.031, {}), 0.02)])
    ['passed    xnli_growth: 3.1, at least 2.0', '1 of 1 expectations met']
    """
    said = []
    for verdict in verdicts:
        bound = "" if verdict.at_least is None else f", at least {100 * verdict.at_least:.1f}"
        said.append(f"{verdict.word:<9} {verdict.check}: {_percent(verdict)}{bound}")
    expected = [verdict for verdict in verdicts if verdict.at_least is not None]
    met = sum(verdict.word == "passed" for verdict in expected)
    return [*said, f"{met} of {len(expected)} expectations met"]


def page(verdicts: Sequence[Verdict], title: str) -> str:
    """Write the verdicts as a page that needs nothing besides itself.

    Parameters
    ----------
    verdicts : sequence of Verdict
        The verdicts.
    title : str
        The page's title.

    Returns
    -------
    str
        HTML; percentage points throughout.
    """
    rows = [
        {
            "question": verdict.question,
            "check": verdict.check,
            "missing": verdict.missing if verdict.finding is None else "",
            "parts": _parts(verdict),
            "found": _percent(verdict),
            "bound": "" if verdict.at_least is None else f"{100 * verdict.at_least:.1f}",
            "verdict": verdict.word,
        }
        for verdict in verdicts
    ]
    return pages.render("checks.html", title=title, summary=lines(verdicts)[-1], rows=rows)


def _parts(verdict: Verdict) -> list[str]:
    shown = []
    for part, value in () if verdict.finding is None else verdict.finding.parts.items():
        half = verdict.finding.interval.get(part)
        spread = "" if half is None else f" ± {100 * half:.1f}"
        shown.append(f"{part}\xa0{100 * value:.1f}{spread}")
    return shown


def _percent(verdict: Verdict) -> str:
    if verdict.finding is None:
        return f"not measured, no {verdict.missing}"
    return "nan" if math.isnan(verdict.finding.value) else f"{100 * verdict.finding.value:.1f}"


def _bound(verdict: Verdict) -> str:
    return "" if verdict.at_least is None else f"{verdict.at_least:g}"
