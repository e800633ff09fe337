"""The order in which languages stand in matrices: one for all panels, by family."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean


def means(pairs: Mapping[str, list[dict]], sides: Sequence[str]) -> dict[str, float]:
    """Return the mean value of each language as source, or on both sides, over tasks; NaN where it has none.

    Each task counts once, however many pairs it has.
    """
    found: dict[str, list[float]] = {}
    for rows in pairs.values():
        values: dict[str, list[float]] = {}
        for row in rows:
            found.setdefault(row["source"], []), found.setdefault(row["target"], [])
            if row["value"] is not None and row["source"] != row["target"]:
                for side in sides:
                    values.setdefault(row[side], []).append(row["value"])
        for language, known in values.items():
            found[language].append(mean(known))
    return {language: mean(known) if known else math.nan for language, known in found.items()}


def by_family(averages: Mapping[str, float], families: Mapping[str, str]) -> list[str]:
    """Put languages in order: those of a family together, the family with the highest mean first, and so within it.

    Languages without a family are a group, and those without a mean come last in theirs.

    Examples
    --------
    >>> kin = {"de": "Indo-European", "ru": "Indo-European", "fi": "Uralic", "hu": "Uralic"}
    >>> by_family({"de": 0.9, "fi": 0.8, "hu": 0.7, "ru": 0.2, "ja": math.nan}, kin)
    ['fi', 'hu', 'de', 'ru', 'ja']
    """

    def falling(value: float) -> float:
        return math.inf if math.isnan(value) else -value

    groups: dict[str, list[str]] = {}
    for language in averages:
        groups.setdefault(families.get(language, ""), []).append(language)
    known = {
        family: [averages[one] for one in members if not math.isnan(averages[one])]
        for family, members in groups.items()
    }
    first = {family: falling(mean(values) if values else math.nan) for family, values in known.items()}
    families_in_order = sorted(groups, key=lambda family: (first[family], family))
    return [
        language
        for family in families_in_order
        for language in sorted(groups[family], key=lambda language: (falling(averages[language]), language))
    ]


def said(order: Sequence[str], families: Mapping[str, str], sides: str) -> str:
    """Return what a caption says of the order of languages."""
    known = dict.fromkeys(families[language] for language in order if language in families)
    by = f"by their mean {sides} over the tasks, the best first"
    if len(known) < 2:
        return f"Languages have one order in all panels: {by}."
    return f"Languages have one order in all panels: by family ({', '.join(known)}), and {by}."
