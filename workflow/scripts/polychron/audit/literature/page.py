"""The claims of a paper with their verdicts, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polychron.audit.agreement import shown
from polychron.audit.literature.rows import expected
from polychron.audit.literature.statements import CHECKS, KINDS, VERDICTS, Verdict, counts
from polychron.reporting import pages


def _checks(verdicts: Sequence[Verdict], paper: bool) -> list[Verdict]:
    return [one for one in verdicts if (one.claim.needs == "paper") is paper]


def summary(verdicts: Sequence[Verdict]) -> str:
    """Count the verdicts in a sentence, checks of the paper apart.

    Examples
    --------
    >>> summary([]).partition("; ")[2]
    "0 of 0 checks of the paper's own numbers are consistent"
    """
    number, checks = counts(verdicts), _checks(verdicts, paper=True)
    return (
        f"Of {len(verdicts) - len(checks)} claims {number['not run']} were not run, {number['not comparable']} are not "
        f"comparable, {number['undecided']} are undecided, {number['fails']} fail and {number['holds']} hold; "
        f"{number['consistent']} of {len(checks)} checks of the paper's own numbers are consistent"
    )


def page(verdicts: Sequence[Verdict], title: str, model: str) -> str:
    """Write the verdicts as a page that needs nothing besides itself.

    Parameters
    ----------
    verdicts : sequence of Verdict
    title, model : str
        Heading, and the name of the model under study.
    """
    # claims that were measured come first: most of a paper's claims need models that a study does not have
    order = [*reversed(VERDICTS)]
    claims = sorted(_checks(verdicts, paper=False), key=lambda one: order.index(one.verdict))
    return pages.render(
        "literature.html",
        title=title,
        model=model,
        summary=summary(verdicts),
        filters={
            "verdict": (*VERDICTS, *CHECKS),
            "kind": KINDS,
            "section": list(dict.fromkeys(one.claim.section for one in verdicts)),
            "needs": list(dict.fromkeys(one.claim.needs for one in verdicts)),
        },
        tables={"claims": [*map(_row, claims)], "checks": [*map(_row, _checks(verdicts, paper=True))]},
    )


def _row(one: Verdict) -> dict[str, Any]:
    interval = "" if one.low is None or one.high is None else f"{shown(one.low)} to {shown(one.high)}"
    return {
        "claim": one.claim,
        "verdict": one.verdict,
        "measured": shown(one.measured),
        "expected": expected(one),
        "interval": interval,
        "detail": one.detail,
        "own": None if one.own is None else shown(one.own),
    }
