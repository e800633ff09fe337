"""What a card of the kind of an H100 is to reach, and whether it did, from the rows of all parts."""

from __future__ import annotations

from typing import Any, NamedTuple

RESIDENT, PACKED = "resident tensors", "polychron, without padding, fused"


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
    *(Bar("encoding", f"{text}:", PACKED, "of the peak", 0.5, least=True) for text in ("XNLI", "a treebank")),
]
"""Steps in microseconds, cells in seconds without their start, ratios of times, and shares in float16."""


def judged(found: dict[str, dict[str, Any]]) -> list[str]:
    """Return a table in Markdown with a line for each bar whose part was measured, and a line on the paper's grid.

    Parameters
    ----------
    found : dict
        The results by part and task, such as ``peers:pos``, as `gpu.py` keeps them.
    """
    lines = ["| part | setting | row | number | to reach | measured | |", "|---|---|---|---|---|---|---|"]
    for bar in BARS:
        measured = [one for name, one in found.items() if name.partition(":")[0] == bar.part]
        for row in _rows(bar, [row for one in measured for row in one["rows"]]):
            number = row[bar.number]
            reached = number >= bar.limit if bar.least else number <= bar.limit
            bound = f"at {'least' if bar.least else 'most'} {bar.limit:g}"
            cells = (bar.part, bar.setting.rstrip(":"), bar.name, bar.number, bound, f"{number:.3g}")
            lines.append(f"| {' | '.join(cells)} | {'reached' if reached else '**not reached**'} |")
    return [*lines, "", grid(found)] if len(lines) > 2 else []


def grid(found: dict[str, dict[str, Any]]) -> str:
    """Return what this run says of the hours of the paper's grid, which are no measurement."""
    rows = [row for one in found.values() for row in one["rows"]]
    said = [
        f"`{rate}` {1 / row['TFLOP/s']:.2g}, {row['setting'].partition(':')[0]}"
        for rate, precision in (("encode", "float32"), ("encode_half", "float16"))
        for row in rows
        if row["name"] == PACKED and row["setting"].endswith(f", {precision}")
    ]
    said += [
        f"`probe` {row['value'] / 1e6:.2g} a step, {row['setting'].partition(':')[0]}"
        for row in rows
        if row["name"] == "fused: a step"
    ]
    said += [f"`start` {row['value']:.2g}, {row['name']}" for row in rows if row["setting"] == "start"]
    return (
        "The hours of the paper's grid are not measured here: `plan` adds them up with the rates in "
        "workflow/data/rates.tsv. Their numbers on this card, in seconds, where a step of pairs counts as three there: "
        f"{'; '.join(said) or 'none was measured'}."
    )


def _rows(bar: Bar, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows that a bar is about: of encoding those in half precision."""
    about = [row for row in rows if row["setting"].startswith(bar.setting) and row["name"] == bar.name]
    if bar.part == "encoding":
        about = [row for row in about if row["setting"].endswith(", float16")]
    return about
