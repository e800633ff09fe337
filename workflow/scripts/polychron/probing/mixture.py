"""Probes on mixtures of layers: the vector of a word is a weighted mean over all layers, learnt with the probe.

The weights are the softmax of one parameter for each layer, all 0 at first [1]_, so that they say where in the model a
probe finds what it is asked [2]_. They and the linear layer are trained as other probes are: by Adam on the
cross-entropy, with the epoch kept that has the best accuracy on dev. Pairs are [r1; r2; r1 * r2] of mixed vectors.
Seeds train one after another, and on a CPU each gives the same bytes alone.

References
----------
.. [1] Peters, Neumann, Iyyer, Gardner, Clark, Lee, Zettlemoyer: Deep Contextualized Word Representations. NAACL 2018.
.. [2] De Vries, Van Cranenburgh, Nissim: What's so Special about BERT's Layers? A Closer Look at the NLP Pipeline in
   Monolingual and Multilingual Models. Findings of EMNLP 2020.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.optim.adam import adam  # `Adam` would import PyTorch's compiler, which takes a second

from polychron.device import choose
from polychron.errors import InputError
from polychron.probing import probes
from polychron.probing.multi_seed import ADAM, initial
from polychron.probing.tasks.base import Examples

SETTINGS = ("seeds", "epochs", "patience", "batch", "learning_rate", "scaling")
"""The settings of `fit` that a study has."""

ROWS = 2048
"""Words, or examples, that are computed at a time."""

logger = logging.getLogger("polychron")


@dataclass(frozen=True)
class Mixture:
    """What the seeds of a cell have learnt.

    Parameters
    ----------
    probe : Probe
        Of mixed vectors.
    weights : ndarray of float64, shape (seeds, layers)
        How much of each layer is in the mixture: positive, with the sum 1.
    shift, scale : ndarray of float32, shape (layers, dimension)
        Vectors of a layer are mixed after `shift` is subtracted and `scale` multiplied: 0 and 1 without scaling.
    """

    probe: probes.Probe
    weights: np.ndarray
    shift: np.ndarray
    scale: np.ndarray

    def probe_of(self, place: int) -> probes.Probe:
        """Return the probe of the seed at a place."""
        one, probe = slice(place, place + 1), self.probe
        return probes.Probe(probe.weight[one], probe.bias[one], probe.classes, probe.seeds[one], probe.kept_epochs[one])

    def mixed(self, place: int, vectors: np.ndarray) -> np.ndarray:
        """Return the mixed vectors of all words for the seed at a place.

        Parameters
        ----------
        place : int
        vectors : ndarray of floating point, shape (layers, words, dimension)

        Returns
        -------
        ndarray of float32, shape (words, dimension)
        """
        total = np.zeros(vectors.shape[1:], np.float32)
        for layer, weight in enumerate(self.weights[place]):
            scale = self.scale[layer] * np.float32(weight)
            for start in range(0, len(total), ROWS):
                part = slice(start, start + ROWS)
                total[part] += (vectors[layer, part].astype(np.float32) - self.shift[layer]) * scale
        return total


def fit(
    train: Examples,
    dev: Examples,
    vectors: np.ndarray,
    *,
    seeds: Sequence[int],
    epochs: int = 50,
    patience: int = 3,
    batch: int = 256,
    learning_rate: float = 1e-3,
    scaling: str = "none",
    device: str | torch.device | None = None,
) -> Mixture:
    """Train a probe on a mixture of layers for each seed.

    Parameters
    ----------
    train, dev : Examples
        Splits of one task, of the same dataset. Labels of dev that train lacks count as errors.
    vectors : ndarray of floating point, shape (layers, words, dimension)
        The vectors of the dataset's words at all layers.
    seeds, epochs, patience, batch, learning_rate
        See `polychron.probing.training.fit`.
    scaling : {"none", "standard"}
        ``standard``: in each layer each dimension has mean 0 and variance 1 over the words of train, before layers are
        mixed. Otherwise weights depend on the norms of layers too.
    device : device, optional
        Where to compute; a GPU where there is one, if not given.

    Returns
    -------
    Mixture

    Raises
    ------
    InputError
        A split is empty, or a vector is not finite.
    """
    for split, part in (("train", train), ("dev", dev)):
        if not len(part):
            raise InputError(f"{split}: no examples", remedy="look at the file of this split")
    for layer in vectors:
        probes.require_finite(layer)
    device = torch.device(device or choose())
    shift, scale = _moments(train, vectors, scaling)
    classes = tuple(train.labels[code] for code in np.unique(train.label))
    states = torch.from_numpy(np.ascontiguousarray(vectors)).to(device)
    moments = [torch.from_numpy(one)[:, None].to(device) for one in (shift, scale)]
    found = []
    for place, seed in enumerate(seeds):
        parts = [_Split(part.of_seed(place), classes, states, *moments) for part in (train, dev)]
        found.append(_fit_seed(*parts, seed, len(classes), epochs, patience, batch, learning_rate))
        epoch, hits = found[-1][2:]
        logger.info("seed %d: epoch %d of %d kept, dev accuracy %.4f", seed, epoch, epochs, hits / len(dev))
    linear = torch.stack([one[0] for one in found]).cpu().numpy()
    probe = probes.Probe(
        weight=np.ascontiguousarray(linear[:, :, :-1].transpose(0, 2, 1)),
        bias=np.ascontiguousarray(linear[:, :, -1]),
        classes=classes,
        seeds=tuple(seeds),
        kept_epochs=tuple(one[2] for one in found),
    )
    weights = torch.stack([one[1].double().softmax(0) for one in found]).cpu().numpy()
    return Mixture(probe, weights, shift, scale)


def _moments(train: Examples, vectors: np.ndarray, scaling: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what vectors of each layer are shifted and scaled by: moments over the words of train, each word once."""
    shift, scale = np.zeros((2, len(vectors), vectors.shape[2]), np.float32)
    scale += 1
    if scaling == "none":
        return shift, scale
    words = np.unique(np.concatenate([one.ravel() for one in (train.first, train.second) if one is not None]))
    for layer, array in enumerate(vectors):
        parts = [words[start : start + ROWS] for start in range(0, len(words), ROWS)]
        mean = sum(array[part].astype(np.float64).sum(axis=0) for part in parts) / len(words)
        square = sum(np.square(array[part].astype(np.float64) - mean).sum(axis=0) for part in parts) / len(words)
        deviation = np.sqrt(square)
        constant = deviation <= 1e-12 * np.maximum(1, np.abs(mean))
        shift[layer], scale[layer] = mean, np.divide(1, deviation, out=np.ones_like(mean), where=~constant)
    return shift, scale


