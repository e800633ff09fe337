"""Which way the steps of probes are computed: chosen by the device, or named in the environment.

- ``plain``: `multi_seed`, on a CPU always. On a GPU a step is recorded alone, and what differs between steps is copied.
- ``captured``: plain PyTorch with an epoch on the device, many steps in a recording (`captured`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence

import torch

from polychron.errors import InputError
from polychron.probing.gpu.captured import Captured
from polychron.probing.gpu.loop import Stack
from polychron.probing.splits import Split

SWITCH = "POLYCHRON_PROBE_STEPS"
"""The environment variable that names a way for a GPU."""

WAYS = ("plain", "captured")

logger = logging.getLogger("polychron")


def choose(device: torch.device) -> str:
    """Return the way of a device.

    Raises
    ------
    InputError
        The environment names none that there is.
    """
    named = os.environ.get(SWITCH, "")
    if named not in ("", *WAYS):
        raise InputError(
            f"{SWITCH}={named} in the environment is no way to compute the steps of probes",
            remedy=f"set it to {' or '.join(WAYS)}, or leave it out",
        )
    return "plain" if device.type != "cuda" else named or "captured"


def stack_of(seeds: Sequence[int], train_set: Split, classes: int, batch: int, learning_rate: float) -> Stack | None:
    """Return the stack of a GPU's way, for `loop.train`; None where the way is plain."""
    way = choose(train_set.vectors.device)
    if train_set.vectors.device.type == "cuda":
        logger.info("steps of probes: %s, on %s", way, torch.cuda.get_device_name())
    if way == "plain":
        return None
    return Captured(seeds, train_set, classes, batch, learning_rate)
