"""Two Triton kernels that take a whole step of all seeds: the errors of a batch, then the gradient and Adam.

`forward` gathers a batch's word vectors, converts them, multiplies them by the weights, and writes the softmax less the
one-hot labels, weighted. `backward` gathers the vectors again (they are still in the cache), multiplies the errors by
them, and moves the weights by Adam. Inputs of pairs are never written to memory. Neither kernel uses atomic operations:
same inputs, same bytes.

All that differs between steps is read from memory: `forward` reads the number of the step from the first place of
``counter`` and writes it to the second; `backward` reads it there, and writes the next one to the first place. So
recorded launches need nothing between them. The number of classes is an argument, for as a constant of the compilation
it would have every treebank compile its own kernels.

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


@triton.jit
def _inputs(vectors, rows, k, dimension: tl.constexpr):
    """Gather a block of columns of word vectors as float32: shape (rows, k)."""
    at = rows.to(tl.int64)[:, None] * dimension + k[None, :]
    return tl.load(vectors + at, mask=(k < dimension)[None, :], other=0.0).to(tl.float32)


@triton.jit
def _standardised(block, moments, seed, seeds, k, part: tl.constexpr, dimension: tl.constexpr, width: tl.constexpr):
    """Subtract the means of the input's columns and multiply by the inverse deviations."""
    at = seed * width + part * dimension + k
    mean = tl.load(moments + at, mask=k < dimension, other=0.0)
    inverse = tl.load(moments + seeds * width + at, mask=k < dimension, other=0.0)
    return (block - mean[None, :]) * inverse[None, :]


@triton.jit
def _scores(
    total,
    block,
    weight,
    k,
    part: tl.constexpr,
    c,
    classes,
    dimension: tl.constexpr,
    padded: tl.constexpr,
    precision: tl.constexpr,
):
    """Add the products of a block of input columns and the weights."""
    at = c[None, :] * padded + part * dimension + k[:, None]
    mask = (c < classes)[None, :] & (k < dimension)[:, None]
    return tl.dot(block, tl.load(weight + at, mask=mask, other=0.0), total, input_precision=precision)


@triton.jit(do_not_specialize=["seeds", "classes"])
def forward(
    vectors,
    rows,
    labels,
    share,
    active,
    counter,
    parameters,
    moments,
    errors,
    seeds,
    classes,
    dimension: tl.constexpr,
    width: tl.constexpr,
    padded: tl.constexpr,
    size: tl.constexpr,
    columns: tl.constexpr,
    pairs: tl.constexpr,
    scaled: tl.constexpr,
    precision: tl.constexpr,
    block_m: tl.constexpr,
    block_k: tl.constexpr,
):
    """Write the errors of a batch: softmax less one-hot, times each example's weight. Grid: (blocks of rows, seeds)."""
    seed = tl.program_id(1).to(tl.int64)
    step = tl.load(counter)
    if (tl.program_id(0) == 0) & (seed == 0):
        tl.store(counter + 1, step)
    if tl.load(active + seed) == 0:
        return
    m = tl.program_id(0) * block_m + tl.arange(0, block_m)
    c = tl.arange(0, columns)
    at = (step * (2 if pairs else 1) * seeds + seed) * size + m
    first = tl.load(rows + at)
    second = tl.load(rows + at + seeds * size) if pairs else first
    weight = parameters + seed * classes * padded
    total = tl.zeros((block_m, columns), tl.float32)
    for start in range(0, dimension, block_k):
        k = start + tl.arange(0, block_k)
        one = _inputs(vectors, first, k, dimension)
        if pairs:
            two = _inputs(vectors, second, k, dimension)
            product = one * two
            if scaled:
                two = _standardised(two, moments, seed, seeds, k, 1, dimension, width)
                product = _standardised(product, moments, seed, seeds, k, 2, dimension, width)
            total = _scores(total, two, weight, k, 1, c, classes, dimension, padded, precision)
            total = _scores(total, product, weight, k, 2, c, classes, dimension, padded, precision)
        if scaled:
            one = _standardised(one, moments, seed, seeds, k, 0, dimension, width)
        total = _scores(total, one, weight, k, 0, c, classes, dimension, padded, precision)
    total += tl.load(weight + c * padded + width, mask=c < classes, other=0.0)[None, :]
    total = tl.where((c < classes)[None, :], total, -float("inf"))
    likely = tl.exp(total - tl.max(total, 1)[:, None])
    likely = likely / tl.sum(likely, 1)[:, None]
    label = tl.load(labels + (step * seeds + seed) * size + m)
    error = likely - tl.where(c[None, :] == label[:, None], 1.0, 0.0)
    error *= tl.load(share + step * size + m)[:, None]
    tl.store(errors + (seed * size + m)[:, None] * columns + c[None, :], error)


