"""Whether a measured value agrees with what a claim says, and how such values are written."""

from __future__ import annotations

from typing import Any

from polychron.analysis.dynamics import ROUNDING


def agrees(claim: Any, measured: Any) -> bool:
    """Return whether a measured value agrees with the paper's, for all comparisons but that of coefficients.

    Parameters
    ----------
    claim : object
        With the fields ``id``, ``value``, ``comparison`` and ``tolerance``, as a claim has.
    measured : number, bool, str or list
        In the unit of the claim.

    Raises
    ------
    ValueError
        The claim is about a coefficient; see `coefficients.decide`.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> claim = SimpleNamespace(id="x", value=0.5, comparison="within", tolerance=0.1)
    >>> agrees(claim, 0.6), agrees(claim, 0.61)
    (True, False)
    """
    value = claim.value
    match claim.comparison:
        case "correlates":
            raise ValueError(f"claim {claim.id}: a coefficient is compared with its interval, see decide")
        case "true":
            return measured is True
        case "at most":
            return bool(measured <= value)
        case "at least":
            return bool(measured >= value)
        case "more than":
            return bool(measured > value)
    if isinstance(value, list):
        if not isinstance(measured, list) or len(measured) != len(value):
            return False
        return all(_near(a, b, claim.tolerance or 0) for a, b in zip(measured, value, strict=True))
    return _near(measured, value, claim.tolerance or 0)


def _near(measured: Any, value: Any, tolerance: float) -> bool:
    if isinstance(value, (int, float)) and isinstance(measured, (int, float)):
        return bool(abs(measured - value) <= tolerance + ROUNDING * max(1.0, abs(value)))
    return measured == value


def shown(value: Any) -> str:
    """Format a value of a claim.

    Examples
    --------
    >>> [shown(value) for value in (True, 115000.0, 0.20833, [9, 72], None, 2.0382)]
    ['true', '115,000', '0.2083', '9, 72', '', '2.038']
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    if isinstance(value, (int, float)):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)
