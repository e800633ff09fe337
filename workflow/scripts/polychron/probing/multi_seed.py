"""The probes of several seeds as one stack: how an epoch of all of them is computed.

Seeds are one more axis: weights (seeds, classes, dimension). In a step every seed takes the next batch of its own
order; the input vectors are gathered and converted once, pairs are multiplied there and then, and Adam runs over the
whole stack. A seed that has stopped leaves the stack. On a CPU each seed ends with the very bytes of a lone run. Three
things see to that:

- The gradients are computed for one seed after the other. A product of several matrices in one call is not what a lone
  product is: MKL picks other kernels, and one result in six differs in its last bit (measured). Besides, a batch's
  input vectors are still in the cache where they are used again.
- Each seed's part of every buffer starts a multiple of 128 bytes after the buffer and has a multiple of 32 numbers, so
  that vectors of up to 512 bits fall on the same numbers whatever the number of seeds.
- The last batch of an epoch is filled up with examples of weight zero, so that shapes never change.

On a GPU the same code runs for all seeds in one call in place of the loop, and without a transfer to the host within
an epoch; a step, which reads and writes fixed places only, is captured as a CUDA graph and launched as a whole. It was
not run on a GPU yet. The largest features of the paper's study, 1.2 GB for a language's XNLI, fit on a V100.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch.optim.adam import adam  # `Adam` would import PyTorch's compiler, which takes a second

from polychron.probing.cuda_graphs import Launch
from polychron.probing.probes import ROWS, require_rows
from polychron.probing.tasks.base import Examples

LANES = 32
"""Numbers in the widest vector operation of an element-wise kernel (two AVX-512 registers)."""

ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0, "amsgrad": False, "maximize": False}
"""Adam's constants, as its authors and PyTorch have them."""


def initial(seed: int, width: int, classes: int) -> tuple[torch.Tensor, torch.Tensor, torch.Generator]:
    """Draw a seed's first weights as `torch.nn.Linear` does: uniform within 1 / sqrt(width).

    Returns
    -------
    weight : tensor of float32, shape (classes, width)
    bias : tensor of float32, shape (classes,)
    generator : torch.Generator
        On the CPU; it goes on to draw the seed's orders, ``randperm(examples)`` for each epoch.
    """
    generator = torch.Generator().manual_seed(seed)
    bound = 1 / math.sqrt(width)
    weight = torch.empty(classes, width).uniform_(-bound, bound, generator=generator)
    return weight, torch.empty(classes).uniform_(-bound, bound, generator=generator), generator


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


