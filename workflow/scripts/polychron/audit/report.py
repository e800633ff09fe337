"""The report of the audit: all claims with their verdicts, as CSV and as a page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from polychron.audit.agreement import shown
from polychron.audit.claims import CHECKS, KINDS, VERDICTS, Verdict, about, counts, held
from polychron.audit.readings import READINGS
from polychron.reporting import pages
from polychron.reporting.formatting import unformulated

COLUMNS = (
    "id", "section", "kind", "verdict", "statement", "measured", "paper", "unit", "comparison", "tolerance", "detail",
    "closest_reading", "closest_value", "open_points", "items", "needs", "own_tables_agree",
    "own_languages", "compared", "evidence", "low", "high", "sign_agrees", "stars_agree", "interval_contains",
    "partial", "partial_evidence",
)  # fmt: skip


def expected(verdict: Verdict) -> str:
    """Format the paper's value, and how close the measured value must be."""
    claim = verdict.claim
    value = shown(claim.value)
    if claim.comparison == "correlates":
        return value + (claim.stars or "")
    if claim.comparison == "within":
        return f"{value} ± {shown(claim.tolerance)}"
    return value if claim.comparison in ("equal", "true") else f"{claim.comparison} {value}"


def compared(verdict: Verdict) -> str:
    """Return a sentence on what was compared, and what came out.

    Examples
    --------
    >>> from polychron.audit.claims import Claim
    >>> claim = Claim("x", "1", "result", "", 0.5, "within", "scores", "fall", tolerance=0.1)
    >>> compared(Verdict(claim, "holds", 0.55, compared="the mean score"))
    'Compared: the mean score, here 0.55, with 0.5 ± 0.1 in the paper.'
    >>> compared(Verdict(claim, "not run", compared="the mean score"))
    'To be compared: the mean score, with 0.5 ± 0.1 in the paper.'
    """
    claim = verdict.claim
    start = "To be compared" if verdict.measured is None else "Compared"
    here = "" if verdict.measured is None else f", here {shown(verdict.measured)}"
    if claim.comparison == "true":
        return f"{start}: {verdict.compared}{here}."
    unit = "" if claim.unit in ("", "rho") or isinstance(claim.value, list) else f" {claim.unit}"
    return f"{start}: {verdict.compared}{here}, with {expected(verdict)}{unit} in the paper."


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as CSV, one row for each claim, in the order of the claims; see `COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in verdicts:
        claim = one.claim
        values = (claim.id, claim.section, claim.kind, one.verdict, claim.statement)
        values += (one.measured, claim.value, claim.unit, claim.comparison, claim.tolerance, one.detail)
        values += (one.closest, one.readings.get(one.closest), " ".join(claim.readings), " ".join(claim.items))
        values += (claim.needs, one.paper, one.own, one.compared, one.strength, one.low, one.high)
        values += (*(one.agreement or (None, None, None)), one.partial, one.part)
        writer.writerow([_plain(value) for value in values])
    return text.getvalue()


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return unformulated(value)
    return f"{value:.10g}" if isinstance(value, float) else json.dumps(value)


def readings(verdicts: Sequence[Verdict]) -> str:
    """Return as CSV the value of each claim under each reading that changes it: id, reading, value, paper, closest."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("id", "reading", "value", "paper", "closest"))
    for one in verdicts:
        for name, value in one.differing.items():
            row = (one.claim.id, name, _plain(value), _plain(one.claim.value), str(name == one.closest).lower())
            writer.writerow(row)
    return text.getvalue()


def summary(verdicts: Sequence[Verdict]) -> str:
    """Count the verdicts in a sentence, what was not run first, and checks of the paper apart.

    Examples
    --------
    >>> summary([]).partition("; ")[2]
    "0 of 0 checks of the paper's own numbers are consistent"
    """
    number = counts(verdicts)
    checks = about(verdicts, paper=True)
    absent = sum(one.verdict == "holds" and one.claim.kind == "nonsignificant" for one in verdicts)
    return (
        f"Of {len(verdicts) - len(checks)} claims {number['not run']} were not run, {number['not comparable']} are not "
        f"comparable, {number['undecided']} are undecided, {number['fails']} fail and {number['holds']} hold"
        f"{f' ({absent} of them, that there is no relation)' if absent else ''}; "
        f"{number['consistent']} of {len(checks)} checks of the paper's own numbers are consistent"
    )


def page(verdicts: Sequence[Verdict], title: str, model: str, defaults: Mapping[str, str]) -> str:
    """Write the verdicts as a page that needs nothing besides itself.

    Parameters
    ----------
    verdicts : sequence of Verdict
    title, model : str
        Heading, and the name of the model that was studied.
    defaults : mapping of str to str
        The chosen reading of each open definition.
    """
    sections = sorted({one.claim.section for one in verdicts}, key=_section)
    return pages.render(
        "claims.html",
        title=title,
        model=model,
        summary=summary(verdicts),
        verdicts=VERDICTS,
        kinds={kind: number for kind in KINDS if any(number := _counted(verdicts, kind))},
        filters={"verdict": (*VERDICTS, *CHECKS), "kind": KINDS, "section": sections},
        tables={
            "claims": [_row(one) for one in about(verdicts, paper=False)],
            "checks": [_row(one) for one in about(verdicts, paper=True)],
        },
        points=[
            _point(name, option, meaning, defaults[name], verdicts)
            for name, reading in READINGS.items()
            for option, meaning in reading.alternatives.items()
        ],
    )


def _point(name: str, option: str, meaning: str, default: str, verdicts: Sequence[Verdict]) -> dict[str, Any]:
    kept, touched = held(verdicts, name, option, default)
    return {
        "point": READINGS[name].point,
        "name": name,
        "option": option,
        "chosen": option == default,
        "meaning": meaning,
        "count": f"{kept} of {touched}" if touched else "",
    }


def _counted(verdicts: Sequence[Verdict], kind: str) -> list[int]:
    """Count the verdicts on claims of a kind, without checks of the paper."""
    number = counts(one for one in about(verdicts, paper=False) if one.claim.kind == kind)
    return [number[verdict] for verdict in VERDICTS]


def _section(name: str) -> tuple[bool, str]:
    return (not name[0].isdigit(), name)


def _row(one: Verdict) -> dict[str, Any]:
    agree, _, tables = (one.paper or "").partition(": ")
    return {
        "claim": one.claim,
        "verdict": one.verdict,
        "compared": compared(one),
        "strength": one.strength,
        "links": {f"../{item.partition('-')[0]}s/{item}.html": _item(item) for item in one.claim.items},
        "measured": shown(one.measured),
        "expected": expected(one),
        "detail": one.detail,
        "closest": one.closest,
        "nearest": "the default" if one.closest == "default" else one.closest,
        "differing": {name: shown(value) for name, value in one.differing.items()},
        "partial": None if one.partial is None else shown(one.partial),
        "part": one.part,
        "own": None if one.own is None else shown(one.own),
        "agree": agree == "yes",
        "tables": tables,
    }


def _item(item: str) -> str:
    kind, _, number = item.partition("-")
    return f"{kind.capitalize()} {int(number)}"
