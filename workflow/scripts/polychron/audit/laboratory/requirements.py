"""What a claim requires of numbers that each seed of pretraining gives, and whether they say so."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from polychron.analysis.laboratory.summaries import FEWEST
from polychron.audit.evidence import Missing
from polychron.stats import intervals


class Requirement(NamedTuple):
    """A number that must lie between two bounds.

    Parameters
    ----------
    what : str
        What it is, in words.
    values : sequence of float
        One for each seed.
    low, high : float
        The bounds; the number is above `low`, and not above `high`.
    reversed_alone : bool
        Whether it is enough that the number is not surely outside, as of neighbours in an order whose ends differ. Ties
        count as order.
    shown_alone : bool
        Whether the number is shown and decides nothing, as one that few pairs of languages have by chance.
    of_few : bool
        Whether the number of fewer seeds than `FEWEST` is shown, and decides nothing.
    """

    what: str
    values: Sequence[float]
    low: float = -math.inf
    high: float = math.inf
    reversed_alone: bool = False
    shown_alone: bool = False
    of_few: bool = False


class Outcome(NamedTuple):
    """What the seeds say of a requirement: ``holds``, ``fails`` or ``undecided``, with the mean and its interval.

    The ends are NaN for fewer seeds than `FEWEST`.
    """

    verdict: str
    mean: float
    low: float
    high: float


def decide(requirement: Requirement) -> Outcome:
    """Return the verdict on a number that must lie somewhere, by its 95% interval over seeds (Student's t).

    Raises
    ------
    Missing
        Fewer than `FEWEST` seeds have a value.

    Examples
    --------
    >>> above = Requirement("a difference", [0.3, 0.32, 0.28], low=0)
    >>> decide(above).verdict, decide(above._replace(low=0.4)).verdict, decide(above._replace(low=0.31)).verdict
    ('holds', 'fails', 'undecided')
    """
    values = [value for value in requirement.values if math.isfinite(value)]
    if values and len(values) < FEWEST and requirement.of_few:
        return Outcome("undecided", sum(values) / len(values), math.nan, math.nan)
    if len(values) < FEWEST:
        raise Missing(f"{FEWEST} seeds or more (lab.seeds), and has {len(values)}: {requirement.what}")
    mean, low, high = intervals.mean_interval(values)
    below = high < requirement.low if requirement.reversed_alone else high <= requirement.low
    if requirement.shown_alone:
        verdict = "undecided"
    elif below or low > requirement.high:
        verdict = "fails"
    elif requirement.reversed_alone or (low > requirement.low and high <= requirement.high):
        verdict = "holds"
    else:
        verdict = "undecided"
    return Outcome(verdict, mean, low, high)


def together(outcomes: Sequence[Outcome]) -> str:
    """Return the verdict on a claim that requires all of several numbers.

    Examples
    --------
    >>> one, two, three = (Outcome(verdict, 0, 0, 0) for verdict in ("holds", "undecided", "fails"))
    >>> together([one, one]), together([one, two]), together([one, two, three])
    ('holds', 'undecided', 'fails')
    """
    found = {outcome.verdict for outcome in outcomes}
    return "fails" if "fails" in found else "undecided" if "undecided" in found else "holds"
