"""Word vectors on the device that computes: copied once, and looked through there."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from polychron.device import choose
from polychron.probing.gpu.switch import named
from polychron.probing.probes import Probe, require_finite
from polychron.probing.tasks.base import Examples

ROWS = 1 << 16
"""Word vectors that are looked through at a time."""


def resident(features: Sequence[np.ndarray]) -> list[np.ndarray] | list[torch.Tensor]:
    """Copy the word vectors of several datasets to the GPU, so that training and scoring find them there.

    Parameters
    ----------
    features : sequence of ndarray, each of shape (words, dimension)
        One array for each dataset.

    Returns
    -------
    list of tensor or of ndarray
        Of tensors on the GPU; of the arrays as they are where there is none, or where the
        environment names the plain way.
    """
    device = choose()
    if device != "cuda" or named() == "plain":
        return list(features)
    return [copied(vectors, device) for vectors in features]


def fitting(fit: Callable[..., Probe], features: Sequence[np.ndarray]) -> Callable[..., Probe]:
    """Return what trains probes on the same word vectors again and again, which are copied to the GPU once.

    Parameters
    ----------
    fit : callable
        What trains probes, such as `polychron.probing.training.fit`.
    features : sequence of ndarray, each of shape (words, dimension)
        One array for each dataset.

    Returns
    -------
    callable
        With the arguments of `fit`; the features that it is given must be these.
    """
    there = resident(features)

    def on_these(train: Examples, dev: Examples, given: Sequence[np.ndarray], **settings: Any) -> Probe:
        if given is not features:
            raise ValueError("other word vectors than those that were copied")
        return fit(train, dev, there, **settings)

    return on_these


def copied(vectors: np.ndarray | torch.Tensor, device: str | torch.device) -> torch.Tensor:
    """Return an array as a tensor on a device; on the CPU it has the same memory."""
    if isinstance(vectors, torch.Tensor):
        return vectors.to(device)
    with warnings.catch_warnings(action="ignore"):  # a mapped file can only be read, and is only read
        return torch.from_numpy(np.asarray(vectors)).to(device)


def to_device(vectors: np.ndarray | torch.Tensor, device: str | torch.device) -> torch.Tensor:
    """Copy word vectors to a device, all of them finite.

    Parameters
    ----------
    vectors : ndarray or tensor, shape (words, dimension)
        Of any floating-point type. A tensor is one of `resident`, which stays where it is.
    device : device
        Where to.

    Returns
    -------
    tensor, shape (words, dimension)

    Raises
    ------
    InputError
        A vector is not finite.
    """
    if isinstance(vectors, torch.Tensor):
        return looked_through(vectors)
    if torch.device(device).type != "cuda":
        require_finite(vectors)
        return torch.from_numpy(np.array(vectors)).to(device)  # read once, from end to end
    return looked_through(copied(vectors, device))


def looked_through(vectors: torch.Tensor) -> torch.Tensor:
    """Return word vectors if all of their values are finite, which their device finds out.

    Raises
    ------
    InputError
        One is not; it is then looked for on the CPU.
    """
    finite = torch.ones((), dtype=torch.bool, device=vectors.device)
    for part in vectors.split(ROWS):
        finite &= torch.isfinite(part).all()
    if not finite.item():
        require_finite(vectors.cpu().numpy())
    return vectors


def array(vectors: np.ndarray | torch.Tensor) -> np.ndarray:
    """Return word vectors as an array."""
    return vectors if isinstance(vectors, np.ndarray) else vectors.cpu().numpy()
