"""The probes of several seeds in plain PyTorch, all on the device: steps copy nothing, and many are launched at once.

The arithmetic is that of `multi_seed` for all seeds in one call. What differs is where the work is done:

- An epoch's rows and labels lie on the device (`epochs`).
- The products run over the padding too, whose columns are zero, so that all rows begin at aligned places.
- Adam gets the parameters in pieces. PyTorch's kernel gives one block of a GPU 65,536 numbers, so that the parameters
  of a probe would keep two of a hundred processors busy.

A seed that has stopped is trained on, for the recorded steps have fixed places. Its weights are not looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch.optim.adam import adam  # `Adam` would import PyTorch's compiler, which takes a second

from polychron.probing.gpu.epochs import Epoch
from polychron.probing.gpu.graphs import Repeated
from polychron.probing.multi_seed import ADAM, LANES, initial
from polychron.probing.splits import Split

PIECES, GRAIN = 30, 256
"""Into how many pieces Adam's parameters are cut (one launch of its kernel takes as many), and a multiple of which."""


def up(number: int, multiple: int) -> int:
    """Return the least multiple of a number that is not below another one.

    Examples
    --------
    >>> up(769, 32), up(64, 32)
    (800, 64)
    """
    return -(-number // multiple) * multiple


class Captured:
    """The weights of all seeds, and how they are trained.

    Parameters
    ----------
    seeds : sequence of int
        Of initial weights and of orders.
    train_set : Split
        What is trained on, where it is.
    classes, batch : int
        How many classes there are, and examples in a step.
    learning_rate : float
        Adam's.

    Attributes
    ----------
    parameters : tensor of float32, shape (seeds, classes, width or more)
        Each class's weights, its bias, and zeros up to a multiple of 32 numbers.
    active : tensor of int32, shape (seeds,)
        Whether each seed still trains: 1 or 0. Who trains the stack sets it.
    """

    def __init__(self, seeds: Sequence[int], train_set: Split, classes: int, batch: int, learning_rate: float) -> None:
        self.width, self.learning_rate, self._set = train_set.width, learning_rate, train_set
        self.device, size = train_set.vectors.device, up(batch, LANES)
        host, generators = torch.zeros(len(seeds), classes, up(self.width + 1, LANES)), []
        for place, seed in enumerate(seeds):
            weight, bias, generator = initial(seed, self.width, classes)
            host[place, :, : self.width], host[place, :, self.width] = weight, bias
            generators.append(generator)
        self.parameters = host.to(self.device)
        self.mean, self.square = torch.zeros_like(self.parameters), torch.zeros_like(self.parameters)
        self.active = torch.ones(len(seeds), dtype=torch.int32, device=self.device)
        self.epoch = Epoch(train_set, generators, batch, size)
        self.scaling = train_set.scaling(list(range(len(seeds))))
        self._repeated = Repeated()
        self._allocate(size)

    def _allocate(self, size: int) -> None:
        """Make the places that a step writes to, and cut what Adam works on into pieces."""
        seeds, classes, padded = self.parameters.shape
        self._inputs = torch.zeros(seeds, size, padded, device=self.device)
        self._inputs[:, :, self.width] = 1
        self._scores = torch.zeros(seeds, classes, size, device=self.device)
        self._minus = torch.full((seeds, 1, size), -1.0, device=self.device)
        self._gradient = torch.zeros_like(self.parameters)
        piece = up(-(-self.parameters.numel() // PIECES), GRAIN)
        stacks = (self.parameters, self._gradient, self.mean, self.square)
        self._pieces = [list(stack.view(-1).split(piece)) for stack in stacks]
        self._steps = [torch.zeros((), device=self.device) for _ in self._pieces[0]]

    @property
    def weight(self) -> torch.Tensor:
        """The weights: (seeds, classes, width + 1), the last column the bias."""
        return self.parameters[:, :, : self.width + 1]

    def train(self, going: Sequence[bool]) -> None:
        """Go once over the training examples, each seed that goes on in its own order."""
        self.epoch.begin([place for place, on in enumerate(going) if on])
        self._repeated(self._step, self.epoch.batches, self.device)

    def _step(self) -> None:
        """Take the step that the counter says, in place, and move the counter on."""
        epoch, scores, inputs = self.epoch, self._scores, self._inputs
        rows = epoch.rows.index_select(0, epoch.step)[0]
        labels = epoch.labels.index_select(0, epoch.step).transpose(0, 1)
        self._set.write(inputs.view(-1, inputs.shape[2]), [one.view(-1) for one in rows], self.scaling)
        torch.bmm(self.parameters, inputs.transpose(1, 2), out=scores)
        torch.softmax(scores, 1, out=scores)
        # softmax - one-hot: the gradient of the cross-entropy
        scores.scatter_add_(1, labels, self._minus)
        scores.mul_(epoch.share.index_select(0, epoch.step))
        torch.bmm(scores, inputs, out=self._gradient)
        adam(*self._pieces, [], self._steps, lr=self.learning_rate, **ADAM, fused=True)
        epoch.step.add_(1)

    def close(self) -> None:
        """End the threads that draw orders."""
        self.epoch.close()
