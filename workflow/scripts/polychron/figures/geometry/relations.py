"""How figures write the relation of two values of pairs of languages."""

from __future__ import annotations

import math

from polychron.analysis.pairs import relation
from polychron.analysis.pairs.relation import Relation
from polychron.reporting.formatting import chance, counted, short, signed


def above(found: Relation, step: int, known: int) -> dict[str, str]:
    """Return the two lines above a panel: the relation, and that given distance, or why there is none.

    Parameters
    ----------
    found : Relation
    step : int
    known : int
        How many of its pairs have a distance.

    Examples
    --------
    >>> above(Relation(30, 0.5, 0.01), 800, 2)
    {'first': 'step 800: ρ = 0.50 (p = 0.010)', 'second': 'given distance: known of 2 of 30 pairs'}
    """
    first = f"no ρ ({counted(found.pairs, 'pair')})"
    if math.isfinite(found.rho):
        first = f"ρ = {signed(found.rho, 2)} (p {p_of(found.p)})"
    if math.isfinite(found.partial):
        second = f"given distance {signed(found.partial, 2)} (p {p_of(found.partial_p)})"
    elif known <= relation.FEWEST:
        second = f"given distance: known of {known} of {counted(found.pairs, 'pair')}"
    else:
        second = "given distance: cannot be told"
    return {"first": f"step {short(step)}: {first}", "second": second}


def p_of(p: float) -> str:
    """Return a p-value with the sign before it.

    Examples
    --------
    >>> p_of(0.01), p_of(float("nan"))
    ('= 0.010', '–')
    """
    written = chance(p)
    return written if written.startswith(("<", "–")) else f"= {written}"
