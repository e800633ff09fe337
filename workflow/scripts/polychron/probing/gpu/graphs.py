"""Launching several steps at once: on a GPU as one recording of all that they launch."""

from __future__ import annotations

from collections.abc import Callable

import torch

from polychron.probing import cuda_graphs

STEPS = 32
"""Steps in a recording. Launching one takes 15 microseconds, about as long as one or two fused steps."""


class Repeated:
    """Runs a step many times: by itself at first, and captured from then on where the device can do that.

    The step takes no arguments: all that differs between its runs it reads from places that stay the same.
    """

    def __init__(self) -> None:
        self._warm = 0
        self._graphs: dict[int, Callable[[], None]] = {}

    def __call__(self, step: Callable[[], None], times: int, device: torch.device) -> None:
        """Run the step so many times; it is the same one at every call."""
        captured = device.type in cuda_graphs.CAPTURED
        alone = min(times, cuda_graphs.WARM - self._warm) if captured else times
        for _ in range(alone):
            step()
        if not captured:
            return
        self._warm, times = self._warm + alone, times - alone
        for block in (STEPS, 1):
            whole, times = divmod(times, block)
            for _ in range(whole):
                if block not in self._graphs:
                    self._graphs[block] = cuda_graphs.capture(lambda block=block: [step() for _ in range(block)])
                self._graphs[block]()
