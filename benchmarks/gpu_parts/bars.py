"""What a card of the kind of an H100 is to reach, and whether it did, from the rows of all parts."""

from __future__ import annotations

from typing import Any, NamedTuple

RESIDENT = "resident tensors"


class Bar(NamedTuple):
    """A bound of a number of a row: at most, or at least."""

    part: str
    setting: str  # what the row's setting begins with
    name: str  # of the row
    number: str
    limit: float
    least: bool = False


BARS = [
    *(Bar("steps", task, "fused: a step", "value", limit) for task, limit in (("pos", 30), ("xnli", 35))),
    Bar("steps", "arc_classification", "fused: a step", "value", 60),
    Bar("cells", "pos", "polychron, fused", "value", 0.3),
    *(
        Bar("cells", task, "polychron, fused", "value", 0.6)
        for task in ("arc_prediction", "arc_classification", "xnli")
    ),
    *(
        Bar("peers", task, name, "ratio", limit, least=True)
        for task in ("pos", "arc_prediction", "arc_classification", "xnli")
        for name, limit in (("DataLoader", 200), (RESIDENT, 50))
    ),
    *(
        Bar("encoding", f"{text}:", "polychron, without padding, fused", "of the peak", 0.5, least=True)
        for text in ("XNLI", "a treebank")
    ),
]
"""Steps in microseconds, cells in seconds without their start, ratios of times, and shares in float16."""


def judged(found: dict[str, dict[str, Any]]) -> list[str]:
    """Return a table in Markdown with a line for each bar whose part was measured.

    Parameters
    ----------
    found : dict
        The results by part, as `gpu.py` keeps them.
    """
    lines = ["| part | setting | row | number | to reach | measured | |", "|---|---|---|---|---|---|---|"]
    for bar in BARS:
        for row in _rows(bar, found.get(bar.part, {"rows": []})["rows"]):
            number = row[bar.number]
            reached = number >= bar.limit if bar.least else number <= bar.limit
            bound = f"at {'least' if bar.least else 'most'} {bar.limit:g}"
            cells = (bar.part, bar.setting.rstrip(":"), bar.name, bar.number, bound, f"{number:.3g}")
            lines.append(f"| {' | '.join(cells)} | {'reached' if reached else '**not reached**'} |")
    return lines if len(lines) > 2 else []


def _rows(bar: Bar, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that a bar is about: of encoding those in half precision."""
    about = [row for row in rows if row["setting"].startswith(bar.setting) and row["name"] == bar.name]
    if bar.part == "encoding":
        about = [row for row in about if row["setting"].endswith(", float16")]
    return about