class _Split:
    """The examples of a split on the device, and their inputs under a mixture."""

    def __init__(
        self,
        examples: Examples,
        classes: tuple[str, ...],
        states: torch.Tensor,
        shift: torch.Tensor,
        scale: torch.Tensor,
    ) -> None:
        position = {name: place for place, name in enumerate(classes)}
        label = np.array([position.get(name, -1) for name in examples.labels])[examples.label]
        self.label = torch.from_numpy(label).to(states.device)
        rows = (one for one in (examples.first, examples.second) if one is not None)
        self._rows = [torch.from_numpy(np.ascontiguousarray(one)).to(states.device) for one in rows]
        self.states, self._shift, self._scale = states, shift, scale
        self._plain = bool((shift == 0).all() and (scale == 1).all())

    def __len__(self) -> int:
        return len(self.label)

    @property
    def width(self) -> int:
        return self.states.shape[2] * (1 if len(self._rows) == 1 else 3)

    def _seen(self, rows: torch.Tensor) -> torch.Tensor:
        """Return the vectors of words at all layers, as they are mixed: float32, (layers, words, dimension)."""
        found = self.states[:, rows].float()
        return found if self._plain else found.sub_(self._shift).mul_(self._scale)

    def inputs(self, parameters: torch.Tensor, chosen: torch.Tensor | slice) -> torch.Tensor:
        """Return the inputs of examples, with a last column of 1 for the bias."""
        shares = parameters.softmax(0)
        mixed = [(shares @ self._seen(rows[chosen]).flatten(1)).view(-1, self.states.shape[2]) for rows in self._rows]
        pair = [mixed[0] * mixed[1]] if len(mixed) == 2 else []
        return torch.cat([*mixed, *pair, mixed[0].new_ones(len(mixed[0]), 1)], dim=1)


