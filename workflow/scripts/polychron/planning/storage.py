"""What a model's checkpoints take on the disk: the weights that are kept, and temporary files.

Models are described as in `polychron.planning.costs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from polychron.models.sizes import Architecture

CONVERTING = frozenset({"convert_checkpoint", "fetch_checkpoint"})

MEASURING = frozenset(
    {"extract_features", "train_probe", "train_control", "transfer_probe", "measure_bits", "align_words"}
)
"""Rules that wait until a model's checkpoints have been checked."""


def architecture(model: Mapping[str, Any]) -> Architecture:
    """Return the sizes of a model."""
    return Architecture(**{name: model[name] for name in Architecture._fields})


def weights(model: Mapping[str, Any]) -> int:
    """Count the weights of a model as they are kept: by transformers' names."""
    return architecture(model).parameters(token_types=1)


def original(model: Mapping[str, Any]) -> int:
    """Return the bytes of a published checkpoint: weights, and where it is fairseq's, Adam's two moments of each."""
    return weights(model) * (12 if model["fairseq"] else 4)


def meanwhile(model: Mapping[str, Any], steps: int, later: float) -> float:
    """Return the bytes that a model's checkpoints need on the disk besides what is kept.

    They are converted one at a time. A published original is deleted after that; the hub's cache keeps what was
    fetched. fairseq is given a copy for the proof, the tied output matrix in it, and weights in half precision were
    written in float32 first.

    Parameters
    ----------
    model : mapping
    steps : int
        Number of its checkpoints.
    later : float
        Bytes of what is measured in it. Of a model that is fetched, nothing is measured before all of its checkpoints
        are converted: the one takes the place of the other.
    """
    cached = steps * original(model) if model["provider"] == "hub" else 0
    converting = original(model) if model["provider"] == "published" else 0
    if model["fairseq"]:
        converting += 4 * (weights(model) + model["vocabulary"] * model["dimension"])
    converting += weights(model) * (4 - model["bytes"])
    return cached + max(0, converting - (0 if model["provider"] == "pretrained" else later))


def count_rows(folder: str | Path, datasets: Iterable[str]) -> dict[str, int]:
    """Count the words of the treebanks that are there as tables of examples, below a folder of resources."""
    import pyarrow.parquet

    places = {name: Path(folder) / "examples" / f"{name}.parquet" for name in datasets if "/" in name}
    return {
        name: pyarrow.parquet.read_metadata(place).num_rows
        for name, place in places.items()
        if name.startswith(("treebank/", "parallel/")) and place.is_file()
    }


def size_of(path: str | Path) -> int:
    """Return the bytes of a file, 0 where it is not there."""
    return Path(path).stat().st_size if Path(path).is_file() else 0
