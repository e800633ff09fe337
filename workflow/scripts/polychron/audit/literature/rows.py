"""The claims of papers with their verdicts, as CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from polychron.audit.agreement import shown
from polychron.audit.literature.statements import Verdict

COLUMNS = (
    "id", "section", "kind", "verdict", "statement", "measured", "paper", "unit", "comparison", "tolerance", "detail",
    "low", "high", "own_model", "needs", "compared", "open_points", "seen",
)  # fmt: skip


def expected(one: Verdict) -> str:
    """Format the paper's value, and how close the measured value must be."""
    claim = one.claim
    if claim.comparison == "within":
        return f"{shown(claim.value)} ± {shown(claim.tolerance)}"
    return shown(claim.value) if claim.comparison in ("equal", "true") else f"{claim.comparison} {shown(claim.value)}"


def table(verdicts: Sequence[Verdict]) -> str:
    """Return the verdicts as CSV, one row for each claim, in the order of the claims; see `COLUMNS`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in verdicts:
        claim = one.claim
        values = (claim.id, claim.section, claim.kind, one.verdict, claim.statement, one.measured, claim.value)
        values += (claim.unit, claim.comparison, claim.tolerance, one.detail, one.low, one.high, one.own)
        values += (claim.needs, claim.compared, " ".join(claim.readings), claim.seen)
        writer.writerow([_plain(value) for value in values])
    return text.getvalue()


def _plain(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.10g}" if isinstance(value, float) else json.dumps(value)
