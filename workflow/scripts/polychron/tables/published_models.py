"""The study's models beside multilingual models that were published (Table 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from polychron.reporting.formatting import counted, enumerated, percent
from polychron.reporting.tables import Cell, Table

TOLERANCE = 0.06
"""By which share printed parameters may differ from those that follow from the sizes: positions, heads, rounding."""


def models(models: Any) -> Table:
    """Return Table 9.

    Parameters
    ----------
    models : pyarrow.Table
        See `checkpoints.published.schema`.
    """
    records = models.to_pylist()
    body, kind = [], None
    for row in records:
        label = "" if row["own"] == kind else "This study" if row["own"] else "Published"
        kind = row["own"]
        body.append(
            [
                Cell(label),
                Cell(row["model"]),
                Cell(str(row["layers"])),
                Cell(f"{row['dimension']:,}"),
                Cell(f"{row['vocabulary']:,}"),
                Cell(_millions(row["parameters"])),
                Cell(_millions(row["follows"]), strong=not row["own"] and _differs(row)),
                Cell("–" if row["languages"] is None else str(row["languages"])),
                Cell(row["hub"] or "–" if not row["unsupported"] else f"{row['hub']}: {row['unsupported']}"),
            ]
        )
    head = [
        "",
        "Model",
        "Layers",
        "Dimensions",
        "Vocabulary",
        "Parameters, M",
        "From sizes, M",
        "Languages",
        "At the Hub",
    ]
    title = "Multilingual models and their sizes"
    return Table(9, title, head, body, _caption(records), records, left=2, wide=True)


def _differs(row: Mapping[str, Any]) -> bool:
    return abs(row["parameters"] / row["follows"] - 1) > TOLERANCE


def _millions(number: float) -> str:
    """Write a number of parameters in millions.

    Examples
    --------
    >>> _millions(0.160802), _millions(277.1), _millions(33.0)
    ('0.16', '277', '33')
    """
    return f"{number:.2f}" if number < 10 else f"{number:.0f}"


def _caption(records: Sequence[Mapping[str, Any]]) -> list[str]:
    known = [row for row in records if not row["own"]]
    apart = [row for row in known if _differs(row)]
    read = sum(bool(row["hub"]) and not row["unsupported"] for row in known)
    unknown = sum(row["languages"] is None for row in known)
    whys = [f"{row['model']} ({row['note']})" if row["note"] else row["model"] for row in apart]
    said = [
        "Sizes of published models are as Doddapaneni et al. (2021, Table 1) print them, and those of this study are "
        "of its last checkpoints. From sizes: the embeddings of the vocabulary, tied to the output, and layers whose "
        "feed-forward blocks are four times as wide. Positions and the head are left out, which weigh more in small "
        "models.",
        f"Printed parameters of {len(known) - len(apart)} of {counted(len(known), 'published model')} follow within "
        f"{percent(TOLERANCE, 0)}." + (f" In bold, those of {enumerated(whys)} do not." if apart else ""),
        f"{counted(read, 'published model')} can be measured here, as models of the provider “hub”. Left out are "
        f"objectives and texts, and the languages of {unknown} models, of which no model card says them.",
    ]
    return said
