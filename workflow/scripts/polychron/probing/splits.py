"""The splits of a cell on the device that trains its probes, whichever way they are trained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from polychron.device import choose
from polychron.errors import InputError
from polychron.probing.gpu.uploads import array, to_device
from polychron.probing.probes import require_rows
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
        What is subtracted from input vectors, and what the differences are multiplied by; see `scaling.standard`. Of
        shape (seeds, width) where each seed has examples of its own.

    Attributes
    ----------
    per_seed : bool
        Whether each seed has input vectors of its own.
    rows : list of tensor of int64, shape (examples,)
        The places of the word vectors that each example consists of, one or two; of all seeds one after the other
        where each has examples of its own.
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
        self._scaling = scaling and [torch.from_numpy(np.atleast_2d(one)).to(vectors.device) for one in scaling]
        require_rows(examples, len(vectors))
        rows = (rows for rows in (examples.first, examples.second) if rows is not None)
        # Where each seed has examples of its own, those of all seeds are one after the other.
        self.rows = [torch.from_numpy(np.ascontiguousarray(one).ravel()).to(vectors.device) for one in rows]
        self.per_seed = examples.per_seed
        self.width = self.vectors.shape[1] * (1 if examples.second is None else 3)
        position = {name: place for place, name in enumerate(classes)}
        if labels is None:
            labels = np.array([position.get(name, -1) for name in examples.labels])[examples.label][None]
        self._labels = torch.from_numpy(labels).to(vectors.device)

    def __len__(self) -> int:
        return self._labels.shape[1]

    def labels(self, seeds: Sequence[int]) -> torch.Tensor:
        """Return the labels for each seed, by its place: (seeds, examples)."""
        return _of_seeds(self._labels, seeds)

    def start(self, seed: int) -> int:
        """Return where the examples of a seed, by its place, begin among those that `fill` knows."""
        return seed * len(self) if self.per_seed else 0

    def scaling(self, seeds: Sequence[int]) -> torch.Tensor | None:
        """Return what the input vectors of each seed, by its place, are scaled by: (2, seeds, width), or None."""
        if not self._scaling:
            return None
        return torch.stack([_of_seeds(one, seeds) for one in self._scaling])

    def fill(self, inputs: torch.Tensor, examples: torch.Tensor | slice, scaling: torch.Tensor | None = None) -> None:
        """Write the input vectors of examples into the first columns of a float32 buffer.

        Parameters
        ----------
        inputs : tensor of float32, shape (n, width or more)
            As many rows for each of the seeds of `scaling`.
        examples : tensor of int64, shape (n,), or slice
            Places of examples; those of a seed begin at its `start`.
        scaling : tensor, optional
            What `scaling` returns for the seeds.
        """
        self.write(inputs, [rows[examples] for rows in self.rows], scaling)

    def write(self, inputs: torch.Tensor, rows: Sequence[torch.Tensor], scaling: torch.Tensor | None = None) -> None:
        """Write the input vectors of examples that are given by the places of their word vectors.

        Parameters
        ----------
        inputs, scaling
            See `fill`.
        rows : sequence of tensor of int, shape (n,)
            One or two.
        """
        size = self.vectors.shape[1]
        parts = [inputs[:, place * size : (place + 1) * size] for place in range(3)]
        for part, places in zip(parts, rows, strict=False):
            part.copy_(self.vectors.index_select(0, places))
        if len(rows) == 2:
            torch.mul(parts[0], parts[1], out=parts[2])
        if scaling is not None:
            mean, inverse = scaling.unsqueeze(2)
            seen = inputs.view(len(mean), -1, inputs.shape[1])[:, :, : self.width]
            seen.sub_(mean).mul_(inverse)


def _of_seeds(rows: torch.Tensor, seeds: Sequence[int]) -> torch.Tensor:
    """Return the row of each seed, by its place; where there is one row, it is that of all seeds."""
    if len(rows) == 1:
        return rows.expand(len(seeds), -1)
    # a list as index is copied to the device, and a GPU would be waited for
    return rows if list(seeds) == list(range(len(rows))) else rows[seeds]


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
        vectors[dataset] = to_device(features[dataset], device)
    moments = standard(train, array(features[train.dataset])) if scaling == "standard" else None
    train_set, dev_set = (
        Split(part, vectors[part.dataset], classes, labels and labels[split], moments)
        for split, part in (("train", train), ("dev", dev))
    )
    if train_set.width != dev_set.width:
        raise InputError(
            f"word vectors of other dimensions in train and dev: inputs {train_set.width}, {dev_set.width}"
        )
    return train_set, dev_set, classes, moments
