"""The splits of a cell on the device that trains its probes, whichever way they are trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from polychron.device import choose
from polychron.errors import InputError
from polychron.probing.probes import require_finite, require_rows
from polychron.probing.scaling import standard
from polychron.probing.tasks.base import Examples


class Split:
    """A split on the device: word vectors, rows, and labels as positions in the classes (-1: none of them).

    Parameters
    ----------
    examples : Examples
        The split.
    vectors : tensor, shape (words, dimension)
        Of any floating-point type, on the device.
    classes : sequence of str
        The probe's.
    labels : ndarray of int64, shape (seeds, examples), optional
        Labels for each seed, as positions in the classes, in place of those of the examples.
    scaling : tuple of ndarray of float32, shape (width,), optional
        What is subtracted from input vectors, and what the differences are multiplied by; see `scaling.standard`.
    """

    def __init__(
        self,
        examples: Examples,
        vectors: torch.Tensor,
        classes: Sequence[str],
        labels: np.ndarray | None = None,
        scaling: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> None:
        self.vectors = vectors
        self._scaling = scaling and [torch.from_numpy(one).to(vectors.device) for one in scaling]
        require_rows(examples, len(vectors))
        rows = (rows for rows in (examples.first, examples.second) if rows is not None)
        self.rows = [torch.from_numpy(one).to(vectors.device) for one in rows]
        self.width = self.vectors.shape[1] * (1 if examples.second is None else 3)
        position = {name: place for place, name in enumerate(classes)}
        if labels is None:
            labels = np.array([position.get(name, -1) for name in examples.labels])[examples.label][None]
        self._labels = torch.from_numpy(labels).to(vectors.device)

    def __len__(self) -> int:
        return self._labels.shape[1]

    def labels(self, seeds: Sequence[int]) -> torch.Tensor:
        """Return the labels for each seed, by its place: (seeds, examples)."""
        return self._labels[seeds] if len(self._labels) > 1 else self._labels.expand(len(seeds), -1)

    def fill(self, inputs: torch.Tensor, examples: torch.Tensor | slice) -> None:
        """Write the input vectors of examples into the first columns of a float32 buffer."""
        size = self.vectors.shape[1]
        parts = [inputs[:, place * size : (place + 1) * size] for place in range(3)]
        for part, rows in zip(parts, self.rows, strict=False):
            part.copy_(self.vectors.index_select(0, rows[examples]))
        if len(self.rows) == 2:
            torch.mul(parts[0], parts[1], out=parts[2])
        if self._scaling:
            inputs[:, : self.width].sub_(self._scaling[0]).mul_(self._scaling[1])


def prepare(
    train: Examples,
    dev: Examples,
    features: Sequence[np.ndarray],
    *,
    labels: Mapping[str, np.ndarray] | None,
    classes: Sequence[str] | None,
    scaling: str,
    device: str | torch.device | None,
) -> tuple[Split, Split, tuple[str, ...], tuple[np.ndarray, np.ndarray] | None]:
    """Check the splits of a task, and put them on the device.

    Parameters
    ----------
    train, dev, features, labels, classes, scaling, device
        See `polychron.probing.training.fit`.

    Returns
    -------
    train, dev : Split
    classes : tuple of str
        The labels that the probes can answer.
    moments : tuple of ndarray or None
        See `polychron.probing.scaling.standard`; None without scaling.

    Raises
    ------
    InputError
        A split is empty, a feature is not finite, or train and dev disagree in their datasets' dimensions.
    """
    for split, part in (("train", train), ("dev", dev)):
        if not len(part):
            raise InputError(f"{split}: no examples", remedy="look at the file of this split")
    device = device or choose()
    classes = tuple(classes or (train.labels[code] for code in np.unique(train.label)))
    vectors = {}
    for dataset in {train.dataset, dev.dataset}:
        require_finite(features[dataset])
        vectors[dataset] = torch.from_numpy(np.array(features[dataset])).to(device)  # read once, from end to end
    moments = standard(train, features[train.dataset]) if scaling == "standard" else None
    train_set, dev_set = (
        Split(part, vectors[part.dataset], classes, labels and labels[split], moments)
        for split, part in (("train", train), ("dev", dev))
    )
    if train_set.width != dev_set.width:
        raise InputError(
            f"word vectors of other dimensions in train and dev: inputs {train_set.width}, {dev_set.width}"
        )
    return train_set, dev_set, classes, moments
