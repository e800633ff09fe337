"""An epoch's batches on the device: which word vectors each step reads, the labels, and a counter of the steps.

A step that is launched again and again as one recording reads all that differs between steps from fixed places. Here
these are the whole epoch's rows and labels, and the counter, which the step itself moves on. So nothing is copied
between two steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import torch

from polychron.probing.gpu.orders import Orders
from polychron.probing.splits import Split


class Epoch:
    """The training examples in the order of an epoch, cut into batches.

    Parameters
    ----------
    train_set : Split
        What is trained on.
    generators : sequence of torch.Generator
        For each seed the one that draws its orders.
    batch : int
        Examples in a step.
    size : int
        Places of a batch, at least as many. The rest, and what the last batch lacks, is filled up with examples of
        weight 0.

    Attributes
    ----------
    number : int
        Examples.
    batches : int
        Steps of an epoch.
    rows : tensor of int32, shape (batches, vectors, seeds, size)
        The places of the word vectors that each example consists of, one or two.
    labels : tensor of int64, shape (batches, seeds, size)
        The class of each example.
    share : tensor of float32, shape (batches, size)
        The weight of each example in its batch's mean.
    step : tensor of int64, shape (1,)
        Which batch is next.
    """

    def __init__(self, train_set: Split, generators: Sequence[torch.Generator], batch: int, size: int) -> None:
        self.number, self._batch, self._set = len(train_set), batch, train_set
        self.batches = -(-self.number // batch)
        device, seeds = train_set.vectors.device, len(generators)
        self._seeds = list(range(seeds))
        self._sources = [one.int() for one in train_set.rows]
        self._starts = torch.tensor([[train_set.start(seed)] for seed in self._seeds], dtype=torch.int32).to(device)
        self.rows = torch.zeros(self.batches, len(self._sources), seeds, size, dtype=torch.int32, device=device)
        self.labels = torch.zeros(self.batches, seeds, size, dtype=torch.int64, device=device)
        share = torch.zeros(self.batches, size)
        share[:, :batch] = 1 / batch
        last = self.number - batch * (self.batches - 1)
        share[-1] = 0
        share[-1, :last] = 1 / last
        self.share, self.step = share.to(device), torch.zeros(1, dtype=torch.int64, device=device)
        self._orders = Orders(generators, self.number, pinned=device.type == "cuda")

    def begin(self, active: Iterable[int]) -> None:
        """Lay out the next epoch for the seeds that go on; those of other seeds keep an earlier order."""
        order = self._orders.next(active).to(self.step.device, non_blocking=True)
        places = order + self._starts
        for vector, source in enumerate(self._sources):
            self._cut(self.rows[:, vector], source.index_select(0, places.view(-1)).view_as(places))
        self._cut(self.labels, self._set.labels(self._seeds).gather(1, order.long()))
        self.step.zero_()

    def _cut(self, batches: torch.Tensor, values: torch.Tensor) -> None:
        """Write values of shape (seeds, examples) into batches of shape (batches, seeds, size)."""
        filled = values.new_zeros(len(values), self.batches * self._batch)
        filled[:, : self.number] = values
        batches[:, :, : self._batch] = filled.view(len(values), self.batches, self._batch).transpose(0, 1)

    def close(self) -> None:
        """End the threads that draw orders."""
        self._orders.close()
