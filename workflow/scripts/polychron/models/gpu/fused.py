"""Normalisation and GELU of the encoder without padding, each in one Triton kernel (`kernels`), and when it is used.

On a GPU the environment variable `SWITCH` names a way:

- ``plain``: PyTorch's kernels.
- ``fused``: two kernels; the default from the V100 on, where Triton is installed. It comes with torch for CUDA.
- ``wide``: the same; in half precision what is added to a layer's output is kept in float32 between layers.

Before the first batch of a model the kernels are compared with PyTorch on the device. If they do not compile for the
card, or compute something else, the log says so and PyTorch's own are used. On a CPU they always are. The kernels have
not been run on a GPU.
"""

from __future__ import annotations

import importlib.util
import logging
import os

import torch
from torch.nn import functional

from polychron.errors import InputError

SWITCH = "POLYCHRON_ENCODER"
"""The environment variable that names a way to compute the encoder on a GPU."""

WAYS = ("plain", "fused", "wide")
"""What it may be."""

VOLTA = (7, 0)
"""The least capability that the kernels were compiled for."""

NUMBERS, ROWS, COLUMNS, WARPS = 1024, 4, 1024, 8
"""Numbers in a block of `normalise`, more only where a row has more; rows, columns and warps of `activate`."""

COMPARED = 37
"""Rows of the comparison with PyTorch: not a multiple of a block."""

SAID = "encoder: %s normalisation and GELU, on %s"

logger = logging.getLogger("polychron")


