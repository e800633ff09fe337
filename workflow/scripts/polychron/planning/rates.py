"""The two tables behind a plan: sizes and rates, each with its source."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from polychron import paths
from polychron.errors import InputError


class Size(NamedTuple):
    """A size: how much there is of something, in which unit, and according to which source."""

    number: float
    unit: str
    source: str


class Rate(NamedTuple):
    """Seconds that something takes on a GPU and on one core, and the source of these numbers."""

    gpu: float
    core: float
    source: str


CARDS = ("v100", "a100", "h100")
"""The GPUs for which hours are estimated; times were measured on the last."""


def _table(path: Path, columns: tuple[str, ...]) -> dict[str, list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    for line, row in enumerate(rows, start=1):
        if len(row) != len(columns) or (line == 1 and row != list(columns)):
            raise InputError(f"expected the columns {', '.join(columns)}", file=path, line=line, remedy="fix the row")
    return {row[0]: row[1:] for row in rows[1:]}


def sizes(path: str | Path = paths.DATA / "sizes.tsv") -> dict[str, Size]:
    """Read the table of sizes, by name."""
    rows = _table(Path(path), ("name", *Size._fields))
    return {name: Size(float(number), unit, source) for name, (number, unit, source) in rows.items()}


def ratios(card: str, path: str | Path = paths.DATA / "cards.tsv") -> dict[str, float]:
    """Return how many times longer work takes on a card than on an H100, by what bounds it.

    Parameters
    ----------
    card : {"v100", "a100", "h100"}
    path : path-like
        The table of data sheets.

    Returns
    -------
    dict of str to float
        ``host``: 1, what the host does. ``float32`` and ``half``: peaks of products, by data sheets. ``step``: steps of
        probes, the geometric mean of 1, for the launches of kernels, and the ratio of bandwidths, for what they read.

    Examples
    --------
    >>> {bound: round(ratio, 2) for bound, ratio in ratios("v100").items()}
    {'host': 1.0, 'float32': 4.27, 'half': 7.91, 'step': 1.93}
    """
    sheets = _table(Path(path), ("name", "float32", "half", "bandwidth", "source"))
    measured, asked = ([float(number) for number in sheets[name][:3]] for name in ("h100", card))
    float32, half, bandwidth = (one / other for one, other in zip(measured, asked, strict=True))
    return {"host": 1.0, "float32": float32, "half": half, "step": bandwidth**0.5}


def rates(
    path: str | Path = paths.DATA / "rates.tsv", *, card: str = "v100", precision: str = "float32"
) -> dict[str, Rate]:
    """Read the table of rates, by name: those of an H100, scaled to another card.

    Parameters
    ----------
    path : path-like
        The table.
    card : {"v100", "a100", "h100"}
        The GPU.
    precision : {"float32", "float16", "bfloat16"}
        In which encoders are computed: the rate of ``encode`` is that of this precision.
    """
    rows, slower = _table(Path(path), ("name", "h100", "bound", "core", "unit", "source")), ratios(card)
    found = {}
    for name, (seconds, bound, core, _, source) in rows.items():
        if "measured on an H100" in source and slower[bound] != 1:
            source = f"{source}. Scaled from an H100 by data sheets, times {slower[bound]:.1f}"
        found[name] = Rate(float(seconds) * slower[bound], float(core), source)
    half = found.pop("encode_half")
    return found if precision == "float32" else found | {"encode": half}


def of(config: Mapping[str, Any]) -> dict[str, Rate]:
    """Return the rates of the card and the precision that a config names."""
    return rates(card=config["plan"]["card"], precision=config["features"]["precision"])
