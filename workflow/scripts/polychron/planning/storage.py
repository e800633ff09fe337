"""Disk space of a model's checkpoints: the weights that are kept, and temporary files.

Models are described as in `polychron.planning.costs`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from polychron.models.sizes import Architecture

CONVERTING = frozenset({"convert_checkpoint", "fetch_checkpoint"})

MEASURING = frozenset(
    {
        "extract_features",
        "train_probe",
        "train_control",
        "measure_description_length",
        "train_alternative",
        "transfer_probe",
        "transfer_centred",
        "score_spans",
        "measure_bits",
        "align_words",
        "align_members",
        "match_words",
        "pool_sentences",
        "retrieve_translations",
        "map_words",
        "map_words_of_members",
        "map_dictionary",
    }
)
"""Rules that wait until a model's checkpoints have been checked."""


def architecture(model: Mapping[str, Any]) -> Architecture:
    """Return the sizes of a model."""
    return Architecture(**{name: model[name] for name in Architecture._fields})


def weights(model: Mapping[str, Any]) -> int:
    """Return the number of a model's weights as they are kept, with the names of transformers."""
    return architecture(model).parameters(token_types=1)


def original(model: Mapping[str, Any]) -> int:
    """Return the bytes of a published checkpoint: weights, and, if it is fairseq's, Adam's two moments of each."""
    return weights(model) * (12 if model["fairseq"] else 4)


def meanwhile(model: Mapping[str, Any], steps: int, later: float) -> float:
    """Return the bytes that a model's checkpoints need on the disk in addition to what is kept.

    They are converted one at a time. A published original is deleted after that; the hub's cache keeps what was
    fetched. fairseq reads a copy for the comparison, with the tied output matrix in it, and weights in half precision
    are written in float32 first.

    Parameters
    ----------
    model : mapping
    steps : int
        Number of its checkpoints.
    later : float
        Bytes of what is measured in it. If a model is fetched, nothing is measured before all of its checkpoints are
        converted, so that the same space serves both.
    """
    cached = steps * original(model) if model["provider"] == "hub" else 0
    converting = original(model) if model["provider"] == "published" else 0
    if model["fairseq"]:
        converting += 4 * (weights(model) + model["vocabulary"] * model["dimension"])
    converting += weights(model) * (4 - model["bytes"])
    return cached + max(0, converting - (0 if model["provider"] == "pretrained" else later))


def count_rows(folder: str | Path, datasets: Iterable[str]) -> dict[str, int]:
    """Return the number of words of each treebank whose table of examples exists below a folder of resources.

    A table that cannot be read is none: the job that reads it says what is wrong.
    """
    import pyarrow
    import pyarrow.parquet

    kinds = ("treebank/", "parallel/", "entity_treebank/", "entities/")
    found = {}
    for name in datasets:
        place = Path(folder) / "examples" / f"{name}.parquet"
        if name.startswith(kinds) and place.is_file():
            with contextlib.suppress(pyarrow.ArrowException, OSError):
                found[name] = pyarrow.parquet.read_metadata(place).num_rows
    return found


def size_of(path: str | Path) -> int:
    """Return the size of a file in bytes, 0 if it does not exist."""
    return Path(path).stat().st_size if Path(path).is_file() else 0
