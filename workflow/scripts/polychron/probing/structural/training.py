"""Training of structural probes: a linear map under which squared distances of word vectors are those in the tree.

Of a sentence of n words the loss is the sum of ``|d_ij - ||B(h_i - h_j)||^2|`` over all pairs, divided by n^2, where
``d_ij`` is the number of arcs between two words [1]_. Adam minimises its mean over the sentences of a batch. The epoch
with the lowest loss on dev is kept. Seeds train one after another, and on a CPU each gives the same bytes alone.

References
----------
.. [1] Hewitt, Manning: A Structural Probe for Finding Syntax in Word Representations. NAACL 2019.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from torch.optim.adam import adam  # `Adam` would import PyTorch's compiler, which takes a second

from polychron.device import choose
from polychron.errors import InputError
from polychron.probing.structural.scoring import Probe, moments
from polychron.probing.structural.trees import Trees

BOUND = 0.05
"""The first weights are uniform within this, as in the authors' code."""

ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0, "amsgrad": False, "maximize": False}

logger = logging.getLogger("polychron")


def fit(
    train: Trees,
    dev: Trees,
    vectors: np.ndarray,
    *,
    seeds: Sequence[int],
    rank: int = 64,
    epochs: int = 30,
    patience: int = 3,
    batch: int = 20,
    learning_rate: float = 1e-3,
    scaling: str = "none",
    device: str | torch.device | None = None,
) -> Probe:
    """Train a structural probe for each seed.

    Parameters
    ----------
    train, dev : Trees
        Of one treebank.
    vectors : ndarray of floating point, shape (words, dimension)
        The word vectors of the treebank.
    seeds : sequence of int
        Seeds of the initial weights and of the orders of the sentences.
    rank : int
        Dimensions that the words are mapped to.
    epochs : int
        The most epochs.
    patience : int
        A seed stops after so many epochs without a lower loss on dev.
    batch : int
        Sentences in a step.
    learning_rate : float
        Adam's.
    scaling : {"none", "standard"}
        ``standard``: each dimension of the vectors has variance 1 over the words of train. The map that is returned is
        that of unscaled vectors.
    device : device, optional
        Where to compute; a GPU where there is one, if not given.

    Returns
    -------
    Probe

    Raises
    ------
    InputError
        The rank is above the dimension of the vectors, a vector is not finite, or no epoch of a seed has a finite loss.
    """
    dimension = vectors.shape[1]
    if rank > dimension:
        raise InputError(
            f"probing.structural.rank is {rank}, and word vectors have {dimension} dimensions",
            remedy=f"set it to {dimension} or less",
        )
    mean, inverse = moments(train, vectors, scaling)
    device = torch.device(device or choose())
    inputs = torch.from_numpy(((vectors.astype(np.float32) - mean) * inverse).astype(np.float32)).to(device)
    kept, kept_epochs = [], []
    for seed in seeds:
        weight, epoch, loss = _fit_seed(train, dev, inputs, seed, rank, epochs, patience, batch, learning_rate)
        if not epoch:
            raise InputError(
                f"the loss of the structural probe of seed {seed} is no finite number in any epoch",
                remedy="lower probing.structural.learning_rate, or set probing.scaling: standard",
            )
        logger.info("seed %d: epoch %d of %d kept, dev loss %.4f", seed, epoch, epochs, loss)
        kept.append(weight.cpu().numpy() * inverse)
        kept_epochs.append(epoch)
    return Probe(np.stack(kept).astype(np.float32), tuple(seeds), tuple(kept_epochs))


def _fit_seed(
    train: Trees,
    dev: Trees,
    inputs: torch.Tensor,
    seed: int,
    rank: int,
    epochs: int,
    patience: int,
    batch: int,
    learning_rate: float,
) -> tuple[torch.Tensor, int, float]:
    """Return the weights of a seed, the epoch that they are of, and their loss on dev."""
    generator = torch.Generator().manual_seed(seed)
    weight = torch.empty(rank, inputs.shape[1]).uniform_(-BOUND, BOUND, generator=generator).to(inputs.device)
    mean, square = torch.zeros_like(weight), torch.zeros_like(weight)
    steps = torch.zeros((), device=inputs.device)
    kept, kept_epoch, best = weight.clone(), 0, float("inf")
    for epoch in range(1, epochs + 1):
        order = torch.randperm(len(train), generator=generator).numpy()
        for start in range(0, len(order), batch):
            weight.requires_grad_()
            chosen = order[start : start + batch]
            gradient = torch.autograd.grad(losses(weight, inputs, train, chosen).mean(), weight)[0]
            weight = weight.detach()
            adam(
                *([one] for one in (weight, gradient, mean, square)),
                [],
                [steps],
                lr=learning_rate,
                **ADAM,
                fused=True,
            )
        with torch.no_grad():
            parts = [range(start, min(start + batch, len(dev))) for start in range(0, len(dev), batch)]
            each = [losses(weight, inputs, dev, part).double().sum().item() for part in parts]
        loss = sum(each) / len(dev)
        if loss < best:
            kept, kept_epoch, best = weight.clone(), epoch, loss
        elif epoch - kept_epoch >= patience:
            break
    return kept, kept_epoch, best


def losses(weight: torch.Tensor, inputs: torch.Tensor, trees: Trees, chosen: Sequence[int]) -> torch.Tensor:
    """Return the loss of each of some sentences.

    Parameters
    ----------
    weight : tensor of float32, shape (rank, dimension)
    inputs : tensor of float32, shape (words, dimension)
        The vectors of all words.
    trees : Trees
    chosen : sequence of int
        Places of sentences.

    Returns
    -------
    tensor of float32, shape (len(chosen),)
    """
    lengths = np.array([len(trees.rows[place]) for place in chosen])
    longest = lengths.max()
    rows, gold = np.zeros((len(lengths), longest), np.int64), np.zeros((len(lengths), longest, longest), np.float32)
    for here, (place, number) in enumerate(zip(chosen, lengths, strict=True)):
        rows[here, :number] = trees.rows[place]
        gold[here, :number, :number] = trees.distances[place]
    device = inputs.device
    number = torch.from_numpy(lengths).to(device)[:, None, None]
    there = torch.arange(longest, device=device)[None, :, None] < number  # (sentences, words, 1)
    words = inputs[torch.from_numpy(rows).to(device)]
    # of vectors with a large mean, the differences of products below would lose digits
    words = (words - (words * there).sum(1, keepdim=True) / number) * there
    mapped = words @ weight.T
    squares = mapped.square().sum(2)
    found = squares[:, :, None] + squares[:, None, :] - 2 * mapped @ mapped.transpose(1, 2)
    missed = (found - torch.from_numpy(gold).to(device)).abs() * (there & there.transpose(1, 2))
    return missed.sum((1, 2)) / number[:, 0, 0] ** 2
