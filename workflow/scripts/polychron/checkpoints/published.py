"""Multilingual models that were published, from a table of facts, and a study's own beside them.

The table is `workflow/data/models.tsv`. Its sizes are those that Doddapaneni et al. (2021, Table 1) print.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polychron.checkpoints import admission
from polychron.paths import DATA

TABLE = DATA / "models.tsv"

COUNTS = ("layers", "dimension", "vocabulary", "parameters", "languages")


def schema() -> Any:
    """Return the columns of a table of models, as a `pyarrow.Schema`.

    A row is a `model`, of the study (`own`) or as it was published. `parameters` are the numbers that it has, in
    millions, and `follows` those that follow from `layers`, `dimension` and `vocabulary` (see `following`).
    `languages` is the number of languages that it was pretrained on, `family` its name in transformers, `hub` where its
    last checkpoint is at the Hugging Face Hub, and `unsupported` why this project cannot read it.
    """
    import pyarrow

    text = dict.fromkeys(("model", "family", "hub", "note", "unsupported"), pyarrow.string())
    kinds = {
        **text,
        "own": pyarrow.bool_(),
        **dict.fromkeys(COUNTS, pyarrow.int64()),
        **dict.fromkeys(("parameters", "follows"), pyarrow.float64()),
    }
    order = "model own layers dimension vocabulary parameters follows languages family hub unsupported note"
    return pyarrow.schema([(name, kinds[name]) for name in order.split()])


def following(layers: int, dimension: int, vocabulary: int) -> float:
    """Return the millions of parameters that follow from the sizes of an encoder.

    V d + N (12 d^2 + 13 d): embeddings that are tied to the output, and layers whose feed-forward blocks are four times
    as wide. Positions and the head are left out.

    Examples
    --------
    >>> round(following(12, 768, 250_000), 1)
    277.1
    """
    return (vocabulary * dimension + layers * (12 * dimension**2 + 13 * dimension)) / 1e6


def read(path: str | Path = TABLE) -> list[dict[str, Any]]:
    """Return the published models, in the order of the table; see `schema`."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader((line for line in file if not line.startswith("#")), delimiter="\t"))
    return [
        {name: (int(value) if name in COUNTS else value) if value else None for name, value in row.items()}
        for row in rows
    ]


def table(verdicts: Mapping[str, Mapping[str, Any]], languages: Mapping[str, int]) -> Any:
    """Tabulate a study's models, and the published ones.

    Parameters
    ----------
    verdicts : mapping of str to mapping
        Of each model, what the examination of its last checkpoint found: ``layers``, ``dimension``, ``vocabulary``,
        ``parameters`` and ``family``.
    languages : mapping of str to int
        On how many languages a model was pretrained, of those for which the study knows it.

    Returns
    -------
    pyarrow.Table
        See `schema`.
    """
    import pyarrow

    sizes = ("layers", "dimension", "vocabulary")
    rows = [
        {
            "model": model,
            "own": True,
            **{name: found[name] for name in (*sizes, "family")},
            "parameters": found["parameters"] / 1e6,
            "languages": languages.get(model),
        }
        for model, found in verdicts.items()
    ]
    for row in read():
        unsupported = admission.reason({"model_type": row["family"]}) if row["family"] else None
        rows.append({**row, "own": False, "parameters": float(row["parameters"]), "unsupported": unsupported})
    for row in rows:
        row["follows"] = following(*(row[name] for name in sizes))
    return pyarrow.Table.from_pylist(rows, schema=schema())
