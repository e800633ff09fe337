"""One forward pass for all layers of a dataset that the jobs of a run read, where features are not stored.

A job that computes word vectors of a layer throws the layers below away, and the job of the next layer computes them
again. On a GPU, the first of such jobs computes all layers that jobs of the same run will read, and leaves them in a
temporary folder of that run. The others take theirs from there.

The folder is nothing that a job depends on: Snakemake does not know it, no record names it, and the vectors have the
bytes that each job computes by itself, unless the memory of the GPU sufficed for one of them alone (see
`packing.fitting`). Where there is no folder, no room, or the job that computes was killed, a job computes its own layer
as before. It has not been run on a GPU.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from polychron.device import choose
from polychron.storage import disk, files
from polychron.tokenization.pieces import from_table

logger = logging.getLogger("polychron")

FOLDER = "POLYCHRON_LAYERS"
"""The environment variable that names the folder (see `polychron.workflow.passes`)."""

WANTED = "wanted.json"
"""The file in it that says what is read: ``{weights: {pieces: {layer: number of jobs}}}``."""

CODE = (
    *(f"features/{name}.py" for name in ("batching", "extraction", "one_pass", "packing")),
    *(f"models/{name}.py" for name in ("packed", "xlmr", "gpu/attention", "gpu/fused", "gpu/kernels")),
)
"""The modules that compute vectors; a run may outlive an edit of them."""

ROOM = 1.25
"""How much of what is to be written must be free on the disk."""


def vectors(
    table: Any,
    pieces: str | Path,
    weights: str | Path,
    config: str | Path,
    layer: int,
    tokens_per_batch: int,
    precision: str,
) -> np.ndarray | None:
    """Return the word vectors of a dataset at a layer, from a pass for all layers that the run reads.

    Parameters
    ----------
    table : pyarrow.Table
        The table of pieces.
    pieces, weights, config : path-like
        Its file, and those of the checkpoint.
    layer, tokens_per_batch, precision
        As in `polychron.features.extraction.of_datasets`.

    Returns
    -------
    ndarray of float16, shape (words, dimension), or None
        None where no other job reads another layer, nothing is computed without padding here, there is no room, or a
        number of the layer does not fit into float16.
    """
    folder = os.environ.get(FOLDER)
    if not folder or not (Path(folder) / WANTED).is_file():
        return None
    asked = json.loads((Path(folder) / WANTED).read_text(encoding="utf-8"))
    readers = {int(name): number for name, number in asked.get(str(weights), {}).get(str(pieces), {}).items()}
    if layer not in readers:
        return None
    own = Path(folder) / _key(pieces, weights, config, tokens_per_batch, precision)
    try:
        own.mkdir(exist_ok=True)
        with _locked(own):
            return _vectors(own, readers, table, weights, config, layer, tokens_per_batch, precision)
    except OSError as error:
        logger.warning("this layer is computed alone: the folder of all layers cannot be used (%s)", error)
        return None


def _key(pieces: str | Path, weights: str | Path, config: str | Path, *settings: Any) -> str:
    """Return a digest of what decides the vectors: the files, by their state on disk, settings, and code."""
    from polychron.models.gpu import fused  # imports torch, which light jobs do without

    facts = [(str(path), os.stat(path)) for path in (pieces, weights, config)]
    states = [[path, fact.st_ino, fact.st_size, fact.st_mtime_ns] for path, fact in facts]
    states.append([os.environ.get(fused.SWITCH, "")])
    code = [(Path(__file__).parents[1] / name).read_bytes() for name in CODE]
    return hashlib.sha256(b"".join([json.dumps([states, settings]).encode(), *code])).hexdigest()[:24]


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a folder, which ends with the process that has it."""
    with open(folder / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _vectors(
    folder: Path,
    readers: dict[int, int],
    table: Any,
    weights: str | Path,
    config: str | Path,
    layer: int,
    tokens_per_batch: int,
    precision: str,
) -> np.ndarray | None:
    words, file = from_table(table), folder / f"{layer}.npy"
    if not (folder / "computed").exists():
        from polychron.features import packing
        from polychron.models import loading

        there = files.read_json(config).get("model_type") == loading.XLMR and choose() in packing.DEVICES
        if len(readers) < 2 or not there:
            return None
        encoder = loading.load(weights, config, upto=max(readers), precision=precision)
        size = 2 * len(readers) * len(words.status) * encoder.dimension
        if disk.free(folder) < ROOM * size:
            logger.info("this layer is computed alone: %d layers need %.1f GB in %s", len(readers), size / 1e9, folder)
            return None
        logger.info("computing the vectors of %d words at %d layers", len(words.status), len(readers))
        _compute(folder, packing, encoder, words, sorted(readers), tokens_per_batch)
    if not file.exists():
        return None
    order, rows = files.read_array(folder / "words.npy"), files.read_array(file)
    found = np.zeros((len(words.status), rows.shape[1]), rows.dtype)
    found[order] = rows
    mark, _ = tempfile.mkstemp(prefix=f"{layer}-", suffix=".read", dir=folder)  # successive jobs may share a process
    os.close(mark)
    if len(list(folder.glob(f"{layer}-*.read"))) >= readers[layer]:
        file.unlink()  # all have read it
    return found


def _compute(folder: Path, packing: Any, encoder: Any, words: Any, layers: list[int], tokens_per_batch: int) -> None:
    """Write the vectors of all layers, one file each, in the order in which they are computed."""
    order, unfit = packing.fitting(partial(_write, folder, packing, encoder, words, layers), tokens_per_batch)
    for layer in layers:
        unfinished = folder / f"{layer}.part.npy"
        if layer in unfit:  # its own job says what is wrong, or stores it as float32
            unfinished.unlink()
        else:
            unfinished.rename(folder / f"{layer}.npy")
    files.write_array(folder / "words.npy", order)
    (folder / "computed").touch()


def _write(
    folder: Path, packing: Any, encoder: Any, words: Any, layers: list[int], size: int
) -> tuple[np.ndarray, set[int]]:
    """Write what a pass with so many pieces at once computes; return the order of words and which layers do not fit."""
    for left in folder.glob("*.npy"):  # of a job that was killed, or of a pass that memory did not suffice for
        left.unlink()
    arranged = packing.plan(words, size)
    shape = len(arranged.words), encoder.dimension
    rows = {
        layer: np.lib.format.open_memmap(folder / f"{layer}.part.npy", mode="w+", dtype=np.float16, shape=shape)
        for layer in layers
    }
    unfit = set()
    for one in packing.compute(encoder, arranged, layers, np.float16):
        rows[one.layer][one.place] = one.vectors
        if not one.finite.all():
            unfit.add(one.layer)
    for row in rows.values():
        row.flush()
    return arranged.words, unfit