@triton.jit
def _adam(
    parameters,
    means,
    squares,
    at,
    mask,
    gradient,
    rate,
    root,
    beta1: tl.constexpr,
    beta2: tl.constexpr,
    eps: tl.constexpr,
):
    """Move parameters by Adam, in place; `rate` and `root` have the corrections of the first steps in them."""
    mean = tl.load(means + at, mask=mask, other=0.0)
    square = tl.load(squares + at, mask=mask, other=0.0)
    mean += (1 - beta1) * (gradient - mean)
    square += (1 - beta2) * (gradient * gradient - square)
    moved = tl.load(parameters + at, mask=mask, other=0.0) - rate * mean / (tl.sqrt(square) / root + eps)
    tl.store(means + at, mean, mask=mask)
    tl.store(squares + at, square, mask=mask)
    tl.store(parameters + at, moved, mask=mask)


@triton.jit(do_not_specialize=["seeds", "classes"])
def backward(
    vectors,
    rows,
    active,
    counter,
    parameters,
    means,
    squares,
    moments,
    errors,
    rates,
    seeds,
    classes,
    dimension: tl.constexpr,
    width: tl.constexpr,
    padded: tl.constexpr,
    size: tl.constexpr,
    columns: tl.constexpr,
    pairs: tl.constexpr,
    scaled: tl.constexpr,
    precision: tl.constexpr,
    block_m: tl.constexpr,
    block_k: tl.constexpr,
    beta1: tl.constexpr,
    beta2: tl.constexpr,
    eps: tl.constexpr,
):
    """Move the weights of a block of columns by a batch's gradient. Grid: (blocks of columns, seeds)."""
    seed = tl.program_id(1).to(tl.int64)
    step = tl.load(counter + 1)
    if (tl.program_id(0) == 0) & (seed == 0):
        tl.store(counter, step + 1)
    if tl.load(active + seed) == 0:
        return
    k = tl.program_id(0) * block_k + tl.arange(0, block_k)
    c = tl.arange(0, columns)
    of_one = tl.zeros((columns, block_k), tl.float32)
    of_two = tl.zeros((columns, block_k), tl.float32)
    of_product = tl.zeros((columns, block_k), tl.float32)
    of_bias = tl.zeros((columns, block_m), tl.float32)
    for start in range(0, size, block_m):
        m = start + tl.arange(0, block_m)
        at = (step * (2 if pairs else 1) * seeds + seed) * size + m
        error = tl.load(errors + (seed * size + m)[None, :] * columns + c[:, None])
        of_bias += error
        one = _inputs(vectors, tl.load(rows + at), k, dimension)
        if pairs:
            two = _inputs(vectors, tl.load(rows + at + seeds * size), k, dimension)
            product = one * two
            if scaled:
                two = _standardised(two, moments, seed, seeds, k, 1, dimension, width)
                product = _standardised(product, moments, seed, seeds, k, 2, dimension, width)
            of_two = tl.dot(error, two, of_two, input_precision=precision)
            of_product = tl.dot(error, product, of_product, input_precision=precision)
        if scaled:
            one = _standardised(one, moments, seed, seeds, k, 0, dimension, width)
        of_one = tl.dot(error, one, of_one, input_precision=precision)
    rate = tl.load(rates + 2 * step)
    root = tl.load(rates + 2 * step + 1)
    base = seed * classes * padded
    at = base + c[:, None] * padded + k[None, :]
    mask = (c < classes)[:, None] & (k < dimension)[None, :]
    _adam(parameters, means, squares, at, mask, of_one, rate, root, beta1, beta2, eps)
    if pairs:
        _adam(parameters, means, squares, at + dimension, mask, of_two, rate, root, beta1, beta2, eps)
        _adam(parameters, means, squares, at + 2 * dimension, mask, of_product, rate, root, beta1, beta2, eps)
    if tl.program_id(0) == 0:
        bias = base + c * padded + width
        _adam(parameters, means, squares, bias, c < classes, tl.sum(of_bias, 1), rate, root, beta1, beta2, eps)
