"""Launching one step again and again: on a GPU as one recording of all that it launches.

A step of a probe is ten to fourteen short kernels, each of which may take longer to launch than to run. A CUDA graph
[1]_ launches them as a whole.

References
----------
.. [1] Nguyen et al.: Accelerating PyTorch with CUDA Graphs. PyTorch blog, 2021.
"""

from __future__ import annotations

import gc
from collections.abc import Callable

import torch

CAPTURED, WARM = {"cuda"}, 3
"""Devices whose steps are captured, and the steps before that, in which libraries take what memory they need."""


class Launch:
    """Runs a step: by itself at first, and captured from then on where the device can do that.

    The step takes no arguments: all that differs between its runs it reads from places that stay the same. Where these
    places change, another `Launch` is needed.
    """

    def __init__(self) -> None:
        self._runs, self._replay = 0, None

    def __call__(self, step: Callable[[], None], device: torch.device) -> None:
        """Run the step once, which is the same one at every call."""
        self._runs += 1
        if device.type not in CAPTURED or self._runs <= WARM:
            step()
            return
        self._replay = self._replay or capture(step)
        self._replay()


def capture(step: Callable[[], None]) -> Callable[[], None]:
    """Record what a step launches, without running it, and return what launches all of it at once."""
    graph = torch.cuda.CUDAGraph()
    collects = gc.isenabled()
    gc.disable()  # to free another recording meanwhile would break this one off
    try:
        with torch.cuda.graph(graph):
            step()
    finally:
        if collects:
            gc.enable()
    return graph.replay
