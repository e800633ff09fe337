"""Where bits per character are in a table, and which are of too few masked pieces to be compared between languages."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FEWEST = 200
"""With fewer masked pieces, bits per character are marked, and left out of rankings and correlations.

Of 200 pieces whose bits have a standard deviation as large as their mean, the mean has a 95% interval of 14% on each
side. The masks of a language are as many in each draw of them, and draws share a text: they are not added up.
"""

LEFT_OUT = ": left out"
"""How a note of a coefficient ends that says whose bits per character are not in it."""


def at_layer(table: Any, layer: int) -> NDArray[np.bool_]:
    """Return which rows of a table are those of a layer, and those of bits per character wherever they are.

    Bits per character are of a whole model. They are stored at its last layer, which need not be one that is probed.

    Parameters
    ----------
    table : pyarrow.Table
        See `trajectories.schema` and `uncertainty.schema`.
    layer : int
        The layer of everything else. Of bits per character, a language's last layer is taken.

    Examples
    --------
    >>> import pyarrow
    >>> rows = [("accuracy", 8), ("accuracy", 12), ("bits_per_character", 11), ("bits_per_character", 12)]
    >>> table = pyarrow.table([*zip(*rows)] + [["en"] * 4], names=["metric", "layer", "source"])
    >>> at_layer(table, 8).tolist()
    [True, False, False, True]
    """
    import pyarrow.compute as pc

    of_bits = pc.equal(table["metric"], "bits_per_character")
    own = table.filter(of_bits)
    places = [*zip(own["source"].to_pylist(), own["layer"].to_pylist(), strict=True)]
    last: dict[str | None, int] = {}
    for source, place in places:
        last[source] = max(last.get(source, -1), -1 if place is None else place)
    chosen = np.array(pc.fill_null(pc.equal(table["layer"], layer), False), bool)
    chosen[np.array(of_bits, bool)] = np.array([place == last[source] for source, place in places], bool)
    return chosen


def few(trajectories: Any) -> dict[str, int]:
    """Return the languages with fewer masked pieces than `FEWEST`, and how many they have.

    Parameters
    ----------
    trajectories : pyarrow.Table
        See `trajectories.schema`. Where the number of pieces is not known, the language is taken to have enough.
    """
    import pyarrow.compute as pc

    rows = trajectories.filter((pc.field("quantity") == "score") & (pc.field("metric") == "bits_per_character"))
    groups = rows.group_by("source", use_threads=False).aggregate([("examples", "max")]).to_pylist()
    found = {row["source"]: row["examples_max"] for row in groups}
    return {code: number for code, number in sorted(found.items()) if number is not None and number < FEWEST}


def captions(trajectories: Any) -> list[str]:
    """Return what a caption of means says of bits per character: that seeds are draws, and whose pieces are too few."""
    import pyarrow.compute as pc

    of_bits = (pc.field("quantity") == "score") & (pc.field("metric") == "bits_per_character")
    runs = pc.max(trajectories.filter(of_bits)["runs"]).as_py() or 0
    unsure = few(trajectories)
    drawn = ["Bits per character have no seeds of probes: theirs are draws of the masked pieces."] if runs > 1 else []
    return [*drawn, *([f"Bits per character: {said(unsure)}."] if unsure else [])]


def said(languages: dict[str, int]) -> str:
    """Return in words which languages have too few masked pieces.

    Examples
    --------
    >>> said({"cs": 12})
    '1 language has fewer than 200 masked pieces (cs 12)'
    >>> said({"cs": 12, "qoe": 199})
    '2 languages have fewer than 200 masked pieces (cs 12, qoe 199)'
    """
    named = [f"{code} {number}" for code, number in languages.items()]
    few = ", ".join(named[:5]) + (" and others" if len(named) > 5 else "")
    subject = "1 language has" if len(named) == 1 else f"{len(named)} languages have"
    return f"{subject} fewer than {FEWEST} masked pieces ({few})"