class Stack:
    """The weights of the seeds that still train.

    Parameters
    ----------
    seeds : sequence of int
        Of initial weights and of orders.
    train_set : Split
        What is trained on, where it is.
    classes : int
        How many there are.
    batch : int
        Examples in a step.
    learning_rate : float
        Adam's.

    Attributes
    ----------
    active : list of int
        Which of `seeds`, by their places, still train.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        train_set: Split,
        classes: int,
        batch: int,
        learning_rate: float,
    ) -> None:
        width, device = train_set.width, train_set.vectors.device
        self.active, self._train_set = list(range(len(seeds))), train_set
        self.width, self.batch, self.learning_rate = width, batch, learning_rate
        self.size = _ceil(batch)
        self._parameters = torch.zeros(len(seeds), classes, _ceil(width + 1), device=device)
        self._gradient, self._mean, self._square = (torch.zeros_like(self._parameters) for _ in range(3))
        self._steps = torch.zeros((), device=device)
        self._generators = []
        for place, seed in enumerate(seeds):
            weight, bias, generator = initial(seed, width, classes)
            self._parameters[place, :, :width] = weight
            self._parameters[place, :, width] = bias
            self._generators.append(generator)
        self._together = seeds_per_call(len(seeds), device)
        self._inputs = torch.zeros(self._together, self.size, self._parameters.shape[2], device=device)
        self._inputs[:, :, width] = 1
        self._scores = torch.empty(self._together, classes, self.size, device=device)
        self._minus = torch.full((self._together, 1, self.size), -1.0, device=device)
        # what is different in each step: examples, labels, and the weight of each
        self._examples = torch.zeros(len(seeds), self.size, dtype=torch.int64, device=device)
        self._labels = torch.zeros(len(seeds), 1, self.size, dtype=torch.int64, device=device)
        self._share = torch.zeros(self.size, device=device)
        self._launch = Launch()

    @property
    def weight(self) -> torch.Tensor:
        """The weights: (active seeds, classes, width + 1), the last column the bias."""
        return self._parameters[:, :, : self.width + 1]

    def train(self) -> None:
        """Go once over the training examples, each seed in its own order."""
        number, seeds = len(self._train_set), len(self.active)
        batches = -(-number // self.batch)
        # the places of an epoch's examples in its batches, which are `size` long: the rest is filled up with weight 0
        of_batch = torch.arange(number) // self.batch
        place = of_batch * self.size + torch.arange(number) % self.batch
        order = torch.zeros(seeds, batches * self.size, dtype=torch.int64)
        order[:, place] = torch.stack([torch.randperm(number, generator=one) for one in self._generators])
        share = torch.zeros(batches * self.size)
        share[place] = 1 / of_batch.bincount()[of_batch].float()
        device = self._parameters.device
        order, share = order.to(device), share.view(batches, self.size).to(device)
        labels = self._train_set.labels(self.active).gather(1, order).view(seeds, 1, batches, self.size)
        order = order.view(seeds, batches, self.size)
        for step in range(batches):
            self._examples.copy_(order[:, step])
            self._labels.copy_(labels[:, :, step])
            self._share.copy_(share[step])
            self._launch(self._step, device)

    def _step(self) -> None:
        """Take the step that the buffers describe, in place: gradients group by group, Adam over the whole stack."""
        for start in range(0, len(self.active), self._together):
            group = slice(start, start + self._together)
            examples, labels, weight = self._examples[group], self._labels[group], self.weight[group]
            seeds = examples.shape[0]
            inputs, scores = self._inputs[:seeds], self._scores[:seeds]
            seen = inputs[:, :, : self.width + 1]
            self._train_set.fill(inputs.view(seeds * self.size, -1), examples.view(-1))
            torch.bmm(weight, seen.transpose(1, 2), out=scores)
            torch.softmax(scores, 1, out=scores)
            # softmax - one-hot: the gradient of the cross-entropy
            scores.scatter_add_(1, labels, self._minus[:seeds])
            scores.mul_(self._share)
            torch.bmm(scores, seen, out=self._gradient[group, :, : self.width + 1])
        adam(
            *([stack] for stack in (self._parameters, self._gradient, self._mean, self._square)),
            [],
            [self._steps],
            lr=self.learning_rate,
            **ADAM,
            fused=True,
        )

    def count_correct(self, split: Split) -> list[int]:
        """Count for each seed the examples that it labels correctly."""
        labels = split.labels(self.active)
        right = torch.zeros(len(self.active), dtype=torch.int64, device=labels.device)
        inputs = torch.ones(min(ROWS, len(split)), self.width + 1, device=labels.device)
        for start in range(0, len(split), ROWS):
            part = slice(start, min(start + ROWS, len(split)))
            seen = inputs[: part.stop - start]
            split.fill(seen, part)
            for place, weight in enumerate(self.weight):
                right[place] += ((weight @ seen.T).max(dim=0).indices == labels[place, part]).sum()
        return right.tolist()

    def keep(self, places: list[int]) -> None:
        """Let only these seeds go on."""
        if len(places) == len(self.active):
            return
        self.active = [self.active[place] for place in places]
        self._generators = [self._generators[place] for place in places]
        self._parameters, self._gradient, self._mean, self._square = (
            tensor[places] for tensor in (self._parameters, self._gradient, self._mean, self._square)
        )
        self._examples, self._labels = self._examples[places], self._labels[places]
        self._launch = Launch()  # other places than those that were captured


def _ceil(number: int) -> int:
    return -(-number // LANES) * LANES


def seeds_per_call(seeds: int, device: torch.device) -> int:
    """Return for how many seeds one call computes the gradients.

    Parameters
    ----------
    seeds : int
        All of them.
    device : torch.device
        Where they train.

    Returns
    -------
    int
        All on a GPU. One on a CPU, so that its bits do not depend on the other seeds, and the input vectors of a batch
        are still in the cache where they are used again.
    """
    return seeds if device.type == "cuda" else 1
