"""Word vectors on the device that computes: copied once, and looked through there."""

from __future__ import annotations

import warnings

import numpy as np
import torch

from polychron.probing.probes import require_finite

ROWS = 1 << 16
"""Word vectors that are looked through at a time."""


def to_device(vectors: np.ndarray | torch.Tensor, device: str | torch.device) -> torch.Tensor:
    """Copy word vectors to a device, all of them finite.

    Parameters
    ----------
    vectors : ndarray or tensor, shape (words, dimension)
        Of any floating-point type. A tensor is one that this function returned before; it is returned as it is.
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
        return vectors
    if torch.device(device).type != "cuda":
        require_finite(vectors)
        return torch.from_numpy(np.array(vectors)).to(device)  # read once, from end to end
    with warnings.catch_warnings(action="ignore"):  # a mapped file can only be read, and is only read
        copied = torch.from_numpy(np.asarray(vectors)).to(device)
    return looked_through(copied, vectors)


def looked_through(copied: torch.Tensor, vectors: np.ndarray) -> torch.Tensor:
    """Return a copy of word vectors if all of its values are finite; a GPU finds that out itself.

    Raises
    ------
    InputError
        One is not; it is then looked for among the given vectors.
    """
    finite = torch.ones((), dtype=torch.bool, device=copied.device)
    for part in copied.split(ROWS):
        finite &= torch.isfinite(part).all()
    if not finite.item():
        require_finite(vectors)
    return copied
