"""Verdicts on the claims that need models which are pretrained differently."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from polychron.analysis.laboratory.summaries import FEWEST
from polychron.audit.evidence import Missing
from polychron.audit.laboratory import measures
from polychron.audit.laboratory.requirements import Outcome, Requirement, decide, together
from polychron.audit.laboratory.results import Results
from polychron.audit.literature.statements import Statement, Verdict

SIZES = {"layers": 8, "dimension": 768, "heads": 12}
"""The models of Wu et al. (2020, section 3.1)."""

GRID = {"recipe": "wu", "epochs": None, "batch": None, "learning_rate": None}
"""How they are fine-tuned (section 3.2): on the grid, of which the two best points are averaged."""

OTHER_RECIPE = (
    "it is the mean of the best two settings of a grid, and this study's models are fine-tuned in another way"
)

OTHER_SIZE = "it is about models of 8 layers and 768 dimensions, and this study's models are of another size"

MEASURED_NOWHERE = "a variant or a task that no measure here knows"


def judge(claim: Statement, results: Results, pretraining: Mapping[str, Any], finetuning: Mapping[str, Any]) -> Verdict:
    """Judge a claim that needs a laboratory.

    It ``holds`` where the intervals over seeds of all that it requires say so, ``fails`` where one says the opposite,
    and is ``undecided`` where none does. It was ``not run`` where something is missing, seeds among it.

    Parameters
    ----------
    claim : Statement
    results : Results
    pretraining : mapping
        The study's settings of pretraining.
    finetuning : mapping
        Its settings of fine-tuning.
    """
    try:
        required = _required(claim, results)
        outcomes = [decide(one) for one in required]
    except Missing as missing:
        return Verdict(claim, "not run", detail=f"needs {missing}")
    detail = "; ".join(_said(one, outcome) for one, outcome in zip(required, outcomes, strict=True))
    verdict = together(outcomes)
    if claim.id.startswith("wu.tab1."):
        for told, asked, other in ((finetuning, GRID, OTHER_RECIPE), (pretraining, SIZES, OTHER_SIZE)):
            if any(told.get(key) != value for key, value in asked.items()):
                verdict, detail = "not comparable", f"{other}; {detail}"
    measured: Any = {"holds": True, "fails": False}.get(verdict)
    if len(outcomes) == 1 and claim.comparison != "true":
        scale = 100 if claim.unit == "points" else 1
        value, *ends = (scale * number for number in outcomes[0][1:])
        low, high = ends if math.isfinite(ends[0]) else (None, None)
        return Verdict(claim, verdict, value, detail, low, high)
    return Verdict(claim, verdict, measured, detail)


def _required(claim: Statement, results: Results) -> Sequence[Requirement]:
    if claim.id.startswith("wu.tab1."):
        values = measures.table_one(results, **claim.arguments)
        reach = claim.tolerance or 0.0
        return [
            Requirement(
                claim.compared,
                values,
                math.nextafter(claim.value - reach, -math.inf),
                claim.value + reach,
                of_few=True,
            )
        ]
    if claim.id not in measures.MEASURES:
        raise Missing(measures.UNMEASURED.get(claim.id, MEASURED_NOWHERE))
    return measures.MEASURES[claim.id](results)


def _said(requirement: Requirement, outcome: Outcome) -> str:
    spread = f"[{outcome.low:.3g}, {outcome.high:.3g}]"
    numbers = f"{outcome.mean:.3g} {spread if math.isfinite(outcome.low) else f'(fewer than {FEWEST} seeds)'}"
    return f"{requirement.what}: {numbers}" + ("" if outcome.verdict == "holds" else f" ({outcome.verdict})")


def audit(
    claims: Mapping[str, Statement], results: Results, pretraining: Mapping[str, Any], finetuning: Mapping[str, Any]
) -> list[Verdict]:
    """Judge all claims that need a laboratory, in their order."""
    return [judge(claim, results, pretraining, finetuning) for claim in claims.values() if claim.needs == "lab"]
