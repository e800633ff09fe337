"""Which families of models are studied: a table of transformers' classes, each tried with a tiny random model.

The table is `workflow/data/model_families.tsv`. A family is supported where its hidden states and predictions
are those of transformers; ``docs/model_families.md`` says how it was tried. A checkpoint is found in the table by its
``config.json`` alone, so what cannot be studied is refused before its weights are downloaded.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from polychron.checkpoints import settings
from polychron.errors import InputError
from polychron.paths import DATA

TABLE = DATA / "model_families.tsv"

REMEDY = "take a model of a family that is marked as supported in docs/model_families.md"


@functools.cache
def families() -> dict[tuple[str, str], dict[str, str]]:
    """Return the rows of the table by family and kind (``masked``, ``causal``).

    Examples
    --------
    >>> families()["bert", "masked"]["class"], families()["xmod", "masked"]["supported"]
    ('BertForMaskedLM', 'no')
    """
    with open(TABLE, encoding="utf-8", newline="") as file:
        return {(row["family"], row["kind"]): row for row in csv.DictReader(file, delimiter="\t")}


def reason(config: Mapping[str, Any]) -> str | None:
    """Return why a model cannot be studied, by what its config says; None if it can.

    Examples
    --------
    >>> reason({"model_type": "bert"}) is None
    True
    >>> reason({"model_type": "t5"})
    "transformers has neither a masked nor a causal language model of type 't5'"
    """
    family = config.get("model_type")
    decoder = bool(config.get("is_decoder") or config.get("causal"))
    kinds = ("causal",) if decoder else ("masked", "causal")
    row = next((found for kind in kinds if (found := families().get((str(family), kind)))), None)
    if row is None:
        kind = "a causal" if decoder else "neither a masked nor a causal"
        return f"transformers has {'no causal' if decoder else kind} language model of type {family!r}"
    if config.get("quantization_config"):
        return "its weights are quantized"
    if row["supported"] == "no":
        return f"models of type {family!r} cannot be studied: {row['reason']}"
    return None


def admit(config: str | Path) -> None:
    """Refuse a model that cannot be studied.

    Parameters
    ----------
    config : path-like
        Its ``config.json``.

    Raises
    ------
    InputError
        It cannot, or the file is no JSON object.
    """
    content = settings.read(Path(config))
    why = reason(content)
    if why:
        quantized = bool(content.get("quantization_config")) and "quantized" in why
        raise InputError(
            settings.short(why), file=config, remedy="take the checkpoint as it was trained" if quantized else REMEDY
        )
