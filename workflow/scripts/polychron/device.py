"""The device that a job computes on: a GPU where there is one that the installed torch can use, else the CPU."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from polychron.errors import InputError

if TYPE_CHECKING:  # torch takes a second to import
    import torch

REMEDY = (
    "install a build of torch for this card in the checkout, for example make TORCH=cu126 for a V100, and run again"
)

CARDS = "/dev/nvidia[0-9]*"


def choose() -> str:
    """Return where to compute.

    Returns
    -------
    {"cuda", "cpu"}

    Raises
    ------
    InputError
        The installed torch has no kernels for the card, or Slurm gave the job a card that torch cannot use.

    Notes
    -----
    Without this, a job ends with "no kernel image is available" at its first product, or computes on the CPU beside a
    card that it was given.
    """
    import torch

    if not torch.cuda.is_available():
        given = os.environ.get("SLURM_JOB_GPUS") or os.environ.get("SLURM_STEP_GPUS")
        if given and list(Path("/").glob(CARDS.lstrip("/"))):
            built = f"CUDA {torch.version.cuda}" if torch.version.cuda else "the CPU alone"
            raise InputError(
                f"Slurm gave this job a GPU ({given}), and torch {torch.__version__}, built for {built}, finds none: "
                "a build for CUDA 13 needs a driver from 580 on, one for CUDA 12.6 from 525 on",
                remedy=REMEDY,
            )
        return "cpu"
    card, capability = torch.cuda.get_device_name(), torch.cuda.get_device_capability()
    kernels = torch.cuda.get_arch_list()
    if not has_kernels(kernels, capability):
        raise InputError(
            f"torch {torch.__version__} has no kernels for this card, {card} (sm_{capability[0]}{capability[1]}). It "
            f"has {', '.join(kernels) or 'none'}",
            remedy=REMEDY,
        )
    return "cuda"


def of_precision(name: str, device: str) -> torch.dtype:
    """Return the type of numbers that a model is computed in.

    Parameters
    ----------
    name : {"float32", "float16", "bfloat16"}
    device : str
        Where it is computed.

    Raises
    ------
    InputError
        The device does not compute in that precision.

    Examples
    --------
    >>> of_precision("float32", "cpu")
    torch.float32
    """
    import torch

    if name != "float32" and not device.startswith("cuda"):
        raise InputError(
            f"features.precision is {name}, and there is no GPU here: half precision is computed on a GPU alone",
            remedy="run the study on a GPU, or set features.precision to float32, which makes all features anew",
        )
    if name == "bfloat16" and torch.cuda.get_device_capability() < (8, 0):
        raise InputError(
            f"features.precision is bfloat16, which {torch.cuda.get_device_name()} does not compute in",
            remedy="set features.precision to float16 or float32, or use a card from the A100 on",
        )
    return {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}[name]


def has_kernels(architectures: list[str], capability: tuple[int, int]) -> bool:
    """Return whether code that was compiled for some architectures runs on a card.

    Machine code (sm) runs on cards of the same major version, from its minor version on. PTX (compute) is compiled
    on any later card. Code whose name ends with a letter runs on that very architecture alone.

    Examples
    --------
    >>> has_kernels(["sm_75", "sm_80"], (7, 0)), has_kernels(["sm_75", "sm_80"], (8, 6))
    (False, True)
    >>> has_kernels(["sm_70", "compute_70"], (12, 0)), has_kernels(["sm_90a"], (9, 0))
    (True, True)
    """
    for name in architectures:
        found = re.fullmatch(r"(sm|compute)_(\d+)(\d)([a-z]?)", name)
        if not found:
            continue
        compiled = (int(found[2]), int(found[3]))
        if compiled == capability or (found[1] == "compute" and not found[4] and compiled < capability):
            return True
        if not found[4] and compiled[0] == capability[0] and compiled[1] < capability[1]:
            return True
    return False
