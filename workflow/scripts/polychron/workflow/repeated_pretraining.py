"""Jobs that cost too much to be repeated by accident: what is said before a run would make their results again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from polychron.errors import InputError
from polychron.provenance import records

CHEAP = 3600.0
"""Seconds. Results that took less in all are made again where only code or packages have changed, as all others are."""

LONGEST = 60
"""The most characters of a value that a message quotes."""


def refuse(again: Mapping[str, Sequence[Any]]) -> None:
    """Refuse to make results again, and say which values differ.

    Parameters
    ----------
    again : mapping of str to sequence
        The results that would be made again, each with the jobs that cause it, as
        `polychron.workflow.snakemake_internals.made_again` returns them.

    Raises
    ------
    InputError
        There is such a result, unless only code or packages have changed and all of the results were cheap.
    """
    causes = {cause.output: cause for found in again.values() for cause in found}
    differ = {output: _differences(cause) for output, cause in causes.items()}
    if all(found and found.keys() <= {"code", "packages"} for found in differ.values()) and _seconds(again) < CHEAP:
        return
    told = [
        f"{cause.rule} ({output}): {', '.join(differ[output].values()) or cause.reason.rstrip('.')}"
        for output, cause in sorted(causes.items())
    ]
    first, *others = again
    also = f", and {len(others)} more," if others else ""
    raise InputError(
        f"is there{also} and would be made again by this run. The cause is {'; '.join(told)}",
        file=first,
        remedy="undo the change; or, if all of this is to be repeated, add --forcerun pretrain",
    )


def _differences(cause: Any) -> dict[str, str]:
    """Describe the values of a job's spec that differ from those in its record, by name; empty without a record."""
    try:
        made = records.read(records.record_of(cause.output))["spec"]
    except InputError:
        return {}
    asked = json.loads(cause.spec)
    names = sorted(name for name in {*made, *asked} if made.get(name) != asked.get(name))
    return {
        name: _change(name, made.get(name), asked.get(name)) if name not in ("code", "packages") else f"other {name}"
        for name in names
    }


def _change(name: str, before: Any, after: Any) -> str:
    """Return how a value has changed; of long lists, only what differs.

    Examples
    --------
    >>> _change("layers", 12, 6)
    'layers was 12, is 6'
    >>> many = [f"language {number}" for number in range(9)]
    >>> _change("languages", many, [*many[:7], many[8], many[7]])
    'languages has another order: place 8 was "language 7", is "language 8"'
    >>> _change("languages", many, [*many[1:], "gd"])
    'languages is without ["language 0"], and has ["gd"] more'
    """
    lists = isinstance(before, list) and isinstance(after, list)
    if not lists or min(len(json.dumps(value, ensure_ascii=False)) for value in (before, after)) <= LONGEST:
        return f"{name} was {_short(before)}, is {_short(after)}"
    lost, more = ([value for value in one if value not in other] for one, other in ((before, after), (after, before)))
    if not lost and not more and len(before) == len(after):
        place = next(place for place, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1])
        return f"{name} has another order: place {place + 1} was {_short(before[place])}, is {_short(after[place])}"
    said = [f"is without {_short(lost)}"] * bool(lost) + [f"has {_short(more)} more"] * bool(more)
    return f"{name} {', and '.join(said)}" if said else f"{name} was {_short(before)}, is {_short(after)}"


def _seconds(results: Mapping[str, Any]) -> float:
    """Return how long the jobs of some results took in all, infinitely long if a record does not say so."""
    try:
        return sum(records.read(records.record_of(result))["seconds"] for result in results)
    except InputError:
        return float("inf")


def _short(value: Any) -> str:
    """Write a value in JSON, shortened.

    Examples
    --------
    >>> _short(0.1), _short(None), _short(["qsa", "qoe"])
    ('0.1', 'null', '["qsa", "qoe"]')
    """
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