def _fit_seed(
    train: _Split,
    dev: _Split,
    seed: int,
    classes: int,
    epochs: int,
    patience: int,
    batch: int,
    learning_rate: float,
) -> tuple[torch.Tensor, torch.Tensor, int, int]:
    """Return the linear layer, (classes, width + 1), the parameters of the layers, the epoch kept, and hits on dev."""
    device = train.states.device
    weight, bias, generator = initial(seed, train.width, classes)
    linear = torch.cat([weight, bias[:, None]], dim=1).to(device)
    layers = torch.zeros(len(train.states), device=device)
    tensors = [linear, layers]
    first, second = ([torch.zeros_like(one) for one in tensors] for _ in range(2))
    steps = [torch.zeros((), device=device) for _ in tensors]
    best, kept_epoch, kept = -1, 0, tensors
    for epoch in range(1, epochs + 1):
        order = torch.randperm(len(train), generator=generator).to(device)
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            leaves = [one.detach().requires_grad_() for one in tensors]
            scores = train.inputs(leaves[1], chosen) @ leaves[0].T
            loss = torch.nn.functional.cross_entropy(scores, train.label[chosen])
            gradients = [*torch.autograd.grad(loss, leaves)]
            adam(tensors, gradients, first, second, [], steps, lr=learning_rate, **ADAM, fused=True)
        hits = 0
        with torch.no_grad():
            for start in range(0, len(dev), ROWS):
                part = slice(start, start + ROWS)
                found = (dev.inputs(tensors[1], part) @ tensors[0].T).argmax(1)
                hits += int((found == dev.label[part]).sum())
        if hits > best:
            best, kept_epoch, kept = hits, epoch, [one.clone() for one in tensors]
        elif epoch - kept_epoch >= patience:
            break
    return *kept, kept_epoch, best


def scores(mixture: Mixture, splits: Mapping[str, Examples], vectors: np.ndarray) -> list[dict[str, Any]]:
    """Score the probes of a mixture on dev and test, and tell the weights of the layers.

    Parameters
    ----------
    mixture : Mixture
        Trained on ``splits["train"]``.
    splits : mapping of str to Examples
        Train, dev and test, of the same dataset.
    vectors : ndarray of floating point, shape (layers, words, dimension)

    Returns
    -------
    list of dict
        Rows with layer, split, metric, seed, value and examples. Of no layer: ``accuracy.mixture`` on dev and test,
        ``kept_epoch.mixture``, and ``excluded.mixture``, how many test examples touch a word beyond the window. Of each
        layer: ``mixture_weight``.
    """
    rows, common = [], {"layer": None}
    for place, seed in enumerate(mixture.probe.seeds):
        mixed, one = [mixture.mixed(place, vectors)], mixture.probe_of(place)
        for split in ("dev", "test"):
            examples = splits[split].of_seed(place)
            hits = probes.correct(one, mixed, examples)
            found = {
                "split": split,
                "metric": "accuracy.mixture",
                "value": float(hits.mean()),
                "examples": len(examples),
            }
            rows.append({**common, "seed": seed, **found})
        train = {"split": "train", "seed": seed, "examples": len(splits["train"])}
        epoch = mixture.probe.kept_epochs[place]
        rows.append({**common, **train, "metric": "kept_epoch.mixture", "value": epoch})
        for layer, weight in enumerate(mixture.weights[place]):
            rows.append({**train, "layer": layer, "metric": "mixture_weight", "value": float(weight)})
    test = splits["test"]
    number = len(test) + test.excluded
    excluded = {"split": "test", "metric": "excluded.mixture", "value": test.excluded, "examples": number}
    return [*rows, {**common, "seed": None, **excluded}]
