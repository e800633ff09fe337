"""The verdicts on the claims that need a laboratory, as a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from polychron.audit.agreement import shown
from polychron.audit.laboratory.results import ROLES
from polychron.audit.literature.rows import expected
from polychron.audit.literature.statements import VERDICTS, Verdict, counts
from polychron.reporting import pages

TITLE = "Claims on pretraining, and the variants of the laboratory"


def summary(verdicts: Sequence[Verdict]) -> str:
    """Count the verdicts in a sentence.

    Examples
    --------
    >>> summary([])
    'Of 0 claims 0 were not run, 0 are not comparable, 0 are undecided, 0 fail and 0 hold'
    """
    number = counts(verdicts)
    return (
        f"Of {len(verdicts)} claims {number['not run']} were not run, {number['not comparable']} are not comparable, "
        f"{number['undecided']} are undecided, {number['fails']} fail and {number['holds']} hold"
    )


def page(verdicts: Sequence[Verdict], study: str, roles: Mapping[str, str], notes: Sequence[str] = ()) -> str:
    """Write the verdicts as a page that needs nothing besides itself; claims that were measured come first.

    Parameters
    ----------
    verdicts : sequence of Verdict
    study : str
        The name of the study.
    roles : mapping of str to str
        The variants that are something of `results.ROLES`.
    notes : sequence of str, optional
        What must be said of the scores; see `polychron.analysis.laboratory.cautions`.
    """
    order = [*reversed(VERDICTS)]
    named = [
        f"{name} has {ROLES[role]}" if role != "default" else f"{name} is {ROLES[role]}" for role, name in roles.items()
    ]
    return pages.render(
        "laboratory.html",
        title=TITLE,
        study=study,
        summary=summary(verdicts),
        roles="; ".join(named) or "none is known",
        notes=notes,
        rows=[
            {
                "claim": one.claim,
                "verdict": one.verdict,
                "measured": shown(one.measured),
                "expected": expected(one),
                "interval": "" if one.low is None else f"{shown(one.low)} to {shown(one.high)}",
                "detail": one.detail,
            }
            for one in sorted(verdicts, key=lambda one: order.index(one.verdict))
        ],
    )
