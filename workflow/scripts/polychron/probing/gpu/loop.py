"""Epochs of training until every seed has stopped: dev accuracy and the best weights stay on the device.

The host waits once in an epoch, for the list of the seeds that go on.
"""

from __future__ import annotations

from typing import Protocol

import torch

from polychron.probing.gpu.scoring import of_batches
from polychron.probing.splits import Split


class Stack(Protocol):
    """The weights of several seeds, and how they are trained; see `captured.Captured`."""

    parameters: torch.Tensor
    active: torch.Tensor
    width: int

    def train(self, going: list[bool]) -> None:
        """Go once over the training examples."""

    def close(self) -> None:
        """End what goes on beside the training."""


def train(stack: Stack, dev_set: Split, epochs: int, patience: int) -> tuple[torch.Tensor, list[int], list[int]]:
    """Train until no seed goes on.

    Parameters
    ----------
    stack : Stack
        What is trained.
    dev_set : Split
        What says which epoch is best.
    epochs, patience : int
        See `polychron.probing.training.fit`.

    Returns
    -------
    weight : tensor of float32, shape (seeds, classes, width + 1)
        Each seed's weights of its best epoch, of equally good ones the first, on the CPU. The last column is the bias.
    kept_epochs : list of int
        The best epochs, counted from 1.
    best : list of int
        How many dev examples each seed labels correctly then.
    """
    seeds, device = len(stack.parameters), stack.parameters.device
    best = torch.full((seeds,), -1, dtype=torch.int64, device=device)
    epoch_of = torch.zeros(seeds, dtype=torch.int64, device=device)
    kept = torch.zeros_like(stack.parameters)
    going = [True] * seeds
    try:
        for epoch in range(1, epochs + 1):
            stack.train(going)
            right = count_correct(stack.parameters[:, :, : stack.width + 1], dev_set)
            better = (right > best) & (stack.active > 0)
            best, epoch_of = torch.where(better, right, best), epoch_of.masked_fill(better, epoch)
            kept = torch.where(better[:, None, None], stack.parameters, kept)
            stack.active.mul_(epoch - epoch_of < patience)
            going = [bool(one) for one in stack.active.tolist()]
            if not any(going):
                break
    finally:
        stack.close()
    return kept[:, :, : stack.width + 1].cpu(), epoch_of.tolist(), best.tolist()


def count_correct(weight: torch.Tensor, split: Split) -> torch.Tensor:
    """Count for each seed the examples that it labels correctly.

    Parameters
    ----------
    weight : tensor of float32, shape (seeds, classes, width + 1)
        On the device of the split; the last column is the bias.
    split : Split
        The examples.

    Returns
    -------
    tensor of int64, shape (seeds,)
        On the device.
    """
    labels = split.labels(list(range(len(weight))))
    right = torch.zeros(len(weight), dtype=torch.int64, device=weight.device)
    for group, part, scores, _ in of_batches(weight, split):
        right[group] += (scores.max(dim=1).indices == labels[group, part]).sum(dim=1)
    return right
