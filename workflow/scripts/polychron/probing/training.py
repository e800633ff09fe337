"""Training of linear probes, all seeds of a cell at once.

Adam [1]_ (PyTorch's fused kernel) on the cross-entropy, learning rate 1e-3, no weight decay, batches of 256, at most 50
epochs, patience 3 on dev accuracy with the best epoch restored (paper, section 2.2; readings A13 to A15). In the paper
features are not normalised (A12). With ``scaling="standard"`` they are, since their norms differ between layers and
steps, and one learning rate does not suit all of them.

All seeds train at once (`multi_seed`), and on a CPU each ends with the very bytes of a lone run. On a GPU `gpu.steps`
chooses how the steps are computed.

References
----------
.. [1] Kingma, Ba: Adam: A Method for Stochastic Optimization. ICLR 2015.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

import numpy as np
import torch

from polychron.probing.gpu import loop, steps
from polychron.probing.multi_seed import Stack
from polychron.probing.probes import Probe
from polychron.probing.scaling import unscaled
from polychron.probing.splits import Split, prepare
from polychron.probing.tasks.base import Examples

SETTINGS = ("seeds", "epochs", "patience", "batch", "learning_rate", "scaling")
"""The settings of `fit` that a study has."""

logger = logging.getLogger("polychron")


def fit(
    train: Examples,
    dev: Examples,
    features: Sequence[np.ndarray],
    *,
    seeds: Sequence[int],
    epochs: int = 50,
    patience: int = 3,
    batch: int = 256,
    learning_rate: float = 1e-3,
    labels: Mapping[str, np.ndarray] | None = None,
    classes: Sequence[str] | None = None,
    scaling: str = "none",
    device: str | torch.device | None = None,
) -> Probe:
    """Train a probe for each seed.

    Parameters
    ----------
    train, dev : Examples
        Splits of one task. Labels of dev that train lacks count as errors.
    features : sequence of ndarray, each of shape (words, dimension)
        One array of word vectors per dataset, of any floating-point type.
    seeds : sequence of int
        Seeds of the initial weights and of the orders of the examples.
    epochs : int
        The most epochs.
    patience : int
        A seed stops after so many epochs without a better dev accuracy; of equally good epochs the first is kept.
    batch : int
        Examples in a step.
    learning_rate : float
        Adam's.
    labels : mapping of str to ndarray of int64, shape (seeds, examples), optional
        Labels of ``train`` and ``dev`` for each seed, in place of those of the examples: positions in the sorted labels
        of train. See `polychron.probing.controls`.
    classes : sequence of str, optional
        The labels that the probes can answer, sorted; those of train if not given.
    scaling : {"none", "standard"}
        ``standard``: each dimension of the input has mean 0 and variance 1 in the train split. The weights that are
        returned are those for unscaled vectors.
    device : device, optional
        Where to compute; a GPU where there is one, if not given. Of several GPUs it must be the current one.

    Returns
    -------
    Probe

    Raises
    ------
    InputError
        A split is empty, a feature is not finite, or train and dev disagree in their datasets' dimensions.
    """
    train_set, dev_set, classes, moments = prepare(
        train, dev, features, labels=labels, classes=classes, scaling=scaling, device=device
    )
    stack = steps.stack_of(seeds, train_set, len(classes), batch, learning_rate)
    if stack is None:
        stack = Stack(seeds, train_set, len(classes), batch, learning_rate)
        kept, kept_epochs, best = _plainly(stack, dev_set, epochs, patience)
    else:
        kept, kept_epochs, best = loop.train(stack, dev_set, epochs, patience)
    for seed, epoch, hits in zip(seeds, kept_epochs, best, strict=True):
        logger.info("seed %d: epoch %d of %d kept, dev accuracy %.4f", seed, epoch, epochs, hits / len(dev))
    weight, bias = kept[:, :, :-1].transpose(1, 2).numpy(), kept[:, :, -1].numpy()
    if moments is not None:
        weight, bias = unscaled(weight, bias, *moments)
    return Probe(
        weight=np.ascontiguousarray(weight),
        bias=np.ascontiguousarray(bias),
        classes=classes,
        seeds=tuple(seeds),
        kept_epochs=tuple(kept_epochs),
    )


def _plainly(stack: Stack, dev_set: Split, epochs: int, patience: int) -> tuple[torch.Tensor, list[int], list[int]]:
    """Train until no seed goes on; see `polychron.probing.gpu.loop.train`."""
    seeds = len(stack.active)
    best, kept_epochs, kept = [-1] * seeds, [0] * seeds, torch.empty(stack.weight.shape)
    for epoch in range(1, epochs + 1):
        stack.train()
        right = stack.count_correct(dev_set)
        for place, seed in enumerate(stack.active):
            if right[place] > best[seed]:
                best[seed], kept_epochs[seed] = right[place], epoch
                kept[seed] = stack.weight[place].cpu()
        stack.keep([place for place, seed in enumerate(stack.active) if epoch - kept_epochs[seed] < patience])
        if not stack.active:
            break
    return kept, kept_epochs, best
