"""Orders of the training examples: those of the next epoch are drawn in threads while a GPU trains on the last ones."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import torch


class Orders:
    """Draws, for each epoch, each seed's order of the examples: the very orders of `torch.randperm` without threads.

    Parameters
    ----------
    generators : sequence of torch.Generator
        One for each seed, on the CPU. They are used by this class alone from here on.
    number : int
        How many examples there are.
    pinned : bool
        Whether the orders lie in page-locked memory, from which a GPU copies without waiting.

    Notes
    -----
    There are two buffers. The one of an epoch is overwritten when the next epoch's orders are asked for, so that a copy
    of them must have ended by then.
    """

    def __init__(self, generators: Sequence[torch.Generator], number: int, *, pinned: bool) -> None:
        self._generators, self._number = generators, number
        self._buffers = [torch.zeros(len(generators), number, dtype=torch.int32, pin_memory=pinned) for _ in range(2)]
        self._pool = ThreadPoolExecutor(min(len(generators), len(os.sched_getaffinity(0))))
        self._waiting = self._draw(range(len(generators)))

    def _draw(self, places: Iterable[int]) -> list[Future]:
        return [self._pool.submit(self._one, self._buffers[0][place], self._generators[place]) for place in places]

    def _one(self, order: torch.Tensor, generator: torch.Generator) -> None:
        torch.randperm(self._number, generator=generator, out=order)

    def next(self, active: Iterable[int]) -> torch.Tensor:
        """Return the orders of an epoch, and have the next ones drawn.

        Parameters
        ----------
        active : iterable of int
            The places of the seeds that go on, among those that went on before. Others keep an order of an earlier
            epoch.

        Returns
        -------
        tensor of int32, shape (seeds, examples)
        """
        for one in self._waiting:
            one.result()
        drawn = self._buffers[0]
        self._buffers.reverse()
        self._waiting = self._draw(active)
        return drawn

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)
