"""The probes of several seeds as one stack: how an epoch of all of them is computed.

Seeds are one more axis: weights (seeds, classes, dimension). In a step every seed takes the next batch of its own
order; the input vectors are gathered and converted once, pairs are multiplied there and then, and Adam runs over the
whole stack. A seed that has stopped leaves the stack. Where each seed has examples of its own, those of all seeds are
in one list, and an order has the places of its seed. On a CPU each seed ends with the very bytes of a lone run. Three
things see to that:

- The gradients are computed for one seed after the other. A product of several matrices in one call is not what a lone
  product is: MKL picks other kernels, and one result in six differs in its last bit (measured). Besides, a batch's
  input vectors are still in the cache where they are used again.
- Each seed's part of every buffer starts a multiple of 128 bytes after the buffer and has a multiple of 32 numbers, so
  that vectors of up to 512 bits fall on the same numbers whatever the number of seeds.
- The last batch of an epoch is filled up with examples of weight zero, so that shapes never change.

On a GPU the same code runs for all seeds in one call in place of the loop, and without a transfer to the host within
an epoch; a step, which reads and writes fixed places only, is captured as a CUDA graph and launched as a whole.
Quicker ways for a GPU are in `gpu`. The largest features of the paper's study, 1.2 GB for a language's XNLI, fit on a
V100.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch.optim.adam import adam  # `Adam` would import PyTorch's compiler, which takes a second

from polychron.probing.cuda_graphs import Launch
from polychron.probing.probes import ROWS
from polychron.probing.splits import Split

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
        self._scaling = train_set.scaling(self.active)
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
        order += torch.tensor([self._train_set.start(seed) for seed in self.active], device=device)[:, None]
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
            scaling = None if self._scaling is None else self._scaling[:, group]
            self._train_set.fill(inputs.view(seeds * self.size, -1), examples.view(-1), scaling)
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
        scaling = split.scaling(self.active)
        for start in range(0, len(split), ROWS):
            part = slice(start, min(start + ROWS, len(split)))
            seen = inputs[: part.stop - start]
            for place, weight in enumerate(self.weight):
                if place == 0 or split.per_seed:
                    first = split.start(self.active[place])
                    of_seed = None if scaling is None else scaling[:, place : place + 1]
                    split.fill(seen, slice(first + part.start, first + part.stop), of_seed)
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
        self._scaling = self._train_set.scaling(self.active)
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