class Kernels:
    """The kernels, for the sizes of a model.

    Parameters
    ----------
    dimension : int
        Size of a hidden state.
    eps : float
        What LayerNorm adds to the variance.
    wide : bool
        Whether states are returned in float32 as well, to be added to the next product.
    """

    def __init__(self, dimension: int, eps: float, wide: bool = False) -> None:
        self.dimension, self.eps, self.wide = dimension, eps, wide

    def normalised(
        self,
        product: torch.Tensor,
        bias: torch.Tensor,
        residual: torch.Tensor,
        weight: torch.Tensor,
        shift: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Add bias and residual to a product, and normalise each row.

        Parameters
        ----------
        product : tensor, shape (rows, dimension)
            It is overwritten.
        bias, weight, shift : tensor, shape (dimension,)
            The bias of the dense layer; the weight and bias of LayerNorm.
        residual : tensor of any floating-point type, shape (rows, dimension)

        Returns
        -------
        states : tensor, shape (rows, dimension)
            In the memory and type of `product`.
        residual : tensor, shape (rows, dimension)
            What is added to the next product: the states, in float32 if `wide`.
        """
        from polychron.models.gpu import kernels

        rows, block_k = len(product), _power(self.dimension)
        block_m = max(1, NUMBERS // block_k)
        stream = torch.empty_like(product, dtype=torch.float32) if self.wide else product
        if rows:
            kernels.normalise[(-(-rows // block_m),)](
                product,
                bias,
                residual,
                weight,
                shift,
                stream,
                rows,
                self.eps,
                dimension=self.dimension,
                wide=self.wide,
                block_m=block_m,
                block_k=block_k,
            )
        return product, stream

    def activated(self, product: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        """Return the exact GELU of product + bias, shape (rows, width), in the memory of the product."""
        from polychron.models.gpu import kernels

        rows, width = product.shape
        block_k = min(COLUMNS, _power(width))
        if rows:
            kernels.activate[(-(-rows // ROWS), -(-width // block_k))](
                product, bias, rows, width=width, block_m=ROWS, block_k=block_k, num_warps=WARPS
            )
        return product

    def fault(self, kind: torch.dtype, inner: int, device: torch.device) -> str | None:
        """Compare the kernels with PyTorch in float32, and return what is wrong with them, if anything is.

        Half of the rows have a variance of the size of eps, so that it is seen.

        Parameters
        ----------
        kind : torch.dtype
            Of the model.
        inner : int
            Width of the feed-forward network.
        device : torch.device
            Where to compute.
        """
        draw = torch.Generator().manual_seed(0)  # PyTorch's own generator stays as it is
        small = max(self.eps, 1e-12) ** 0.5

        def drawn(*shape: int) -> torch.Tensor:
            return torch.randn(*shape, generator=draw)

        scale = torch.tensor([1.0, small]).repeat(COMPARED)[:COMPARED, None]
        product, residual = (drawn(COMPARED, self.dimension) * scale for _ in range(2))
        bias = drawn(self.dimension) * small
        given = [one.to(device, kind) for one in (product, bias, residual, 1 + drawn(self.dimension), bias)]
        given[2] = given[2].float() if self.wide else given[2]
        exact, inputs = [one.float() for one in given], drawn(COMPARED, inner).to(device, kind)
        added = drawn(inner).to(device, kind)
        normal = functional.layer_norm(sum(exact[:3]), (self.dimension,), *exact[3:], self.eps)
        gelu = functional.gelu(inputs.float() + added.float())
        try:
            near = {"normalisation": all(_near(one, normal) for one in self.normalised(*given))}
            near["GELU"] = _near(self.activated(inputs, added), gelu)
        except Exception as error:  # whatever a compiler says of a card that it does not know
            said = (str(error).strip() or "no more is said").splitlines()[0]
            return f"the kernels do not run here ({type(error).__name__}: {said})"
        wrong = [name for name, is_near in near.items() if not is_near]
        return f"what they compute differs from PyTorch's: {' and '.join(wrong)}" if wrong else None


def _near(found: torch.Tensor, expected: torch.Tensor) -> bool:
    """Return whether numbers differ from those in float32 by no more than two roundings of their type."""
    precision = max(1e-5, torch.finfo(found.dtype).eps)
    return bool(((found.float() - expected).abs() <= 1e-5 + precision * expected.abs()).all())


def _power(number: int) -> int:
    """Return the least power of two that is not less than a number."""
    return 1 << max(number - 1, 0).bit_length()


def choose(device: torch.device) -> str:
    """Return the way for a device.

    Raises
    ------
    InputError
        The environment names a way that there is not, or kernels without Triton.
    """
    way = os.environ.get(SWITCH) or None
    if way not in (None, *WAYS):
        raise InputError(
            f"{SWITCH}={way} in the environment is no way to compute the encoder",
            remedy=f"set it to {', '.join(WAYS[:-1])} or {WAYS[-1]}, or leave it out",
        )
    if device.type != "cuda" or way == "plain":
        return "plain"
    installed = importlib.util.find_spec("triton") is not None
    if way and not installed:
        raise InputError(
            f"{SWITCH}={way} in the environment, and Triton is not installed",
            remedy="install torch for CUDA, which brings it, or name another way",
        )
    return (way or "fused") if installed and torch.cuda.get_device_capability(device) >= VOLTA else "plain"


def kernels_for(device: torch.device, kind: torch.dtype, dimension: int, inner: int, eps: float) -> Kernels | None:
    """Return the kernels for a model, if they are to be used and do what PyTorch does.

    Parameters
    ----------
    device : torch.device
        Where the model is.
    kind : torch.dtype
        Of its weights and states.
    dimension, inner : int
        Size of a hidden state; width of the feed-forward network.
    eps : float
        What LayerNorm adds to the variance.

    Returns
    -------
    Kernels or None
        None where PyTorch's kernels are to be used: on a CPU always.

    Raises
    ------
    InputError
        As in `choose`.
    """
    way = choose(device)
    if way == "plain":
        if device.type == "cuda":
            logger.info(SAID, way, torch.cuda.get_device_name(device))
        return None
    kernels = Kernels(dimension, eps, wide=way == "wide" and kind != torch.float32)
    fault = kernels.fault(kind, inner, device)
    if fault:
        logger.warning("encoder: no fused kernels, for %s; PyTorch's own are used", fault)
        return None
    logger.info(SAID, way, torch.cuda.get_device_name(device))
    return kernels
