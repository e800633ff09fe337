"""Predictions of probes from word vectors on the device."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
import torch

from polychron.errors import InputError
from polychron.probing.gpu.scoring import of_batches
from polychron.probing.gpu.uploads import copied
from polychron.probing.probes import Probe, inputs, require_finite_inputs, require_rows
from polychron.probing.splits import Split
from polychron.probing.tasks.base import Examples


def predict(probe: Probe, vectors: torch.Tensor, examples: Examples) -> np.ndarray:
    """Predict the class of each example; see `polychron.probing.gpu.prediction.predict`."""
    split = Split(examples, vectors, probe.classes)
    if split.width != probe.weight.shape[1]:
        raise InputError(f"a probe of {probe.weight.shape[1]} dimensions for inputs of {split.width}")
    weight = np.concatenate([probe.weight.transpose(0, 2, 1), probe.bias[:, :, None]], axis=2)
    found = torch.empty(len(probe.seeds), len(examples), dtype=torch.int64, device=vectors.device)
    finite = torch.ones((), dtype=torch.bool, device=vectors.device)
    for group, part, scores, seen in of_batches(torch.from_numpy(weight).to(vectors.device), split):
        found[group, part] = scores.max(dim=1).indices
        finite &= torch.isfinite(seen).all()
    if not finite.item():
        _say_which(vectors.cpu().numpy(), examples)
    return found.cpu().numpy()


def _say_which(vectors: np.ndarray, examples: Examples) -> None:
    """Refuse the first example whose input is not finite."""
    first, second = examples.first.ravel(), None if examples.second is None else examples.second.ravel()
    require_finite_inputs(inputs(vectors, first, second), vectors, first, second)


def together(
    probe: Probe, features: Sequence[np.ndarray], splits: Sequence[Examples], device: str | torch.device
) -> list[np.ndarray]:
    """Predict the classes of the examples of several targets; see `polychron.probing.gpu.prediction.of_targets`."""
    for vectors, split in zip(features, splits, strict=True):
        require_rows(split, len(vectors))
        if vectors.shape[1] != features[0].shape[1]:
            raise InputError(f"word vectors of {features[0].shape[1]} and {vectors.shape[1]} values in one transfer")
    starts = np.cumsum([0, *(len(vectors) for vectors in features)])
    arrays = [copied(vectors, "cpu") for vectors in features]
    kind = reduce(torch.promote_types, (array.dtype for array in arrays))  # float16 does not hold all of float32
    joined = torch.empty(int(starts[-1]), features[0].shape[1], dtype=kind, device=device)
    for start, array in zip(starts, arrays, strict=False):
        joined[start : start + len(array)].copy_(array)

    def moved(name: str) -> np.ndarray | None:
        parts = [getattr(split, name) for split in splits]
        if parts[0] is None:
            return None
        return np.concatenate([part + start for part, start in zip(parts, starts, strict=False)])

    first = moved("first")
    everything = Examples(0, first, moved("second"), np.zeros(len(first), np.int64), ("",), 0)
    ends = np.cumsum([len(split) for split in splits])[:-1]
    try:
        return np.split(predict(probe, joined, everything), ends, axis=1)
    except InputError:
        _say_which_target(features, splits)
        raise


def _say_which_target(features: Sequence[np.ndarray], splits: Sequence[Examples]) -> None:
    """Refuse the first target with an example whose input is not finite, and name the row that it has there."""
    for place, (vectors, split) in enumerate(zip(features, splits, strict=True)):
        try:
            _say_which(vectors, split)
        except InputError as error:
            raise InputError(f"target {place + 1} of {len(splits)}: {error.what}", remedy=error.remedy) from None
