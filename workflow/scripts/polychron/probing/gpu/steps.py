"""Which way the steps of probes are computed: chosen by the device, or named in the environment (`switch`).

- ``plain``: `multi_seed`, on a CPU always. On a GPU a step is recorded alone, and what differs between steps is copied.
- ``captured``: plain PyTorch with an epoch on the device, many steps in a recording (`captured`).
- ``fused``: two Triton kernels a step (`fused`), wherever Triton is installed and has the card; it comes with torch for
  CUDA. Where the kernels do not do what plain PyTorch does, captured steps are taken.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence

import torch

from polychron.errors import InputError
from polychron.probing.gpu import captured, fused
from polychron.probing.gpu.loop import Stack
from polychron.probing.gpu.switch import SWITCH, named
from polychron.probing.splits import Split

VOLTA = (7, 0)
"""The least capability that the kernels were compiled for."""

logger = logging.getLogger("polychron")


def choose(device: torch.device, classes: int) -> str:
    """Return the way for a device and so many classes.

    Raises
    ------
    InputError
        The environment names a way that there is not.
    """
    way = named()
    if device.type != "cuda":
        return "plain"
    installed = importlib.util.find_spec("triton") is not None
    if way == "fused" and not installed:
        raise InputError(
            f"{SWITCH}=fused in the environment, and Triton is not installed",
            remedy="install torch for CUDA, which brings it, or name another way",
        )
    fitting = classes <= fused.MOST_CLASSES and torch.cuda.get_device_capability() >= VOLTA
    if way in (None, "fused"):
        return "fused" if installed and fitting else "captured"
    return way


def stack_of(seeds: Sequence[int], train_set: Split, classes: int, batch: int, learning_rate: float) -> Stack | None:
    """Return the stack of a GPU's way, for `loop.train`; None where the way is plain."""
    device = train_set.vectors.device
    way = choose(device, classes)
    if device.type == "cuda":
        products = f" (products: {fused.precision_of_products(device)})" if way == "fused" else ""
        logger.info("steps of probes: %s%s, on %s", way, products, torch.cuda.get_device_name())
    if way == "plain":
        return None
    kind = fused.Fused if way == "fused" else captured.Captured
    return kind(seeds, train_set, classes, batch, learning_rate)
