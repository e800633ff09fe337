"""Claims that two things are correlated, or are not: what our coefficient says of a printed one.

A printed coefficient with stars claims a relation with a direction. One without stars claims that there is no relation.
Neither follows from a coefficient that is compatible with everything: a wide interval decides nothing.
"""

from __future__ import annotations

from typing import NamedTuple

from polychron.audit.evidence import Found

STRONG = 0.6
"""The least coefficient that is called strong (Evans 1996): what a claim of no relation has to exclude."""


class Agreement(NamedTuple):
    """In what a coefficient agrees with a printed one.

    Parameters
    ----------
    sign : bool or None
        Whether it has the printed sign; None for a printed 0.
    stars : bool or None
        Whether it is significant where stars are printed, at their level or a stricter one, and is not where there are
        none; None where the paper does not say.
    interval : bool
        Whether its 95% interval contains the printed coefficient.
    """

    sign: bool | None
    stars: bool | None
    interval: bool

    def __str__(self) -> str:
        words = {True: "agrees", False: "differs", None: "is not printed"}
        inside = "contains" if self.interval else "does not contain"
        return (
            f"the sign {words[self.sign]}, the significance {words[self.stars]}, "
            f"the interval {inside} the printed coefficient"
        )


def agreement(printed: float, marks: str | None, found: Found) -> Agreement:
    """Compare a coefficient with a printed one.

    Examples
    --------
    >>> print(agreement(0.5, "**", Found(0.4, low=0.12, high=0.62, n=44, stars="*")))
    the sign agrees, the significance differs, the interval contains the printed coefficient
    """
    ours = found.stars or ""
    significance = None if marks is None else len(ours) >= len(marks) if marks else not ours
    sign = None if printed == 0 else (found.value > 0) == (printed > 0) and found.value != 0
    known = found.low is not None and found.high is not None
    return Agreement(sign, significance, known and found.low <= printed <= found.high)


def decide(printed: float, marks: str | None, found: Found) -> tuple[str, str]:
    """Decide a claim of correlation.

    A relation holds where our coefficient has the printed sign and its interval excludes 0, it is significant where
    stars are printed, and the interval contains the printed coefficient. That there is none (printed without stars)
    holds where ours is not significant either, and its interval contains the printed coefficient and excludes strong
    ones (`STRONG`). Both fail where the interval excludes the printed coefficient, and the second one where it
    excludes 0. Anything else is undecided.

    Parameters
    ----------
    printed : float
        The paper's coefficient.
    marks : str or None
        The stars beside it; None where it stands in the text, as a relation without stars.
    found : Found
        Our coefficient, with its interval, number of values and stars.

    Returns
    -------
    verdict : {"holds", "fails", "undecided"}
    why : str
        In what the two agree, and what decides.

    Examples
    --------
    No relation between 44 values is no support of 0.3 with a star, and contradicts 0.6 with two:

    >>> nothing = Found(0.02, low=-0.28, high=0.31, n=44, stars="")
    >>> decide(0.301, "*", nothing)[0], decide(0.6, "**", nothing)[0], decide(0.1, "", nothing)[0]
    ('undecided', 'fails', 'holds')
    """
    same = agreement(printed, marks, found)
    if found.low is None or found.high is None:
        return "undecided", f"{same}: there is no interval"
    beyond = found.low > 0 or found.high < 0
    if not same.interval:
        return "fails", str(same)
    if marks != "":
        if not beyond:
            return "undecided", f"{same}, and also 0"
        kept = same.sign and same.stars is not False
        return ("holds" if kept else "undecided"), str(same)
    if beyond:
        return "fails", f"{same}, but excludes 0: there is a relation"
    if max(abs(found.low), abs(found.high)) >= STRONG:
        return "undecided", f"{same}, and also strong ones ({STRONG} or more)"
    return ("holds" if same.stars else "undecided"), f"{same}, and excludes strong ones ({STRONG} or more)"
