"""All checkpoints of a model as a table for machines and as a page for readers."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from polychron.reporting import pages
from polychron.reporting.formatting import counted, unformulated

TEXTS = {"from", "sha256 of the weights", "original run by", "sentences", "states see"}
"""Columns of the page that hold no numbers."""


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write the table of checkpoints (see `checkpoints.gather`) as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: unformulated(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def page(rows: Sequence[Mapping[str, Any]], model: str) -> str:
    """Write the table of checkpoints as a page that needs nothing besides itself."""
    told = [_told(row) for row in rows]
    return pages.render(
        "checkpoints.html",
        title=f"Checkpoints of {model}",
        counted=counted(len(rows), "checkpoint"),
        numbers=told[0].keys() - TEXTS,
        rows=told,
    )


def _told(row: Mapping[str, Any]) -> dict[str, str]:
    """Write a row for readers."""
    return {
        "step": f"{row['step']:,}",
        "from": row["origin"],
        "sha256 of the weights": row["sha256"][:16],
        "parameters": f"{row['parameters']:,}",
        "largest number": f"{row['largest']:.3g}",
        "norm": "" if row["norm"] is None else f"{row['norm']:.4g}",
        "relative distance": "" if row["relative"] is None else f"{row['relative']:.3g}",
        "cosine": "" if row["cosine"] is None else f"{row['cosine']:.4f}",
        "original run by": row["compared_with"] + (f", not by its {row['own_code']}" if row["own_code"] else ""),
        "largest difference": f"{row['difference']:.1e}",
        "sentences": "computed alone" if row["alone"] else "in batches",
        "states see": "the whole sentence" if row["sees_ahead"] else "what is before",
    }
