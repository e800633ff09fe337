"""Two Triton kernels of an encoder's layer: bias, residual and LayerNorm; bias and GELU.

Both take the product of a dense layer without its bias and overwrite it. They read float16, bfloat16 or float32, and
compute in float32. Neither uses atomic operations: same inputs, same bytes. The number of rows is an argument that is
not specialised, for otherwise batches of some sizes would compile their own kernels.

Triton is imported by name, so that an environment without it (torch for the CPU) has the same fingerprint of code: a
version of torch requires one version of Triton.
"""

from __future__ import annotations

import importlib
import types
from typing import Any


def _read_only(function: Any = None, **_: Any) -> Any:
    """Stand in for `triton.jit` where Triton is not installed: the kernels can be read, and not run."""
    return function or _read_only


try:
    triton: Any = importlib.import_module("triton")
    tl: Any = importlib.import_module("triton.language")
except ModuleNotFoundError:
    triton, tl = types.SimpleNamespace(jit=_read_only), None


@triton.jit(do_not_specialize=["rows"])
def normalise(
    product,
    bias,
    residual,
    weight,
    shift,
    stream,
    rows,
    eps,
    dimension: tl.constexpr,
    wide: tl.constexpr,
    block_m: tl.constexpr,
    block_k: tl.constexpr,
):
    """Write the LayerNorm of product + bias + residual; if `wide`, to `stream` as well, in float32.

    Grid: (blocks of rows,). A block has all columns, so that mean and variance are computed from numbers at hand, the
    variance from differences to the mean.
    """
    m = tl.program_id(0).to(tl.int64) * block_m + tl.arange(0, block_m)
    k = tl.arange(0, block_k)
    inside = k < dimension
    mask = (m < rows)[:, None] & inside[None, :]
    at = m[:, None] * dimension + k[None, :]
    total = tl.load(product + at, mask=mask, other=0.0).to(tl.float32)
    total += tl.load(bias + k, mask=inside, other=0.0).to(tl.float32)[None, :]
    total += tl.load(residual + at, mask=mask, other=0.0).to(tl.float32)
    mean = tl.sum(total, 1) / dimension
    centred = tl.where(inside[None, :], total - mean[:, None], 0.0)
    inverse = 1 / tl.sqrt(tl.sum(centred * centred, 1) / dimension + eps)
    found = centred * inverse[:, None] * tl.load(weight + k, mask=inside, other=0.0).to(tl.float32)[None, :]
    found += tl.load(shift + k, mask=inside, other=0.0).to(tl.float32)[None, :]
    tl.store(product + at, found.to(product.dtype.element_ty), mask=mask)
    if wide:
        tl.store(stream + at, found, mask=mask)


@triton.jit(do_not_specialize=["rows"])
def activate(product, bias, rows, width: tl.constexpr, block_m: tl.constexpr, block_k: tl.constexpr):
    """Write the exact GELU of product + bias. Grid: (blocks of rows, blocks of columns)."""
    m = tl.program_id(0).to(tl.int64) * block_m + tl.arange(0, block_m)
    k = tl.program_id(1) * block_k + tl.arange(0, block_k)
    mask = (m < rows)[:, None] & (k < width)[None, :]
    at = m[:, None] * width + k[None, :]
    total = tl.load(product + at, mask=mask, other=0.0).to(tl.float32)
    total += tl.load(bias + k, mask=k < width, other=0.0).to(tl.float32)[None, :]
    found = 0.5 * total * (1 + tl.erf(total * 0.7071067811865476))
    tl.store(product + at, found.to(product.dtype.element_ty), mask=mask)
